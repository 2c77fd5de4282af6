"""What a supervisor (systemd) is told: that we are up, how we are, that we live, that we end."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping

import structlog

log = structlog.get_logger(__name__)

_TELL_EVERY = 10.0  # seconds, where no watchdog wants to hear more often


class Supervisor:
    """Speaks sd_notify's protocol; where nobody supervises, it says nothing.

    Args:
        environ: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` as the supervisor sets them.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Read where to speak to; nothing is said yet."""
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        within = environ.get("WATCHDOG_USEC", "") if ours else ""
        self.within = int(within) / 1_000_000 if within.isdecimal() else None

    @property
    def is_there(self) -> bool:
        """Whether somebody supervises."""
        return bool(self._address)

    def tell(self, *facts: str) -> None:
        """Send facts such as `READY=1`; one that does not listen changes nothing for us."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaking:
                speaking.sendto("\n".join(facts).encode(), self._address)
        except OSError as error:
            log.warning("the supervisor does not listen", error=type(error).__name__)

    async def serve(self, alive: Callable[[], bool], how: Callable[[], Awaitable[str]]) -> None:
        """Say that we are up, and then again and again how we are, until cancelled.

        The watchdog is fed only while we are alive: else we are to be started anew.
        """
        self.tell("READY=1", "STATUS=started")
        pause = min(self.within / 3, _TELL_EVERY) if self.within else _TELL_EVERY
        while True:
            await asyncio.sleep(pause)
            facts = ["WATCHDOG=1"] if alive() else []
            self.tell(f"STATUS={await how()}", *facts)
