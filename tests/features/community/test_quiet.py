"""Quiet days: what moderators type, and what does not come then."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.rehearsal.stage import Stage
from storage.communities import Communities
from storage.quiet import QuietPeriods
from storage.transaction import Transaction
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

WAYS = (
    "2026-04-01 2026-04-07",
    "2026-4-1 2026-4-7",
    "from 2026-04-01 to 2026-04-07.",
    "2026-04-01 – 2026-04-07",
    "2026-04-01–2026-04-07",
    "2026-04-01..2026-04-07",
    "2026-04-01-2026-04-07",
    "du 2026-04-01 au 2026-04-07",
)
CANNOT_BE = (
    ("christmas", "“christmas” as a day"),
    ("20.12.2026 3.1.2027", "“20.12.2026” as a day. Write the year, the month and the day"),
    ("26-12-20", "“26-12-20” as a day"),
    ("2026-02-30", "no such day: “2026-02-30”"),
    ("2026-12-20 2026-13-03", "no such day: “2026-13-03”"),
    ("0000-01-01", "no such day: “0000-01-01”"),
    ("to", "I found 0"),
    ("2026-04-01 2026-04-02 2026-04-03", "I found 3"),
    ("2026-04-07 2026-04-01", "The last day, 1 April 2026, is before the first, 7 April 2026"),
    ("2025-12-20 2026-03-01", "These days have passed: the last one is 1 March 2026"),
    ("2026-12-20 9999-12-31", "up to 3 March 2028; to be quiet without an end"),
    ("{{ 7 * 7 }} @room", "“{{” as a day"),
    ("9" * 80, "as a day"),
    ("x" * 200, "100 characters at most"),
)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an open community; it is Monday, 2 March 2026, and prompts come on Tuesdays at 9."""
    stage = await arrived()
    await opened(stage)
    yield stage
    stage.close()


async def told(stage: Stage, text: str) -> str:
    await stage.says("mira", text)
    return stage.last("mira").text


def kept(stage: Stage) -> list[str]:
    def read(tx: Transaction) -> list[str]:
        (community,) = Communities(tx).all()
        rows = QuietPeriods(tx).of(community.id)
        return [f"{row.first_day} {row.last_day}" for row in rows]

    return stage.opened.store.run(read)


# --- what moderators type ----------------------------------------------------------------------


async def test_days_are_planned_listed_and_taken_away(stage: Stage) -> None:
    assert "No quiet days are planned" in await told(stage, "keeper quiet list")
    said = await told(stage, "keeper quiet add 2026-12-20 2027-01-03")
    assert said.startswith("Quiet: 20 December 2026 to 3 January 2027")
    await told(stage, "keeper quiet add 2026-04-03")
    listed = await told(stage, "keeper quiet list")
    assert "1. 3 April 2026\n2. 20 December 2026 to 3 January 2027" in listed
    assert "Next quiet days: 3 April 2026\n" in await told(stage, "keeper status")
    assert "No longer quiet: 3 April 2026." in await told(stage, "keeper quiet remove 1")
    assert kept(stage) == ["2026-12-20 2027-01-03"]


async def test_the_word_alone_is_a_menu(stage: Stage) -> None:
    await told(stage, "keeper quiet")
    await stage.clicks("mira", "add: let some days be quiet")
    assert "Quiet days. On these days" in stage.last("mira").text
    assert "2026-04-01 2026-04-07" in stage.last("mira").text
    await told(stage, "2026-04-01 to 2026-04-02")
    await told(stage, "keeper quiet remove")
    await stage.clicks("mira", "1 April 2026 to 2 April 2026")
    assert "No longer quiet" in stage.last("mira").text
    assert kept(stage) == []
    assert "No quiet days are planned" in await told(stage, "keeper quiet remove")


@pytest.mark.parametrize("command", ["keeper quiet add", "keeper quiet remove"])
async def test_all_can_stay_as_it_is(stage: Stage, command: str) -> None:
    await told(stage, "keeper quiet add 2026-04-01")
    await told(stage, command)
    await stage.clicks("mira", "Leave it as it is")
    assert stage.last("mira").text == "Nothing was changed."
    assert kept(stage) == ["2026-04-01 2026-04-01"]


async def test_days_can_be_written_in_a_few_ways(stage: Stage) -> None:
    for typed in WAYS:
        await told(stage, f"keeper quiet add {typed}")
        assert kept(stage) == ["2026-04-01 2026-04-07"], typed
        await told(stage, "keeper quiet remove 1")


