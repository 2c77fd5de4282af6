"""A platform that takes so many requests within any one second, in a process of its own.

It prints its port, refuses what is too much with 429 and `retry-after`, and tells at `/report` what
came of it all. It ends when its input does.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter, deque

from aiohttp import web


class Platform:
    """What was posted, and when."""

    def __init__(self, limit: int) -> None:
        """Take so many requests a second."""
        self.limit = limit
        self.window: deque[float] = deque()
        self.keys: Counter[str] = Counter()
        self.accepted: list[tuple[float, bool]] = []  # when, and whether it was bulk
        self.refused = 0

    async def post(self, request: web.Request) -> web.Response:
        """Take a post, or refuse it."""
        now = time.monotonic()
        body = await request.json()
        while self.window and now - self.window[0] >= 1.0:
            self.window.popleft()
        if len(self.window) >= self.limit:
            self.refused += 1
            after = max(1.0 - (now - self.window[0]), 0.001)
            return web.json_response({"retry_after": after}, status=429, headers=_after(after))
        self.window.append(now)
        self.keys[body["key"]] += 1
        self.accepted.append((now, body["bulk"]))
        return web.json_response({"id": body["key"]})

    async def report(self, _request: web.Request) -> web.Response:
        """Tell what came of it, from the first bulk post to the last."""
        bulk = [at for at, is_bulk in self.accepted if is_bulk]
        seconds = bulk[-1] - bulk[0] if bulk else 0.0
        meanwhile = [at for at, _ in self.accepted if bulk and bulk[0] <= at <= bulk[-1]]
        return web.json_response(
            {
                "accepted": len(self.accepted),
                "bulk": len(bulk),
                "distinct": len(self.keys),
                "refused": self.refused,
                "seconds": seconds,
                "meanwhile": len(meanwhile),
            }
        )


def _after(seconds: float) -> dict[str, str]:
    return {"retry-after": f"{seconds:.3f}"}


async def main() -> None:
    """Serve on loopback until the input ends."""
    platform = Platform(int(sys.argv[1]))
    app = web.Application()
    app.router.add_post("/post", platform.post)
    app.router.add_get("/report", platform.report)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
