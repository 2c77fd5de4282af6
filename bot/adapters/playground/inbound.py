"""What people do in the page becomes events; each deed once, however often it is sent."""

from collections.abc import Mapping
from typing import Any, Literal

from bot.adapters.playground.backstage import Refused
from bot.adapters.playground.world import PLATFORM, Message, Person, World
from bot.core.events import Chose, Commanded, Joined, Left, Posted, Reacted, Submitted
from bot.core.ports import Clock, Host
from bot.core.refs import Destination, Direct, Interaction, Member, Room

MOST = 128 * 1024
"""Characters of one message."""
_NAME = 40
_EMOJI = 16


class Deeds:
    """Does what a page asks for, as somebody."""

    def __init__(self, world: World, clock: Clock, host: Host) -> None:
        """Act in this world, and tell this host."""
        self.world = world
        self.clock = clock
        self.host = host

    async def do(self, deed: Mapping[str, Any]) -> dict[str, Any]:
        """Do something.

        Raises: `Refused`.
        """
        id_ = str(deed.get("id", ""))
        match deed.get("do"):
            case "arrive":
                return self._arrive(deed)
            case "say":
                return await self._say(id_, self._who(deed), deed)
            case "choose":
                return await self._choose(id_, self._who(deed), deed)
            case "form":
                return await self._form(id_, self._who(deed), deed)
            case "submit":
                return await self._submit(id_, self._who(deed), deed)
            case "command":
                return await self._command(id_, self._who(deed), deed)
            case "react":
                return await self._react(id_, self._who(deed), deed)
            case "change":
                return await self._change(id_, deed)
        raise Refused("refused_unknown")

    # Coming, going, being

    def _arrive(self, deed: Mapping[str, Any]) -> dict[str, Any]:
        """Make somebody new; they have not come in yet."""
        name = " ".join(str(deed.get("name", "")).split())
        if not name or len(name) > _NAME or not name.isprintable():
            raise Refused("refused_name", limit=str(_NAME))
        if name.casefold() in {each.casefold() for each in self.world.people}:
            raise Refused("refused_taken", name=name)
        self.world.save(Person(name, moderator=deed.get("moderator") is True, here=False))
        return {"person": name}

    async def _change(self, id_: str, deed: Mapping[str, Any]) -> dict[str, Any]:
        """Let somebody come in or leave, close or open their direct messages, or moderate."""
        person = self._person(deed)
        here = deed.get("here", person.here) is True
        came, went = here and not person.here, person.here and not here
        person.here = here
        person.closed = deed.get("closed", person.closed) is True
        person.moderator = deed.get("moderator", person.moderator) is True
        self.world.save(person)
        if came:
            await self.host.receive(Joined(**self._common(id_, person, deed)))
        elif went:
            member = Member(PLATFORM, person.name)
            await self.host.receive(
                Left(
                    event_id=f"{self.world.run} {id_}",
                    member=member,
                    community=self.world.community,
                )
            )
        return {}

    # Talking

    async def _say(self, id_: str, person: Person, deed: Mapping[str, Any]) -> dict[str, Any]:
        text = str(deed.get("text", ""))
        if not text.strip():
            raise Refused("refused_empty")
        if len(text) > MOST:
            raise Refused("refused_long", limit=f"{MOST}", length=f"{len(text)}")
        place = self._place(person, deed)
        in_room = isinstance(place, Room)
        command = in_room and text.startswith("/")
        said = Message(self.world.new_id(), self.clock.now(), person.name, text)
        if isinstance(place, Room):
            said.room, said.thread = place.id, place.thread or ""
        if not in_room or command:
            said.person = person.name  # as elsewhere, a command is no talk of the room
        self.world.add(said)
        if isinstance(place, Room) and not command:
            kind: Literal["post", "reply"] = "reply" if place.thread else "post"
            member = Member(PLATFORM, person.name)
            if not await self.host.awaits(kind, Room(PLATFORM, place.id), member):
                return {}
        heard = not in_room or command
        common = self._common(id_, person, deed, place) | ({} if heard else {"interaction": None})
        await self.host.receive(
            Posted(
                **common,
                place=place,
                message=said.ref,
                text=text if heard else None,
                reply=in_room and bool(said.thread),
            )
        )
        return {}

    async def _choose(self, id_: str, person: Person, deed: Mapping[str, Any]) -> dict[str, Any]:
        message = self._message(person, deed)
        choice = str(deed.get("choice", ""))
        if choice not in {each[0] for each in message.choices}:
            raise Refused("refused_gone")
        message.chosen = {**message.chosen, person.name: choice}
        self.world.update(message)
        await self._answer_choice(id_, person, deed, message, choice)
        return {}

    async def _answer_choice(
        self, id_: str, person: Person, deed: Mapping[str, Any], message: Message, choice: str
    ) -> None:
        common = self._common(id_, person, deed, message.place)
        await self.host.receive(
            Chose(**common, place=message.place, question=message.question, choice=choice)
        )

    async def _form(self, id_: str, person: Person, deed: Mapping[str, Any]) -> dict[str, Any]:
        """Open a question's form, or have it said that it is not open any more."""
        message = self._message(person, deed)
        facts = await self.host.form(message.question, Member(PLATFORM, person.name))
        if facts is None:
            await self._answer_choice(id_, person, deed, message, "")
            return {}
        return {
            "fields": [
                {
                    "id": each.id,
                    "label": each.label,
                    "limit": each.limit,
                    "required": each.required or len(facts.fields) == 1,
                    "kind": each.kind,
                }
                for each in facts.fields
            ]
        }

    async def _submit(self, id_: str, person: Person, deed: Mapping[str, Any]) -> dict[str, Any]:
        message = self._message(person, deed)
        given = deed.get("values")
        values = {
            str(name): str(value)
            for name, value in (given.items() if isinstance(given, dict) else ())
            if str(value).strip()
        }
        if sum(map(len, values.values())) > MOST:
            raise Refused("refused_long", limit=f"{MOST}", length=f"{sum(map(len, values))}")
        common = self._common(id_, person, deed, message.place)
        await self.host.receive(
            Submitted(**common, place=message.place, question=message.question, values=values)
        )
        return {}

    async def _command(self, id_: str, person: Person, deed: Mapping[str, Any]) -> dict[str, Any]:
        """Carry a command of a message's menu out, about that message."""
        message = self._message(person, deed)
        if not message.room or message.person:
            raise Refused("refused_gone")
        path = str(deed.get("path", ""))
        link = f"{PLATFORM}:{message.room}/{message.id}"
        common = self._common(id_, person, deed, message.place)
        place, options = message.place, {"message": link}
        await self.host.receive(Commanded(**common, place=place, command=path, options=options))
        return {}

    async def _react(self, id_: str, person: Person, deed: Mapping[str, Any]) -> dict[str, Any]:
        """Add somebody's sign to a message, or take it away."""
        message = self._message(person, deed)
        emoji = str(deed.get("emoji", ""))
        if not emoji or len(emoji) > _EMOJI or emoji.isascii():
            raise Refused("refused_unknown")
        who = message.reactions.get(emoji, [])
        added = person.name not in who
        who = [*who, person.name] if added else [each for each in who if each != person.name]
        message.reactions = {**message.reactions, emoji: who}
        if not who:
            del message.reactions[emoji]
        self.world.update(message)
        member = Member(PLATFORM, person.name)
        if not added or message.author:
            return {}
        if await self.host.awaits("react", message.ref.room, member, message.ref):
            common = self._common(id_, person, deed, message.place) | {"interaction": None}
            await self.host.receive(
                Reacted(**common, place=message.place, message=message.ref, emoji=emoji)
            )
        return {}

    # Who, where, which

    def _person(self, deed: Mapping[str, Any]) -> Person:
        person = self.world.people.get(str(deed.get("as", "")))
        if person is None:
            raise Refused("refused_unknown")
        return person

    def _who(self, deed: Mapping[str, Any]) -> Person:
        person = self._person(deed)
        if not person.here:
            raise Refused("refused_away", name=person.name)
        return person

    def _place(self, person: Person, deed: Mapping[str, Any]) -> Destination:
        room, thread = str(deed.get("room", "")), str(deed.get("thread", ""))
        if not room:
            return Direct(Member(PLATFORM, person.name))
        found = self.world.rooms.get(room)
        if found is None or (found.apart and not person.moderator):
            raise Refused("refused_gone")
        if thread and thread not in self.world.messages:
            raise Refused("refused_gone")
        return Room(PLATFORM, room, thread or None)

    def _message(self, person: Person, deed: Mapping[str, Any]) -> Message:
        message = self.world.messages.get(str(deed.get("message", "")))
        if message is None or message.person not in ("", person.name):
            raise Refused("refused_gone")
        return message

    def _common(
        self,
        id_: str,
        person: Person,
        deed: Mapping[str, Any],
        place: Destination | None = None,
    ) -> dict[str, Any]:
        """Return what all events of people tell."""
        direct = isinstance(place, Direct)
        told: dict[str, Any] = {
            "event_id": f"{self.world.run} {id_}",
            "member": Member(PLATFORM, person.name),
            "standing": self.world.standing(person),
            "community": None if direct else self.world.community,
            "locale": str(deed.get("language") or "") or None,
        }
        if place is not None:
            told["interaction"] = Interaction(id_, "playground")
        return told
