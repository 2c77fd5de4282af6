"""What somebody did in a room, as an event of ours: what they wrote, chose, joined or left."""

from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING, Any, Literal

import structlog

from bot.adapters.matrix.attachments import Broken, unseal
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.communities import PLATFORM
from bot.adapters.matrix.direct import DirectRooms
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.history import Share, as_dict
from bot.adapters.matrix.inbound import (
    Heard,
    Listener,
    read_membership,
    read_message,
    read_reaction,
)
from bot.adapters.matrix.outbound import KEY
from bot.adapters.matrix.rooms import RoomState, previous_membership
from bot.adapters.matrix.succession import was_before
from bot.adapters.matrix.transport import JSON, MatrixError
from bot.adapters.matrix.typing import Typing
from bot.core.actions import FILE_LIMIT
from bot.core.events import Commanded, Delivered, Joined, Left, Posted, Reacted
from bot.core.ports import Host
from bot.core.refs import Destination, Direct, Member, MessageRef, Room

if TYPE_CHECKING:
    from bot.adapters.matrix.encryption.machine import Encryption

log = structlog.get_logger(__name__)


class Deeds:
    """Hands on what people did, once the facts of the same answer are known."""

    def __init__(
        self,
        client: Client,
        facts: Facts,
        direct: DirectRooms,
        host: Host,
        prefix: str,
        own_keys: Container[str],
        encryption: "Encryption | None",
        in_clear: Callable[[str, str], None],
    ) -> None:
        """Tell this host; the rest is as in `Intake`."""
        self._encryption = encryption
        self._in_clear = in_clear
        self._own_keys = own_keys
        self._client = client
        self._facts = facts
        self._direct = direct
        self._host = host
        self._prefix = prefix
        self._me = facts.me
        self._typing = Typing(client)

    async def take(self, share: Share, event: JSON) -> None:
        """Hand an event of a share on, as what it is to us; most are nothing."""
        sender, event_id = event.get("sender"), event.get("event_id")
        room = self._facts.rooms.get(share.room_id)
        if room is None or not isinstance(sender, str) or not isinstance(event_id, str):
            return
        if "state_key" in event:
            await self._membership(room, event, event_id, share.before.get(event_id))
        elif sender == self._me:
            await self._recognize(room, event, event_id)
        else:
            await self._saying(room, Member(PLATFORM, sender), event, event_id, share)

    async def _saying(
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
            await self._message(room, member, event_id, once, heard)
        elif reacted is not None:
            await self._reaction(room, member, event_id, *reacted)

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

    async def _membership(
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

    async def _message(
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
            await self._command(room, member, once, place, heard)
            return
        given = heard.file if isinstance(place, Direct) else None
        if given is not None and not await self._host.awaits("file", where, member):
            given = None
        if given is not None:
            text = await self._held(given)
        kind: Literal["post", "reply"] = "reply" if heard.reply else "post"
        if text is None and not await self._host.awaits(kind, where, member):
            if not heard.wordless:
                return
            text = ""  # in private somebody waits for an answer
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

    async def _command(
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

    async def _reaction(
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
