"""Asking and telling the host: again where the store is away, so that nothing is lost."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bot.core.events import Event
from bot.core.ports import Clock, Host

T = TypeVar("T")

log = structlog.get_logger(__name__)

_PATIENCE = 15 * 60.0  # seconds: as long as an interaction can be answered
_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


async def hand_on(host: Host, clock: Clock, event: Event) -> None:
    """Let the host take an event in, if need be later: Discord tells nothing twice."""
    try:
        await again(clock, lambda: host.receive(event))
    except Exception as error:
        log.error("event lost", happened=type(event).__name__, error=type(error).__name__)


async def again(clock: Clock, ask: Callable[[], Awaitable[T]]) -> T:
    """Return what the host says, asking again while that fails.

    Raises: what the last attempt raised.
    """
    pause, waited = _PAUSE, 0.0
    while True:
        try:
            return await ask()
        except Exception as error:
            if waited >= _PATIENCE:
                raise
            log.warning("handed out again", error=type(error).__name__)
        await clock.sleep(pause)
        waited += pause
        pause = min(2 * pause, _LONGEST_PAUSE)
