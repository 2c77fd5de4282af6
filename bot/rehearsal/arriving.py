"""How a playground begins: rooms and people, and where it is wanted, a circle that is open already.

The moderator sets it up as any would, by answering what is asked.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from bot.adapters.playground import PLATFORM, Person, PlaygroundAdapter, World
from bot.adapters.playground.world import Message, Place
from bot.core.events import Added
from bot.core.ports import Host
from bot.core.refs import RoleFacts, Room, RoomFacts

MODERATOR, MEMBER, NEWCOMER = "Mira", "Tom", "Ana"
ROOMS = ("newcomers", "square", "questions", "charter", "moderators")
_USES = {"newcomers": "newcomers", "prompts": "questions", "charter": "charter"}
_MOST = 15  # answers; a host's own content may ask a little more than ours
# By a choice's id, whatever the language; else the first that is offered.
_ANSWERS = ("open", "apart", "draft", "weekly", "yes", "none")


def furnish(world: World, words: Mapping[str, str]) -> None:
    """Add the rooms, and three people of whom the newcomer has not come in yet."""
    for id_ in ROOMS:
        world.add_room(
            Place(id_, words[f"room_{id_}"], words[f"topic_{id_}"], apart=id_ == "moderators")
        )
    world.roles = [words["role_feet"]]
    world.save(Person(NEWCOMER, here=False))
    world.save(Person(MEMBER))
    world.save(Person(MODERATOR, moderator=True))


async def add_bot(world: World, host: Host) -> None:
    """Bring the bot in."""
    await host.receive(
        Added(
            event_id=f"{world.run} added",
            community=world.community,
            name=world.name,
            rooms=tuple(
                RoomFacts(Room(PLATFORM, place.id), place.name, topic=place.topic)
                for place in world.rooms.values()
            ),
            roles=tuple(RoleFacts(name, name) for name in world.roles),
        )
    )


class Preparing:
    """Sets a circle up as its moderator, and opens it."""

    def __init__(
        self,
        adapter: PlaygroundAdapter,
        settle: Callable[[], Coroutine[Any, Any, None]],
        *,
        words: Mapping[str, str],
        zone: str,
    ) -> None:
        """Answer in the language of these words, for this time zone."""
        self._adapter = adapter
        self._settle = settle
        self._words = words
        self._language = words["language"]
        self._zone = zone
        self._count = 0

    async def prepare(self) -> None:
        """Set it up; where a question is not known, the first answer is taken."""
        await self._do(do="say", room="square", text=self._words["said_tom"], **{"as": MEMBER})
        await self._do(do="say", room="square", text=self._words["said_mira"])
        await self._do(do="say", room="moderators", text="/keeper setup")
        answered: set[str] = set()
        for _ in range(_MOST):
            asked = self._asked(answered)
            if asked is None:
                return
            answered.add(asked.question)
            await self._answer(asked)

    def _asked(self, answered: set[str]) -> Message | None:
        """Return the newest question to the moderator that was not answered."""
        for message in reversed(self._adapter.world.messages.values()):
            mine = message.person == MODERATOR and message.question
            if mine and message.question not in answered:
                return message
        return None

    async def _answer(self, asked: Message) -> None:
        choices = [choice for choice, _, _ in asked.choices]
        form = await self._do(do="form", message=asked.id) if asked.opener else {}
        fields = [each["id"] for each in form.get("fields", ())]
        if fields == ["zone"]:
            await self._do(do="submit", message=asked.id, values={"zone": self._zone})
        elif _USES.keys() <= set(fields):
            values = {use: _USES.get(use, "moderators") for use in fields}
            await self._do(do="submit", message=asked.id, values=values)
        elif choices:
            known = (self._language, *_ANSWERS)
            choice = next((each for each in known if each in choices), choices[0])
            await self._do(do="choose", message=asked.id, choice=choice)

    async def _do(self, **deed: Any) -> dict[str, Any]:  # noqa: ANN401 - a deed's parts
        self._count += 1
        whole = {"id": f"prepare {self._count}", "as": MODERATOR, "language": self._language}
        done = await self._adapter.do({**whole, **deed})
        await self._settle()
        return done
