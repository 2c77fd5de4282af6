"""Taking in what the gateway tells: each person's in its order, none lost to a failed turn."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal, TypeAlias, TypeVar

import structlog

from bot.adapters.discord import inbound, messages
from bot.adapters.discord.commands import is_public, path_and_options
from bot.adapters.discord.door import Door
from bot.adapters.discord.guilds import PLATFORM, Guilds, community
from bot.adapters.discord.handing import again, hand_on
from bot.adapters.discord.interactions import Interactions
from bot.adapters.discord.rest import DiscordError, Rest
from bot.core.actions import FILE_LIMIT
from bot.core.commands import Command
from bot.core.events import Chose, Event, Left, Posted, Submitted
from bot.core.ports import Clock, Host
from bot.core.refs import Destination, Direct, Member, MessageRef, Standing

log = structlog.get_logger(__name__)

JSON: TypeAlias = Mapping[str, Any]
T = TypeVar("T")
Work: TypeAlias = Callable[[], Awaitable[None]]

_OF_RIGHTS = ("GUILD_UPDATE", "GUILD_ROLE_")
_OF_MEMBERS = ("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE")


class Intake:
    """Takes in what people do."""

    def __init__(
        self,
        host: Host,
        clock: Clock,
        rest: Rest,
        guilds: Guilds,
        interactions: Interactions,
        commands: Mapping[str, Command],
        door: Door,
    ) -> None:
        """Tell this host."""
        self._door = door
        self._host = host
        self._clock = clock
        self._rest = rest
        self._guilds = guilds
        self._interactions = interactions
        self._commands = commands
        self._last: dict[str, asyncio.Task[None]] = {}
        self.me = ""

    def hear(self, name: str, data: JSON) -> None:
        """Take in one dispatch; what has to wait waits in a task of its own."""
        if name in _OF_MEMBERS:
            self._guilds.changed(str(data["guild_id"]), str(data["user"]["id"]))
        elif name.startswith(_OF_RIGHTS):
            self._guilds.changed(str(data.get("guild_id") or data["id"]))
        match name:
            case "INTERACTION_CREATE":
                self._interaction(data)
            case "MESSAGE_CREATE":
                if inbound.is_talk(data):
                    self._in_order(str(data["author"]["id"]), partial(self._message, data))
            case "MESSAGE_REACTION_ADD":
                if str(data["user_id"]) != self.me and data.get("message_author_id") == self.me:
                    self._in_order(str(data["user_id"]), partial(self._reaction, data))
            case "GUILD_MEMBER_ADD" | "GUILD_MEMBER_UPDATE":
                joined = self._door.through(data, self._clock.now())
                if joined is not None:
                    self._in_order(_coming(joined.member.id), partial(self._receive, joined))
            case "GUILD_MEMBER_REMOVE":
                left = self._left(data)
                self._in_order(_coming(left.member.id), partial(self._receive, left))
            case _:
                pass

    async def close(self) -> None:
        """Let go of what has not been taken in."""
        for task in self._last.values():
            task.cancel()
        await asyncio.gather(*self._last.values(), return_exceptions=True)

    def _in_order(self, person: str, work: Work) -> None:
        """Do one thing of a person's after the other."""
        before = self._last.get(person)

        async def do() -> None:
            if before is not None:
                await asyncio.wait([before])
            try:
                await work()
            except Exception as error:  # what is malformed is dropped alone
                log.warning("not taken in", error=type(error).__name__)
            finally:
                if self._last.get(person) is task:
                    del self._last[person]

        task = asyncio.get_running_loop().create_task(do())
        self._last[person] = task

    async def _receive(self, event: Event) -> None:
        await hand_on(self._host, self._clock, event)

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        return await again(self._clock, question)

    # Interactions

    def _interaction(self, data: JSON) -> None:
        clicked = inbound.read_interaction(data)
        if clicked.kind == inbound.TYPING:
            self._in_order(f"typing {clicked.member.id}", partial(self._suggest, clicked))
            return
        if clicked.kind not in (inbound.COMMAND, inbound.COMPONENT, inbound.FORM):
            return
        opens = clicked.kind != inbound.FORM
        self._interactions.took(clicked.interaction, aside=self._aside(clicked), opens=opens)
        if clicked.guild is not None:
            self._guilds.changed(clicked.guild, clicked.member.id)
        question = inbound.opened_form(clicked)
        work: Work
        if question is not None:
            work = partial(self._open_form, clicked, question, data.get("message") or {})
        else:
            work = partial(self._turn, clicked)
        self._in_order(clicked.member.id, work)

    def _aside(self, clicked: inbound.Clicked) -> bool:
        if clicked.guild is None:
            return False
        if clicked.kind != inbound.COMMAND:
            return True
        path, _, _ = path_and_options(clicked.data)
        return not is_public(self._commands.get(path))

    async def _turn(self, clicked: inbound.Clicked) -> None:
        event = inbound.event_of(clicked, await self._standing(clicked))
        if isinstance(event, Submitted):
            event = replace(event, values={**event.values, **await self._files(clicked)})
        await self._receive(event)

    async def _files(self, clicked: inbound.Clicked) -> dict[str, str]:
        """Return the texts of the files in a sent form; of what cannot be read, an empty one."""
        found = {}
        for name, url in inbound.uploaded(clicked.data).items():
            try:
                held = await self._rest.fetch(url, FILE_LIMIT)
            except DiscordError:
                held = b""
            found[name] = held.decode("utf-8-sig", "replace")
        return found

    async def _open_form(self, clicked: inbound.Clicked, question: str, message: JSON) -> None:
        facts = await self._ask(partial(self._host.form, question, clicked.member))
        if facts is None:
            standing = await self._standing(clicked)
            await self._receive(
                Chose(question=question, choice="", standing=standing, **clicked.common)
            )
            return
        label = inbound.label_of(message, str(clicked.data.get("custom_id", "")))
        form = messages.form(question, facts.fields, clicked.interaction.id)
        await self._interactions.open_form(
            clicked.interaction, form, messages.door(question, label, clicked.interaction.id)
        )

    async def _suggest(self, clicked: inbound.Clicked) -> None:
        path, options, typed = path_and_options(clicked.data)
        found = await self._host.suggest(
            path, typed, inbound.whole(options.get(typed, "")), clicked.locale
        )
        await self._interactions.suggest(clicked.interaction, list(found))

    async def _standing(self, clicked: inbound.Clicked) -> tuple[Standing, ...]:
        if clicked.standing is not None:
            return clicked.standing
        return await self._everywhere(clicked.member)

    async def _everywhere(self, person: Member) -> tuple[Standing, ...]:
        known = partial(self._ask, partial(self._host.communities, person))
        return await self._guilds.standing(person.id, known)

    # What people write and do

    async def _message(self, data: JSON) -> None:
        person = Member(PLATFORM, str(data["author"]["id"]))
        room = self._guilds.room(str(data["channel_id"]))
        ref = MessageRef(room, str(data["id"]))
        guild = data.get("guild_id")
        answered = (data.get("message_reference") or {}).get("message_id")
        reply = room.thread is not None or data.get("message_reference") is not None
        if guild:
            text = inbound.addressed(data, self.me)
            kind: Literal["post", "reply"] = "reply" if reply else "post"
            awaited = partial(self._host.awaits, kind, room, person)
            if text is None and not await self._ask(awaited):
                return
            place: Destination = room
            standing = self._standing_in(str(guild), person, data.get("member") or {})
        else:
            text = inbound.whole(data.get("content") or "").strip()
            place = Direct(person)
            standing = await self._everywhere(person)
        await self._receive(
            Posted(
                event_id=f"message {data['id']}",
                member=person,
                standing=standing,
                community=community(guild) if guild else None,
                place=place,
                message=ref,
                text=text,
                reply=reply,
                about=MessageRef(room, str(answered)) if answered and text is not None else None,
            )
        )

    async def _reaction(self, data: JSON) -> None:
        person = Member(PLATFORM, str(data["user_id"]))
        room = self._guilds.room(str(data["channel_id"]))
        message = MessageRef(room, str(data["message_id"]))
        if not await self._ask(partial(self._host.awaits, "react", room, person, message)):
            return
        guild = data.get("guild_id")
        if guild:
            standing = self._standing_in(str(guild), person, data.get("member") or {})
        else:
            standing = await self._everywhere(person)
        event = inbound.reaction(data, room, self._clock.now(), standing)
        if event is not None:
            await self._receive(event)

    def _standing_in(self, guild_id: str, person: Member, member: JSON) -> tuple[Standing, ...]:
        guild = self._guilds.get(guild_id)
        if guild is None:
            return (Standing(community(guild_id)),)
        return (self._guilds.standing_of(guild, person.id, member.get("roles") or ()),)

    def _left(self, data: JSON) -> Left:
        guild, person = str(data["guild_id"]), str(data["user"]["id"])
        return Left(
            event_id=f"left {guild} {person} {self._clock.now().isoformat()}",
            member=Member(PLATFORM, person),
            community=community(guild),
        )


def _coming(person: str) -> str:
    """Return the line of somebody's coming and going.

    That gives way to whatever people wait for; what they do themselves must not wait behind it.
    """
    return f"coming {person}"
