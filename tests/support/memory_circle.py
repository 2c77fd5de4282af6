"""A community on the memory adapter."""

from datetime import UTC, datetime, timedelta
from functools import cache

from sqlmodel import select

from bot.adapters.memory import BOT, Line
from bot.core.markup import to_plain
from bot.core.refs import Direct
from storage.tables import Schedule
from tests.support.phrasebook import Phrasebook
from tests.support.shipped import shipped
from tests.support.stage import ReadyStage

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class MemoryCircle:
    """A circle (see `tests.support.circle`) in which nothing has to be waited for."""

    reads = True

    def __init__(self, *, buttons: bool) -> None:
        """Bring the bot into a community of one room."""
        self.stage = ReadyStage(shipped(), START, buttons=buttons)
        self._heard: dict[tuple[str, bool], int] = {}

    async def begin(self) -> None:
        """Let the bot arrive."""
        self.stage.chat.moderators.add("mira")
        await self.stage.chat.add_bot("garden", {"garden": "garden"})
        await self.stage.settle()

    async def joins(self, name: str) -> None:
        """Somebody comes into the community."""
        await self.stage.joins(name)

    async def leaves(self, name: str) -> None:
        """Somebody leaves the community."""
        await self.stage.chat.leave(name)

    async def takes_another_device(self, name: str) -> None:
        """There is none: whatever was said stands here."""

    async def days_pass(self, days: int) -> None:
        """Let the simulated clock go on; what the bot says meanwhile is to be heard, too."""
        await self.stage.until(self.stage.clock.now() + timedelta(days=days))

    async def says(self, name: str, text: str, *, room: bool = False) -> None:
        """Somebody types."""
        await self.stage.says(name, text, "garden" if room else None)

    async def answers(self, name: str, label: str) -> None:
        """Somebody clicks, or where there are no buttons types the label."""
        if self.stage.chat.affordances.buttons:
            await self.stage.clicks(name, self.called(name, label))
        else:
            await self.stage.says(name, label)

    async def reacts(self, name: str, emoji: str, text: str) -> None:
        """Somebody reacts to the newest message of the bot's that contains the text."""
        await self.stage.reacts(name, emoji, self.stage.last(name, text))

    async def hears(self, name: str, text: str, *, room: bool = False) -> str:
        """Return the next message of the bot's that contains the text."""
        await self.stage.until(self.stage.clock.now())  # what is due now has come
        lines = self._lines(name, room)
        start = self._heard.get((name, room), 0)
        for position in range(start, len(lines)):
            if self.fits(text, lines[position].text):
                self._heard[name, room] = position + 1
                return lines[position].text
        seen = "\n---\n".join(line.text for line in lines[start:]) or "nothing"
        raise AssertionError(f"{name} does not hear {text!r}, but:\n{seen}")

    async def hears_nothing(self, name: str) -> None:
        """Fail when the bot has said anything more to this person in private."""
        more = self._lines(name, room=False)[self._heard.get((name, False), 0) :]
        assert not more, f"{name} hears {more[0].text!r}"

    async def restarts(self) -> None:
        """End the bot and start it on the same store; nothing but the store is left."""
        self.stage.restart()

    def fits(self, wanted: str, text: str) -> bool:
        """Tell whether a text of the bot's is what is waited for."""
        return wanted in text

    def called(self, _name: str, label: str) -> str:
        """Return what a label is called where somebody is to click it."""
        return label

    async def comes_due(self, kind: str) -> None:
        """Let the time pass, with a restart on the way."""
        self.stage.restart()
        query = select(Schedule.next_due).where(Schedule.kind == kind)
        due = self.stage.opened.store.run(lambda tx: tx.session.exec(query).one())
        assert due is not None
        await self.stage.until(due + timedelta(minutes=1))

    async def writes(self, name: str, text: str) -> Line:
        """Somebody writes in the newest prompt's thread."""
        threads = [each.thread for each in self._lines(name, room=True) if each.thread]
        await self.stage.says(name, text, "garden", threads[-1])
        return self.stage.chat.lines[-1]

    async def nominates(self, name: str, message: Line) -> None:
        """Somebody answers a message with the command."""
        self.stage.clock.advance(timedelta(seconds=20))
        await self.stage.chat.says(
            name, "!notebook nominate", "garden", message.thread, about=message
        )
        await self.stage.settle()

    async def settles(self) -> None:
        """It tells here when it has looked."""

    async def fills_in(self, name: str, *texts: str) -> None:
        """Somebody answers one field after the other."""
        for text in texts:
            await self.stage.says(name, text)

    def _lines(self, name: str, room: bool) -> list[Line]:
        return [
            line
            for line in self.stage.chat.seen_by(name)
            if line.author == BOT and isinstance(line.place, Direct) is not room
        ]


class FrenchMemoryCircle(MemoryCircle):
    """The same in French, with buttons; the dialogues stay as they are."""

    def __init__(self) -> None:
        """Bring the bot into a community of one room."""
        super().__init__(buttons=True)
        self._book = french()

    def fits(self, wanted: str, text: str) -> bool:
        """Until somebody has chosen a language, the bot speaks English."""
        return wanted in text or self._book.hears(wanted, text)

    def called(self, name: str, label: str) -> str:
        """Return the French label, if somebody sees it."""
        seen = {each for line in self.stage.chat.seen_by(name) for each in line.choices}
        return next((each for each in self._book.labels(label) if each in seen), label)


@cache
def french() -> Phrasebook:
    """Return what the dialogues say in French, as it is read here."""
    return Phrasebook("fr", to_plain)
