"""The rules of PRODUCT.md, each as what people see over simulated weeks."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
import structlog

from bot.adapters.memory import BOT
from bot.core.commands import Audience
from bot.core.refs import Direct
from bot.engine.words import Words
from bot.features.prompts.content import load_prompts
from bot.logs import configure_logs
from bot.rehearsal.stage import Stage
from storage.registry import METADATA
from storage.transaction import Transaction
from tests.rehearsal.community import (
    DAY,
    ROOM,
    START,
    WEEK,
    arrived,
    opened,
    passes,
    prepared,
    private,
    prompts,
    rhythm,
    welcomed,
)
from tests.support.shipped import FOLDERS

MODERATING = (
    *("keeper", "charter read", "charter history"),
    *("reflect look-back", "my data", "start", "help moderators"),
)


def moderating(stage: Stage) -> list[str]:
    """Return every moderator's command, and the others by which something might be seen.

    What ends or pauses something comes last.
    """
    found = [
        path
        for path, (_, command) in stage.app.running.commands.items()
        if command.audience is Audience.MODERATOR
    ]
    found.sort(key=lambda path: path in ("keeper setup", "keeper pause", "keeper resume"))
    assert {"keeper numbers", "keeper prompt list", "keeper status"} <= set(found)
    return [*MODERATING, *found]


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return a stage on which the bot has just come into a room."""
    stage = await arrived()
    yield stage
    stage.close()


# --- pull, not push ----------------------------------------------------------------------------


async def test_a_silent_newcomer_gets_one_message(stage: Stage) -> None:
    await opened(stage)
    await stage.joins("ana")
    await passes(stage, 30 * WEEK)
    (only,) = private(stage.chat.lines, "ana")
    assert only.choices == ("Start", "Later", "No thanks")
    await stage.chat.leave("ana")
    await stage.joins("ana")
    assert len(private(stage.chat.lines, "ana")) == 1


@pytest.mark.parametrize("answer", ["Later", "No thanks"])
async def test_a_no_is_an_answer(stage: Stage, answer: str) -> None:
    await opened(stage)
    await stage.joins("ana")
    await stage.clicks("ana", answer)
    count = len(private(stage.chat.lines, "ana"))
    await passes(stage, 30 * WEEK)
    await stage.chat.leave("ana")
    await stage.joins("ana")
    assert len(private(stage.chat.lines, "ana")) == count


@pytest.mark.parametrize("reach", ["return", "never"])
async def test_who_is_not_to_be_written_to_finds_it_under_start(stage: Stage, reach: str) -> None:
    await opened(stage)
    await welcomed(stage, "ana", reach)
    await rhythm(stage, "ana")
    assert private(await passes(stage, 3 * WEEK), "ana") == []
    await stage.says("ana", "start")
    home = stage.last("ana")
    assert "Waiting for you: 1" in home.text
    await stage.clicks("ana", home.choices[0])
    assert "A second thought." in stage.last("ana").text


async def test_two_unanswered_then_one_question_then_silence(stage: Stage) -> None:
    await opened(stage)
    await welcomed(stage, "ana")
    await rhythm(stage, "ana")
    said = private(await passes(stage, 30 * WEEK), "ana")
    assert ["And since then?" in line.text for line in said] == [True, True, False]
    assert said[2].choices == (
        "Less often",
        "Pause; I come back to it myself",
        "Stop",
        "Leave it as it is",
    )


async def test_stop_ends_a_check_in_that_is_on_its_way(stage: Stage) -> None:
    await opened(stage)
    await welcomed(stage, "ana")
    await rhythm(stage, "ana")
    stage.clock.move_to(datetime(2026, 3, 9, 17, 0, tzinfo=UTC))  # 18:00, a week after
    assert await stage.app.tick.once() == 2  # a prompt too late, and a check-in that is not sent
    count = len(stage.chat.lines)
    await stage.says("ana", "reflect stop")
    said = private(stage.chat.lines[count:], "ana")
    assert [line.text.split(".")[0] for line in said] == ["Stopped"]
    assert private(await passes(stage, 10 * WEEK), "ana") == []


