"""What a page asks for is done once, however often it is sent: its connection may break."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

Answer: TypeAlias = dict[str, Any]

_KEPT = 10_000


class Once:
    """Remembers what was asked for, by id, and what came of it."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._asked: dict[str, asyncio.Future[Answer]] = {}

    async def do(self, id_: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do the work, or return what came of it, or will; whoever waits may go away meanwhile."""
        if id_ not in self._asked:
            self._asked[id_] = asyncio.ensure_future(work())
            if len(self._asked) > _KEPT:
                del self._asked[next(iter(self._asked))]
        return await asyncio.shield(self._asked[id_])
