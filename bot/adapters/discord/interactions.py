"""Interactions: each is answered in time, by one callback, and later in its own place.

Discord gives three seconds for a first answer, and fifteen minutes for the rest. One state for each
interaction of this process rules out callbacks that race; the watchdog, which does not wait for the
store, says in time that an answer is coming.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import structlog

from bot.adapters.discord.messages import COMPONENTS_V2, EPHEMERAL, is_marked
from bot.adapters.discord.rest import DiscordError, NoAnswer, NotSent, Refused, Rest
from bot.core.actions import File
from bot.core.errors import Doubt, Missed, Undeliverable
from bot.core.refs import Interaction

log = structlog.get_logger(__name__)

JSON: TypeAlias = dict[str, Any]
State = Literal["unanswered", "deferred", "answered"]

DEFER_AFTER = 1.5
_DEADLINE = 2.8  # of three seconds
_LIFE = 15 * 60.0
_KEPT = 60.0
_ATTEMPT = 1.0
_MESSAGE, _DEFERRED, _SUGGESTIONS, _FORM = 4, 5, 8, 9
_LOADING = 1 << 7
_ACKNOWLEDGED, _UNKNOWN_INTERACTION = 40060, 10062
_NO_SUCH_MESSAGE = 10008
_GONE = frozenset({_NO_SUCH_MESSAGE, 10015, 50027})  # no such webhook; token ended
_TOO_LATE = "It could not be answered in time; the answer waits for the next."
_ANOTHER = (
    "Another bot answers people as this Discord account: let only one of them run, or give each "
    "its own shards on the same database."
)


@dataclass(slots=True)
class _Open:
    """An interaction of this process. `unsure`: a callback was made whose result nobody knows.
    `opens`: a form can be its first answer; it cannot be that of a form.
    """

    aside: bool
    began: float
    state: State = "unanswered"
    unsure: bool = False
    opens: bool = True
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    watchdog: asyncio.TimerHandle | None = None


class Interactions:
    """The interactions of one account."""

    def __init__(self, rest: Rest) -> None:
        """Know of none yet; `application` is told once it is known."""
        self._rest = rest
        self._open: dict[str, _Open] = {}
        self._deferring: set[asyncio.Task[None]] = set()
        self.application = ""
        self._told = False

    def took(self, interaction: Interaction, *, aside: bool, opens: bool = True) -> None:
        """Note an interaction that came just now, and watch over its deadline."""
        loop = asyncio.get_running_loop()
        self._let_go(loop.time())
        opened = self._open[interaction.id] = _Open(aside, loop.time(), opens=opens)
        opened.watchdog = loop.call_later(DEFER_AFTER, self._remind, interaction)

    def _let_go(self, now: float) -> None:
        """Forget the oldest: what is to be known of them later, Discord tells."""
        while self._open:
            id_, opened = next(iter(self._open.items()))
            kept = _KEPT if opened.state == "answered" else _LIFE
            if now < opened.began + kept:
                return
            del self._open[id_]

    async def close(self) -> None:
        """Watch over nothing any more."""
        for opened in self._open.values():
            if opened.watchdog is not None:
                opened.watchdog.cancel()
        for task in self._deferring:
            task.cancel()
        await asyncio.gather(*self._deferring, return_exceptions=True)

    # Answers

    async def answer(
        self,
        interaction: Interaction,
        message: JSON,
        key: str,
        form: JSON | None = None,
        file: File | None = None,
    ) -> JSON | None:
        """Answer with a message and its file, or with a form where that is possible yet.

        Returns: the message that stands, where there is one.
        Raises: `Doubt`, `Missed`, `DiscordError`; `Undeliverable`, also where another bot with
            the same token has answered.
        """
        opened = await self._opened(interaction)
        async with opened.lock:
            if opened.state == "unanswered":
                opening = form if opened.opens else None
                kind, body = (_MESSAGE, message) if opening is None else (_FORM, opening)
                done = await self._first(interaction, opened, kind, body, key, file)
                if done is not None:
                    return done.get("message")
            if opened.state == "deferred":
                return await self._fill(interaction, opened, message, file)
            return await self._follow_up(interaction, message, file)

    async def open_form(self, interaction: Interaction, form: JSON, door: JSON) -> None:
        """Open a form at once, without a turn; where that is too late, offer its door anew."""
        opened = await self._opened(interaction)
        async with opened.lock:
            if opened.state == "unanswered":
                await self._first(interaction, opened, _FORM, form, "")
            elif opened.state == "deferred":
                await self._fill(interaction, opened, door)

    async def suggest(self, interaction: Interaction, choices: list[str]) -> None:
        """Answer what is being typed; too late is as good as never."""
        body = {
            "type": _SUGGESTIONS,
            "data": {"choices": [{"name": each[:100], "value": each[:100]} for each in choices]},
        }
        try:
            await self._rest.call("POST", _callback(interaction), body=body, seconds=_ATTEMPT)
        except DiscordError as error:
            log.info("suggestions not shown", error=str(error))

    async def find(self, interaction: Interaction, key: str) -> JSON | None:
        """Read back whether an answer stands; None means that it certainly does not.

        Raises: `Undeliverable` for a later answer: nobody can tell, and it must not come twice.
        """
        found = await self._look(interaction)
        opened = self._open.get(interaction.id)
        if found is None:
            if opened is not None:
                opened.unsure = False
            return None
        if is_marked(found, key):
            return found
        if _is_loading(found):
            if opened is not None:
                opened.state = "deferred"
            return None
        raise Undeliverable("interrupted, and it must not be sent twice")

    # The first

    async def _first(
        self,
        interaction: Interaction,
        opened: _Open,
        kind: int,
        body: JSON,
        key: str,
        file: File | None = None,
    ) -> JSON | None:
        """Make the one callback; None where something was answered before."""
        loop = asyncio.get_running_loop()
        callback = {"type": kind, "data": body}
        while True:
            left = opened.began + _DEADLINE - loop.time()
            if left <= 0:
                if opened.unsure:
                    raise Doubt("no answer to a callback")
                raise Missed(_TOO_LATE)
            try:
                answer = await self._rest.call(
                    "POST",
                    _callback(interaction),
                    body=callback,
                    query={"with_response": "true"},
                    seconds=min(_ATTEMPT, left),
                    file=file,
                )
            except NotSent:
                await asyncio.sleep(0.05)
            except NoAnswer:
                opened.unsure = True
                await asyncio.sleep(0.02)
            except Refused as error:
                if error.code == _ACKNOWLEDGED and not opened.unsure:
                    self._settle(opened, "answered")
                    self._tell_of_another()
                    raise Undeliverable(_ANOTHER) from error
                if error.code == _ACKNOWLEDGED:
                    return await self._acknowledged(interaction, opened, kind, key)
                if error.code == _UNKNOWN_INTERACTION:
                    raise Missed(_TOO_LATE) from error
                if error.status != 429:
                    raise
                await asyncio.sleep(min(error.retry_after or 0.1, 1.0))
            else:
                self._settle(opened, "deferred" if kind == _DEFERRED else "answered")
                resource = answer.get("resource")
                return resource if isinstance(resource, dict) else {}

    async def _acknowledged(
        self, interaction: Interaction, opened: _Open, kind: int, key: str
    ) -> JSON | None:
        """Find out which of the callbacks it was that arrived."""
        if kind == _FORM:
            self._settle(opened, "answered")
            return {}  # a form cannot be looked at; nobody but us could have acknowledged it
        found = await self._look(interaction)
        if found is not None and _is_loading(found):
            self._settle(opened, "deferred")
            return {} if kind == _DEFERRED else None
        self._settle(opened, "answered")
        return {"message": found} if found is not None and is_marked(found, key) else None

    def _tell_of_another(self) -> None:
        """Tell the host, once, that somebody else answers people as this account."""
        if not self._told:
            self._told = True
            log.error(_ANOTHER)

    def _settle(self, opened: _Open, state: State) -> None:
        opened.state = state
        if opened.watchdog is not None:
            opened.watchdog.cancel()
            opened.watchdog = None

    # The later ones

    async def _fill(
        self, interaction: Interaction, opened: _Open, message: JSON, file: File | None = None
    ) -> JSON:
        """Put the answer where "an answer is coming" stands; to do that twice does no harm."""
        flags = COMPONENTS_V2
        try:
            found = await self._rest.call(
                "PATCH", self._original(interaction), body={**message, "flags": flags}, file=file
            )
        except Refused as error:
            if error.code != _NO_SUCH_MESSAGE:
                raise
            found = await self._follow_up(interaction, message, file)  # somebody took it away
        self._settle(opened, "answered")
        return found

    async def _follow_up(
        self, interaction: Interaction, message: JSON, file: File | None = None
    ) -> JSON:
        path = f"/webhooks/{self.application}/{interaction.token}"
        query = {"wait": "true"}
        return await self._rest.call("POST", path, body=message, query=query, file=file)

    # What an earlier run left, and the watchdog

    async def _opened(self, interaction: Interaction) -> _Open:
        """Return what is known; of an interaction that another process took, ask Discord."""
        known = self._open.get(interaction.id)
        if known is not None:
            return known
        found = await self._look(interaction)
        if found is None:
            raise Missed(_TOO_LATE)
        state: State = "deferred" if _is_loading(found) else "answered"
        loop = asyncio.get_running_loop()
        aside = bool(int(found.get("flags") or 0) & EPHEMERAL)
        opened = self._open[interaction.id] = _Open(aside, loop.time(), state)
        return opened

    async def _look(self, interaction: Interaction) -> JSON | None:
        try:
            return await self._rest.call("GET", self._original(interaction))
        except Refused as error:
            if error.status in (401, 404) or error.code in _GONE:
                return None
            raise

    def _remind(self, interaction: Interaction) -> None:
        task = asyncio.get_running_loop().create_task(self._defer(interaction))
        self._deferring.add(task)
        task.add_done_callback(self._deferring.discard)

    async def _defer(self, interaction: Interaction) -> None:
        """Say that an answer is coming, in the way in which it will come."""
        opened = self._open.get(interaction.id)
        if opened is None:
            return
        async with opened.lock:
            if opened.state != "unanswered":
                return
            body: JSON = {"flags": EPHEMERAL} if opened.aside else {}
            try:
                await self._first(interaction, opened, _DEFERRED, body, "")
            except (DiscordError, Doubt, Undeliverable) as error:
                log.warning("not deferred", error=type(error).__name__)

    def _original(self, interaction: Interaction) -> str:
        return f"/webhooks/{self.application}/{interaction.token}/messages/@original"


def _callback(interaction: Interaction) -> str:
    return f"/interactions/{interaction.id}/{interaction.token}/callback"


def _is_loading(message: JSON) -> bool:
    return bool(int(message.get("flags") or 0) & _LOADING)
