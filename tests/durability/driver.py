"""The driver: gives a bot work, kills and stops it at seeded times, and counts in the end."""

import random
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.testing.faults import BAD_DAY
from tests.durability.arena import Arena, Outcome, arena
from tests.durability.plan import HALLS, LEASE, WINDOW
from tests.durability.wire import Happening
from tests.durability.zygote import Zygote

_BACKLOG = 100  # messages that are waited for: more work than that is not given
_LONGEST_LIFE = 1.2  # seconds
_KINDS = ("ask in a hall", "ask in private", "join", "prompt", "check-in")


@dataclass(frozen=True)
class Weather:
    """How hard the times are.

    Args:
        life: seconds that a worker lives on average.
        stops: which part of the workers is stopped, for longer than its lease, before it dies.
        downs: after which part of the kills all stay down for longer than the platform knows keys.
        wrong: which part of the workers has a wrong clock; half of those jump meanwhile.
        unreadable: with which part the history cannot be read for a while.
        asked: which part of the workers is asked to stop (SIGTERM) rather than killed.
    """

    life: float = 0.28
    stops: float = 0.08
    downs: float = 0.03
    wrong: float = 0.3
    unreadable: float = 0.1
    asked: float = 0.0


@dataclass
class Report:
    """What came of a run; the counts of `Outcome`, and what was done to get there."""

    design: str
    store: str
    workers: int
    seed: int
    kills: int = 0
    expected: int = 0
    lost: int = 0
    doubled: int = 0
    unexpected: int = 0
    disordered: int = 0
    seconds: float = 0.0
    drained: bool = False
    stops: int = 0
    downs: int = 0
    wrong_clocks: int = 0
    crashes: int = 0
    platform: dict[str, Any] = field(default_factory=dict)
    which: dict[str, Any] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether everything was said once, in order, by workers that died only when killed."""
        wrong = self.lost, self.doubled, self.unexpected, self.disordered, self.crashes
        return self.drained and not any(wrong)


class Killer:
    """Kills workers of one arena.

    Args:
        here: where.
        workers: how many there are at once.
        seed: the same seed does the same things at the same times.
        weather: how hard the times are.
    """

    def __init__(self, here: Arena, workers: int, seed: int, weather: Weather) -> None:
        """Take aim."""
        self.here = here
        self.count = workers
        self.random = random.Random(f"kills {seed}")
        self.work = random.Random(f"work {seed}")
        self.weather = weather
        self.report = Report(here.design, here.url.partition(":")[0], workers, seed)
        self._given = 0
        self._expected = 0

    def run(self, kills: int, drain_seconds: float = 90.0) -> Report:
        """Kill so often, let the last ones finish, and count."""
        begun = time.monotonic()
        while self.report.kills < kills:
            self._round()
        self._man(fair=True)
        self.report.drained = self.here.drain(drain_seconds)
        self._count(self.here.outcome())
        self.report.platform = self.here.state()
        self.report.seconds = round(time.monotonic() - begun, 1)
        return self.report

    def _round(self) -> None:
        here, weather = self.here, self.weather
        self._man()
        self._give()
        if self._happens(weather.unreadable):
            here.control(unreadable=self.random.uniform(0.1, 1.0))
        time.sleep(min(self.random.expovariate(1 / weather.life), _LONGEST_LIFE))
        victim = self.random.choice(here.workers)
        if self._happens(weather.stops):
            self._stop(victim)
        self._kill(victim)
        if self._happens(weather.downs):
            self.report.downs += 1
            for pid in list(here.workers):
                self._kill(pid)
            time.sleep(WINDOW * self.random.uniform(1.1, 1.5))

    def _man(self, fair: bool = False) -> None:
        """Start who is missing."""
        while len(self.here.workers) < self.count:
            skew, jump = 0.0, (0.0, 0.0)
            if not fair and self._happens(self.weather.wrong):
                self.report.wrong_clocks += 1
                skew = self.random.uniform(-1.0, 1.0)
                if self._happens(0.5):
                    jump = (self.random.uniform(0.2, 0.6), self.random.uniform(-1.0, 1.0))
            self.here.start(skew=skew, jump=jump)

    def _give(self) -> None:
        """Give work, as long as there is not too much of it."""
        if self._expected - self.here.state()["stands"] > _BACKLOG:
            return
        happenings = [self._happening() for _ in range(self.work.randint(4, 12))]
        self._expected += sum(2 if each["kind"] == "prompt" else 1 for each in happenings)
        self.here.ask(*happenings)

    def _happening(self) -> Happening:
        self._given += 1
        kind = self.work.choice(_KINDS)
        happening: Happening = {"id": f"{kind.split()[0]} {self._given}", "kind": kind}
        if kind == "ask in a hall":
            happening["hall"] = self.work.choice(HALLS).id
        elif kind in ("prompt", "check-in"):
            happening["after"] = self.work.uniform(0.0, 0.6)
        return happening

    def _stop(self, pid: int) -> None:
        """Stop a worker for longer than its lease; then it goes on, most often."""
        self.report.stops += 1
        self.here.zygote.signal(pid, signal.SIGSTOP)
        time.sleep(LEASE * self.random.uniform(1.05, 1.8))
        if self._happens(0.8):
            self.here.zygote.signal(pid, signal.SIGCONT)
            time.sleep(self.random.uniform(0.0, 0.4))

    def _kill(self, pid: int) -> None:
        if self._happens(self.weather.asked):
            self.here.end(pid)
        else:
            self.here.kill(pid)
        self.report.kills += 1

    def _happens(self, share: float) -> bool:
        return share > 0 and self.random.random() < share

    def _count(self, outcome: Outcome) -> None:
        report = self.report
        report.expected = outcome.expected
        report.lost = len(outcome.lost)
        report.doubled = sum(outcome.doubled.values())
        report.unexpected = len(outcome.unexpected)
        report.disordered = outcome.disordered
        report.crashes = len(self.here.crashes)
        report.which = {
            "lost": outcome.lost[:20],
            "doubled": list(outcome.doubled)[:20],
            "unexpected": outcome.unexpected[:20],
            "crashes": self.here.crashes[:20],
            "log": self.here.complaints()[-40:],
        }


def kill_at_random(
    zygote: Zygote,
    folder: Path,
    *,
    kills: int,
    url: str = "",
    workers: int = 1,
    seed: int = 1,
    design: str = "ours",
    weather: Weather | None = None,
    window: float = WINDOW,
) -> Report:
    """Kill a bot so often on a bad day, and report."""
    rates = {trouble.name: rate for trouble, rate in BAD_DAY.items()}
    with arena(zygote, folder, url, seed=seed, rates=rates, window=window, design=design) as here:
        return Killer(here, workers, seed, weather or Weather()).run(kills)
