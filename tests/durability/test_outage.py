"""PostgreSQL is stopped while two workers have much to do, and started again."""

import time
from pathlib import Path

from tests.durability.arena import Arena, arena
from tests.durability.plan import HALLS
from tests.durability.wire import Happening
from tests.durability.zygote import Zygote
from tests.support.postgres import Server, postgres_server

__all__ = ["postgres_server"]

OUTAGE = 20.0  # seconds


def much(first: int) -> list[Happening]:
    """Return a hundred things that happen: questions, and what comes due in a moment."""
    found: list[Happening] = []
    for number in range(first, first + 25):
        found += [
            {
                "id": f"hall {number}",
                "kind": "ask in a hall",
                "hall": HALLS[number % len(HALLS)].id,
            },
            {"id": f"private {number}", "kind": "ask in private"},
            {"id": f"join {number}", "kind": "join"},
            {"id": f"prompt {number}", "kind": "prompt", "after": number % 7 / 10},
        ]
    return found


def test_what_happens_while_postgresql_is_away_is_answered_when_it_is_back(
    zygote: Zygote, folder: Path, postgres_server: Server
) -> None:
    with arena(zygote, folder, postgres_server.fresh_database(), seed=5) as here:
        here.start()
        here.start()
        here.ask(*much(0))
        _until_some_stand(here, 20)
        postgres_server.stop()
        try:
            before = len(here.stands())
            here.ask(*much(1000))
            time.sleep(OUTAGE)
            meanwhile = len(here.stands())
        finally:
            postgres_server.start()
        here.ask(*much(2000))
        assert here.drain(120)
        outcome = here.outcome()
        log = (folder / "workers.log").read_text()
    assert outcome.expected == 3 * (25 * 3 + 25 * 2)
    assert outcome.lost == []
    assert outcome.doubled == {}
    assert outcome.unexpected == []
    assert meanwhile - before < 40  # what was claimed before was sent; nothing else could be
    assert here.crashes == []
    assert log.count("I wait, and go on by myself") >= 2  # each worker says it


def _until_some_stand(here: Arena, count: int) -> None:
    until = time.monotonic() + 30
    while len(here.stands()) < count:
        assert time.monotonic() < until, here.state()
        time.sleep(0.02)