async def test_what_cannot_be_is_told_with_how_to_mend_it(stage: Stage) -> None:
    for typed, answer in CANNOT_BE:
        assert answer in await told(stage, f"keeper quiet add {typed}")
        assert kept(stage) == [], typed


async def test_a_wrong_answer_can_be_mended_at_once(stage: Stage) -> None:
    await told(stage, "keeper quiet add")
    assert "“soon”" in await told(stage, "soon")
    await told(stage, "2026-04-01")
    assert kept(stage) == ["2026-04-01 2026-04-01"]


async def test_a_number_outside_the_list_is_told(stage: Stage) -> None:
    for first in ("2026-04-01", "2026-05-01"):
        await told(stage, f"keeper quiet add {first}")
    for number in ("0", "3", "one", "-1", "²"):
        said = await told(stage, f"keeper quiet remove {number}")
        assert f"no number “{number}” in the list; it goes from 1 to 2" in said
    assert len(kept(stage)) == 2


async def test_days_that_meet_become_one_time(stage: Stage) -> None:
    for each in ("2026-04-01 2026-04-07", "2026-04-20 2026-04-25", "2026-05-20"):
        await told(stage, f"keeper quiet add {each}")
    # The second time, and within: nothing changes.
    for each in ("2026-04-01 2026-04-07", "2026-04-03"):
        assert "quiet already" in await told(stage, f"keeper quiet add {each}")
    assert len(kept(stage)) == 3
    said = await told(stage, "keeper quiet add 2026-04-08 2026-04-19")  # from the day after on
    assert "one quiet time now: 1 April 2026 to 25 April 2026" in said
    assert kept(stage) == ["2026-04-01 2026-04-25", "2026-05-20 2026-05-20"]
    await told(stage, "keeper quiet add 2026-03-30 2026-05-31")
    assert kept(stage) == ["2026-03-30 2026-05-31"]


async def test_past_days_are_left_out(stage: Stage) -> None:
    await told(stage, "keeper quiet add 2026-03-04 2026-03-06")
    assert "Next quiet days" in await told(stage, "keeper status")
    stage.clock.move_to(datetime(2026, 3, 6, 22, 0, tzinfo=UTC))  # 23:00 there
    assert "Quiet now: 4 March 2026 to 6 March 2026" in await told(stage, "keeper status")
    stage.clock.move_to(datetime(2026, 3, 6, 23, 1, tzinfo=UTC))  # the next day there
    assert "No quiet days are planned" in await told(stage, "keeper quiet list")
    assert "uiet" not in await told(stage, "keeper status")
    await told(stage, "keeper quiet add 2026-03-07")
    assert kept(stage) == ["2026-03-04 2026-03-06", "2026-03-07 2026-03-07"]


async def test_in_french(stage: Stage) -> None:
    await stage.says("mira", "my settings")
    await stage.clicks("mira", stage.last("mira").choices[0])
    await stage.clicks("mira", "Français")
    assert "Aucun jour calme" in await told(stage, "keeper quiet list")
    said = await told(stage, "keeper quiet add du 2026-12-20 au 2027-01-03")
    assert "du 20 décembre 2026 au 3 janvier 2027" in said
    assert "Ce jour n’existe pas" in await told(stage, "keeper quiet add 2026-02-30")


async def test_members_cannot_plan_them(stage: Stage) -> None:
    await welcomed(stage, "ana")
    await stage.says("ana", "keeper quiet add 2026-04-01")
    assert "moderators" in stage.last("ana").text
    assert kept(stage) == []


# --- what does not come ------------------------------------------------------------------------


async def test_a_prompt_in_quiet_days_does_not_come_and_is_not_used_up(stage: Stage) -> None:
    await told(stage, "keeper prompt add What did you leave out?")
    await told(stage, "keeper quiet add 2026-03-03 2026-03-09")
    assert "Next prompt: Tuesday 10 March, 09:00" in await told(stage, "keeper status")
    listed = await told(stage, "keeper prompt list")
    assert "Tuesday 10 March, 09:00: What did you leave out?" in listed
    assert "3 March" not in listed
    await stage.says("mira", "keeper prompt preview")
    assert "This comes on Tuesday 10 March" in stage.last("mira", "This comes").text
    assert prompts(await passes(stage, 6 * DAY)) == []
    (posted,) = prompts(await passes(stage, 2 * DAY))
    assert posted.at == datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    assert "What did you leave out?" in posted.text


