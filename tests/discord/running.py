"""The adapter on the double, and the shorthand with which the tests speak to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.adapters.discord import DiscordAdapter
from bot.core.actions import Action, AskChoice, AskForm, Choice, Field, Say
from bot.core.commands import Audience, Command, Declared, FirstAnswer, Option, Texts
from bot.core.events import Event, FromMember
from bot.core.ports import Delivery
from bot.core.refs import Destination, Direct, Interaction, Member, MessageRef, Room
from tests.discord.double import Channel, Double, Person
from tests.support.fake_host import FakeHost, WallClock
from tests.support.running import Running, Whatever

CHOICES = (Choice("yes", "Yes"), Choice("no", "No"))
FIELD = Field("text", "Your word", limit=50)


def declared() -> Declared:
    """Return a few commands of every kind."""
    commands = [
        Command("start", _nothing),
        Command("help", _nothing, (Option("topic", topics=("a",)),), first=FirstAnswer.PUBLIC),
        Command("reflect now", _nothing, (Option("text", limit=4000),), private=True),
        Command("keeper setup", _nothing, audience=Audience.MODERATOR),
        Command(
            "keeper prompt remove",
            _nothing,
            (Option("number", limit=4, number=True),),
            audience=Audience.MODERATOR,
        ),
    ]
    paths = [command.path for command in commands]
    above = {" ".join(path.split()[:n]) for path in paths for n in (1, 2)}
    does: dict[str, Texts] = {path: {"en": f"does {path}"} for path in {*paths, *above}}
    options: dict[str, Texts] = {name: {"en": name} for name in ("topic", "text", "number")}
    return Declared(commands, does, options)


def _nothing(_turn: object, _options: object) -> None:
    return None


def member(person: Person) -> Member:
    """Name a person."""
    return Member("discord", person.id)


def room(channel: Channel) -> Room:
    """Name a channel."""
    return Room("discord", str(channel.id))


class Bot(Running[DiscordAdapter]):
    """An adapter that listens in the background; its host outlives it."""

    def __init__(self, double: Double, host: FakeHost | None = None, **options: Whatever) -> None:
        super().__init__(host, options.pop("clock", None) or WallClock(haste=20.0))
        self.double = double
        options.setdefault("api_url", double.api_url)
        options.setdefault("gateway_url", double.gateway_url)
        token = options.pop("token", double.token)
        commands = options.pop("declared", None) or declared()
        self.adapter = DiscordAdapter(token, self.clock, self.ids, commands, **options)

    async def connected(self, times: int = 1) -> None:
        """Wait until the gateway has told it of its guilds."""
        await self.double.world.until(lambda: self.double.gateway.seen["identify"] >= times, 20)
        await self.double.world.until(lambda: self._guilds() >= self._there())

    def _guilds(self) -> int:
        return len(self.adapter.guild_ids)

    def _there(self) -> int:
        bot = self.double.world.bot.id
        return sum(bot in guild.members for guild in self.double.world.guilds.values())

    async def delivers(self, action: Action, on: MessageRef | None = None) -> MessageRef | None:
        """Deliver an action."""
        return await self.adapter.deliver(Delivery(action.key, action, on, self.clock.now()))

    async def finds(self, action: Action, on: MessageRef | None = None) -> MessageRef | None:
        """Read an action back."""
        return await self.adapter.find(Delivery(action.key, action, on, self.clock.now()))

    def say(self, to: Destination, text: str = "Hello.", **more: Whatever) -> Say:
        """Make something to say."""
        more.setdefault("key", self.ids.new())
        return Say(to=to, text=text, **more)

    def ask(
        self,
        to: Destination,
        text: str = "Shall we?",
        choices: Sequence[Choice] = CHOICES,
        **more: Whatever,
    ) -> AskChoice:
        """Make a question."""
        key = more.pop("key", None) or self.ids.new()
        return AskChoice(key=key, to=to, text=text, question=key, choices=tuple(choices), **more)

    def ask_form(self, to: Destination, text: str = "Tell me.", **more: Whatever) -> AskForm:
        """Make a form."""
        key = more.pop("key", None) or self.ids.new()
        more.setdefault("fields", (FIELD,))
        more.setdefault("opener", "Write")
        return AskForm(key=key, to=to, text=text, question=key, **more)

    def answering(self) -> None:
        """Let the host answer whatever comes with one word for that person."""

        async def answer(event: Event) -> None:
            if isinstance(event, FromMember) and event.interaction is not None:
                action = self.answer_to(event)
                task = asyncio.get_running_loop().create_task(self.delivers(action))
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)

        self._answers: set[asyncio.Task[MessageRef | None]] = set()
        self.host.on_event = answer

    def answer_to(self, event: FromMember, text: str = "Here.") -> Say:
        """Make an answer to an interaction, for that person's eyes where others read."""
        place: Destination = getattr(event, "place", Direct(event.member))
        aside = event.member if isinstance(place, Room) else None
        return self.say(place, text, answers=event.interaction, aside=aside)


def of(event: FromMember) -> Interaction:
    """Return an event's interaction."""
    assert event.interaction is not None
    return event.interaction


@asynccontextmanager
async def running(
    double: Double, host: FakeHost | None = None, **options: Whatever
) -> AsyncIterator[Bot]:
    """Let a bot run on the double, once it is connected."""
    async with Bot(double, host, **options) as bot:
        await bot.connected()
        yield bot
