"""What happens while the store is away is taken in when it is back, and nothing ends by it."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bot.core.events import Added, Event, Joined, Left, Posted, Present, Reacted, Removed
from bot.core.ports import FormFacts
from bot.core.refs import Member
from bot.testing.faults import Trouble
from tests.discord.double import Double, Guild, Person
from tests.discord.running import FIELD, room, running
from tests.support.fake_host import FakeHost, WallClock


class ShakyHost(FakeHost):
    """A host that fails the first times that it is told or asked something."""

    def __init__(self, *kinds: type[Event], times: int = 2) -> None:
        super().__init__()
        self.left = times
        self.kinds = kinds
        self.on_event = self._stumble

    async def _stumble(self, event: Event) -> None:
        if isinstance(event, self.kinds):
            self._fail()

    def _fail(self) -> None:
        if self.left:
            self.left -= 1
            raise RuntimeError("the store is away")

    async def form(self, question: str, member: Member) -> FormFacts | None:
        self._fail()
        return await super().form(question, member)


@pytest.mark.parametrize("kind", [Added, Joined, Present])
async def test_guilds_and_those_in_them_are_heard_of(
    platform: Double, guild: Guild, kind: type[Event]
) -> None:
    ana = platform.person("ana")
    ana.joins(guild)
    async with running(platform, ShakyHost(kind)) as bot:
        await bot.host.first(Added)
        await bot.host.first(Joined, lambda event: event.member.id == ana.id)
        assert ana.id in (await bot.host.first(Present)).members


@pytest.mark.parametrize("kind", [Left, Removed])
async def test_who_goes_is_heard_of(platform: Double, guild: Guild, kind: type[Event]) -> None:
    ana = platform.person("ana")
    ana.joins(guild)
    async with running(platform, ShakyHost(kind)) as bot:
        await bot.host.first(Present)
        ana.leaves(guild)
        await bot.host.first(Left)
        platform.removes_bot(guild)
        await bot.host.first(Removed)


async def test_a_form_opens(platform: Double, mira: Person, guild: Guild) -> None:
    async with running(platform, ShakyHost()) as bot:
        question = bot.ask(room(guild.general), "Tell me.", choices=(), opener="Write")
        await bot.delivers(question)
        bot.host.forms[question.key] = FormFacts(question.key, (FIELD,))
        opened = await mira.clicks(await mira.hears("Tell me"), "Write").answered()
        assert opened.modal is not None


async def test_what_is_written_is_heard_after_minutes(
    platform: Double, mira: Person, guild: Guild
) -> None:
    host = ShakyHost(Posted, times=20)
    async with running(platform, host, clock=WallClock(haste=200.0)) as bot:
        mira.posts(mira.direct, "start")
        await host.first(Posted)
        assert sum(bot.clock.pauses) > 60
        assert max(bot.clock.pauses) <= 5


async def test_a_sweep_goes_on_where_discord_fails(platform: Double, guild: Guild) -> None:
    platform.faults.concerns = lambda request: request.path.endswith("/members")
    platform.faults.plan(Trouble.FAILS, Trouble.CUT, Trouble.FAILS)
    async with running(platform) as bot:
        await bot.host.first(Present)


async def test_commands_that_discord_does_not_take_hold_up_nothing_else(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.faults.concerns = lambda request: request.path.endswith("/commands")
    platform.faults.plan(*[Trouble.FAILS] * 3)
    with capture_logs() as logs:
        async with running(platform) as bot:
            mira.posts(mira.direct, "start")
            await bot.host.first(Posted)
            await platform.world.until(lambda: bool(platform.commands.standing))
            await bot.host.until(lambda: "discord.commands" in bot.host.writes)
    assert [each["event"] for each in logs].count("commands not taken") == 3


async def test_a_sign_that_was_taken_back_counts_again_also_after_a_restart(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with running(platform) as bot:
        ref = await bot.delivers(bot.say(room(guild.general)))
        assert ref is not None
        bot.host.waits_for_reactions.add(ref.id)
        message = guild.general.messages[int(ref.id)]
        mira.reacts(message, "🌱")
        await bot.host.first(Reacted)
    mira.unreacts(message, "🌱")  # while the bot is away
    async with running(platform, bot.host):
        mira.reacts(message, "🌱")
        await bot.host.until(lambda: len(bot.host.of(Reacted)) == 2)
