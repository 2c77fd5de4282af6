"""The calls by which keys pass through the homeserver."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from bot.adapters.matrix.transport import JSON, Answer, NoAnswer, Refused

_ELSEWHERE_MS = 5_000  # how long our homeserver waits for others
_SECONDS = 30.0


class Caller(Protocol):
    """What makes a call as one account (see `client.Client`)."""

    @property
    def user_id(self) -> str:
        """The account."""
        ...

    async def call(
        self,
        method: str,
        path: Sequence[str],
        *,
        body: Mapping[str, Any] | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Make one request and return its JSON."""
        ...


class KeyServer:
    """The homeserver, as the keeper of everybody's public keys."""

    def __init__(self, client: Caller) -> None:
        """Ask through this client."""
        self._client = client

    async def upload(self, body: Mapping[str, Any]) -> int:
        """Publish keys of our device; return how many one-time keys the server has now."""
        answer = await self._post(["keys", "upload"], body)
        counts = answer.get("one_time_key_counts")
        count = counts.get("signed_curve25519", 0) if isinstance(counts, dict) else 0
        return count if isinstance(count, int) else 0

    async def query(self, users: Collection[str]) -> JSON:
        """Return these users' devices and signing keys."""
        body = {"device_keys": {user: [] for user in users}, "timeout": _ELSEWHERE_MS}
        return await self._post(["keys", "query"], body)

    async def claim(self, devices: Mapping[str, Collection[str]]) -> JSON:
        """Take one one-time key of each of these devices: user, device, key id, signed key."""
        wanted = {
            user: dict.fromkeys(theirs, "signed_curve25519") for user, theirs in devices.items()
        }
        body = {"one_time_keys": wanted, "timeout": _ELSEWHERE_MS}
        keys = (await self._post(["keys", "claim"], body)).get("one_time_keys")
        return keys if isinstance(keys, dict) else {}

    async def send(
        self, event_type: str, messages: Mapping[str, Mapping[str, JSON]], transaction: str
    ) -> None:
        """Send to devices: user, device id or *, content."""
        path = ["sendToDevice", event_type, transaction]
        await self._client.call("PUT", path, body={"messages": messages}, seconds=_SECONDS)

    async def note(self, kind: str) -> JSON:
        """Return an account data event of ours; {} where there is none."""
        try:
            answer = await self._client.call("GET", self._note_path(kind))
        except Refused as error:
            if error.status in (404, 405, 501) or error.errcode == "M_UNRECOGNIZED":
                return {}
            raise
        return answer if isinstance(answer, dict) else {}

    async def put_note(self, kind: str, content: JSON) -> bool:
        """Set an account data event of ours; False where the homeserver keeps none."""
        try:
            await self._client.call("PUT", self._note_path(kind), body=content)
        except Refused as error:
            if error.status in (404, 405, 501) or error.errcode == "M_UNRECOGNIZED":
                return False
            raise
        return True

    async def upload_signing_keys(self, body: Mapping[str, Any]) -> None:
        """Publish the keys of our account that sign devices."""
        await self._post(["keys", "device_signing", "upload"], body)

    async def upload_signatures(self, body: Mapping[str, Any]) -> None:
        """Publish signatures of ours."""
        failures = (await self._post(["keys", "signatures", "upload"], body)).get("failures")
        if failures:
            raise NoAnswer("the homeserver did not take a signature")

    def _note_path(self, kind: str) -> list[str]:
        return ["user", self._client.user_id, "account_data", kind]

    async def _post(self, path: list[str], body: Mapping[str, Any]) -> JSON:
        answer = await self._client.call("POST", path, body=body, seconds=_SECONDS)
        if not isinstance(answer, dict):
            raise NoAnswer("the answer is not an object")
        return answer
