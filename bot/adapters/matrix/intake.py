"""One answer of /sync: first facts, then what they mean for communities, then each event."""

from collections.abc import Awaitable, Callable, Container, Mapping
from typing import TYPE_CHECKING, Any, Literal

import structlog

from bot.adapters.matrix.attachments import Broken, unseal
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.communities import PLATFORM, Communities, fingerprint
from bot.adapters.matrix.direct import DirectRooms
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.history import History, Share, after, as_dict, events_in
from bot.adapters.matrix.inbound import (
    Heard,
    Listener,
    read_membership,
    read_message,
    read_reaction,
)
from bot.adapters.matrix.outbound import KEY
from bot.adapters.matrix.rooms import RoomState, previous_membership
from bot.adapters.matrix.succession import follow, settled, was_before
from bot.adapters.matrix.transport import JSON, MatrixError
from bot.adapters.matrix.typing import Typing
from bot.core.actions import FILE_LIMIT
from bot.core.events import (
    Added,
    Commanded,
    Delivered,
    Joined,
    Left,
    Posted,
    Present,
    Reacted,
    Removed,
)
from bot.core.ports import Clock, Host
from bot.core.refs import Community, Destination, Direct, Member, MessageRef, Room

if TYPE_CHECKING:
    from bot.adapters.matrix.encryption.machine import Encryption

log = structlog.get_logger(__name__)