# --- the moderators' word ----------------------------------------------------------------------


async def test_nothing_is_visible_before_the_opening(stage: Stage) -> None:
    await prepared(stage)
    await stage.joins("ana")
    await stage.clicks("mira", "Not yet")
    assert prompts(await passes(stage, 4 * WEEK)) == []
    seen = [line.text for line in stage.chat.seen_by("ana") if line.author == BOT]
    assert len(seen) == 2
    assert seen[0].startswith("Hello. A moderator can write")
    assert seen[1] == "I am answering you in our own chat."
    await stage.says("mira", "keeper open")
    assert stage.chat.seen_by("ana")[-1].text.startswith("Start here.")
    assert len(prompts(await passes(stage, WEEK))) == 1


async def test_a_paused_community_is_silent(stage: Stage) -> None:
    await opened(stage)
    await welcomed(stage, "ana")
    await rhythm(stage, "ana")
    await stage.says("mira", "keeper pause")
    said = await passes(stage, 4 * WEEK)
    await stage.joins("late")
    assert said == []
    assert private(stage.chat.lines, "late") == []
    await stage.says("mira", "keeper resume")
    said = await passes(stage, WEEK)
    assert len(prompts(said)) == 1  # what fell into the pause is not made up for
    assert len(private(said, "ana")) == 1


async def test_moderators_see_nothing_of_what_members_did() -> None:
    """Whatever a member keeps, acknowledges or skips, every answer to a moderator is the same."""
    told = []
    for busy in (True, False):
        stage = await arrived()
        try:
            await opened(stage)
            await welcomed(stage, "xanthippe")
            if busy:
                await rhythm(stage, "xanthippe")
                await stage.says("xanthippe", "reflect now Zwiebelkuchen")
                await stage.says("xanthippe", "reflect share")
                await stage.clicks("xanthippe", "My newest thought")
                await stage.clicks("xanthippe", "Share it like this")
                await stage.says("xanthippe", "charter read")
                await stage.clicks("xanthippe", "I have read it and will try")
                await stage.clicks("xanthippe", "Later")
                await stage.says("xanthippe", "hunt")
                await stage.clicks("xanthippe", "First footsteps")
                await stage.clicks("xanthippe", "Skip")
            await stage.until(START + 10 * WEEK)
            count = len(stage.chat.lines)
            for words in moderating(stage):
                await stage.says("mira", words)
                offered = stage.last("mira").choices
                if offered:
                    await stage.clicks("mira", offered[0])
            told.append(
                [
                    (line.text, line.choices, line.file.text if line.file else "")
                    for line in private(stage.chat.lines[count:], "mira")
                ]
            )
        finally:
            stage.close()
    assert told[0] == told[1]
    assert any("circlekeeper: 1" in file for _, _, file in told[0])  # the export is looked at, too
    whole = str(told[0])
    assert "Zwiebelkuchen" not in whole
    assert "xanthippe" not in whole


