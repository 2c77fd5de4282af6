"""Fifty kills at random times on a bad day, on each store; and designs that cannot stand them."""

from pathlib import Path

from tests.durability.broken import ADVANCE_FIRST, NO_READ_BACK, SEND_FIRST
from tests.durability.driver import Report, Weather, kill_at_random
from tests.durability.plan import QUIESCENCE
from tests.durability.zygote import Zygote

KILLS = 50
SEED = 20


def test_nothing_is_lost_or_doubled_on_sqlite(zygote: Zygote, folder: Path) -> None:
    report = kill_at_random(zygote, folder, kills=KILLS, seed=SEED)
    assert report.clean, report
    was_hard(report)


def test_nothing_is_lost_or_doubled_on_postgres_with_two_workers(
    zygote: Zygote, folder: Path, postgres: str
) -> None:
    report = kill_at_random(zygote, folder, kills=KILLS, url=postgres, workers=2, seed=SEED)
    assert report.clean, report
    was_hard(report)


def test_who_notes_first_and_then_sends_loses(zygote: Zygote, folder: Path) -> None:
    report = kill_at_random(zygote, folder, kills=10, seed=SEED, design=ADVANCE_FIRST)
    assert report.lost > 0, report


def test_who_sends_first_and_then_notes_says_it_twice(zygote: Zygote, folder: Path) -> None:
    report = kill_at_random(zygote, folder, kills=10, seed=SEED, design=SEND_FIRST)
    assert report.doubled > 0, report
    assert report.lost == 0


def test_an_outbox_that_does_not_read_back_says_it_twice(zygote: Zygote, folder: Path) -> None:
    # The platform knows a key again for less long than it takes to be sure.
    report = kill_at_random(
        zygote, folder, kills=10, seed=SEED, design=NO_READ_BACK, window=QUIESCENCE / 2
    )
    assert report.doubled > 0, report
    assert report.lost == 0


def was_hard(report: Report) -> None:
    """See that it was a bad day: else there was nothing to stand."""
    assert report.kills >= KILLS
    assert report.expected >= 3 * KILLS
    assert report.stops > 0
    assert report.downs > 0
    assert report.wrong_clocks > 0
    assert report.platform["finds"]["standing"] > 0
    assert report.platform["finds"]["absent"] > 0
    assert min(report.platform["troubles"].values()) > 0


def test_who_is_asked_to_stop_under_load_leaves_nothing_behind(
    zygote: Zygote, folder: Path
) -> None:
    asked = Weather(stops=0.0, downs=0.0, wrong=0.0, asked=1.0)
    report = kill_at_random(zygote, folder, kills=15, seed=SEED, weather=asked)
    assert report.clean, report
    assert report.expected >= 45
