"""What is counted, for Prometheus: never by a member, a room, a text, or a private flow."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from storage.reporting import Figures

_TURN_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LATE_SECONDS = (1.0, 5.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)
FORMAT = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts what happens in this process (see `core.ports.Meter`), and shows what waits."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.registry = CollectorRegistry()
        self._turns = Counter(
            "circlekeeper_turns",
            "Events that were handled, refused, known already, or that failed.",
            ["feature", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "circlekeeper_turn_seconds",
            "From an event's arrival to its commit.",
            buckets=_TURN_SECONDS,
            registry=self.registry,
        )
        self._deliveries = Counter(
            "circlekeeper_deliveries",
            "Attempts at sending; pending and doubt are tried again.",
            ["platform", "outcome"],
            registry=self.registry,
        )
        self._late = Histogram(
            "circlekeeper_schedule_late_seconds",
            "How late what came due was handled.",
            ["feature"],
            buckets=_LATE_SECONDS,
            registry=self.registry,
        )
        self._outbox = self._gauge("outbox", "Messages that are still to be sent.", "state")
        self._oldest = self._gauge("outbox_oldest_seconds", "How long the oldest of them waits.")
        self._overdue = self._gauge("schedule_overdue_seconds", "How late the oldest schedule is.")
        self._size = self._gauge("store_bytes", "The size of the store.")
        self._store = self._gauge("store_up", "Whether the store answers.")
        self._connected = self._gauge(
            "adapter_connected", "Whether the platform is heard.", "platform"
        )
        self._tick = self._gauge("tick_fresh", "Whether due schedules are looked for.")

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"circlekeeper_{name}", what, labels, registry=self.registry)

    def turned(self, feature: str, outcome: str, seconds: float) -> None:
        """Count an event."""
        self._turns.labels(feature, outcome).inc()
        self._seconds.observe(seconds)

    def delivered(self, platform: str, outcome: str) -> None:
        """Count an attempt at sending."""
        self._deliveries.labels(platform, outcome).inc()

    def late(self, feature: str, seconds: float) -> None:
        """Count a moment of a schedule."""
        self._late.labels(feature).observe(max(0.0, seconds))

    def show(self, figures: Figures | None, parts: dict[str, dict[str, bool]]) -> bytes:
        """Return all of it; `figures` are None while the store cannot be read.

        `parts` are what readiness is made of (see `operations.health`).
        """
        if figures is not None:
            for state, count in figures.outbox.items():
                self._outbox.labels(state).set(count)
            self._oldest.set(figures.oldest)
            self._overdue.set(figures.overdue)
            self._size.set(figures.size)
        self._store.set(figures is not None and parts["store"]["store"])
        self._tick.set(parts["tick"]["tick"])
        for platform, connected in parts["adapters"].items():
            self._connected.labels(platform).set(connected)
        return generate_latest(self.registry)
