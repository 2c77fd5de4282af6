"""When prompts come: changing the rule or the zone, and what cannot be, with the reason."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest_asyncio

from bot.core.events import Added
from bot.core.refs import Room, RoomFacts
from bot.engine.schedule.recurrence import Reason
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import (
    DAY,
    WEEK,
    arrived,
    opened,
    passes,
    private,
    prompts,
    rhythm,
    welcomed,
)

# What a moderator types, and what they are told in English and in French.
REFUSED = {
    Reason.NO_CADENCE: ("monday 9:00", "How often?", "À quel rythme"),
    Reason.NO_TIME: ("weekly monday", "At what time?", "À quelle heure"),
    Reason.NO_DAY: ("weekly 9:00", "On which day?", "Quel jour"),
    Reason.UNKNOWN_WORD: ("weekly blursday 9:00", "“blursday”", "« blursday »"),
    Reason.UNEXPECTED_WORD: ("daily monday 9:00", "does not go with", "ne va pas avec"),
    Reason.IMPOSSIBLE_TIME: (
        "weekly monday 25:00",
        "no such time of day",
        "Cette heure n’existe pas",
    ),
    Reason.IMPOSSIBLE_DATE: ("cron 0 9 30 2 *", "never comes: “30 2”", "ne vient jamais"),
    Reason.BAD_CRON: ("cron 0 9 *", "not a cron rule", "pas une règle cron"),
    Reason.SUB_HOURLY: ("cron */5 * * * *", "once an hour is the most", "une fois par heure"),
    Reason.DAY_NUMBERS: ("cron 0 9 * * 1", "Write days by name", "jours par leur nom"),
    Reason.DATE_AND_DAY: ("cron 0 9 1 * mon", "Give one of them", "Donne l’un ou l’autre"),
}


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an open community; it is Monday, 2 March 2026, and prompts come on Tuesdays at 9."""
    stage = await arrived()
    await opened(stage)
    yield stage
    stage.close()


async def told(stage: Stage, text: str, person: str = "mira") -> str:
    await stage.says(person, text)
    return stage.last(person).text


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


# --- what cannot be ----------------------------------------------------------------------------


async def test_every_reason_is_told_and_nothing_changes(stage: Stage) -> None:
    assert set(REFUSED) == set(Reason)
    for words, english, _ in REFUSED.values():
        said = await told(stage, f"keeper prompt schedule {words}")
        assert english in said
        assert said.endswith("Nothing was changed.")
    assert "Tuesday 3 March, 09:00" in await told(stage, "keeper status")
    assert len(prompts(await passes(stage, WEEK))) == 1


async def test_in_french_too(stage: Stage) -> None:
    await stage.says("mira", "my settings")
    await stage.clicks("mira", stage.last("mira").choices[0])
    await stage.clicks("mira", "Français")
    for words, _, french in REFUSED.values():
        said = await told(stage, f"keeper prompt schedule {words}")
        assert french in said.replace("\u00a0", " ")
        assert said.endswith("Rien n’a été changé.")


async def test_what_people_type_for_too_often_and_for_never(stage: Stage) -> None:
    for words in ("every 5 minutes", "every half hour", "half-hourly", "toutes les 30 minutes"):
        assert "once an hour is the most" in await told(stage, f"keeper prompt schedule {words}")
    for words in ("monthly 30 february 9:00", "every 31 June at 9", "30 février 9h"):
        assert "That date never comes" in await told(stage, f"keeper prompt schedule {words}")


