"""Invitations: who may bring the bot in, and answering them whatever comes in between."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import structlog

from bot.adapters.matrix.backoff import Backoff
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.errands import Errands
from bot.adapters.matrix.transport import MatrixError, Refused
from bot.core.ports import Clock, Host, Ids

log = structlog.get_logger(__name__)

_MEMORY = "matrix.invite"
_KNOCKED = "matrix.knock"
_PATIENCE = timedelta(days=2)  # with a homeserver that is away, or cannot reach the inviter's


def permits(inviters: Sequence[str], user_id: str) -> bool:
    """Tell whether this user may bring the bot in.

    `inviters` holds user ids, server names, and globs such as `*:example.org`.
    """
    server = user_id.partition(":")[2]
    return any(
        fnmatchcase(user_id, pattern) if pattern[:1] in "@*" else pattern == server
        for pattern in inviters
    )


def inviter(invitation: Mapping[str, Any], me: str) -> str:
    """Return who sent an invitation, or ""."""
    state = invitation.get("invite_state")
    events = state.get("events") if isinstance(state, dict) else None
    for event in events if isinstance(events, list) else ():
        if (
            isinstance(event, dict)
            and event.get("type") == "m.room.member"
            and event.get("state_key") == me
        ):
            return str(event.get("sender", ""))
    return ""


class Invitations:
    """Open invitations; sync tells of each only once, so they are remembered until answered."""

    def __init__(
        self, client: Client, errands: Errands, clock: Clock, ids: Ids, inviters: Sequence[str]
    ) -> None:
        """Begin with none."""
        self._client = client
        self._errands = errands
        self._clock = clock
        self._ids = ids
        self._inviters = inviters
        self._open: dict[str, str] = {}
        self._unsaved: dict[str, str | None] = {}
        self._knocked: set[str] = set()
        self._host: Host | None = None

    def permits(self, user_id: str) -> bool:
        """Tell whether this user may bring the bot in."""
        return permits(self._inviters, user_id)

    async def load(self, host: Host) -> None:
        """Recall what is still to be answered, and answer it."""
        self._host = host
        self._open = dict(await host.recall(_MEMORY))
        self._knocked = set(await host.recall(_KNOCKED))
        self.answer()

    def take_all(self, answer: Mapping[str, Any]) -> None:
        """Note the invitations in an answer of /sync; `save`, then `answer`."""
        rooms = answer.get("rooms")
        invited = rooms.get("invite") if isinstance(rooms, dict) else None
        for room_id, invitation in (invited if isinstance(invited, dict) else {}).items():
            if isinstance(invitation, dict):
                self._note(room_id, inviter(invitation, self._client.user_id), [])

    def follow(self, room_id: str, sender: str, server: str) -> None:
        """Note that a room was replaced by another, which is then joined as if by invitation."""
        if self.permits(sender):
            self._note(room_id, sender, [server])

    def _note(self, room_id: str, sender: str, via: list[str]) -> None:
        self._open[room_id] = self._unsaved[room_id] = json.dumps({"sender": sender, "via": via})

    def is_coming(self, room_id: str) -> bool:
        """Tell whether an invitation to a room, or to follow it, is being answered."""
        return room_id in self._open

    def has_knocked(self, room_id: str) -> bool:
        """Tell whether we asked to be let into a room, and had no answer yet."""
        return room_id in self._knocked

    async def knock(self, room_id: str, via: Sequence[str]) -> None:
        """Ask to be let into a room; whoever lets us in may do so.

        Raises: `MatrixError`.
        """
        if self._host is not None:
            self._knocked.add(room_id)
            await self._host.remember(_KNOCKED, {room_id: ""})
        await self._client.knock(room_id, via)

    async def save(self) -> None:
        """Remember what came in."""
        if self._unsaved and self._host is not None:
            await self._host.remember(_MEMORY, dict(self._unsaved))
            self._unsaved.clear()

    def answer(self) -> None:
        """Answer what is open, in the background."""
        for room_id, text in list(self._open.items()):
            self._errands.send(
                f"invitation {room_id}",
                lambda room_id=room_id, text=text: self._answer(room_id, text),  # type: ignore[misc]
            )

    async def _answer(self, room_id: str, invitation: str) -> None:
        kept = json.loads(invitation)
        sender, via = kept["sender"], kept["via"]
        backoff, until = Backoff(self._clock, self._ids), self._clock.now() + _PATIENCE
        welcome = self.permits(sender) or room_id in self._knocked
        while self._clock.now() < until:
            try:
                if welcome:
                    await self._client.join(room_id, via)
                else:
                    await self._client.leave(room_id)
                log.info("invitation accepted" if welcome else "invitation declined", room=room_id)
                break
            except Refused as error:
                if error.signed_out:
                    return
                if not error.limited and not error.for_now:
                    log.info("invitation void", room=room_id, error=str(error))
                    break
                await backoff.rest(error.retry_after)
            except MatrixError:
                await backoff.rest()
        if self._open.get(room_id) != invitation:
            return  # another one has come meanwhile, perhaps of somebody else
        del self._open[room_id]
        if self._host is not None:
            await self._host.remember(_MEMORY, {room_id: None})
            if room_id in self._knocked:
                self._knocked.discard(room_id)
                await self._host.remember(_KNOCKED, {room_id: None})
