"""Where something goes now: rooms that were replaced go on in others, and so do their threads."""

from collections.abc import Callable
from datetime import timedelta

from bot.adapters.matrix import outbound
from bot.adapters.matrix.communities import fingerprint
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.invitations import Invitations
from bot.adapters.matrix.voice import Voice
from bot.core.errors import TryLater, Undeliverable
from bot.core.ports import Clock, Delivery, Memory
from bot.core.refs import MessageRef

_MEMORY = "matrix.thread"
_SOON, _LATER = 2.0, 60.0
_PATIENCE = timedelta(days=1)  # for somebody to invite us into what replaced a room
_ASKING = 2.0  # seconds in which a client asks for the keys of somebody new
_OFTEN, _SELDOM = 0.5, 5.0  # seconds
_AT_FIRST, _LONGEST_WAIT = timedelta(seconds=20), timedelta(minutes=10)
_NO_WAY = "The room was replaced by one that the bot is not in: invite it there."


class Places:
    """Finds the room, and the thread in it, in which something is said now."""

    def __init__(
        self,
        voice: Voice,
        facts: Facts,
        invitations: Invitations,
        clock: Clock,
        goes_on: Callable[[str], str],
    ) -> None:
        """`goes_on` says, with a link to where it began, that a thread goes on here."""
        self._voice = voice
        self._facts = facts
        self._invitations = invitations
        self._clock = clock
        self._goes_on = goes_on
        self.memory: Memory | None = None
        self._uninvolved: set[str] = set()  # direct rooms that were not joined when last looked at

    def room(self, room_id: str, delivery: Delivery) -> str:
        """Return the room in which something is said that was meant for a room.

        Raises: `TryLater` while we are on our way there; `Undeliverable`.
        """
        room_id = self._facts.now(room_id)
        if self._invitations.is_coming(room_id):
            raise TryLater(_SOON, "on the way into the room", alone=True)
        room = self._facts.rooms.get(room_id)
        if room is None or not room.replaced_by:
            return room_id
        first = delivery.first_attempt
        if first is not None and self._clock.now() - first > _PATIENCE:
            raise Undeliverable(_NO_WAY)
        after = room.replaced_by
        soon = self._invitations.is_coming(after) or after in self._facts.rooms
        raise TryLater(_SOON if soon else _LATER, "the room was replaced", alone=True)

    def readers_know_us(self, room_id: str, member: str | None, delivery: Delivery) -> None:
        """Wait until clients can have asked for our keys, before the first encrypted words.

        A strict client refuses what comes from a device that it does not know, and does not look
        again before it is opened anew; it asks for our keys once we share a room. `member`: whose
        direct room this is.
        Raises: `TryLater`.
        """
        now, room = self._clock.now(), self._facts.rooms.get(room_id)
        age = timedelta() if delivery.first_attempt is None else now - delivery.first_attempt
        if member is not None and age < _LONGEST_WAIT:
            if room is None or room.members.get(member) != "join":
                self._uninvolved.add(room_id)
                raise TryLater(_OFTEN if age < _AT_FIRST else _SELDOM, "not joined yet", alone=True)
            if room_id in self._uninvolved:
                self._uninvolved.discard(room_id)
                raise TryLater(_ASKING, "just joined", alone=True)
        elif room is not None and age < _AT_FIRST:
            since = now.timestamp() - room.own_join_ms / 1000
            if since < _ASKING:
                raise TryLater(_ASKING, "just joined", alone=True)

    def rooms(self, room_id: str) -> list[str]:
        """Return the rooms in which something may stand that was meant for a room."""
        found = [room_id]
        while (after := self._facts.moved.get(found[-1])) is not None and after not in found:
            found.append(after)
        return found

    def moved(self, message: MessageRef) -> bool:
        """Tell whether a message stands in a room that was replaced."""
        return self._facts.now(message.room.id) != message.room.id

    async def thread(self, room_id: str, root: str, delivery: Delivery) -> tuple[str, str]:
        """Return the room and the root of what a thread is now; begun anew in another room.

        Raises: `MatrixError`, and what `room` does.
        """
        now = self.room(room_id, delivery)
        if now == room_id:
            return room_id, root
        name = fingerprint(now, root)
        kept = await self.memory.recall(_MEMORY, [name]) if self.memory else {}
        if name not in kept:
            link = f"https://matrix.to/#/{room_id}/{root}"
            content = outbound.plain_notice(self._goes_on(link))
            # The same on each attempt, so that a crash before it is remembered begins no second.
            transaction = outbound.transaction(name[:20], "-thread")
            kept = {name: await self._voice.send(now, "m.room.message", content, transaction)}
            if self.memory is not None:
                await self.memory.remember(_MEMORY, kept)
        return now, kept[name]

    def elsewhere(self, message: MessageRef) -> None:
        """Refuse what can only be done where a message stands, if that was replaced.

        Raises: `Undeliverable`.
        """
        if self.moved(message):
            raise Undeliverable("The message stayed behind in a room that was replaced.")