_REPORT_EVERY = 100  # rooms
_RETRIES = (0.5, 1.0, 2.0, 4.0)


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
        self._in_clear = in_clear
        self._own_keys = own_keys
        self._client = client
        self._history = History(client, facts)
        self._facts = facts
        self._direct = direct
        self._host = host
        self._clock = clock
        self._prefix = prefix
        self._me = facts.me
        self._typing = Typing(client)
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
        for room_id, part in as_dict(rooms.get("leave")).items():
            await self._leave(room_id, as_dict(part))
        await self._move()
        await self._announce(progress)
        for share in shares:
            for event in share.events:
                await self._patiently(
                    lambda share=share, event=event: self._act(  # type: ignore[misc]
                        share, event
                    )
                )
        if self._encryption is not None:
            for waiting in await self._encryption.late():
                share = Share(waiting.room_id, [], [])
                await self._patiently(
                    lambda share=share, waiting=waiting: self._act(  # type: ignore[misc]
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

    # Events

    async def _act(self, share: Share, event: JSON) -> None:
        sender, event_id = event.get("sender"), event.get("event_id")
        room = self._facts.rooms.get(share.room_id)
        if room is None or not isinstance(sender, str) or not isinstance(event_id, str):
            return
        if "state_key" in event:
            await self._act_on_membership(room, event, event_id, share.before.get(event_id))
        elif sender == self._me:
            await self._recognize(room, event, event_id)
        else:
            await self._act_on_saying(room, Member(PLATFORM, sender), event, event_id, share)

    async def _act_on_saying(
        self, room: RoomState, member: Member, event: JSON, event_id: str, share: Share
    ) -> None:
        once = event_id
        in_clear = event_id in share.sealed
        if event.get("type") == "m.room.encrypted" and self._encryption is not None:
            opened = await self._encryption.read(room.id, event, private=bool(room.direct))
            if opened is None:
                return
            event = {**event, "type": opened.event_type, "content": opened.content}
            # The same ciphertext under another event id is a replay, which the inbox knows.
            once, in_clear = opened.identity, False
        listener = Listener(self._me, room.own_name, self._prefix)
        heard = read_message(event, listener, direct=bool(room.direct))
        reacted = read_reaction(event)
        if heard is not None and in_clear:
            # Anybody on its way could have written it, or the person's own client, by mistake.
            if heard.text is not None or heard.command:
                self._in_clear(room.id, event_id)
        elif heard is not None:
            await self._act_on_message(room, member, event_id, once, heard)
        elif reacted is not None:
            await self._act_on_reaction(room, member, event_id, *reacted)

    async def _recognize(self, room: RoomState, event: JSON, event_id: str) -> None:
        """Tell of a message of ours whose result was never known: an earlier run was killed.

        It comes before whatever people answered to it, so that their answers are understood.
        """
        content = as_dict(event.get("content"))
        relation = as_dict(content.get("m.relates_to"))
        key = content.get(KEY)
        if not isinstance(key, str) or key in self._own_keys:
            return
        if relation.get("rel_type") == "m.replace":
            return
        root = relation.get("event_id") if relation.get("rel_type") == "m.thread" else None
        ref = MessageRef(Room(PLATFORM, room.id, root), event_id)
        await self._host.receive(Delivered(event_id=f"seen {event_id}", key=key, ref=ref))

    async def _act_on_membership(
        self, room: RoomState, event: JSON, event_id: str, before: str | None
    ) -> None:
        changed = read_membership(event, before)
        if changed is None or not self._facts.communities.is_root(room.id):
            return
        who, what = changed
        if who == self._me:
            return
        first = previous_membership(event) in (None, "invite")
        if what == "joined" and first and was_before(self._facts, room.id, who):
            return  # they only came along
        kind = Joined if what == "joined" else Left
        await self._host.receive(
            kind(
                event_id=event_id,
                member=Member(PLATFORM, who),
                standing=self._facts.communities.standing(who),
                community=self._facts.communities.of(room.id),
            )
        )

    async def _act_on_message(
        self, room: RoomState, member: Member, event_id: str, once: str, heard: Heard
    ) -> None:
        place = self._place(room, member, heard.thread)
        if place is None:
            return
        where = Room(PLATFORM, room.id, heard.thread)
        text = heard.text
        if text is None and heard.answers is not None:
            question = MessageRef(Room(PLATFORM, room.id), heard.answers)
            if await self._host.awaits("react", question.room, member, question):
                text = heard.answer
        if heard.command:
            await self._act_on_command(room, member, once, place, heard)
            return
        given = heard.file if isinstance(place, Direct) else None
        if given is not None:
            if not await self._host.awaits("file", where, member):
                return
            text = await self._held(given)
        kind: Literal["post", "reply"] = "reply" if heard.reply else "post"
        if text is None and not await self._host.awaits(kind, where, member):
            return
        if isinstance(place, Direct):
            self._direct.spoke(member.id, room.id)
        posted = Posted(
            event_id=once,
            member=member,
            standing=self._facts.communities.standing(member.id),
            community=self._facts.communities.of(room.id),
            place=place,
            message=MessageRef(where, event_id),
            text=text,
            reply=heard.reply,
            file=given is not None,
            about=MessageRef(Room(PLATFORM, room.id), heard.about) if heard.about else None,
            encrypted=room.encrypted if isinstance(place, Direct) else None,
        )
        if text is None:
            await self._host.receive(posted)
            return
        async with self._typing.during(room.id):
            await self._host.receive(posted)

    async def _act_on_command(
        self, room: RoomState, member: Member, once: str, place: Destination, heard: Heard
    ) -> None:
        """Take a command that a client wrote down with its options."""
        if isinstance(place, Direct):
            self._direct.spoke(member.id, room.id)
        async with self._typing.during(room.id):
            await self._host.receive(
                Commanded(
                    event_id=once,
                    member=member,
                    standing=self._facts.communities.standing(member.id),
                    community=self._facts.communities.of(room.id),
                    place=place,
                    command=heard.command,
                    options=dict(heard.options),
                    encrypted=room.encrypted if isinstance(place, Direct) else None,
                )
            )

    async def _held(self, file: Mapping[str, Any]) -> str:
        """Return the text in a file; nothing where it cannot be read."""
        try:
            held = await self._client.download(str(file.get("url")), FILE_LIMIT)
            if "key" in file:
                held = unseal(held, dict(file))
        except (MatrixError, Broken) as error:
            log.info("file not read", error=type(error).__name__)
            return ""
        return held.decode("utf-8-sig", "replace")

    async def _act_on_reaction(
        self, room: RoomState, member: Member, event_id: str, target: str, symbol: str
    ) -> None:
        place = self._place(room, member, None)
        message = MessageRef(Room(PLATFORM, room.id), target)
        if place is None or not await self._host.awaits("react", message.room, member, message):
            return
        await self._host.receive(
            Reacted(
                event_id=event_id,
                member=member,
                standing=self._facts.communities.standing(member.id),
                community=self._facts.communities.of(room.id),
                place=place,
                message=message,
                emoji=symbol,
                encrypted=room.encrypted if isinstance(place, Direct) else None,
            )
        )

    def _place(self, room: RoomState, member: Member, thread: str | None) -> Destination | None:
        if room.direct:
            alone = room.is_private_to(member.id, self._me)
            private = alone and not self._facts.is_locked(room)
            return Direct(member) if private else None
        if self._facts.communities.of(room.id) is None:
            return None
        return Room(PLATFORM, room.id, thread)

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work, again after a failure; in the end go on: one event must not hold up all."""
        for seconds in (*_RETRIES, None):
            try:
                return await work()
            except Exception as error:
                log.error("event not taken", error=type(error).__name__, again_in=seconds)
                if seconds is not None:
                    await self._clock.sleep(seconds)
        return None


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
