"""One answer of /sync: first facts, then what they mean for communities, then each event."""

from collections.abc import Awaitable, Callable, Container
from typing import TYPE_CHECKING

import structlog

from bot.adapters.matrix.client import Client
from bot.adapters.matrix.communities import PLATFORM, Communities, fingerprint
from bot.adapters.matrix.deeds import Deeds
from bot.adapters.matrix.direct import DirectRooms
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.history import History, Share, after, as_dict, events_in
from bot.adapters.matrix.rooms import RoomState
from bot.adapters.matrix.succession import follow, settled
from bot.adapters.matrix.transport import JSON
from bot.core.events import Added, Present, Removed
from bot.core.ports import Clock, Host
from bot.core.refs import Community

if TYPE_CHECKING:
    from bot.adapters.matrix.encryption.machine import Encryption

log = structlog.get_logger(__name__)

_REPORT_EVERY = 100  # rooms
_RETRIES = (0.5, 1.0, 2.0, 4.0)
_LONGEST_PAUSE = 30.0
_TROUBLE = "matrix.trouble"


class Intake:
    """Turns answers of /sync into core events, and hands them to the host one by one."""

    def __init__(
        self,
        client: Client,
        facts: Facts,
        direct: DirectRooms,
        host: Host,
        clock: Clock,
        prefix: str,
        own_keys: Container[str],
        encryption: "Encryption | None" = None,
        in_clear: Callable[[str, str], None] = lambda _room, _event: None,
    ) -> None:
        """Begin with the facts as they are.

        `own_keys` are deliveries that we know all about. `in_clear` is told of messages to us that
        came unencrypted into an encrypted room, which are not taken.
        """
        self._encryption = encryption
        self._history = History(client, facts)
        self._facts = facts
        self._direct = direct
        self._host = host
        self._clock = clock
        self._me = facts.me
        self._deeds = Deeds(client, facts, direct, host, prefix, own_keys, encryption, in_clear)
        self._announced: Communities | None = None
        self._looks = 0

    async def take(self, answer: JSON, since: str | None, began_ms: int) -> None:
        """Take one answer in; when this returns, everything in it is committed.

        `began_ms`: without a token the answer holds history; nothing older is acted on.
        """
        rooms = as_dict(answer.get("rooms"))
        oldest_ms = 0 if since is not None else began_ms
        # All that can fail comes first: an answer is taken again from its beginning, facts are not.
        shares = [
            await self._history.share(room_id, as_dict(part), since, oldest_ms)
            for room_id, part in as_dict(rooms.get("join")).items()
        ]
        progress = Progress(len(shares) if since is None else 0)
        for share in shares:
            self._apply(share, oldest_ms)
        left = as_dict(rooms.get("leave"))
        if since is None:  # all rooms are in it, so we were taken out of the others unheard
            left = {**dict.fromkeys(self._facts.rooms.keys() - as_dict(rooms.get("join"))), **left}
        for room_id, part in left.items():
            await self._leave(room_id, as_dict(part))
        await self._move()
        await self._announce(progress)
        for share in shares:
            for event in share.events:
                await self._patiently(
                    lambda share=share, event=event: self._deeds.take(  # type: ignore[misc]
                        share, event
                    )
                )
        if self._encryption is not None:
            for waiting in await self._encryption.late():
                share = Share(waiting.room_id, [], [])
                await self._patiently(
                    lambda share=share, waiting=waiting: self._deeds.take(  # type: ignore[misc]
                        share, waiting.event
                    )
                )
                await self._encryption.done(waiting)

    # Facts, and which events are to be acted on

    def _apply(self, share: Share, oldest_ms: int) -> None:
        """Take a share's facts in, and choose the events to act on."""
        before = self._facts.rooms.get(share.room_id)
        if before is not None and before.encrypted:
            share.sealed.update(str(event.get("event_id")) for event in share.gap)
        for event in share.state:
            self._facts.apply(share.room_id, event)
        for event in share.timeline:
            room = self._facts.rooms.get(share.room_id)
            if room is not None and room.encrypted:
                share.sealed.add(str(event.get("event_id")))
            if event.get("type") == "m.room.member" and room is not None:
                known = room.members.get(str(event.get("state_key")))
                share.before[str(event.get("event_id"))] = known
            self._facts.apply(share.room_id, event)
        for event in share.now:
            self._facts.apply(share.room_id, event)
        room = self._facts.rooms.get(share.room_id)
        if room is not None:
            self._facts.settle(share.room_id)
            # Who opens a conversation with us may speak before we are in.
            invited = self._me if room.direct and not room.token else None
            events = [*share.gap, *share.timeline]
            share.events = after(room.own_join, invited, events, oldest_ms)

    async def _leave(self, room_id: str, part: JSON) -> None:
        events = [*events_in(part.get("state")), *events_in(part.get("timeline"))]
        own = [event for event in events if event.get("state_key") == self._me]
        room = self._facts.rooms.get(room_id)
        if room is not None and room.announced_facts:
            gone = str(own[-1].get("event_id")) if own else fingerprint(room.announced, "gone")
            event = Removed(event_id=gone, community=Community(PLATFORM, room_id))
            await self._patiently(lambda: self._host.receive(event))
        await self._patiently(lambda: self._direct.dropped(room_id))
        encryption = self._encryption
        if encryption is not None and room is not None and room.encrypted:
            await self._patiently(lambda: encryption.left(room_id))
        self._facts.drop(room_id)

    # Communities

    async def _move(self) -> None:
        """Tell what goes on elsewhere, before it is told of as something new."""
        if self._facts.communities is self._announced:
            return
        for moved in [*follow(self._facts), *settled(self._facts)]:
            await self._patiently(lambda moved=moved: self._host.receive(moved))  # type: ignore[misc]

    async def _announce(self, progress: "Progress") -> None:
        """Tell of communities that are new, changed or gone."""
        looks = self._facts.looks
        if self._facts.communities is self._announced and looks == self._looks:
            return
        roots = self._facts.communities.roots
        names = {room.id for room in roots}
        for room in list(self._facts.rooms.values()):
            if room.announced_facts and room.id not in names:
                gone = fingerprint(room.announced, "gone")
                community = Community(PLATFORM, room.id)
                await self._tell(room, Removed(event_id=gone, community=community), "")
        for room in roots:
            facts = self._facts.communities.facts(room)
            outside = self._facts.outside_of(room.id)
            now = fingerprint(room.title, facts, *outside)
            if now == room.announced_facts:
                continue
            new = not room.announced_facts
            # Chained to the last one: what changes and changes back is told both times.
            chained = fingerprint(room.id, room.announced, now)
            event_id = chained if room.announced else room.own_join or chained
            community = Community(PLATFORM, room.id)
            added = Added(
                event_id=event_id,
                community=community,
                name=room.title,
                rooms=facts,
                outside=outside,
                new=new,
            )
            await self._tell(room, added, now)
            if new:  # who left while we were away from it is told by nobody
                await self._tell_present(room.id)
            progress.reached(len(facts) or 1)
        self._announced, self._looks = self._facts.communities, looks

    async def _tell_present(self, root: str) -> None:
        members = self._facts.communities.present(root)
        event_id = f"present {root} {self._clock.now().isoformat()}"
        community = Community(PLATFORM, root)
        event = Present(event_id=event_id, community=community, members=members)
        await self._patiently(lambda: self._host.receive(event))

    async def _tell(self, room: RoomState, event: Added | Removed, facts: str) -> None:
        await self._patiently(lambda: self._host.receive(event))
        room.announced, room.announced_facts = event.event_id, facts
        self._facts.mark(room.id)

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work, again after a failure, as long as the store takes nothing.

        What fails though the store works is passed over in the end: it must not hold up all.
        """
        retries, away = iter(_RETRIES), _RETRIES[0]
        while True:
            try:
                return await work()
            except Exception as error:
                failed = type(error).__name__
            if await self._store_works():
                seconds = next(retries, None)
                log.error("event not taken", error=failed, again_in=seconds)
                if seconds is None:
                    return None
            else:
                seconds, away = away, min(2 * away, _LONGEST_PAUSE)
                log.warning("event waits for the store", error=failed, again_in=seconds)
            await self._clock.sleep(seconds)

    async def _store_works(self) -> bool:
        """Tell whether the store can be written now."""
        try:
            await self._host.remember(_TROUBLE, {"at": self._clock.now().isoformat()})
        except Exception:
            return False
        return True


class Progress:
    """Reports how far a first answer with many rooms is taken in."""

    def __init__(self, rooms: int) -> None:
        """Report nothing where there are few."""
        self._rooms, self._done, self._next = rooms, 0, _REPORT_EVERY

    def reached(self, rooms: int) -> None:
        """Count rooms that were taken in."""
        self._done += rooms
        if self._rooms >= _REPORT_EVERY and self._done >= self._next:
            self._next = self._done + _REPORT_EVERY
            log.info("first sync goes on", rooms=self._done, of=self._rooms)
