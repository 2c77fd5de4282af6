"""Commands as clients may offer them while one types (MSC4391): described in rooms, and read.

Only where the bot has the power for that state; the words work everywhere. Nobody but moderators
may use `keeper`, and a description cannot say so: it is left out.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import structlog

from bot.adapters.matrix.backoff import Backoff
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.communities import fingerprint, is_shared
from bot.adapters.matrix.errands import Errands
from bot.adapters.matrix.facts import Facts
from bot.adapters.matrix.history import as_dict, events_in
from bot.adapters.matrix.rooms import RoomState, needed, power
from bot.adapters.matrix.transport import JSON, MatrixError, Refused
from bot.core.commands import Audience, Command, Declared, Option, Texts
from bot.core.ports import Clock, Ids

log = structlog.get_logger(__name__)

DESCRIPTION = "org.matrix.msc4391.command_description"
INVOCATIONS = ("org.matrix.msc4391.command", "m.bot.command")

# Seconds without a word in the room before each. Nobody waits for them; and what people say or set
# at the same moment stands beside such a piece of state in the room's graph, so that clients may be
# told wrong for a while, and show what was said in another order.
_QUIET = 20.0
_THROTTLED = 300.0  # and so long, where the homeserver finds us too fast


def state_key(command: str, sender: str) -> str:
    """Return the key under which a command of a sender's is described."""
    return base64.b64encode(hashlib.sha256(f"{command}{sender}".encode()).digest()).decode()


def described(command: Command, declared: Declared) -> JSON:
    """Return what is said of a command."""
    return {
        "command": command.path,
        "parameters": [_parameter(each, declared) for each in command.options],
        "description": _text(declared.does[command.path]),
    }


def _parameter(option: Option, declared: Declared) -> JSON:
    schema: JSON = {"schema_type": "primitive", "type": "integer" if option.number else "string"}
    if option.choices:
        literal = {"schema_type": "literal", "literal_type": "string"}
        variants = [{**literal, "value": each} for each in option.choices]
        schema = {"schema_type": "union", "variants": variants}
    return {
        "key": option.name,
        "schema": schema,
        "optional": not option.required,
        "description": _text(declared.options[option.name]),
    }


def _text(texts: Texts) -> JSON:
    return {
        "m.text": [
            {"body": body, "org.matrix.msc3554.lang": language} for language, body in texts.items()
        ]
    }


def read_invocation(content: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    """Return the command and its options that a client wrote down, besides the text."""
    for name in INVOCATIONS:
        told = content.get(name)
        if not isinstance(told, dict) or not isinstance(told.get("command"), str):
            continue
        arguments = told.get("arguments")
        options = {
            key: value if isinstance(value, str) else str(value)
            for key, value in (arguments if isinstance(arguments, dict) else {}).items()
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip()
        }
        return " ".join(told["command"].split()).casefold(), options
    return None


class Descriptions:
    """Keeps the descriptions in every room as they should be."""

    def __init__(
        self,
        client: Client,
        facts: Facts,
        errands: Errands,
        clock: Clock,
        ids: Ids,
        declared: Declared | None,
    ) -> None:
        """Describe nothing where nothing is declared."""
        self._client = client
        self._facts = facts
        self._errands = errands
        self._clock = clock
        self._ids = ids
        self._wanted: dict[str, JSON] = {}
        self._refused: set[str] = set()  # rooms that do not take them, whatever the power
        self._heard: Counter[str] = Counter()  # how much was said in each room
        if declared is not None:
            self._wanted = {
                state_key(each.path, facts.me): described(each, declared)
                for each in declared.commands
                if each.audience is Audience.MEMBER
            }
        self._version = fingerprint(sorted(self._wanted.items(), key=lambda each: each[0]))

    def look(self, answer: Mapping[str, Any]) -> None:
        """Hear where something is said; send off what is to be described, room after room."""
        if not self._wanted:
            return
        for room_id, part in as_dict(as_dict(answer.get("rooms")).get("join")).items():
            timeline = events_in(as_dict(part).get("timeline"))
            self._heard[room_id] += sum(each.get("type") != DESCRIPTION for each in timeline)
        if any(self._lacks(room) for room in self._facts.rooms.values()):
            self._errands.send("describe commands", self._describe_all)

    def _lacks(self, room: RoomState) -> bool:
        me = self._facts.me
        return (
            room.described != self._version
            and room.id not in self._refused
            and is_shared(room)
            and not room.is_space
            and not room.replaced_by
            and not self._facts.is_locked(room)
            and power(room, me) >= needed(room, DESCRIPTION, state=True)
        )

    async def _describe_all(self) -> None:
        tried: set[str] = set()
        while True:
            lacking = (room for room in self._facts.rooms.values() if self._lacks(room))
            room = next((each for each in lacking if each.id not in tried), None)
            if room is None:
                return
            tried.add(room.id)
            await self._describe(room)

    async def _describe(self, room: RoomState) -> None:
        backoff = Backoff(self._clock, self._ids)
        there = await self._there(room.id)
        outdated: dict[str, JSON] = {
            key: {} for key in there if key not in self._wanted and there[key]
        }
        for key, content in {**self._wanted, **outdated}.items():
            while there.get(key) != content:
                await self._until_quiet(room.id)
                try:
                    await self._client.put_state(room.id, DESCRIPTION, content, key)
                    break
                except Refused as error:
                    if not error.limited:
                        log.info("commands not described", room=room.id, error=str(error))
                        self._refused.add(room.id)
                        return
                    await self._clock.sleep(max(_THROTTLED, error.retry_after or 0.0))
                except MatrixError:
                    await backoff.rest()
        room.described = self._version
        self._facts.mark(room.id)

    async def _until_quiet(self, room_id: str) -> None:
        """Wait until nothing was said in a room for a while."""
        heard = -1
        while heard != self._heard[room_id]:
            heard = self._heard[room_id]
            await self._clock.sleep(_QUIET)

    async def _there(self, room_id: str) -> dict[str, JSON]:
        """Return what is described in a room by us."""
        return {
            str(event.get("state_key")): event.get("content", {})
            for event in await self._client.all_state(room_id)
            if event.get("type") == DESCRIPTION and event.get("sender") == self._facts.me
        }
