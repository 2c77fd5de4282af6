"""A transport that fails as platforms' do: a middleware for any double that is an aiohttp server.

It knows no routes. What happens to a request is planned by a test, else drawn by chance at given
rates; the double says how a refusal looks on its platform.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from enum import StrEnum

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


class Trouble(StrEnum):
    """What may happen to one request."""

    BUSY = "refused for now (429): not carried out"
    FAILS = "a server's error (5xx): not carried out"
    HANGS = "no answer: not carried out"
    CUT = "the connection breaks: not carried out"
    UNHEARD = "carried out, then a server's error"
    SILENT = "carried out, no answer"
    BROKEN_OFF = "carried out, then the connection breaks"
    LATE = "no answer, and carried out when the client has given up"


# A day that nobody wants to have: every fifth request.
BAD_DAY = {
    Trouble.BUSY: 0.05,
    Trouble.FAILS: 0.025,
    Trouble.HANGS: 0.015,
    Trouble.CUT: 0.02,
    Trouble.UNHEARD: 0.04,
    Trouble.SILENT: 0.015,
    Trouble.BROKEN_OFF: 0.02,
    Trouble.LATE: 0.015,
}


def refuse(after: float) -> web.Response:
    """Refuse for so many seconds, as HTTP has it."""
    return web.json_response(
        {"retry_after": after}, status=429, headers={"Retry-After": str(max(1, round(after)))}
    )


class FaultyTransport:
    """Lets requests fail.

    Args:
        chance: returns the next number from 0 to 1; a seed repeats a run.
        rates: how likely each trouble is; none is, by default.
        concerns: which requests may fail by chance and by plan; all by default.
        lag: seconds after which what comes late is carried out.
        held: seconds for which a request without an answer is held; then its connection breaks.
        after: the longest time, in seconds, for which somebody is told to wait.
        refusal: the platform's answer to who is to wait for so many seconds.
    """

    def __init__(
        self,
        chance: Callable[[], float],
        rates: Mapping[Trouble, float] | None = None,
        *,
        concerns: Callable[[web.Request], bool] = lambda _request: True,
        lag: float = 40.0,
        held: float = 60.0,
        after: float = 5.0,
        refusal: Callable[[float], web.Response] = refuse,
    ) -> None:
        """Let nothing fail but what these rates say."""
        self.chance = chance
        self.rates = dict(rates or {})
        self.concerns = concerns
        self.lag = lag
        self.held = held
        self.after = after
        self.refusal = refusal
        self.happened: Counter[Trouble] = Counter()
        self._planned: deque[Trouble | None] = deque()

    def plan(self, *troubles: Trouble | None) -> None:
        """Let the next requests meet these, one each (None: all goes well), whatever the rates."""
        self._planned += troubles

    @property
    def middleware(self) -> Middleware:
        """Return what an `aiohttp.web.Application` takes as a middleware."""

        @web.middleware
        async def fail(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self.concerns(request):
                return await handler(request)
            trouble = self.drawn()
            if trouble is None:
                return await handler(request)
            self.happened[trouble] += 1
            await request.read()  # the whole of it came, whatever becomes of the client
            return await self._meet(trouble, request, handler)

        return fail

    def drawn(self) -> Trouble | None:
        """Return what the next request meets."""
        if self._planned:
            return self._planned.popleft()
        number = self.chance()
        for trouble, rate in self.rates.items():
            number -= rate
            if number < 0:
                return trouble
        return None

    async def _meet(
        self, trouble: Trouble, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        match trouble:
            case Trouble.BUSY:
                return self.refusal(self.after * self.chance())
            case Trouble.UNHEARD | Trouble.SILENT | Trouble.BROKEN_OFF:
                await handler(request)
            case Trouble.LATE:
                await asyncio.sleep(self.lag)
                await handler(request)
        if trouble in (Trouble.FAILS, Trouble.UNHEARD):
            return web.Response(status=500 + int(4 * self.chance()))
        if trouble in (Trouble.HANGS, Trouble.SILENT):
            await asyncio.sleep(self.held)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)  # nobody hears it
