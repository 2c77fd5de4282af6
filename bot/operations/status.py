"""How the bot is, for a terminal: what the store holds, and what the process that runs says."""

import json
from datetime import datetime
from http.client import HTTPConnection, HTTPException

from bot.settings import Http, Settings
from storage.reporting import report
from storage.seen import doubts

Facts = dict[str, int | str]
_PATIENCE = 5.0  # seconds
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where one listens, not asks
_COUNTED = ("circlekeeper_turns_total", "circlekeeper_deliveries_total")


def status(settings: Settings, now: datetime) -> Facts:
    """Return what there is to tell, by name; numbers about people are not among it.

    Raises: `Misconfigured` when there is no store.
    """
    url = settings.database_url.get_secret_value()
    facts = report(url, now)
    if (wrong := doubts(url, now)) is not None:
        facts["clock"] = wrong
    return facts | (running(settings.http) if settings.http.port is not None else {})


def running(http: Http) -> Facts:
    """Ask the process that runs, where it can be asked."""
    try:
        ready = json.loads(_get(http, "/readyz"))
        counted = _get(http, "/metrics")
    except (OSError, HTTPException, ValueError):
        return {"running": f"nothing answers on port {http.port}"}
    facts: Facts = {"running": "ready" if ready["ready"] else "not ready"}
    facts |= {each: ready[each] for each in ("store", "tick", "clock") if each in ready}
    facts |= {f"adapter {name}": says for name, says in ready["adapters"].items()}
    return facts | _numbers(counted)


def _get(http: Http, path: str) -> str:
    assert http.port is not None
    host = _EVERYWHERE.get(http.host, http.host)
    connection = HTTPConnection(host, http.port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def _numbers(text: str) -> Facts:
    # Only here: no other command needs it.
    from prometheus_client.parser import text_string_to_metric_families

    facts: Facts = {}
    seconds = count = 0.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in _COUNTED:
                what = family.name.removeprefix("circlekeeper_")
                facts[" ".join((what, *sample.labels.values()))] = int(sample.value)
            elif sample.name == "circlekeeper_turn_seconds_sum":
                seconds = sample.value
            elif sample.name == "circlekeeper_turn_seconds_count":
                count = sample.value
    if count:
        facts["milliseconds of a turn, on average"] = f"{1000 * seconds / count:.1f}"
    return facts