async def test_a_wrong_answer_to_the_question_can_be_mended_at_once(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt schedule")
    await stage.clicks("mira", "Another time")
    assert "“blursday”" in await told(stage, "weekly blursday 9:00")
    assert "next three dates" in await told(stage, "weekly thursday 17:30")


# --- another rule ------------------------------------------------------------------------------


async def test_another_rule_replaces_the_next_date(stage: Stage) -> None:
    await stage.says("mira", "keeper prompt schedule weekly wednesday 17:00")
    await stage.clicks("mira", "Yes")
    posted = prompts(await passes(stage, 10 * DAY))
    assert [line.at for line in posted] == [at("03-04 16:00"), at("03-11 16:00")]


async def test_another_rule_brings_no_second_prompt_on_the_same_day(stage: Stage) -> None:
    stage.clock.move_to(at("03-03 07:00"))
    assert len(prompts(await passes(stage, DAY / 12))) == 1  # at 9 there; now it is 10
    shown = await told(stage, "keeper prompt schedule daily 17:00")
    assert "Wednesday 4 March, 17:00" in shown
    assert "3 March" not in shown
    await stage.clicks("mira", "Yes")
    assert "Wednesday 4 March" in stage.last("mira", "Good.").text
    posted = prompts(await passes(stage, DAY * 2))
    assert [line.at for line in posted] == [at("03-04 16:00")]


async def test_a_rule_may_come_today_where_nothing_was_posted_today(stage: Stage) -> None:
    shown = await told(stage, "keeper prompt schedule daily 17:00")
    assert "Monday 2 March, 17:00" in shown
    await stage.clicks("mira", "Yes")
    assert [line.at for line in prompts(await passes(stage, DAY / 2))] == [at("03-02 16:00")]


# --- another zone ------------------------------------------------------------------------------


async def new_zone(stage: Stage, zone: str) -> None:
    """Change the community's zone, and leave the setup there."""
    await stage.says("mira", "keeper setup")
    await stage.clicks("mira", "English")
    await stage.says("mira", zone)


async def test_another_zone_of_the_community_moves_prompts_to_its_clock(stage: Stage) -> None:
    await new_zone(stage, "New York")
    assert "Tuesday 3 March, 09:00 (America/New_York)" in await told(stage, "keeper status")
    assert [line.at for line in prompts(await passes(stage, 2 * DAY))] == [at("03-03 14:00")]


async def test_a_zone_in_which_it_is_earlier_brings_no_second_prompt(stage: Stage) -> None:
    stage.clock.move_to(at("03-03 07:00"))
    assert len(prompts(await passes(stage, DAY / 12))) == 1  # at 9 in Ljubljana
    await new_zone(stage, "New York")  # where it is four in the morning of that day
    posted = prompts(await passes(stage, 8 * DAY))
    assert [line.at for line in posted] == [at("03-10 13:00")]  # summer time there


async def test_a_zone_that_stays_as_it_is_changes_nothing(stage: Stage) -> None:
    await new_zone(stage, "Ljubljana")
    await stage.says("mira", "keeper setup")
    await stage.clicks("mira", "Keep Europe/Ljubljana")
    assert [line.at for line in prompts(await passes(stage, 2 * DAY))] == [at("03-03 08:00")]


async def set_zone(stage: Stage, person: str, zone: str) -> None:
    await stage.says(person, "my settings")
    await stage.clicks(person, next(c for c in stage.last(person).choices if "zone" in c))
    if zone:
        await stage.says(person, zone)
    else:
        await stage.clicks(person, stage.last(person).choices[0])


async def test_a_members_own_zone_moves_their_questions_and_nobody_elses(stage: Stage) -> None:
    for name in ("ana", "tina"):
        await welcomed(stage, name)
        await rhythm(stage, name)  # Mondays at 18:00
    await set_zone(stage, "ana", "Asia/Kolkata")
    said = await passes(stage, 8 * DAY)
    assert [line.at for line in private(said, "ana")] == [at("03-09 12:30")]
    assert [line.at for line in private(said, "tina")] == [at("03-09 17:00")]


async def test_without_a_zone_of_their_own_members_follow_the_communitys(stage: Stage) -> None:
    for name in ("ana", "tina"):
        await welcomed(stage, name)
        await rhythm(stage, name)
    await set_zone(stage, "ana", "Asia/Kolkata")
    await new_zone(stage, "London")
    said = await passes(stage, 8 * DAY)
    assert [line.at for line in private(said, "ana")] == [at("03-09 12:30")]
    assert [line.at for line in private(said, "tina")] == [at("03-09 18:00")]
    await set_zone(stage, "ana", "")
    said = await passes(stage, 7 * DAY)
    assert [line.at for line in private(said, "ana")] == [at("03-16 18:00")]


# --- a room that is gone -----------------------------------------------------------------------


async def test_while_the_room_is_gone_no_prompt_is_used_up(stage: Stage) -> None:
    async def rooms_are(number: int, *rooms: str) -> None:
        facts = tuple(RoomFacts(Room("memory", each), each) for each in rooms)
        community = stage.chat.community
        await stage.app.hosts[0].receive(
            Added(event_id=f"rooms {number}", community=community, name="", rooms=facts, new=False)
        )

    known = list(stage.chat.rooms)
    await rooms_are(1, "elsewhere")
    assert prompts(await passes(stage, WEEK)) == []
    status = await told(stage, "keeper status")
    assert "no longer in the room" in status
    assert "Prompts rest until there is a room for them" in status
    assert "Next prompt" not in status
    await rooms_are(2, *known)
    assert "Next prompt" in await told(stage, "keeper status")
    assert len(prompts(await passes(stage, WEEK))) == 1


async def test_two_moderators_who_schedule_at_once_hear_of_one_another(stage: Stage) -> None:
    stage.chat.moderators.add("moe")
    await stage.says("mira", "keeper prompt schedule daily 9:00")
    await stage.says("moe", "keeper prompt schedule weekly friday 9:00")
    await stage.clicks("mira", "Yes")
    said = stage.last("mira").text
    assert "The next prompt comes on Tuesday 3 March, 09:00" in said
    assert "not open" not in said
    stage.restart()
    await stage.clicks("moe", "Yes")
    assert "garden, next on Tuesday 3 March, 09:00" in stage.last("moe", "meanwhile").text
    assert "Tuesday 3 March, 09:00" in await told(stage, "keeper status")
    await stage.clicks("moe", "Yes")
    assert "Friday 6 March, 09:00" in await told(stage, "keeper status")
