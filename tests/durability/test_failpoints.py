"""Each window in which a bot can die: killed there, it says everything once in the end."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.testing.faults import Trouble
from tests.durability.arena import Arena, arena
from tests.durability.plan import HALLS, LEASE, QUIESCENCE
from tests.durability.wire import Happening
from tests.durability.zygote import Zygote

ASK: Happening = {"id": "ask", "kind": "ask in a hall", "hall": HALLS[0].id}
NEXT: Happening = {"id": "next", "kind": "ask in a hall", "hall": HALLS[0].id}
NO_WINDOW = -1.0  # a key is never known again: reading back alone has to do
PROMPT: Happening = {"id": "prompt", "kind": "prompt", "after": 0.1}


@pytest.mark.parametrize(
    ("failpoint", "happening", "troubles", "standing"),
    [
        # a person asks
        ("turn before", ASK, [], 0),
        ("turn after", ASK, [], 0),
        ("acknowledge before", ASK, [], None),
        ("send before", ASK, [], 0),
        ("send during", ASK, ["HANGS"], 0),
        ("send during", ASK, ["SILENT"], 1),
        ("send during", ASK, ["LATE"], 0),
        ("send after", ASK, [], 1),
        ("note before", ASK, [], 1),
        ("note after", ASK, [], 1),
        # something comes due
        ("tick before", PROMPT, [], 0),
        ("tick after", PROMPT, [], 0),
        ("claim before", PROMPT, [], 0),
        ("claim after", PROMPT, [], 0),
        ("send during", PROMPT, ["SILENT"], 1),
        ("send after", PROMPT, [], 1),
        ("note before", PROMPT, [], 1),
        ("note after", PROMPT, [], 1),
        # nobody knows whether it stands, and it does
        ("note before", ASK, ["UNHEARD"], 1),
        ("note after", ASK, ["UNHEARD"], 1),
        ("claim-again after", ASK, ["UNHEARD"], 1),
        ("find before", ASK, ["UNHEARD"], 1),
        ("find after", ASK, ["UNHEARD"], 1),
        ("note before", ASK, ["LATE"], 0),
        # nor does it stand
        ("find after", ASK, ["FAILS"], 0),
        ("send after", ASK, ["CUT", None, None], 1),
    ],
)
def test_everything_is_said_once_though_killed_there(
    zygote: Zygote,
    folder: Path,
    failpoint: str,
    happening: Happening,
    troubles: list[str | None],
    standing: int | None,
) -> None:
    with arena(zygote, folder, window=NO_WINDOW) as here:
        here.control(plan=troubles)
        here.ask(happening)
        dies_there(here, failpoint)
        if standing is not None:
            assert here.state()["stands"] == standing
        here.start()
        assert here.drain()
        everything_once(here)


@pytest.mark.parametrize(
    ("failpoint", "happening", "troubles"),
    [
        ("turn before", ASK, []),
        ("turn after", ASK, []),
        ("tick after", PROMPT, []),
        ("claim after", PROMPT, []),
        ("send during", ASK, ["SILENT"]),
        ("send after", PROMPT, []),
        ("note before", ASK, []),
        ("find after", ASK, ["UNHEARD"]),
    ],
)
def test_another_takes_over_on_postgres(
    zygote: Zygote,
    folder: Path,
    postgres: str,
    failpoint: str,
    happening: Happening,
    troubles: list[str | None],
) -> None:
    with arena(zygote, folder, postgres, window=NO_WINDOW) as here:
        here.control(plan=troubles)
        here.ask(happening)
        dies_there(here, failpoint)
        here.start()
        here.start()
        assert here.drain()
        everything_once(here)


def test_dying_on_the_way_up_leaves_the_doubt(zygote: Zygote, folder: Path) -> None:
    with arena(zygote, folder, window=NO_WINDOW) as here:
        here.ask(ASK, NEXT)
        dies_there(here, "send after")
        dies_there(here, "recover before")
        dies_there(here, "recover after")
        dies_there(here, "find after")
        here.start()
        assert here.drain()
        everything_once(here)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_nobody_has_to_die_for_it(zygote: Zygote, folder: Path, trouble: Trouble) -> None:
    with arena(zygote, folder, window=NO_WINDOW) as here:
        here.control(plan=[trouble.name])
        here.ask(ASK, NEXT)
        here.start()
        assert here.drain()
        everything_once(here)
        assert here.state()["troubles"] == {trouble.name: 1}


def test_nothing_is_looked_up_while_it_can_still_come(zygote: Zygote, folder: Path) -> None:
    with arena(zygote, folder, window=NO_WINDOW) as here:
        here.control(plan=["LATE"])
        here.ask(ASK)
        dies_there(here, "send during")
        next_one = here.start(failpoint="stop recover after")
        assert zygote.stopped(next_one)
        in_doubt_since = time.monotonic()
        zygote.signal(next_one, signal.SIGCONT)
        wait_for(lambda: here.state()["first_find"] is not None)
        assert here.state()["first_find"] - in_doubt_since > QUIESCENCE - 0.1
        assert here.drain()
        everything_once(here)


def test_what_was_claimed_before_a_long_stop_is_not_sent_by_both(
    zygote: Zygote, folder: Path, postgres: str
) -> None:
    with arena(zygote, folder, postgres, window=NO_WINDOW) as here:
        here.ask(ASK)
        slow = here.start(failpoint="stop turn after")
        assert zygote.stopped(slow)
        here.start()
        wait_for(lambda: here.state()["stands"] == 1)  # the lease ended, and another took it over
        zygote.signal(slow, signal.SIGCONT)
        here.ask(NEXT)
        assert here.drain()
        everything_once(here)


def test_a_long_stop_of_the_only_worker_doubles_nothing(zygote: Zygote, folder: Path) -> None:
    with arena(zygote, folder, window=NO_WINDOW) as here:
        here.ask(ASK)
        slow = here.start(failpoint="stop turn after")
        assert zygote.stopped(slow)
        time.sleep(1.2 * LEASE)
        zygote.signal(slow, signal.SIGCONT)
        assert here.drain()
        everything_once(here)


def wait_for(happened: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait until something has happened."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def dies_there(here: Arena, failpoint: str) -> None:
    """Start a worker that kills itself at a place, and see it die."""
    pid = here.start(failpoint=failpoint)
    assert here.died(pid), f"{failpoint} was not reached"


def everything_once(here: Arena) -> None:
    outcome = here.outcome()
    assert outcome.expected > 0
    assert (outcome.lost, outcome.doubled, outcome.unexpected) == ([], {}, [])
    assert outcome.disordered == 0
