"""What is counted tells how the bot is, and nothing about anybody."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.operations.metrics import Metrics
from storage.reporting import Figures
from tests.support.circle import opened, welcomed
from tests.support.memory_circle import MemoryCircle

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana.json"
LABELS = {"feature", "outcome", "platform", "state", "le"}
WELL = {"store": {"store": True}, "tick": {"tick": True}, "adapters": {"memory": False}}


async def test_no_label_names_anybody_or_a_private_flow() -> None:
    circle, metrics = MemoryCircle(buttons=True), Metrics()
    circle.stage.app.running.meter = metrics
    try:
        await circle.begin()
        await opened(circle)
        await welcomed(circle, "ana")
        await circle.says("ana", "reflect now Zwiebelkuchen")
        await circle.says("ana", "my settings")
        await circle.says("ana", "hunt")
        await circle.stage.until(circle.stage.clock.now() + timedelta(days=8))
        rooms = list(circle.stage.chat.rooms)
    finally:
        circle.stage.close()
    shown = metrics.show(None, WELL).decode()
    labels = dict.fromkeys(re.findall(r'(\w+)="', shown))
    assert set(labels) <= LABELS
    features = set(re.findall(r'feature="([^"]+)"', shown))
    assert {"private", "welcome", "prompts"} <= features
    assert not features & {"reflection", "privacy"}
    values = set(re.findall(r'="([^"]+)"', shown))
    assert not values & {*rooms, "ana", "mira", "memory:circlekeeper"}
    assert "Zwiebelkuchen" not in shown
    assert re.search(
        r'circlekeeper_deliveries_total\{outcome="sent",platform="memory"\} [1-9]', shown
    )
    assert re.search(r'late_seconds_count\{feature="prompts"\} [1-9]', shown)


def test_figures_of_the_store_are_shown_while_it_can_be_read() -> None:
    metrics = Metrics()
    figures = Figures({"pending": 3, "sending": 1, "doubt": 0}, oldest=7.5, overdue=0.0, size=4096)
    shown = metrics.show(figures, WELL).decode().splitlines()
    assert 'circlekeeper_outbox{state="pending"} 3.0' in shown
    assert "circlekeeper_outbox_oldest_seconds 7.5" in shown
    assert "circlekeeper_store_bytes 4096.0" in shown
    assert 'circlekeeper_adapter_connected{platform="memory"} 0.0' in shown
    assert "circlekeeper_store_up 1.0" in shown
    assert "circlekeeper_store_up 0.0" in metrics.show(None, WELL).decode().splitlines()


def test_the_dashboard_asks_for_what_there_is() -> None:
    metrics = Metrics()
    metrics.turned("hunts", "handled", 0.01)
    metrics.delivered("memory", "sent")
    metrics.late("prompts", 1.0)
    figures = Figures({"pending": 0}, oldest=0.0, overdue=0.0, size=1)
    there = set(re.findall(r"^(circlekeeper_\w+)", metrics.show(figures, WELL).decode(), re.M))
    panels = json.loads(DASHBOARD.read_text())["panels"]
    for panel in panels:
        for target in panel["targets"]:
            asked = set(re.findall(r"circlekeeper_\w+", target["expr"]))
            assert asked, panel["title"]
            assert asked <= there, panel["title"]
    assert len(panels) >= 8


@pytest.mark.parametrize("outcome", ["refused", "known", "failed"])
def test_outcomes_are_counted_apart(outcome: str) -> None:
    metrics = Metrics()
    metrics.turned("charter", outcome, 0.02)
    line = f'circlekeeper_turns_total{{feature="charter",outcome="{outcome}"}} 1.0'
    assert line in metrics.show(None, WELL).decode().splitlines()
