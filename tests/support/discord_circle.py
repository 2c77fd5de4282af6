"""A community on the double of Discord, with the bot as a process of its own."""

import asyncio
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.discord.double import Channel, Double, Guild, Interaction, Message, NotPossible, Person
from tests.support.bot import BotProcess
from tests.support.bot_circle import BotCircle
from tests.support.phrasebook import Phrasebook

_PATIENCE = 15.0
_STARTED = 60.0
_STEP = 0.01
_TEXT, _ROW = 10, 1
_SUBCOMMANDS = (1, 2)
_NUMBER = 4
_MARKS = re.compile(r"\\(.)|\*\*|(?<!\w)\*|\*(?!\w)|^> |^#+ ", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Seen:
    """One text as somebody reads it: a part of a message, or of a form."""

    text: str
    message: Message | None


class DiscordCircle(BotCircle):
    """A circle (see `tests.support.circle`) in a guild of one channel.

    Slash commands are used in the channel, where their answers are for one's own eyes; what is no
    command is written into the open form, or to the bot in a direct message. A private word in a
    room is typed for all to see, with a mention. Whoever joins comes through *Start here*.
    """

    reads = False

    def __init__(
        self, double: Double, *, locale: str = "en-US", bot: BotProcess | None = None, **extra: str
    ) -> None:
        """Found the guild; without a bot that runs already it has its own, for which `extra` is
        further environment.
        """
        super().__init__()
        self.double = double
        self._runs = bot
        self._arrived = False
        self._locale = locale
        self._extra = extra
        self._people: dict[str, Person] = {}
        self._asked: dict[str, list[Interaction]] = {}
        self._heard: dict[tuple[str, bool], int] = {}
        self.guild: Guild
        self.room: Channel

    async def _begin(self) -> None:
        if self._runs is not None:
            self.bot = self._runs
        else:
            self._start_bot(_account(self.double), self._extra)
        self.guild = self.person("mira").founds("garden")
        self.room = self.guild.general
        self.room.name = "garden"
        self.double.brings_bot(self.guild)
        await self.double.world.until(lambda: self.double.gateway.seen["identify"], _STARTED)
        await self.hears("mira", "keeper setup", room=True)
        self._arrived = True

    def person(self, name: str) -> Person:
        """Return somebody, who has an account when first named."""
        if name not in self._people:
            self._people[name] = self.double.person(name, locale=self._locale)
        return self._people[name]

    async def joins(self, name: str) -> None:
        """Somebody comes into the community, and through the door that is pinned there."""
        self.person(name).joins(self.guild)
        if any(self._on(each, "Start") for each in self.person(name).sees(self.room)):
            await self.answers(name, "Start")

    async def leaves(self, name: str) -> None:
        """Somebody leaves the guild; comings and goings give way to whatever people wait for."""
        self.person(name).leaves(self.guild)
        await self.until_settled()

    async def takes_another_device(self, name: str) -> None:
        """Somebody goes on elsewhere: what was for their eyes alone is not there."""
        self.person(name).jumps_to_present()
        self._asked.pop(name, None)
        self._heard[name, False] = len(self._seen(name, room=False))

    async def says(self, name: str, text: str, *, room: bool = False) -> None:
        """Somebody types."""
        if not room:
            self._in_private(name, text)
        elif name != "mira" and text.startswith("!"):
            bot = self.double.world.bot
            self.person(name).posts(self.room, f"<@{bot.id}> {text[1:]}")
        elif not text.startswith("!") or not self._as_command(name, text[1:]):
            self.person(name).posts(self.room, text)

    def _in_private(self, name: str, text: str) -> None:
        if self._as_command(name, text) or self._as_answer(name, text):
            return
        person = self.person(name)
        person.posts(person.direct, text)

    def _as_command(self, name: str, text: str) -> bool:
        """Use a command, if the text is one and the client lets them."""
        words = text.split()
        for length in range(min(3, len(words)), 0, -1):
            path = " ".join(words[:length])
            leaf = self._leaf(path)
            if leaf is None:
                continue
            rest = text.split(None, length)[length] if len(words) > length else ""
            try:
                options = _filled(leaf, rest)
                asked = self.person(name).uses(path, self.room, **options)
            except (NotPossible, ValueError):
                return False
            self._asked.setdefault(name, []).append(asked)
            return True
        return False

    def _leaf(self, path: str) -> dict[str, Any] | None:
        """Return the command of this path, if it can be used."""
        root, *rest = path.split()
        found = self.double.commands.named(root)
        for word in rest:
            options = (found or {}).get("options", ())
            found = next((each for each in options if each["name"] == word), None)
        if found is None or any(each["type"] in _SUBCOMMANDS for each in found.get("options", ())):
            return None
        return found

    def _as_answer(self, name: str, text: str) -> bool:
        """Write a text into the form that is open, or that a button of the newest message opens."""
        asked = self._asked.get(name, [])
        if asked and asked[-1].modal is not None:
            self._submit(name, asked[-1], text)
            return True
        newest = self._private(name)[-1:]
        for message in newest:
            opener = _opener(message)
            if opener is not None:
                self._asked.setdefault(name, []).append(self.person(name).clicks(message, opener))
                asyncio.get_running_loop().create_task(self._fill(name, text))
                return True
        return False

    async def _fill(self, name: str, text: str) -> None:
        opened = self._asked[name][-1]
        await opened.answered()
        await self.form_opened(name, opened)
        if opened.modal is not None:
            self._submit(name, opened, text)

    async def form_opened(self, name: str, opened: Interaction) -> None:
        """Something may happen while a form is open."""

    def _submit(self, name: str, opened: Interaction, text: str) -> None:
        assert opened.modal is not None
        labels_ = [each["label"] for each in opened.modal["components"] if "label" in each]
        sent = self.person(name).submits(opened, {labels_[0]: text})
        self._asked[name].append(sent)

    async def answers(self, name: str, label: str) -> None:
        """Somebody clicks, or chooses in a menu."""
        person, message = self.person(name), await self.sees(name, label)
        label = self._on(message, label)
        try:
            asked = person.clicks(message, label)
        except NotPossible:
            asked = person.selects(message, label)
        self._asked.setdefault(name, []).append(asked)

    async def sees(self, name: str, label: str) -> Message:
        """Return the newest message that can be answered so; wait for it."""
        person = self.person(name)

        def found() -> Message | None:
            seen = [each for each in person.sees() if self._on(each, label)]
            return seen[-1] if seen else None

        await self._until(lambda: found() is not None, f"{name} sees no {label!r}")
        message = found()
        assert message is not None
        return message

    async def reacts(self, name: str, emoji: str, text: str) -> None:
        """Somebody reacts to the newest message of the bot's that contains the text."""
        found = [each for each in self._private(name) if self.fits(text, read(each.text))]
        self.person(name).reacts(found[-1], emoji)

    async def hears(self, name: str, text: str, *, room: bool = False) -> str:
        """Return the next text of the bot's that contains this."""
        start = self._heard.get((name, room), 0)

        def position() -> int | None:
            seen = self._seen(name, room)
            fitting = (n for n in range(start, len(seen)) if self.fits(text, seen[n].text))
            return next(fitting, None)

        try:
            await self._until(lambda: position() is not None, "")
        except AssertionError:
            said = "\n---\n".join(each.text for each in self._seen(name, room)[start:])
            raise AssertionError(f"{name} does not hear {text!r}, but:\n{said}") from None
        found = position()
        assert found is not None
        self._heard[name, room] = found + 1
        return self._seen(name, room)[found].text

    async def hears_nothing(self, name: str) -> None:
        """Fail when the bot has said anything more to this person in private."""
        more = self._seen(name, room=False)[self._heard.get((name, False), 0) :]
        assert not more, f"{name} hears {more[0].text!r}"

    async def restarts(self) -> None:
        """Kill the bot and start it again."""
        seen = self.double.gateway.seen
        before = seen["identify"]
        await super().restarts()
        await self._until(lambda: seen["identify"] > before, "the bot does not come back")

    async def writes(self, name: str, text: str) -> Message:
        """Somebody writes in the newest prompt's thread."""
        bot, person = self.double.world.bot, self.person(name)

        def threads() -> list[Channel]:
            seen = [each for each in person.sees() if each.author is bot]
            return [each.channel for each in seen if each.channel.parent is self.room]

        await self._until(threads, "there is no thread")
        return person.posts(threads()[-1], text)

    async def nominates(self, name: str, message: Message) -> None:
        """Somebody chooses the command in a message's menu."""
        asked = self.person(name).applies("notebook nominate", message)
        self._asked.setdefault(name, []).append(asked)

    async def settles(self) -> None:
        """Wait until the bot asks nothing of the double any more."""
        await self.until_settled()

    async def fills_in(self, name: str, *texts: str) -> None:
        """Somebody opens the form of the newest message, and fills all of it in."""
        opener = _opener(self._private(name)[-1])
        assert opener is not None
        opened = self.person(name).clicks(self._private(name)[-1], opener)
        self._asked.setdefault(name, []).append(opened)
        await opened.answered()
        assert opened.modal is not None
        labels_ = [each["label"] for each in opened.modal["components"] if "label" in each]
        sent = self.person(name).submits(opened, dict(zip(labels_, texts, strict=True)))
        self._asked[name].append(sent)

    async def until_settled(self) -> None:
        """Wait until the bot has asked nothing of the double for a while."""
        before = -1
        while len(self.double.requests) != before:
            before = len(self.double.requests)
            await asyncio.sleep(0.5)

    # What is to be read, and in which language

    def fits(self, wanted: str, text: str) -> bool:
        """Tell whether a text of the bot's is what is waited for."""
        return wanted in text

    def wordings(self, label: str) -> list[str]:
        """Return what a label may be."""
        return [label]

    def _on(self, message: Message, label: str) -> str:
        """Return what a label is called on a message; nothing where it is not there."""
        there = labels(message)
        return next((each for each in self.wordings(label) if each in there), "")

    def _seen(self, name: str, room: bool) -> list[Seen]:
        """Return what somebody reads, the oldest first; forms where they opened."""
        messages = self._public(name) if room else self._private(name)
        seen = [(each.id, Seen(read(part), each)) for each in messages for part in _parts(each)]
        if not room:
            for asked in self._asked.get(name, ()):
                for part in (asked.modal or {}).get("components", ()):
                    if part["type"] == _TEXT:
                        seen.append((asked.id, Seen(read(part["content"]), None)))
        return [each for _, each in sorted(seen, key=lambda pair: pair[0])]

    def _public(self, name: str) -> list[Message]:
        bot = self.double.world.bot
        return [
            each
            for each in self.person(name).sees(self.room)
            if each.author is bot and not each.ephemeral and each.type == 0
        ]

    def _private(self, name: str) -> list[Message]:
        """Return what is for somebody's eyes, or answers what they asked for all to see."""
        person, bot = self.person(name), self.double.world.bot
        return [
            each
            for each in person.sees()
            if each.author is bot
            and not each.flags & 128
            and (each.ephemeral or each.channel is person.direct or _for(each, person))
        ]

    async def _until(self, holds: Any, otherwise: str) -> None:  # noqa: ANN401 - a predicate
        end = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < end, otherwise
            await asyncio.sleep(_STEP)


def _account(double: Double) -> dict[str, str]:
    return {
        "CIRCLEKEEPER_DISCORD__TOKEN": double.token,
        "CIRCLEKEEPER_DISCORD__API_URL": double.api_url,
        "CIRCLEKEEPER_DISCORD__GATEWAY_URL": double.gateway_url,
    }


@contextmanager
def running(double: Double, extra: Mapping[str, str] | None = None) -> Iterator[BotProcess]:
    """Let a bot run on the double, as its host starts it."""
    with (
        tempfile.TemporaryDirectory(prefix="circlekeeper-") as folder,
        BotProcess(_account(double), Path(folder), extra) as bot,
    ):
        yield bot


class _Heard(str):
    """A text of the bot's in another language, in which one may look for what the dialogue says."""

    __slots__ = ("fits",)
    fits: Callable[[str, str], bool]

    def __contains__(self, part: object) -> bool:
        return self.fits(str(part), str(self))


class FrenchCircle(DiscordCircle):
    """Everybody reads French, and so does the community; the dialogues stay as they are."""

    def __init__(self, double: Double, bot: BotProcess) -> None:
        """Found the guild, where this bot comes."""
        super().__init__(double, locale="fr", bot=bot)
        self._book = french()

    def fits(self, wanted: str, text: str) -> bool:
        """Until somebody has chosen a language, the bot speaks English in the room."""
        return self._book.hears(wanted, text) if self._arrived else wanted in text

    def wordings(self, label: str) -> list[str]:
        """Return what stands there in French."""
        return self._book.labels(label)

    async def hears(self, name: str, text: str, *, room: bool = False) -> str:
        """Return the next text of the bot's that says this."""
        heard = _Heard(await super().hears(name, text, room=room))
        heard.fits = self.fits
        return heard


@cache
def french() -> Phrasebook:
    """Return what the dialogues say in French."""
    return Phrasebook("fr", read, _PUT_TOGETHER)


_PUT_TOGETHER = {"Every other week, then": "Une semaine sur deux, c’est noté"} | {
    f"{english} (version 1)": f"{french_} (version 1)"
    for english, french_ in (
        ("Why we gather", "Pourquoi nous nous réunissons"),
        ("Listen to understand", "Écouter pour comprendre"),
    )
}


def labels(message: Message) -> list[str]:
    """Return what can be clicked or chosen on a message."""
    found = []
    for row in message.components:
        for each in row.get("components", ()):
            if "label" in each:
                found.append(str(each["label"]))
            found += [str(option["label"]) for option in each.get("options", ())]
    return found


def read(text: str) -> str:
    """Return a text as it reads, without Discord's marks."""
    return _MARKS.sub(lambda match: match[1] or "", text)


def _parts(message: Message) -> list[str]:
    return [str(each["content"]) for each in message.components if each["type"] == _TEXT]


def _opener(message: Message) -> str | None:
    """Return the button of a message that opens a form."""
    for row in message.components:
        for each in row.get("components", ()):
            if str(each.get("custom_id", "")).startswith("1:f:"):
                return str(each["custom_id"])
    return None


def _for(message: Message, person: Person) -> bool:
    """Tell whether a message answers what this person asked."""
    return message.metadata is not None and message.metadata["user"]["id"] == person.id


def _filled(leaf: dict[str, Any], rest: str) -> dict[str, Any]:
    """Fill in a command's options, as the same words would on a text platform."""
    declared = leaf.get("options", [])
    given: dict[str, Any] = {}
    for number, option in enumerate(declared):
        last = number == len(declared) - 1
        word, _, after = rest.partition(" ")
        value, rest = (rest, "") if last else (word, after)
        if value:
            given[option["name"]] = int(value) if option["type"] == _NUMBER else value
    if rest:
        raise ValueError(rest)
    return given
