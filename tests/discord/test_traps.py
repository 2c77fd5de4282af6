"""The traps in discord.py 2.7.1 (PLATFORMS.md) do not catch our adapter.

That each of them snaps where it is left open is seen in `test_double_traps.py`, by plain bots.
Each test here was seen failing with its trap left open in the adapter, too: components or forms
known in memory alone, no supervision, an unguarded parser, no sweep, 5xx repeated, a reset taken
for a no, 40060 taken for a refusal, a failed turn swallowed, 4004 tried again.
"""

from __future__ import annotations

import asyncio

import pytest

from bot.core.errors import Doubt, Misconfigured
from bot.core.events import Added, Chose, Commanded, Joined, Left, Present, Submitted
from bot.core.ports import FormFacts
from bot.testing.faults import Trouble
from tests.discord.double import Double, Guild, Intent, Person
from tests.discord.running import FIELD, Bot, room, running


async def test_1_buttons_live_as_long_as_their_message(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with running(platform) as bot:
        for text in ("First.", "Second."):
            await bot.delivers(bot.ask(room(guild.general), text))
        first, second = await mira.hears("First"), await mira.hears("Second")
        bot.answering()
        await mira.clicks(second, "No").answered()
        await mira.clicks(first, "Yes").answered()
    async with running(platform, bot.host) as again:
        again.answering()
        await mira.clicks(first, "Yes").answered()
    assert [each.choice for each in bot.host.of(Chose)] == ["no", "yes", "yes"]


async def test_2_a_form_that_was_open_over_a_restart_is_heard(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with running(platform) as bot:
        question = bot.ask(room(guild.general), "Tell me.", choices=(), opener="Write")
        await bot.delivers(question)
        bot.host.forms[question.key] = FormFacts(question.key, (FIELD,))
        message = await mira.hears("Tell me")
        opened = await mira.clicks(message, "Write").answered()
        await mira.clicks(message, "Write").answered()  # and the same form once more
    async with running(platform, bot.host) as again:
        again.answering()
        await mira.submits(opened, {"Your word": "seed"}).answered()
    assert [each.values for each in bot.host.of(Submitted)] == [{"text": "seed"}]


async def test_3_a_first_connection_that_is_refused_is_tried_again(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.gateway.refusals = 1
    async with running(platform) as bot:
        bot.answering()
        await mira.uses("start", guild.general).answered()
    assert platform.gateway.seen["refused"] == 1


async def test_3_a_server_that_is_not_there_yet_is_waited_for(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.faults.plan(Trouble.FAILS, Trouble.FAILS, Trouble.FAILS)
    async with running(platform) as bot:
        assert len(bot.clock.pauses) == 3
        for number, pause in enumerate(bot.clock.pauses):  # ever more slowly, by chance a little
            assert 0.5 <= pause / 2**number <= 1.5
        bot.answering()
        await mira.uses("start", guild.general).answered()


async def test_3_no_session_is_begun_where_discord_gives_no_more_today(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.gateway.sessions_left, platform.gateway.sessions_reset = 0, 7.0
    async with Bot(platform) as bot:
        await bot.clock.paused(1)
        assert bot.clock.pauses == [7.0]
        assert platform.gateway.seen["identify"] == 0
        platform.gateway.sessions_left = 1
        await bot.connected()


@pytest.mark.parametrize("event", ["GUILD_MEMBER_ADD", "INTERACTION_CREATE", "GUILD_CREATE"])
async def test_3_a_malformed_dispatch_is_dropped_alone(
    platform: Double, mira: Person, guild: Guild, event: str
) -> None:
    async with running(platform) as bot:
        user = {"id": "7", "username": "x", "discriminator": "0", "avatar": None}
        platform.gateway.malformed(event, {"guild_id": "nonsense", "user": user, "roles": 3})
        platform.gateway.malformed(event, {})
        bot.answering()
        await mira.uses("start", guild.general).answered()
    assert platform.gateway.seen["identify"] == 1


async def test_3_what_is_no_json_ends_the_connection_and_not_the_bot(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with running(platform) as bot:
        for connection in platform.gateway.connections:
            connection.send("{")
        await bot.connected(times=2)
        bot.answering()
        await mira.uses("start", guild.general).answered()


async def test_4_somebody_who_accepts_the_rules_is_heard_of_then_and_once(
    platform: Double, guild: Guild
) -> None:
    ana, ben = platform.person("ana"), platform.person("ben")
    ana.joins(guild, pending=True)
    async with running(platform) as bot:
        ben.joins(guild, pending=True)
        ana.accepts_rules(guild)
        joined = await bot.host.first(Joined, lambda event: event.member.id == ana.id)
        platform.world.update_member(guild, guild.members[ana.user.id])
        await bot.host.until(lambda: joined in bot.host.repeated)
    assert [each.member.id for each in bot.host.of(Joined) if each.member.id == ben.id] == []


@pytest.mark.parametrize("seen", ["as she came", "by the sweep"])
async def test_4_somebody_may_take_weeks_to_accept_the_rules(
    platform: Double, guild: Guild, seen: str
) -> None:
    ana, old = platform.person("ana"), platform.person("old")
    long_ago = platform.clock.iso(platform.clock.time() - 20 * 86400)

    def comes() -> None:
        ana.joins(guild, pending=True).joined_at = long_ago

    old.joins(guild).joined_at = long_ago
    if seen == "by the sweep":
        comes()
    async with running(platform) as bot:
        await bot.host.first(Present)
        if seen == "as she came":
            comes()
        platform.world.update_member(guild, guild.members[old.user.id])
        ana.accepts_rules(guild)
        await bot.host.first(Joined, lambda event: event.member.id == ana.id)
    assert old.id not in [each.member.id for each in bot.host.of(Joined)]


async def test_4_a_sweep_finds_whom_nobody_told_of(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with running(platform) as bot:
        await bot.host.first(Added)
    ana, ben = platform.person("ana"), platform.person("ben")
    ana.joins(guild)
    ben.joins(guild, pending=True)
    async with running(platform, bot.host):
        await bot.host.first(Joined, lambda event: event.member.id == ana.id)
    assert ben.id not in [each.member.id for each in bot.host.of(Joined)]


async def test_4_who_left_was_kicked_or_banned_is_told_of_also_when_the_bot_was_away(
    platform: Double, mira: Person, guild: Guild
) -> None:
    ana, ben, cleo = (platform.person(name) for name in ("ana", "ben", "cleo"))
    for each in (ana, ben, cleo):
        each.joins(guild)
    async with running(platform) as bot:
        there = (await bot.host.first(Present)).members
        assert {mira.id, ana.id, ben.id, cleo.id} <= there
        mira.bans(ana, guild)
        await bot.host.first(Left, lambda event: event.member.id == ana.id)
    mira.kicks(ben, guild)
    cleo.leaves(guild)
    async with running(platform, bot.host):
        await bot.host.until(lambda: len(bot.host.of(Present)) == 2)
    assert there - bot.host.of(Present)[1].members == {ana.id, ben.id, cleo.id}


async def test_4_a_sweep_goes_through_more_guilds_than_discord_takes_requests_a_second(
    platform: Double, mira: Person
) -> None:
    platform.limits.per_second = 10
    ana = platform.person("ana")
    guilds = [mira.founds(f"garden {number}") for number in range(20)]
    for guild in guilds:
        ana.joins(guild)
        platform.brings_bot(guild)
    async with running(platform) as bot:
        await bot.host.until(lambda: len(_joined(bot, ana)) == len(guilds))
    assert _joined(bot, ana) == {str(guild.id) for guild in guilds}
    assert platform.limits.refused["global"] < 10  # it waits as long as it is told to


async def test_4_without_the_members_intent_everything_else_works(
    mira: Person, schema: object
) -> None:
    async with Double(allowed=Intent(0)) as platform:
        owner = platform.person("mira")
        guild = owner.founds("garden")
        platform.brings_bot(guild)
        async with running(platform) as bot:
            platform.person("ana").joins(guild)
            bot.answering()
            await owner.uses("start", guild.general).answered()
            assert bot.host.of(Joined) == []


@pytest.mark.parametrize("chance", [0.1, 0.9])  # 500, and 503
async def test_5_what_failed_is_in_doubt_and_sent_by_nobody_else(
    platform: Double, guild: Guild, chance: float
) -> None:
    async with running(platform) as bot:
        before = len(platform.requests)
        platform.faults.chance = lambda: chance
        action = bot.say(room(guild.general))
        for trouble in (Trouble.FAILS, Trouble.CUT):
            platform.faults.plan(trouble)
            with pytest.raises(Doubt):
                await bot.delivers(action)
        assert len(platform.requests) == before  # none of them was let through or repeated
        assert await bot.delivers(action) is not None
    assert len(guild.general.messages) == 1


async def test_6_an_answer_that_stands_counts_as_delivered(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with running(platform) as bot:
        asked = mira.uses("start", guild.general)
        event = await bot.host.first(Commanded)
        platform.faults.plan(Trouble.UNHEARD)
        assert await bot.delivers(bot.answer_to(event)) is not None
    assert [each.text for each in asked.messages] == ["Here."]


async def test_7_a_failing_turn_is_no_silence(platform: Double, mira: Person, guild: Guild) -> None:
    async with running(platform) as bot:
        bot.answering()
        answer = bot.host.on_event
        assert answer is not None
        failed: list[object] = []

        async def fail_once(event: Commanded) -> None:
            if not failed and isinstance(event, Commanded):
                failed.append(event)
                raise RuntimeError("in the turn")
            await answer(event)

        bot.host.on_event = fail_once  # type: ignore[assignment]
        asked = await mira.uses("start", guild.general).answered()
    assert [each.text for each in asked.messages] == ["Here."]
    assert failed


@pytest.mark.parametrize("how", ["4000", "broken", "op 7", "op 9"])
async def test_7_what_happens_between_connections_is_heard(
    platform: Double, mira: Person, guild: Guild, how: str
) -> None:
    async with running(platform) as bot:
        for number in range(3):
            if how == "op 7":
                platform.gateway.ask_to_reconnect()
            elif how == "op 9":
                platform.gateway.invalidate(resumable=True)
            else:
                platform.gateway.drop(4000 if how == "4000" else None)
            mira.posts(mira.direct, f"word {number}")
            await platform.world.until(
                lambda wanted=number + 1: platform.gateway.seen["resume"] >= wanted  # type: ignore[misc]
            )
        await bot.host.until(lambda: len(bot.host.events_of_people()) == 3)
        bot.answering()
        await mira.uses("start", guild.general).answered()
    assert platform.gateway.seen["identify"] == 1


async def test_7_after_a_lost_session_the_guilds_are_looked_at_anew(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with running(platform) as bot:
        await bot.host.first(Added)
        platform.gateway.invalidate()
        ana = platform.person("ana")
        ana.joins(guild)
        await bot.connected(times=2)
        await bot.host.first(Joined, lambda event: event.member.id == ana.id)
        bot.answering()
        await mira.uses("start", guild.general).answered()


@pytest.mark.parametrize(
    ("code", "said"),
    [(4004, "Reset Token"), (4014, "Server Members Intent"), (4013, "Intents")],
)
async def test_7_what_the_host_must_mend_ends_with_one_clear_sentence(
    platform: Double, guild: Guild, code: int, said: str
) -> None:
    bot = Bot(platform)
    try:
        async with bot:
            await bot.connected()
            platform.gateway.drop(code)
            assert bot.task is not None
            with pytest.raises(Misconfigured, match=said):
                await asyncio.wait_for(bot.task, 10)
    finally:
        await bot.adapter.close()


async def test_7_a_wrong_token_says_where_to_make_a_new_one(platform: Double) -> None:
    bot = Bot(platform, token="MTIz.wrong.token")
    try:
        with pytest.raises(Misconfigured, match="developer portal"):
            await asyncio.wait_for(bot.adapter.run(bot.host), 10)
    finally:
        await bot.adapter.close()


def _joined(bot: Bot, person: Person) -> set[str]:
    """Return the guilds of which we heard that somebody came."""
    joined = [each for each in bot.host.of(Joined) if each.member.id == person.id]
    return {each.community.id for each in joined if each.community is not None}
