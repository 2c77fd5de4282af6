"""What circles with the bot as a process of its own share: its life, from start to end."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.bot import BotProcess
from tests.support.stores import prepare
from tests.support.synapse import Account

_MOMENT = 2.0  # seconds


class BotCircle:
    """A bot that starts when one enters, and ends when one leaves."""

    def __init__(self) -> None:
        """Prepare; nothing runs yet."""
        self._stack = AsyncExitStack()
        self._meanwhile: Callable[[], None] | None = None
        self.bot: BotProcess

    async def __aenter__(self) -> Self:
        """Start the bot, and let the moderator bring it in."""
        try:
            await self._begin()
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise
        return self

    async def _begin(self) -> None:
        raise NotImplementedError

    def _start_bot(
        self, account: Account | Mapping[str, str], extra: Mapping[str, str] | None = None
    ) -> None:
        """Start the bot in a folder that has a key and an empty store."""
        folder = Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(prefix="circlekeeper-"))
        )
        self.bot = BotProcess(account, folder, extra)
        prepare(self.bot.database, self.bot.key)
        # In a thread: while it ends it still speaks to a platform, which may live in this process.
        self._stack.push_async_callback(asyncio.to_thread, self.bot.close)
        self._before_start()
        self.bot.start()

    def _before_start(self) -> None:
        """Do what a host does before the first start."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the bot; where something failed, show its log."""
        if error is not None and self.bot.log.exists():
            print(self.bot.log.read_text()[-4000:])  # noqa: T201 - pytest shows it on failure
        await self._stack.aclose()

    async def days_pass(self, days: int) -> None:
        """Time goes as it goes: a moment, in which the bot hears of what happened before."""
        await asyncio.sleep(_MOMENT)

    async def restarts(self) -> None:
        """Kill the bot and start it again."""
        self.bot.kill()
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            meanwhile()
        self.bot.start()

    async def comes_due(self, kind: str) -> None:
        """Let so much time pass that something of a kind is due: its row says so at the restart.

        Then wait until it was handled: who asks at once might be answered before that.
        """

        def move() -> None:
            now = datetime.now(UTC)
            with closing(sqlite3.connect(self.bot.database)) as store, store:
                long_ago = _written(now - timedelta(days=14))
                store.execute("UPDATE harvest SET since = ?", (long_ago,))
                due = _written(now - timedelta(seconds=1))
                moved = store.execute(
                    "UPDATE schedule SET next_due = ? WHERE kind = ?", (due, kind)
                )
                assert moved.rowcount, f"nothing of {kind} is planned"

        self._meanwhile = move
        await self.restarts()
        now = _written(datetime.now(UTC))
        for _ in range(400):
            with closing(sqlite3.connect(self.bot.database)) as store:
                due = "SELECT 1 FROM schedule WHERE kind = ? AND next_due <= ?"
                if store.execute(due, (kind, now)).fetchone() is None:
                    return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{kind} stays due")


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f+00:00")
