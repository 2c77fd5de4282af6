"""Our own sync loop.

nio's `sync_forever` leaves gaps unfilled, saves its place before the events are handled, and calls
in a tight circle on 401 and 502.
"""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable

import structlog

from bot.adapters.matrix.backoff import Backoff
from bot.adapters.matrix.claim import KIND
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.rooms import KEPT_STATE
from bot.adapters.matrix.transport import JSON, MatrixError, Refused
from bot.core.errors import Misconfigured
from bot.core.ports import Clock, Host, Ids

log = structlog.get_logger(__name__)

_NOTHING = {"not_types": ["*"]}
_FILTER = json.dumps(
    {
        "presence": _NOTHING,
        "account_data": {"types": [KIND]},
        "room": {
            "timeline": {"limit": 100, "lazy_load_members": False},
            "state": {"types": KEPT_STATE, "lazy_load_members": False},
            "ephemeral": _NOTHING,
            "account_data": _NOTHING,
        },
    },
    separators=(",", ":"),
)
_MEMORY = "matrix.sync"
_WAIT_MS = 30_000
_TELL_EVERY = 5
_MOST_UNSAVED = 20  # answers
_REFUSALS = 5  # of our place, before we believe that it is not known any more
_MARGIN_MS = 5 * 60_000  # that we then hear twice, if need be: the host drops what it knows
# Whatever we send wakes a waiting /sync, which costs the homeserver as much as the sending: so the
# next one waits until what is on its way has arrived, but not longer than a person would notice.
_WHILE_SENDING = 0.5
_PATIENCE = 75.0  # seconds; enough for the wait and a slow answer
_LONG_PATIENCE = 180.0  # the first answer of an account with 2,000 rooms takes 45 s

Take = Callable[[JSON, str | None, int], Awaitable[None]]


class Sync:
    """Asks what happened, has it taken in, and only then notes how far we are."""

    def __init__(self, client: Client, host: Host, clock: Clock, ids: Ids, take: Take) -> None:
        """Hand each answer to `take`, which commits what is in it."""
        self._client = client
        self._host = host
        self._take = take
        self._clock = clock
        self._ids = ids
        self._backoff = Backoff(clock, ids)
        self.settled = False  # whether the last question was answered
        self._since: str | None = None
        self._began_ms = 0
        self._unsaved = 0
        self._refused = 0

    async def run(self) -> None:
        """Go on until cancelled.

        Raises: `Refused` when we are signed out; `Misconfigured`.
        """
        await self._recall()
        if self._since is None:
            log.info("first sync begun", hint="with thousands of rooms it takes a minute")
        while True:
            try:
                answer = await self._ask()
                await self._take(answer, self._since, self._began_ms)
                await self._note(answer)
                await self._client.all_sent(within=_WHILE_SENDING)
            except Misconfigured:
                raise  # another one acts as the account
            except Exception as error:
                if isinstance(error, Refused) and error.signed_out:
                    raise
                if isinstance(error, Refused) and error.status == 400:
                    await self._lose_place()
                after = error.retry_after if isinstance(error, Refused) else None
                what = str(error) if isinstance(error, MatrixError) else type(error).__name__
                log.warning("matrix sync failed", error=what)
                await self._backoff.rest(after)
                self.settled = False
                continue
            if not self.settled:
                log.info("matrix connected")
            self.settled = True
            self._backoff.reset()

    async def _ask(self) -> JSON:
        """Ask what happened; the first time that takes as long as there are rooms."""
        wait, patience = self._wait_ms(self.settled), _LONG_PATIENCE
        if self.settled:
            patience = _PATIENCE
        if self._since is not None:
            return await self._client.sync(self._since, _FILTER, wait, patience)
        telling = asyncio.create_task(self._tell())
        try:
            return await self._client.sync(None, _FILTER, wait, patience)
        finally:
            telling.cancel()

    async def _tell(self) -> None:
        """Say every few seconds that the first answer is still awaited."""
        for waited in itertools.count(_TELL_EVERY, _TELL_EVERY):
            await asyncio.sleep(_TELL_EVERY)
            log.info("first sync goes on", waited_s=waited)

    def _wait_ms(self, settled: bool) -> int:
        if self._since is None:
            # Answered at once. Synapse repeats its answer to the same first question for two
            # minutes, however old it is by then; so ours is always another one.
            return self._ids.pick(_WAIT_MS)
        return _WAIT_MS if settled else 0

    def _server_now(self) -> int:
        return self._client.server_time_ms or int(self._clock.now().timestamp() * 1000)

    async def _recall(self) -> None:
        kept = await self._host.recall(_MEMORY)
        self._since = kept.get("since")
        if "began" not in kept:
            # By the server's clock, as the times of the events are.
            began = str(self._server_now())
            await self._host.remember(_MEMORY, {"began": began})
            kept = {"began": began}
        self._began_ms = int(kept["began"])

    async def _lose_place(self) -> None:
        """Begin anew after a while, from when we last heard: our place is not known any more.

        So it is where the homeserver was put back from a copy, or has become another program.
        """
        self._refused += 1
        if self._since is None or self._refused < _REFUSALS:
            return
        log.warning("our place in the stream is not known any more; begun anew")
        kept = await self._host.recall(_MEMORY)
        began = max(int(kept["began"]), int(kept.get("heard", 0)) - _MARGIN_MS)
        await self._host.remember(_MEMORY, {"since": None, "began": str(began)})
        self._since, self._began_ms, self._refused = None, began, 0

    async def _note(self, answer: JSON) -> None:
        self._refused = 0
        since = str(answer["next_batch"])
        # An idle wait moves the token, too, and so does what we said ourselves; starting again
        # from the older one finds nothing more. But the way back must not become long.
        self._unsaved += 1
        others = self._since is None or not _only_ours(answer, self._client.user_id)
        if others or self._unsaved >= _MOST_UNSAVED:
            heard = str(self._server_now())
            await self._host.remember(_MEMORY, {"since": since, "heard": heard})
            self._unsaved = 0
        self._since = since


def _only_ours(answer: JSON, me: str) -> bool:
    """Tell whether an answer holds nothing but messages of ours."""
    rooms = answer.get("rooms")
    if not isinstance(rooms, dict):
        return True
    if rooms.get("invite") or rooms.get("leave") or rooms.get("knock"):
        return False
    joined = rooms.get("join")
    for part in joined.values() if isinstance(joined, dict) else ():
        timeline = part.get("timeline", {}) if isinstance(part, dict) else {}
        state = part.get("state", {}) if isinstance(part, dict) else {}
        if timeline.get("limited") or state.get("events"):
            return False
        for event in timeline.get("events", ()):
            if event.get("sender") != me or "state_key" in event:
                return False
    return True
