"""Interactions are answered in time, once, and to the right eyes."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.adapters.discord import custom_ids
from bot.core.actions import Choice
from bot.core.errors import CirclekeeperError, Missed, Undeliverable
from bot.core.events import (
    Added,
    Chose,
    Commanded,
    Event,
    FromMember,
    Posted,
    Removed,
    Submitted,
)
from bot.core.ports import FormFacts
from bot.core.refs import Community, Direct, Interaction, Standing
from bot.testing.faults import Trouble
from tests.discord.double import Double, Guild, Intent, InteractionFailed, Permission, Person
from tests.discord.double import Interaction as Asked
from tests.discord.running import FIELD, Bot, member, of, room, running


async def test_a_command_is_told_with_its_options_and_who_may_what(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    bot.answering()
    asked = await mira.uses("keeper prompt remove", guild.general, number=3).answered()
    event = await bot.host.first(Commanded)
    assert (event.command, event.options) == ("keeper prompt remove", {"number": "3"})
    assert event.member == member(mira)
    assert event.place == room(guild.general)
    assert event.community is not None
    assert event.standing == (Standing(event.community, moderator=True),)
    assert event.locale == "en-US"
    assert asked.messages[0].ephemeral
    assert asked.messages[0].text == "Here."


async def test_somebody_who_may_not_manage_the_guild_is_no_moderator(
    bot: Bot, platform: Double, guild: Guild
) -> None:
    ana = platform.person("ana")
    ana.joins(guild)
    bot.answering()
    await ana.uses("start", guild.general).answered()
    assert [each.moderator for each in (await bot.host.first(Commanded)).standing] == [False]
    await ana.uses("start").answered()
    private = await bot.host.first(Commanded, lambda e: e.place == Direct(member(ana)))
    assert [each.moderator for each in private.standing] == [False]
    assert private.community is None


async def test_in_private_the_standing_is_asked_of_discord(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    bot.answering()
    asked = await mira.uses("start").answered()
    event = await bot.host.first(Commanded)
    assert event.place == Direct(member(mira))
    assert [each.moderator for each in event.standing] == [True]
    assert not asked.messages[0].ephemeral


async def test_who_joins_or_changes_roles_is_known_in_private_at_once(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    ana = platform.person("ana")
    steward = platform.world.role(guild, "steward", Permission.MANAGE_GUILD)

    async def writes(text: str) -> tuple[Standing, ...]:
        sent = ana.posts(ana.direct, text)
        return (await bot.host.first(Posted, lambda each: each.message.id == str(sent.id))).standing

    assert await writes("start") == ()
    ana.joins(guild)
    assert [each.moderator for each in await writes("start")] == [False]
    mira.gives(steward, ana, guild)
    assert [each.moderator for each in await writes("start")] == [True]
    ana.leaves(guild)
    assert await writes("start") == ()


async def test_who_moderates_is_asked_anew_when_a_role_may_less(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    ana = platform.person("ana")
    ana.joins(guild)
    steward = platform.world.role(guild, "steward", Permission.MANAGE_GUILD)
    mira.gives(steward, ana, guild)
    ana.posts(ana.direct, "before")
    assert [each.moderator for each in (await bot.host.first(Posted)).standing] == [True]
    platform.world.set_role(guild, steward, permissions=0)
    ana.posts(ana.direct, "after")
    event = await bot.host.first(Posted, lambda each: each.text == "after")
    assert [each.moderator for each in event.standing] == [False]


async def test_without_the_members_intent_a_role_that_is_taken_is_noticed(
    schema: object,
) -> None:
    async with Double(allowed=Intent(0)) as platform:
        mira, ana = platform.person("mira"), platform.person("ana")
        guild = mira.founds("garden")
        ana.joins(guild)
        steward = platform.world.role(guild, "steward", Permission.MANAGE_GUILD)
        mira.gives(steward, ana, guild)
        platform.brings_bot(guild)
        async with running(platform) as bot:
            ana.posts(ana.direct, "before")
            assert [each.moderator for each in (await bot.host.first(Posted)).standing] == [True]
            guild.members[ana.user.id].roles.clear()
            platform.world.update_member(guild, guild.members[ana.user.id])  # told to nobody
            ana.posts(ana.direct, "after")
            event = await bot.host.first(Posted, lambda each: each.text == "after")
            assert [each.moderator for each in event.standing] == [False]


@pytest.mark.parametrize("trouble", [Trouble.FAILS, Trouble.CUT, Trouble.UNHEARD])
async def test_in_private_the_standing_survives_a_failure(
    bot: Bot, platform: Double, mira: Person, guild: Guild, trouble: Trouble
) -> None:
    platform.faults.plan(trouble)
    mira.posts(mira.direct, "start")
    event = await bot.host.first(Posted)
    assert event.standing == (Standing(Community("discord", str(guild.id)), moderator=True),)


async def test_in_private_what_discord_cannot_say_is_as_it_was_heard(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    here = Community("discord", str(guild.id))
    platform.faults.rates = {Trouble.FAILS: 1.0}
    mira.posts(mira.direct, "one")
    assert (await bot.host.first(Posted)).standing == ()  # nobody ever heard of her
    bot.host.members[mira.id] = [here]
    mira.posts(mira.direct, "two")
    event = await bot.host.first(Posted, lambda each: each.text == "two")
    assert event.standing == (Standing(here),)
    platform.faults.rates = {}
    mira.posts(mira.direct, "three")
    event = await bot.host.first(Posted, lambda each: each.text == "three")
    assert event.standing == (Standing(here, moderator=True),)


async def test_a_guild_in_an_outage_is_still_somebodys(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    await bot.host.first(Added)
    platform.world.outage(guild)
    await platform.world.until(lambda: bot.adapter.guild_ids == [])
    mira.posts(mira.direct, "one")
    assert [each.moderator for each in (await bot.host.first(Posted)).standing] == [True]
    platform.world.back(guild)
    await platform.world.until(lambda: bot.adapter.guild_ids == [str(guild.id)])
    assert bot.host.of(Removed) == []


async def test_in_private_more_guilds_are_asked_than_discord_takes_requests_a_second(
    platform: Double, mira: Person
) -> None:
    guilds = [mira.founds(f"garden {number}") for number in range(15)]
    for each in guilds:
        platform.brings_bot(each)
    async with running(platform) as bot:
        platform.limits.per_second = 10
        mira.posts(mira.direct, "start")
        event = await bot.host.first(Posted)
    assert {each.community.id for each in event.standing} == {str(each.id) for each in guilds}
    assert platform.limits.refused["global"] > 0


async def test_in_private_only_the_guilds_are_asked_in_which_somebody_is_known(
    platform: Double, mira: Person
) -> None:
    guilds = [mira.founds(f"garden {number}") for number in range(15)]
    ana, bea = platform.person("ana"), platform.person("bea")
    for each in guilds:
        platform.brings_bot(each)
    for person, places in ((ana, guilds[3:5]), (bea, guilds[7:8])):
        for each in places:
            person.joins(each)
    async with running(platform) as bot:
        for person, heard, where, asked in (
            (ana, guilds[3], guilds[3], 1),
            (bea, guilds[8], guilds[7], 1 + 14),  # she left that one unheard
        ):
            bot.host.members[person.id] = [Community("discord", str(heard.id))]
            before = len(platform.requests)
            person.posts(person.direct, "start")
            event = await bot.host.first(Posted)
            assert [each.community.id for each in event.standing] == [str(where.id)]
            about = [path for _, path, _ in platform.requests[before:] if "/members/" in path]
            assert len(about) == asked
            bot.host.events.clear()


@pytest.mark.parametrize(("path", "ephemeral"), [("start", True), ("help", False)])
async def test_a_slow_turn_is_announced_in_the_declared_way(
    bot: Bot, mira: Person, guild: Guild, path: str, ephemeral: bool
) -> None:
    asked = mira.uses(path, guild.general)
    event = await bot.host.first(Commanded)
    await asked.acknowledged()
    assert asked.first == 5
    await bot.delivers(bot.answer_to(event))
    await asked.answered()
    assert [each.text for each in asked.messages] == ["Here."]
    assert asked.messages[0].ephemeral is ephemeral


async def test_later_answers_follow_the_first(bot: Bot, mira: Person, guild: Guild) -> None:
    asked = mira.uses("start", guild.general)
    event = await bot.host.first(Commanded)
    for number in range(3):
        await bot.delivers(bot.answer_to(event, f"Number {number}."))
    assert [each.text for each in asked.messages] == ["Number 0.", "Number 1.", "Number 2."]
    assert all(each.ephemeral for each in asked.messages)


async def test_an_announcement_that_somebody_deleted_leaves_the_answer(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    asked = mira.uses("help", guild.general)
    event = await bot.host.first(Commanded)
    await asked.acknowledged()
    (loading,) = guild.general.messages.values()
    mira.deletes(loading)
    assert await bot.delivers(bot.answer_to(event)) is not None
    assert [each.text for each in asked.messages] == ["Here."]


async def test_a_click_means_what_stands_in_its_id(bot: Bot, mira: Person, guild: Guild) -> None:
    question = bot.ask(room(guild.general))
    await bot.delivers(question)
    bot.answering()
    await mira.clicks(await mira.hears("Shall we"), "Yes").answered()
    event = await bot.host.first(Chose)
    assert (event.question, event.choice) == (question.key, "yes")


async def test_many_choices_are_a_menu(bot: Bot, mira: Person, guild: Guild) -> None:
    question = bot.ask(
        room(guild.general), choices=[Choice(f"c{n}", f"Choice {n}") for n in range(8)]
    )
    await bot.delivers(question)
    bot.answering()
    await mira.selects(await mira.hears("Shall we"), "Choice 6").answered()
    event = await bot.host.first(Chose)
    assert (event.question, event.choice) == (question.key, "c6")


async def test_a_form_is_the_first_answer_where_it_can_be(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    asked = mira.uses("start", guild.general)
    event = await bot.host.first(Commanded)
    form = bot.ask_form(room(guild.general), answers=of(event), aside=event.member)
    assert await bot.delivers(form) is None
    await asked.answered()
    assert asked.modal is not None
    bot.answering()
    await mira.submits(asked, {"Your word": "seed"}).answered()
    sent = await bot.host.first(Submitted)
    assert (sent.question, sent.values) == (form.key, {"text": "seed"})


async def test_a_form_that_comes_too_late_is_opened_by_a_button(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    asked = mira.uses("start", guild.general)
    event = await bot.host.first(Commanded)
    await asked.acknowledged()  # by the watchdog
    form = bot.ask_form(room(guild.general), answers=of(event), aside=event.member)
    await bot.delivers(form)
    bot.host.forms[form.key] = FormFacts(form.key, (FIELD,))
    opened = await mira.clicks(asked.messages[0], "Write").answered()
    assert opened.modal is not None
    assert len(bot.host.events_of_people()) == 1  # a form opens without a turn


async def test_a_form_that_answers_a_form_is_opened_by_a_button(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    question = bot.ask(room(guild.general), "Tell me.", choices=(), opener="Write")
    await bot.delivers(question)
    bot.host.forms[question.key] = FormFacts(question.key, (FIELD,))
    opened = await mira.clicks(await mira.hears("Tell me"), "Write").answered()
    sent = mira.submits(opened, {"Your word": "seed"})
    event = await bot.host.first(Submitted)
    more = bot.ask_form(room(guild.general), "And more?", answers=of(event), aside=event.member)
    await bot.delivers(more)
    bot.host.forms[more.key] = FormFacts(more.key, (FIELD,))
    await sent.answered()
    opened = await mira.clicks(sent.messages[0], "Write").answered()
    assert opened.modal is not None


async def test_a_form_whose_question_is_closed_is_a_fresh_view(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    form = bot.ask(room(guild.general), "Tell me.", choices=(), opener="Write")
    await bot.delivers(form)
    bot.answering()
    opened = await mira.clicks(await mira.hears("Tell me"), "Write").answered()
    assert opened.messages[0].text == "Here."
    assert (await bot.host.first(Chose)).question == form.key


@pytest.mark.parametrize(
    "forged", ["", "1:c", "1:c:key", "2:c:key:yes", "x" * 100, "1:z:key:yes", "1:c:no key:\x00"]
)
async def test_what_is_forged_or_cut_off_is_answered_with_a_fresh_view(
    bot: Bot, mira: Person, guild: Guild, forged: str
) -> None:
    question = bot.ask(room(guild.general))
    await bot.delivers(question)
    message = await mira.hears("Shall we")
    for row in message.components:
        for each in row.get("components", ()):
            each["custom_id"] = forged
    bot.answering()
    answered = await mira.clicks(message, "Yes").answered()
    assert answered.messages[0].text == "Here."
    event = await bot.host.first(Chose)
    assert event.choice in ("", "yes")
    meaning = custom_ids.read(forged)
    assert event.question == (meaning.question if meaning else "")


async def test_half_a_sign_and_what_is_none_are_left_out_of_what_somebody_typed(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    bot.answering()
    await mira.uses("reflect now", guild.general, text="a\x00b \ud83d").answered()
    assert (await bot.host.first(Commanded)).options == {"text": "ab ?"}
    mira.posts(mira.direct, "c\x00d \udc00")
    assert (await bot.host.first(Posted)).text == "cd ?"


async def test_a_picture_in_private_is_heard_as_a_message_without_words(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    mira.posts(mira.direct, "")
    assert (await bot.host.first(Posted)).text == ""
    mira.posts(guild.general, "")  # among others it is nobody's business
    mira.posts(mira.direct, "more")
    await bot.host.first(Posted, lambda each: each.text == "more")
    assert len(bot.host.of(Posted)) == 2


async def test_suggestions_come_while_somebody_types(bot: Bot, mira: Person, guild: Guild) -> None:
    bot.host.suggestions = ["hunt", "help", "x" * 120]
    asked = await mira.types("help", "topic", "h", guild.general).answered()
    assert [each["name"] for each in asked.choices or ()] == ["hunt", "help"]
    asked = await mira.types("help", "topic", "{{ <@1> }}" * 10, guild.general).answered()
    assert asked.choices == []
    assert bot.host.events_of_people() == []


# Troubles


@pytest.mark.parametrize(
    "trouble",
    [Trouble.BUSY, Trouble.FAILS, Trouble.CUT, Trouble.UNHEARD, Trouble.BROKEN_OFF],
)
async def test_the_first_answer_survives_one_failure(
    bot: Bot, platform: Double, mira: Person, guild: Guild, trouble: Trouble
) -> None:
    platform.faults.after, platform.faults.chance = 0.5, lambda: 0.5
    asked = mira.uses("start", guild.general)
    event = await bot.host.first(Commanded)
    platform.faults.plan(trouble)
    action = bot.answer_to(event)
    ref = await bot.delivers(action)
    assert ref is not None
    assert [each.text for each in asked.messages] == ["Here."]
    assert platform.faults.happened[trouble] == 1
    assert await bot.finds(action) == ref


async def test_an_announcement_of_unknown_result_is_found_out_about(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    asked = mira.uses("start", guild.general)
    event = await bot.host.first(Commanded)
    platform.faults.plan(Trouble.UNHEARD)  # the watchdog's
    await asked.acknowledged()
    await bot.delivers(bot.answer_to(event))
    await asked.answered()
    assert [each.text for each in asked.messages] == ["Here."]


async def test_the_watchdog_and_an_answer_do_not_race(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    asked = mira.uses("start", guild.general)
    event = await bot.host.first(Commanded)
    await asyncio.sleep(1.45)
    platform.faults.held = 0.3
    platform.faults.plan(Trouble.SILENT)  # the callback stands, and is not heard of in time
    await bot.delivers(bot.answer_to(event))
    await asyncio.sleep(0.3)
    assert [each.text for each in asked.messages] == ["Here."]
    assert asked.first == 4


async def test_an_interaction_of_an_earlier_run_is_still_answered(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    asked = mira.uses("start", guild.general)
    event = await bot.host.first(Commanded)
    await asked.acknowledged()  # by the watchdog, and then the bot is killed
    await bot.kill()
    async with running(platform, bot.host) as again:
        await again.delivers(again.answer_to(event))
        await asked.answered()
        assert [each.text for each in asked.messages] == ["Here."]
        await again.delivers(again.answer_to(event, "And more."))
    assert [each.text for each in asked.messages] == ["Here.", "And more."]


async def test_what_was_answered_before_a_crash_is_found(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    mira.uses("start", guild.general)
    event = await bot.host.first(Commanded)
    action = bot.answer_to(event)
    ref = await bot.delivers(action)
    await bot.kill()
    async with running(platform, bot.host) as again:
        assert await again.finds(action) == ref
        with pytest.raises(CirclekeeperError, match="must not be sent twice"):
            await again.finds(bot.answer_to(event, "A later one"))


async def test_what_was_never_acknowledged_waits_for_the_next(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    platform.interactions.deadline = 0.1
    await bot.kill()
    asked = mira.uses("start", guild.general)
    with pytest.raises(InteractionFailed):
        await asked.answered()
    async with running(platform, bot.host) as again:
        late = again.say(room(guild.general), answers=_interaction(asked), aside=member(mira))
        with pytest.raises(Missed, match="waits for the next"):
            await again.delivers(late)


async def test_who_opens_the_same_form_twice_is_heard_twice(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    ana = platform.person("ana")
    ana.joins(guild)
    question = bot.ask(room(guild.general), "Tell me.", choices=(), opener="Write")
    await bot.delivers(question)
    bot.host.forms[question.key] = FormFacts(question.key, (FIELD,))
    message = await mira.hears("Tell me")
    opened = [await each.clicks(message, "Write").answered() for each in (mira, ana)]
    assert opened[0].modal is not None
    assert opened[1].modal is not None
    assert opened[0].modal["custom_id"] != opened[1].modal["custom_id"]
    bot.answering()
    await mira.submits(opened[0], {"Your word": "seed"}).answered()
    await ana.submits(opened[1], {"Your word": "leaf"}).answered()
    assert [each.values["text"] for each in bot.host.of(Submitted)] == ["seed", "leaf"]


async def test_a_token_is_never_shown(bot: Bot, mira: Person, guild: Guild) -> None:
    mira.uses("start", guild.general)
    event = await bot.host.first(Commanded)
    assert of(event).token not in repr(event)
    assert of(event).token not in repr(bot.answer_to(event))


def _interaction(asked: Asked) -> Interaction:
    return Interaction(str(asked.id), asked.token)


async def test_a_failed_turn_is_handed_out_again(bot: Bot, mira: Person, guild: Guild) -> None:
    failures = 2
    bot.answering()
    answer = bot.host.on_event
    assert answer is not None

    async def fail(event: Event) -> None:
        nonlocal failures
        if isinstance(event, FromMember) and failures:
            failures -= 1
            raise RuntimeError("overtaken")
        await answer(event)

    bot.host.on_event = fail
    asked = await mira.uses("start", guild.general).answered()
    assert asked.messages[0].text == "Here."
    assert failures == 0


async def test_of_two_bots_with_one_token_one_answers_and_the_other_says_so(
    bot: Bot, platform: Double, mira: Person, guild: Guild
) -> None:
    refused: list[Undeliverable] = []
    ended = asyncio.Semaphore(0)

    def answering(one: Bot) -> None:
        async def answer(event: Event) -> None:
            if isinstance(event, Commanded):
                try:
                    await one.delivers(one.answer_to(event))
                except Undeliverable as error:
                    refused.append(error)
                ended.release()

        one.host.on_event = answer

    async with running(platform) as second:
        with capture_logs() as logs:
            answering(bot)
            answering(second)
            asked = await mira.uses("help", guild.general).answered()
            async with asyncio.timeout(10):
                await ended.acquire()
                await ended.acquire()
    assert len(asked.messages) == 1
    (why,) = map(str, refused)
    assert "Another bot answers people as this Discord account" in why
    assert [each["event"] for each in logs if each["log_level"] == "error"] == [why]
