"""The stage: the bot with the memory adapter, a simulated clock, and a throw-away store."""

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from bot.adapters.memory import BOT, Line, MemoryAdapter
from bot.app import App, Content, SeededIds
from bot.core.content import Folders
from bot.core.refs import Direct
from bot.rehearsal.clock import SimulatedClock
from storage.opening import open_store

_PAUSE = timedelta(seconds=20)


class Stage:
    """A community of a few people, and the bot among them; time passes only when told to.

    Args:
        content: what to play with.
        start: when it begins, with its zone.
        seed: the same seed gives the same identifiers and choices.
        watch: is shown every message.
        buttons: whether the platform has them; False shows what a text platform shows.
        store: the URL and the key file of a store that stays, rather than a throw-away one.
    """

    def __init__(
        self,
        content: Folders | Content,
        start: datetime,
        *,
        seed: int = 1,
        watch: Callable[[Line], None] | None = None,
        buttons: bool = True,
        store: tuple[str, Path] | None = None,
    ) -> None:
        """Set the stage; nobody is there yet."""
        self._folder = tempfile.TemporaryDirectory(prefix="circlekeeper-")
        place = Path(self._folder.name)
        self._url, self._key = store or (f"sqlite:///{place / 'rehearsal.db'}", place / "key")
        self._content, self._seed = content, seed
        self.opened = open_store(self._url, self._key)
        self.clock = SimulatedClock(start)
        self.chat = MemoryAdapter(self.clock, buttons=buttons)
        if watch is not None:
            self.chat.watch = watch
        self.app = self._start()

    def _start(self) -> App:
        app = App(
            self.opened.store,
            self._content,
            [self.chat],
            clock=self.clock,
            ids=SeededIds(self._seed),
        )
        self.chat.connect(app.hosts[0])
        return app

    def restart(self, content: Folders | Content | None = None) -> None:
        """End the bot, and start another one on the same store, perhaps with other content:
        nothing else is left of it.
        """
        self.opened.close()
        self._content = content or self._content
        self.opened = open_store(self._url, self._key)
        self._seed += 1
        self.app = self._start()

    def close(self) -> None:
        """Strike the stage."""
        self.opened.close()
        self._folder.cleanup()

    async def settle(self) -> None:
        """Let the bot say all that it has to say now."""
        await self.app.settle()

    async def says(
        self, person: str, text: str, room: str | None = None, thread: str | None = None
    ) -> None:
        """Let somebody type, privately or in a room or a thread, and the bot answer."""
        self.clock.advance(_PAUSE)
        await self.chat.says(person, text, room, thread)
        await self.settle()

    async def replies(self, person: str, text: str, line: Line) -> None:
        """Let somebody write in a message's thread: to people, so that the bot hears nothing."""
        self.clock.advance(_PAUSE)
        thread = line.ref.id if line.ref else None
        said = Line(self.clock.now(), line.place, person, text, thread=thread)
        self.chat.lines.append(said)
        self.chat.watch(said)

    async def gives(self, person: str, text: str) -> None:
        """Somebody sends the bot a text file, in private."""
        await self.chat.gives(person, text)
        await self.settle()

    async def clicks(self, person: str, label: str) -> None:
        """Let somebody click, and the bot answer."""
        self.clock.advance(_PAUSE)
        await self.chat.clicks(person, label)
        await self.settle()

    async def reacts(self, person: str, emoji: str, line: Line) -> None:
        """Let somebody react, and the bot answer."""
        self.clock.advance(_PAUSE)
        await self.chat.reacts(person, emoji, line)
        await self.settle()

    async def joins(self, person: str) -> None:
        """Let somebody come into the community."""
        self.clock.advance(_PAUSE)
        await self.chat.join(person)
        await self.settle()

    async def until(self, moment: datetime) -> None:
        """Let time pass; what comes due on the way happens in its order."""
        while True:
            due = await self.app.tick.earliest()
            if due is None or due > moment:
                break
            self.clock.move_to(due)
            await self.app.tick.once()
            await self.settle()
        self.clock.move_to(moment)
        await self.settle()

    def last(self, person: str, containing: str = "") -> Line:
        """Return the newest private message of the bot's to somebody."""
        for line in reversed(self.chat.seen_by(person)):
            private = isinstance(line.place, Direct)
            if private and line.author == BOT and containing in line.text:
                return line
        raise LookupError(f"The bot said nothing to {person} that contains {containing!r}.")