async def test_nothing_in_clear_tells_what_somebody_chose(stage: Stage) -> None:
    """No column, and no answer to a moderator, tells who consented, objected, skipped or hoped."""
    await opened(stage)
    for name in ("ana", "eva", "tom"):
        await welcomed(stage, name)
    await stage.says("ana", "charter change")
    await stage.clicks("ana", "Come freely")
    await stage.says("ana", "Nobody has to be here.")
    await stage.says("ana", "Shorter.")
    await stage.clicks("ana", "Propose it")
    await _answers(stage, "eva", "It is worth talking about")
    await passes(stage, timedelta(days=6, hours=1))
    seen = []
    for choose in (("I consent", "I object"), ("I object", "I consent"), ("I stay aside",) * 2):
        for name, label in zip(("eva", "tom"), choose, strict=True):
            await _answers(stage, name, label)
            if label == "I object":
                assert "form" in str(_clear(stage))  # it is told that something is asked, no more
                for words in ("Zwiebelkuchen.", "Zwiebelkuchen.", "Zwiebelkuchen."):
                    await stage.says(name, words)
        seen.append(
            {table: len(rows) for table, rows in _clear(stage).items() if table != "outbox"}
        )
        count = len(stage.chat.lines)
        for words in (*MODERATING, "keeper charter status", "keeper charter proposals"):
            await stage.says("mira", words)
        told = "\n".join(line.text for line in private(stage.chat.lines[count:], "mira"))
        assert not {"Zwiebelkuchen", "eva", "tom"} & set(told.replace(".", " ").split())
    for name in ("proposal", "proposal_voice"):
        assert len({one[name] for one in seen}) == 1
    clear = str(_clear(stage)).casefold()
    for word in ("zwiebelkuchen", "consented", "object", "aside", "skipped", "nobody has to be"):
        assert word not in clear, word


async def _answers(stage: Stage, name: str, label: str) -> None:
    await stage.says(name, "charter changes")
    await stage.clicks(name, "Come freely")
    await stage.clicks(name, label)


def _clear(stage: Stage) -> dict[str, list[list[object]]]:
    """Return what the store holds in clear, but for the charter's own texts."""

    def look(tx: Transaction) -> dict[str, list[list[object]]]:
        return {
            table.name: [
                [value for value in row if not isinstance(value, bytes)]
                for row in tx.session.execute(table.select())
            ]
            for table in METADATA.sorted_tables
            if table.name not in ("charter", "charter_clause")
        }

    return stage.opened.store.run(look)


