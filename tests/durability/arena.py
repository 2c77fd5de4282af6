"""One double, one store and the workers between them; and what was expected to be said."""

import contextlib
import http.client
import json
import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.crypto import KeyFile
from storage.engines import make_engine
from storage.opening import open_store
from storage.registry import METADATA
from storage.schema import upgrade
from tests.durability.double import LOG, PORT
from tests.durability.plan import QUIESCENCE, WINDOW, DoubleSetup, WorkerSetup
from tests.durability.wire import Happening
from tests.durability.worker import open_circle
from tests.durability.zygote import Zygote

_POLL = 0.02  # seconds


@dataclass(frozen=True)
class Outcome:
    """What became of what was expected.

    Args:
        expected: how many messages.
        lost: those that do not stand.
        doubled: those that stand once too often, by how often.
        unexpected: messages that nobody asked for.
        disordered: answers in a room that came before the answer to an earlier question.
    """

    expected: int
    lost: list[str]
    doubled: dict[str, int]
    unexpected: list[str]
    disordered: int


class Arena:
    """Where a bot is killed.

    Args:
        zygote: starts the processes.
        folder: an empty folder, for all that is written.
        url: the store's database; "" for a SQLite file in the folder. It is emptied.
        seed: of the double's troubles.
        rates: how likely each trouble is, by its name.
        window: seconds for which the double knows a key again.
        design: "ours", or a broken one.
    """

    def __init__(
        self,
        zygote: Zygote,
        folder: Path,
        url: str = "",
        *,
        seed: int = 0,
        rates: dict[str, float] | None = None,
        window: float = WINDOW,
        design: str = "ours",
    ) -> None:
        """Open the store and start the double."""
        self.zygote = zygote
        self.folder = folder
        self.design = design
        self.url = url or f"sqlite:///{folder / 'store.db'}"
        self.key = folder / "key"
        self.asked: list[Happening] = []
        self.workers: list[int] = []
        self.crashes: list[int] = []
        _prepare(self.url, self.key)
        setup = DoubleSetup(str(folder), seed, rates or {}, window)
        self._double = zygote.start(setup)
        self.port = self._listening()

    # Processes

    def start(
        self, *, skew: float = 0.0, jump: tuple[float, float] = (0.0, 0.0), failpoint: str = ""
    ) -> int:
        """Start a worker; return its process id."""
        pid = self.zygote.start(
            WorkerSetup(
                double=f"http://127.0.0.1:{self.port}",
                store=self.url,
                key=str(self.key),
                log=str(self.folder / "workers.log"),
                skew=skew,
                jump=jump,
                failpoint=failpoint,
                design=self.design,
            )
        )
        self.workers.append(pid)
        return pid

    def kill(self, pid: int) -> bool:
        """Kill a worker; False when it had ended by itself, which none should."""
        self.workers.remove(pid)
        ended = self.zygote.kill(pid)
        if ended != -9:
            self.crashes.append(ended if ended is not None else 0)
        return ended == -9

    def end(self, pid: int) -> bool:
        """Ask a worker to stop, and wait until it has; False when that is not how it ended."""
        self.workers.remove(pid)
        self.zygote.signal(pid, signal.SIGTERM)
        ended = self.zygote.wait(pid)
        orderly = ended in (0, -signal.SIGTERM)  # the latter before it listened for that
        if not orderly:
            self.crashes.append(ended if ended is not None else -1)
        return orderly

    def died(self, pid: int, seconds: float = 15.0) -> bool:
        """Wait for a worker that kills itself."""
        if self.zygote.wait(pid, seconds) is None:
            return False
        self.workers.remove(pid)
        return True

    def close(self) -> None:
        """End whatever runs."""
        for pid in [*self.workers, self._double]:
            self.zygote.kill(pid)
        self.workers.clear()

    def complaints(self) -> list[str]:
        """Return what the workers wrote that went wrong."""
        log = self.folder / "workers.log"
        return log.read_text().splitlines() if log.exists() else []

    # The platform

    def ask(self, *happenings: Happening) -> None:
        """Let people ask and join, and let prompts and check-ins be planned."""
        self.asked += happenings
        self.control(events=list(happenings))

    def control(self, **wanted: Any) -> None:  # noqa: ANN401
        """Let something happen on the platform (see `Double.control`)."""
        self._request("POST", "/control", wanted)

    def state(self) -> dict[str, Any]:
        """Return how it stands on the platform."""
        found: dict[str, Any] = json.loads(self._request("GET", "/state"))
        return found

    def stands(self) -> list[dict[str, Any]]:
        """Return what stands, in its order."""
        return [json.loads(line) for line in (self.folder / LOG).read_bytes().splitlines()]

    # The end

    def drain(self, seconds: float = 60.0) -> bool:
        """Wait until nothing is left to do, and nothing can come late; False when that takes too
        long.
        """
        until = time.monotonic() + seconds
        fresh: int | None = None
        while time.monotonic() < until:
            state = self.state()
            if fresh is None and state["unacknowledged"] == 0:
                fresh = state["reports"] + len(self.workers)
            reported = fresh is not None and state["reports"] > fresh
            if reported and not any(state["report"].values()):
                time.sleep(QUIESCENCE)
                return True
            time.sleep(_POLL)
        return False

    def outcome(self) -> Outcome:
        """Compare what was expected with what stands."""
        expected = Counter(label for each in self.asked for label in labels(each))
        stands = [str(each["answers"]) for each in self.stands()]
        found = Counter(stands)
        return Outcome(
            expected=sum(expected.values()),
            lost=list((expected - found).elements()),
            doubled={
                label: count - expected[label]
                for label, count in found.items()
                if label in expected and count > expected[label]
            },
            unexpected=[label for label in found if label not in expected],
            disordered=sum(_backwards(each) for each in self._halls(stands)),
        )

    def _halls(self, stands: list[str]) -> Iterable[list[int]]:
        """Give the questions of each hall, by when they were asked, in the order of answers."""
        asked = {
            each["id"]: (each["hall"], position)
            for position, each in enumerate(self.asked)
            if each["kind"] == "ask in a hall"
        }
        answered = [asked[label] for label in dict.fromkeys(stands) if label in asked]
        return [
            [position for hall, position in answered if hall == each]
            for each in {hall for hall, _ in answered}
        ]

    # Inner parts

    def _listening(self) -> int:
        file = self.folder / PORT
        until = time.monotonic() + 10
        while not file.exists():
            if time.monotonic() > until:
                raise RuntimeError("The double did not start.")
            time.sleep(_POLL)
        return int(file.read_text())

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            text = json.dumps(body) if body is not None else None
            connection.request(method, path, text, {"Content-Type": "application/json"})
            response = connection.getresponse()
            told = response.read()
            if response.status != 200:
                raise RuntimeError(f"{path} answered {response.status}.")
            return told


@contextlib.contextmanager
def arena(*parts: Any, **more: Any) -> Iterator[Arena]:  # noqa: ANN401
    """Give an arena, and clear it away."""
    made = Arena(*parts, **more)
    try:
        yield made
    finally:
        made.close()


def labels(happening: Happening) -> list[str]:
    """Return what is to be said once because of something, as `wire.as_sent` names it."""
    id_ = happening["id"]
    match happening["kind"]:
        case "ask in a hall":
            return [id_]
        case "prompt":
            return [f"{id_} say", f"{id_} open thread"]
        case _:
            return [f"direct {id_} say"]


def _backwards(positions: list[int]) -> int:
    latest, count = -1, 0
    for position in positions:
        count += position < latest
        latest = max(latest, position)
    return count


def _prepare(url: str, key: Path) -> None:
    if not url.startswith("sqlite"):
        upgrade(url)
        engine = make_engine(url)
        with engine.begin() as connection:
            for table in reversed(METADATA.sorted_tables):
                connection.execute(table.delete())
        engine.dispose()
        KeyFile(key).create()
    opened = open_store(url, key)
    opened.store.run(open_circle)
    opened.close()
