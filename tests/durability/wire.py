"""The thin adapter between the bot and the double."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from bot.core.actions import Affordances, Say
from bot.core.errors import Doubt, TryLater, Undeliverable, Unreadable
from bot.core.events import Delivered, Event, Joined, Posted
from bot.core.ports import Delivery, Host
from bot.core.refs import Destination, Direct, Member, MessageRef, Room, Standing
from tests.durability.plan import CIRCLE, PATIENCE, PLATFORM, QUIESCENCE

Happening = dict[str, Any]
Planner = Callable[[Happening], Awaitable[None]]
Counter = Callable[[], Awaitable[dict[str, int]]]
_AGAIN = 0.02  # seconds
_APOLOGY = "Something went wrong"


class Wire:
    """One account on the double.

    Args:
        url: where the double is.
        plan: does what a happening asks for that is not an event of the platform.
        left: counts what is still to be done.
    """

    name = PLATFORM
    account = "double:keeper"
    affordances = Affordances(quiescence=QUIESCENCE, direct_unasked=True, prefix="!")
    connected = True

    def __init__(self, url: str, plan: Planner, left: Counter) -> None:
        """Connect to nothing yet."""
        self.url = url
        self.plan = plan
        self.left = left
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The connections, made when they are first needed."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                self.url, timeout=aiohttp.ClientTimeout(total=PATIENCE)
            )
        return self._session

    async def run(self, host: Host | None) -> None:
        """Take events in until cancelled; whatever is not acknowledged comes again."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                await self._listen(host)
            await asyncio.sleep(_AGAIN)

    async def _listen(self, host: Host | None) -> None:
        while True:
            async with self.session.get("/events") as response:
                happened: list[Happening] = await response.json()
            for each in happened:
                await self._take_in(host, each)
                await self._post("/acknowledge", {"id": each["id"]})
            if not happened:
                await self._post("/report", await self.left())

    async def _take_in(self, host: Host | None, happening: Happening) -> None:
        event = as_event(happening)
        if host is not None and event is not None:
            await host.receive(event)
        elif happening["kind"] != "seen":
            await self.plan(happening)

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        async with self.session.post(path, json=body) as response:
            response.raise_for_status()

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Send it; an answer that is none leaves it in doubt."""
        try:
            async with self.session.post("/send", json=as_sent(delivery)) as response:
                found = await self._answer(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Doubt from error
        return MessageRef(_room(delivery.action.to), found["message"])

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Look it up by its key."""
        try:
            async with self.session.get("/find", params={"key": delivery.key}) as response:
                found = await self._answer(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Doubt from error
        return MessageRef(_room(delivery.action.to), found["message"]) if found["message"] else None

    async def _answer(self, response: aiohttp.ClientResponse) -> dict[str, Any]:
        match response.status:
            case 200:
                found: dict[str, Any] = await response.json()
                return found
            case 429:
                raise TryLater((await response.json())["retry_after"])
            case 403:
                raise Unreadable
            case status if status < 500:
                raise Undeliverable(f"refused: {status}")
            case _:
                raise Doubt

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()


def as_event(happening: Happening) -> Event | None:
    """Read an event of the platform; None for what is none."""
    id_ = happening["id"]
    match happening["kind"]:
        case "ask in a hall":
            hall = Room(PLATFORM, happening["hall"])
            return Posted(
                event_id=id_,
                member=Member(PLATFORM, "somebody"),
                standing=(Standing(CIRCLE),),
                community=CIRCLE,
                place=hall,
                message=MessageRef(hall, id_),
                text="!help",
            )
        case "ask in private":
            member = Member(PLATFORM, id_)
            private = Room(PLATFORM, f"direct {id_}")
            return Posted(
                event_id=id_,
                member=member,
                standing=(Standing(CIRCLE),),
                place=Direct(member),
                message=MessageRef(private, id_),
                text="help",
            )
        case "join":
            return Joined(
                event_id=id_,
                member=Member(PLATFORM, id_),
                standing=(Standing(CIRCLE),),
                community=CIRCLE,
            )
        case "seen":
            ref = MessageRef(Room(PLATFORM, happening["place"]), happening["message"])
            return Delivered(event_id=id_, key=happening["key"], ref=ref)
        case _:
            return None


def as_sent(delivery: Delivery) -> dict[str, Any]:
    """Write a delivery down as the double takes it; `answers` tells what it is the answer to."""
    action = delivery.action
    to = _room(action.to).id
    answers = f"{to} {action.kind}"
    text = str(getattr(action, "text", ""))
    if text.startswith(_APOLOGY):
        answers = "an apology"  # which nobody asked for
    elif isinstance(action, Say) and action.reply_to is not None:
        answers = action.reply_to.id
    return {
        "key": delivery.key,
        "place": to,
        "answers": answers,
        "on": delivery.on.id if delivery.on else None,
        "text": text[:40],
    }


def _room(to: Destination) -> Room:
    match to:
        case Direct(member):
            return Room(PLATFORM, f"direct {member.id}")
        case Room(platform, id_, _):
            return Room(platform, id_)