async def test_no_text_and_no_member_in_the_log(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the most talkative level, over a whole journey in which things fail, too."""
    configure_logs("debug", "json")
    try:
        await opened(stage)
        await welcomed(stage, "xanthippe")
        await stage.says("xanthippe", "Zwiebelkuchen aloud", ROOM)
        await rhythm(stage, "xanthippe")
        await stage.says("xanthippe", "reflect now Zwiebelkuchen")
        await stage.says("xanthippe", "!reflect now Zwiebelkuchen", ROOM)
        await stage.says("xanthippe", "Zwiebelkuchen")
        await stage.says("xanthippe", "/Zwiebelkuchen")
        await stage.says("xanthippe", "my quiet Zwiebelkuchen")
        await stage.says("mira", "keeper prompt add Zwiebelkuchen {{ xanthippe }}")
        await stage.says("mira", "keeper prompt add Zwiebelkuchen?")
        stage.chat.closed.add("xanthippe")
        await passes(stage, 3 * WEEK)
        await stage.says("xanthippe", "my forget")
    finally:
        structlog.reset_defaults()
    logged = capsys.readouterr()
    assert "unreachable" in logged.err  # something was told
    for word in ("Zwiebelkuchen", "xanthippe", "A first thought"):
        assert word not in logged.err + logged.out


# --- skipping costs nothing --------------------------------------------------------------------


async def test_skipping_everything_ends_in_the_same_celebration(stage: Stage) -> None:
    await opened(stage)
    for name in ("ana", "tina"):
        await welcomed(stage, name)
        await stage.says(name, "hunt")
        await stage.clicks(name, "First footsteps")
    for _ in range(6):
        await stage.clicks("ana", "Skip")
    await stage.clicks("tina", "Nothing to change")
    await stage.reacts("tina", "👋", stage.last("tina"))
    await stage.says("tina", "draft")
    await stage.says("tina", "Hello", ROOM)
    await stage.clicks("tina", "Introduce myself")
    await stage.clicks("tina", "Not now")
    await stage.clicks("tina", "Nothing to write down")
    assert "all the way through" in stage.last("ana").text
    assert stage.last("ana").text == stage.last("tina").text
    assert stage.last("ana").choices == stage.last("tina").choices
    aloud = [line.text for line in stage.chat.lines if not isinstance(line.place, Direct)]
    assert not any("First footsteps" in text or "tina" in text for text in aloud)


# --- weekly prompts ----------------------------------------------------------------------------


async def test_a_prompt_that_is_a_day_late_comes_once(stage: Stage) -> None:
    await opened(stage)
    stage.clock.move_to(datetime(2026, 3, 4, 9, 0, tzinfo=UTC))
    stage.restart()
    (late,) = prompts(await passes(stage, timedelta(hours=1)))
    assert late.at == datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    (following,) = prompts(await passes(stage, WEEK))
    assert following.at == datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    assert following.text != late.text


async def test_after_three_weeks_there_is_no_backlog(stage: Stage) -> None:
    await opened(stage)
    stage.clock.move_to(datetime(2026, 3, 27, 9, 0, tzinfo=UTC))
    stage.restart()
    assert prompts(await passes(stage, DAY)) == []
    (following,) = prompts(await passes(stage, WEEK))
    assert following.at == datetime(2026, 3, 31, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Ljubljana", "America/New_York", "Australia/Lord_Howe"])
async def test_a_year_of_weekly_prompts(stage: Stage, zone: str) -> None:
    """At the same time on the clock, no kind twice running, nothing again before all have been."""
    await opened(stage, zone)
    posted = prompts(await passes(stage, 52 * WEEK))
    assert len(posted) == 52
    times = [line.at.astimezone(ZoneInfo(zone)) for line in posted]
    assert {f"{at:%A %H:%M}" for at in times} == {"Tuesday 09:00"}
    assert len({at.utcoffset() for at in times}) == 2
    library = load_prompts(FOLDERS).value or {}
    by_title = {prompt.title["en"]: prompt for prompt in library.values()}
    chosen = [by_title[line.text.split("\n")[0]] for line in posted]
    kinds = [prompt.kind for prompt in chosen]
    assert [kinds[i] for i in range(1, 52) if kinds[i] == kinds[i - 1]] == []
    for begin in range(0, 52, len(library)):
        ids = [prompt.id for prompt in chosen[begin : begin + len(library)]]
        assert len(ids) == len(set(ids))
    exposed = [line.at for line, prompt in zip(posted, chosen, strict=True) if prompt.exposed]
    assert exposed
    assert min(exposed) - START >= 5 * WEEK


def test_every_place_that_my_data_tells_of_has_a_name() -> None:
    """Whatever a feature keeps of somebody's way is shown by `my data`, in their language."""
    found = {
        name
        for module in (Path(__file__).parents[1] / "bot" / "features").glob("*/*.py")
        for name in re.findall(r'^_?FLOW = "(\w+)"', module.read_text(), re.MULTILINE)
    }
    named = {name for name in Words(FOLDERS.prompts).names("privacy") if name.startswith("flow_")}
    assert {f"flow_{name}" for name in found} == named
    assert {"hunts", "notebook"} <= found


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Hunt for words went badly.", True),
        ("hunt", False),
        ("hunt buddy", False),
        ("My settings were wrong today.", True),
        ("my data are a mess", True),
        ("My data json", False),
        ("help came from Eva", True),
        ("reflect now Another thought.", False),
        ("charter read it twice", True),
        ("reflect how-often hourly", False),
    ],
)
async def test_what_only_begins_like_a_command_is_an_answer(
    stage: Stage, typed: str, kept: bool
) -> None:
    await opened(stage)
    await welcomed(stage, "ana")
    await stage.says("ana", "reflect now")
    await stage.says("ana", typed)
    await stage.says("ana", "reflect look-back")
    assert (typed in stage.last("ana").text) is kept


async def test_a_bare_no_to_erasing_keeps_everything_and_answers_nothing_else(stage: Stage) -> None:
    await opened(stage)
    await welcomed(stage, "ana")
    await stage.says("ana", "reflect share")
    for no in ("no", "non", "Keep it"):
        await stage.says("ana", "my forget")
        await stage.says("ana", no)
        assert "Nothing was erased" in stage.last("ana").text
