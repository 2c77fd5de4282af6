"""What the parts of the harness agree on: places, times, and what a process is started with."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bot.core.refs import Community, Room

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = "double"
CIRCLE = Community(PLATFORM, "circle")
HALLS = tuple(Room(PLATFORM, f"hall {number}") for number in range(4))

# Fifty times faster than in life: a lease of 60 s ends after 1.2 s. The rest, in the same
# proportion: an adapter gives up after 15 s, what comes late comes after 28 s, and after 30 s
# (what the adapter promises) nothing comes any more.
SPEED = 50.0
LEASE = 60 / SPEED
PATIENCE = 15 / SPEED
LAG = 28 / SPEED
QUIESCENCE = 30 / SPEED
WINDOW = 120 / SPEED  # for so long the platform knows a key again


@dataclass(frozen=True)
class DoubleSetup:
    """What a platform double is started with.

    Args:
        folder: where its log and its port lie.
        seed: of its faults.
        rates: how likely each trouble is, by its name.
        window: seconds for which a key is known again.
    """

    folder: str
    seed: int = 0
    rates: dict[str, float] = field(default_factory=dict)
    window: float = WINDOW


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker is started with.

    Args:
        double: the platform's address.
        store: the database's URL.
        key: the key's file.
        log: where it writes what goes wrong.
        skew: seconds by which its clock is wrong.
        jump: after so many seconds its clock goes on by so many more.
        failpoint: where it kills itself (see `failpoints`).
        design: "ours", or a broken one (see `broken`).
    """

    double: str
    store: str
    key: str
    log: str
    skew: float = 0.0
    jump: tuple[float, float] = (0.0, 0.0)
    failpoint: str = ""
    design: str = "ours"


def as_given(setup: DoubleSetup | WorkerSetup) -> dict[str, Any]:
    """Write a setup down, for another process."""
    return asdict(setup)