async def test_days_that_are_no_longer_quiet_are_used_again(stage: Stage) -> None:
    await told(stage, "keeper quiet add 2026-03-03 2026-03-16")
    assert "17 March" in await told(stage, "keeper status")
    await told(stage, "keeper quiet remove 1")
    (posted,) = prompts(await passes(stage, 2 * DAY))
    assert posted.at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


async def test_the_first_and_the_last_day_are_quiet(stage: Stage) -> None:
    await told(stage, "keeper quiet add 2026-03-10 2026-03-17")
    posted = prompts(await passes(stage, 4 * WEEK))
    assert [f"{line.at:%m-%d}" for line in posted] == ["03-03", "03-24"]


async def test_dates_before_saving_and_the_next_to_skip_leave_quiet_days_out(stage: Stage) -> None:
    await told(stage, "keeper quiet add 2026-03-05 2026-03-06")
    dates = await told(stage, "keeper prompt schedule daily 9:00")
    found = [line[2:] for line in dates.split("\n") if line.endswith("09:00")]
    assert found == [
        "Tuesday 3 March, 09:00",
        "Wednesday 4 March, 09:00",
        "Saturday 7 March, 09:00",
    ]
    await stage.clicks("mira", "Yes")
    assert "4 March" in await told(stage, "keeper prompt skip-next")
    assert "comes on Wednesday 4 March" in await told(stage, "keeper prompt skip-next")
    await stage.clicks("mira", "Leave out Wednesday 4 March, 09:00, too")
    assert "comes on Saturday 7 March" in stage.last("mira").text
    assert "Next prompt: Saturday 7 March" in await told(stage, "keeper status")


async def test_a_prompt_is_not_posted_late_into_quiet_days(stage: Stage) -> None:
    await told(stage, "keeper quiet add 2026-03-04")
    stage.clock.move_to(datetime(2026, 3, 4, 9, 0, tzinfo=UTC))
    stage.restart()
    assert prompts(await passes(stage, timedelta(hours=1))) == []
    (posted,) = prompts(await passes(stage, WEEK))
    assert posted.at == datetime(2026, 3, 10, 8, 0, tzinfo=UTC)


async def test_what_fell_into_quiet_days_does_not_come_late_after_them(stage: Stage) -> None:
    await welcomed(stage, "ana")
    await rhythm(stage, "ana")  # weekly, on Mondays at 18:00
    await told(stage, "keeper quiet add 2026-03-09 2026-03-10")
    await passes(stage, 6 * DAY)
    stage.clock.move_to(datetime(2026, 3, 11, 7, 0, tzinfo=UTC))
    stage.restart()
    said = await passes(stage, timedelta(hours=1))
    assert prompts(said) == []
    assert private(said, "ana") == []


async def test_members_are_asked_nothing_and_nothing_counts_against_them(stage: Stage) -> None:
    await welcomed(stage, "ana")
    await rhythm(stage, "ana")  # weekly, on Mondays at 18:00
    await told(stage, "keeper quiet add 2026-03-09 2026-03-29")
    assert private(await passes(stage, 27 * DAY), "ana") == []
    await stage.says("ana", "start")
    assert "Waiting" not in stage.last("ana").text
    said = private(await passes(stage, 10 * WEEK), "ana")
    assert [f"{line.at:%m-%d}" for line in said] == ["03-30", "04-06", "04-13"]
    assert ["And since then?" in line.text for line in said] == [True, True, False]


async def test_a_question_on_its_way_stops_where_quiet_days_begin(stage: Stage) -> None:
    await welcomed(stage, "ana")
    await rhythm(stage, "ana")
    stage.clock.move_to(datetime(2026, 3, 9, 17, 0, tzinfo=UTC))  # 18:00, a week after
    await stage.app.tick.once()
    count = len(stage.chat.lines)
    await told(stage, "keeper quiet add 2026-03-09")
    assert private(stage.chat.lines[count:], "ana") == []


async def test_a_newcomer_is_welcomed_in_quiet_days_all_the_same(stage: Stage) -> None:
    await told(stage, "keeper quiet add 2026-03-02 2026-03-09")
    await stage.joins("ana")
    assert "welcome to" in stage.last("ana").text
