"""What encryption remembers, all of one kind, so that what belongs together is kept together."""

import asyncio

from bot.core.ports import Memory

KIND = "matrix.encryption"

# The host seals whatever it remembers under its master key, so a pickle's own key adds nothing.
PICKLE_KEY = bytes(32)


class Shelf:
    """Values by key; what was put is read at once, and kept by the next `commit`."""

    def __init__(self, memory: Memory) -> None:
        """Keep in this memory."""
        self._memory = memory
        self._new: dict[str, str | None] = {}
        self._going: dict[str, str | None] = {}
        self._lock = asyncio.Lock()

    async def read(self, *keys: str) -> dict[str, str]:
        """Return those of the values that there are."""
        asked = [key for key in keys if key not in self._new and key not in self._going]
        found = dict(await self._memory.recall(KIND, asked)) if asked else {}
        return self._overlaid(found, keys)

    async def everything(self, prefix: str = "") -> dict[str, str]:
        """Return all values whose keys begin so."""
        found = dict(await self._memory.recall(KIND))
        found = self._overlaid(found, [*found, *self._going, *self._new])
        return {key: value for key, value in found.items() if key.startswith(prefix)}

    def _overlaid(
        self, found: dict[str, str], keys: "list[str] | tuple[str, ...]"
    ) -> dict[str, str]:
        for layer in (self._going, self._new):
            for key in keys:
                if key in layer:
                    value = layer[key]
                    found.pop(key, None)
                    if value is not None:
                        found[key] = value
        return found

    def put(self, key: str, value: str | None) -> None:
        """Keep a value with the next commit; None forgets it."""
        self._new[key] = value

    async def commit(self) -> None:
        """Have the host keep, all or none, whatever was put; when this returns, it is durable."""
        async with self._lock:
            if not self._new:
                return
            self._going, self._new = self._new, {}
            try:
                await self._memory.remember(KIND, self._going)
            except BaseException:
                self._new = {**self._going, **self._new}
                raise
            finally:
                self._going = {}
