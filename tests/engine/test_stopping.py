"""Asked to stop, the bot ends what it began, leaves the rest to the store, and begins no more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest_asyncio

from bot.app import App, Content, SystemClock
from bot.core.commands import Command, Option
from bot.core.events import Commanded
from bot.core.features import Feature
from bot.core.refs import Community, Member, Standing
from bot.core.turn import Turn
from bot.engine.own import engine_feature
from bot.engine.words import Words
from bot.testing import FakePlatform, Fault
from storage.opening import Opened, open_store
from storage.outbox import Deliveries
from tests.engine.circle import FAKE, PROMPTS, TEXT_ONLY, direct
from tests.engine.waiting import until

WORDS = "{% block said %}{{ text }}{% endblock %}"
ANA = Member(FAKE, "ana")


def probe() -> Feature:
    """Return a feature that says again what it is told."""

    def say(turn: Turn, options: Mapping[str, str]) -> None:
        turn.say("said", text=options["text"])

    command = Command("say", say, (Option("text"),), needs_community=False)
    return Feature(name="probe", commands=[command])


class Bot:
    """A bot that runs on a store and a platform, in real time."""

    def __init__(self, folder: Path) -> None:
        words = folder / "prompts" / "probe"
        words.mkdir(parents=True, exist_ok=True)
        (words / "words.md.j2").write_text(WORDS)
        self.folder = folder
        self.platform = FakePlatform(SystemClock(), TEXT_ONLY)
        self.opened: Opened
        self.start()

    def start(self) -> None:
        self.opened = open_store(f"sqlite:///{self.folder / 'db'}", self.folder / "key")
        content = Content([engine_feature(), probe()], Words([PROMPTS, self.folder / "prompts"]))
        self.app = App(self.opened.store, content, [self.platform])
        self.task = asyncio.ensure_future(self.app.run())

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.opened.close()
        self.platform.host = None

    async def hears(self, number: int) -> None:
        await self.platform.hear(
            Commanded(
                event_id=f"e{number}",
                member=ANA,
                place=direct("ana"),
                standing=(Standing(Community(FAKE, "circle")),),
                command="say",
                options={"text": f"answer {number}"},
            )
        )

    def waiting(self) -> int:
        account = self.platform.account
        return self.opened.store.run(lambda tx: Deliveries(tx).waiting(account))


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """A bot that listens."""
    made = Bot(tmp_path)
    await until(lambda: made.platform.host is not None)
    yield made
    with contextlib.suppress(Exception):
        await made.end()


async def test_what_has_begun_is_ended_and_nothing_else_begun(bot: Bot) -> None:
    bot.platform.fail(Fault.SLOW)
    for number in range(3):
        await bot.hears(number)
    draining = asyncio.ensure_future(bot.app.drain(5))
    await asyncio.sleep(0)
    late = asyncio.ensure_future(bot.hears(9))
    assert await draining
    assert bot.platform.texts() == [f"answer {number}" for number in range(3)]
    assert bot.waiting() == 0
    assert not late.done()  # the platform is not told that it was taken
    await bot.end()
    late.cancel()
    bot.start()
    await until(lambda: bot.platform.host is not None)
    await bot.hears(9)  # it is handed out again
    await until(lambda: len(bot.platform.texts()) == 4)
    assert bot.platform.texts()[-1] == "answer 9"


async def test_what_cannot_be_sent_in_time_stays_in_the_store(bot: Bot) -> None:
    bot.platform.fail(Fault.HANG)
    for number in range(3):
        await bot.hears(number)
    await asyncio.wait_for(bot.platform.called.wait(), 5)
    assert not await bot.app.drain(0.1)
    assert bot.platform.texts() == []
    async with asyncio.timeout(2):
        await bot.end()
    bot.start()
    assert bot.waiting() == 3


async def test_what_the_platform_refuses_for_now_is_not_waited_for(bot: Bot) -> None:
    bot.platform.fail(Fault.TRY_LATER, after=60.0)
    await bot.hears(1)
    await until(lambda: bot.app.outboxes[0].attempts.is_held_back)
    assert await bot.app.drain(5)
    assert bot.waiting() == 1
