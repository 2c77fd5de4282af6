"""Orders to a double in a process of its own: people act, and their waits are timed there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.discord.double.guilds import Json
from tests.discord.double.interactions import Interaction
from tests.discord.double.people import Person
from tests.discord.double.screens import buttons

if TYPE_CHECKING:
    from tests.discord.double.server import Double

_LONG = 365 * 86400.0  # seconds for which members have been there


class Stage:
    """Guilds with the same members, of old, who do what they are told."""

    def __init__(self, double: Double, guilds: int, members: int) -> None:
        """Found the guilds; the bot is in all, the first person (mira) owns them."""
        self.double = double
        self.people: dict[str, Person] = {}
        self.owner = self.person("mira")
        others = [self.person(f"member {number}") for number in range(1, members)]
        since = double.clock.iso(double.clock.time() - _LONG)
        self.guilds = []
        for number in range(guilds):
            guild = self.owner.founds(f"Garden {number}")
            for other in others:
                other.joins(guild).joined_at = since
            double.brings_bot(guild)
            self.guilds.append(guild)

    def person(self, name: str) -> Person:
        """Return somebody, who comes when first named."""
        if name not in self.people:
            self.people[name] = self.double.person(name)
        return self.people[name]

    async def does(self, order: Json) -> Json:
        """Carry an order out; where it fails, say why."""
        try:
            return {"ok": True, **(await getattr(self, "do_" + order.pop("do"))(**order) or {})}
        except Exception as error:  # whoever gave the order is to hear of anything
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}

    async def do_join(self, who: str, guild: int = 0) -> None:
        """Let somebody come."""
        self.person(who).joins(self.guilds[guild])

    async def do_uses(
        self, who: str, path: str, options: dict[str, Any] | None = None, guild: int = 0
    ) -> Json:
        """Let somebody use a command, and wait for the answer."""
        place = self.guilds[guild].general
        return await self._timed(self.person(who).uses(path, place, **(options or {})))

    async def do_burst(
        self, path: str, count: int, at_once: int = 1, guild: int = 0, who: Sequence[str] = ()
    ) -> Json:
        """Use a command many times, so many at once; return the seconds that each took.

        Args:
            who: people who do it, each for themselves if there are as many as do it at once.
        """
        people = [self.person(name) for name in who] or [self.owner]
        place, turns, took = self.guilds[guild].general, iter(range(count)), list[float]()
        failed = 0

        async def uses(person: Person) -> None:
            nonlocal failed
            for _ in turns:
                try:
                    took.append((await self._timed(person.uses(path, place)))["acknowledged"])
                except AssertionError:
                    failed += 1

        began = time.perf_counter()
        await asyncio.gather(*(uses(people[n % len(people)]) for n in range(at_once)))
        return {"seconds": time.perf_counter() - began, "acknowledged": took, "failed": failed}

    async def do_ready(self, sessions: int = 1, patience: float = 30.0) -> None:
        """Wait until a bot listens and has commands."""
        gateway, commands = self.double.gateway, self.double.commands
        await self.double.world.until(
            lambda: len(gateway.sessions) >= sessions and commands.standing, patience
        )

    async def do_counts(self) -> Json:
        """Tell what happened so far."""
        violations = self.double.schema.violations if self.double.schema is not None else []
        return {
            "requests": len(self.double.requests),
            "missing": self.double.missing,
            "violations": [str(each) for each in violations],
        }

    async def _timed(self, it: Interaction) -> Json:
        began = time.perf_counter()
        await it.acknowledged()
        acknowledged = time.perf_counter() - began
        await it.answered()
        shown = it.messages[-1] if it.messages else None
        return {
            "acknowledged": acknowledged,
            "answered": time.perf_counter() - began,
            "text": shown.text if shown is not None else None,
            "buttons": buttons(shown) if shown is not None else [],
            "modal": it.modal["title"] if it.modal is not None else None,
        }
