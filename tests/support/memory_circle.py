"""A community on the memory adapter."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.adapters.memory import BOT, Line
from bot.core.content import Folders
from bot.core.refs import Direct
from bot.rehearsal.stage import Stage

ROOT = Path(__file__).parents[2]
FOLDERS = Folders((ROOT / "prompts",), ROOT / "charter.yaml")
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class MemoryCircle:
    """A circle (see `tests.support.circle`) in which nothing has to be waited for."""

    def __init__(self, *, buttons: bool) -> None:
        """Bring the bot into a community of one room."""
        self.stage = Stage(FOLDERS, START, buttons=buttons)
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
            await self.stage.clicks(name, label)
        else:
            await self.stage.says(name, label)

    async def reacts(self, name: str, emoji: str, text: str) -> None:
        """Somebody reacts to the newest message of the bot's that contains the text."""
        await self.stage.reacts(name, emoji, self.stage.last(name, text))

    async def hears(self, name: str, text: str, *, room: bool = False) -> str:
        """Return the next message of the bot's that contains the text."""
        lines = self._lines(name, room)
        start = self._heard.get((name, room), 0)
        for position in range(start, len(lines)):
            if text in lines[position].text:
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

    def _lines(self, name: str, room: bool) -> list[Line]:
        return [
            line
            for line in self.stage.chat.seen_by(name)
            if line.author == BOT and isinstance(line.place, Direct) is not room
        ]
