"""Who acts as the account: whoever began last, told to all through the account's own data.

Two bots with one account, each with a store of its own (a server that was moved, and the old one
forgotten), would answer everything twice. So each says at its start who it is, and whoever hears
afterwards that another one began stops before it does anything more.
"""

import structlog

from bot.adapters.matrix.client import Client
from bot.adapters.matrix.transport import JSON, MatrixError
from bot.core.errors import Misconfigured
from bot.core.ports import Host, Ids

log = structlog.get_logger(__name__)

KIND = "io.circlekeeper.claim"
_MEMORY = "matrix.claim"
_PROCESS, _OURS = "process", "processes"
_MOST = 20  # claims of this store's that are known again: one may have been the last that arrived


class Claim:
    """Our claim to the account."""

    def __init__(self, client: Client, ids: Ids) -> None:
        """Claim nothing yet."""
        self._client = client
        self._process = ids.new()

    async def stake(self, host: Host) -> None:
        """Say that we begin now, to the store first: who shares it knows us by that."""
        ours = [each for each in await self._ours(host) if each != self._process]
        known = " ".join([*ours[1 - _MOST :], self._process])
        await host.remember(_MEMORY, {_OURS: known})
        path = ["user", self._client.user_id, "account_data", KIND]
        try:
            await self._client.call("PUT", path, body={_PROCESS: self._process})
        except MatrixError as error:
            # Then nobody is told of a second one, and all else works.
            log.info("the account cannot be claimed", error=str(error))

    async def check(self, answer: JSON, host: Host) -> None:
        """Look whether somebody else began since.

        Raises: `Misconfigured` where that is a bot with another store.
        """
        data = answer.get("account_data")
        events = data.get("events", ()) if isinstance(data, dict) else ()
        for event in events:
            if not isinstance(event, dict) or event.get("type") != KIND:
                continue
            content = event.get("content")
            other = content.get(_PROCESS) if isinstance(content, dict) else None
            if not isinstance(other, str) or other == self._process:
                continue
            if other not in await self._ours(host):
                raise Misconfigured(
                    f"Another circlekeeper, with a store of its own, has begun to act as "
                    f"{self._client.user_id}, so this one has stopped: both would answer "
                    "everything. Let only one of them run, or give this one another account."
                )

    async def _ours(self, host: Host) -> list[str]:
        return (await host.recall(_MEMORY)).get(_OURS, "").split()
