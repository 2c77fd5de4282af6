"""What we know of each room that we are in, kept by ourselves.

nio's `client.rooms` holds after a restart only the rooms of the last answer, and reads the power
of a version 12 room's creator as 0.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.adapters.matrix.transport import JSON

DIRECT_KEY = "io.circlekeeper.direct"
MEGOLM = "m.megolm.v1.aes-sha2"
MODERATOR = 50.0
TOPIC_LIMIT = 1000  # a riddle's word may stand there; more is not kept

_SCHEMA = 2
_STRONG_CREATORS = 12
_HYDRA = "org.matrix.hydra.11"  # the unstable name of version 12
_HERE = frozenset({"join", "invite"})
_SINGLE = frozenset(
    {
        "m.room.create",
        "m.room.power_levels",
        "m.room.name",
        "m.room.topic",
        "m.room.canonical_alias",
        "m.room.join_rules",
        "m.room.encryption",
        "m.room.history_visibility",
        "m.room.tombstone",
    }
)
KEPT_STATE = sorted({*_SINGLE, "m.room.member", "m.space.child", "m.space.parent"})


@dataclass(slots=True)
class Levels:
    """The room's power levels, read tolerantly."""

    users: dict[str, float] = field(default_factory=dict)
    users_default: float = 0
    events: dict[str, float] = field(default_factory=dict)
    events_default: float = 0
    state_default: float = 50


@dataclass(slots=True)
class RoomState:
    """A room that we are in; changed by `apply` alone."""

    id: str
    own_join: str = ""  # the event that brought us in
    own_join_ms: int = 0
    own_name: str = ""
    version: str = "1"
    creators: list[str] = field(default_factory=list)
    is_space: bool = False
    token: str = ""  # of a direct room that we made
    direct: str = ""  # whose direct room this is
    direct_asked: bool = False  # the inviter meant it as one
    forgotten: bool = False  # whose it is was erased, and has not spoken here since
    guest: str = ""  # whom the last member event named, besides us
    members: dict[str, str] = field(default_factory=dict)  # joined and invited
    levels: Levels | None = None
    name: str = ""
    topic: str = ""
    alias: str = ""
    join_rule: str = "invite"
    children: dict[str, str] = field(default_factory=dict)  # and who named each
    parents: list[str] = field(default_factory=list)
    encrypted: bool = False
    algorithm: str = ""  # of the encryption
    rotation: list[int] = field(default_factory=list)  # messages, milliseconds; 0: not said
    history: str = "shared"  # from when on people may read
    predecessor: str = ""  # which room this one goes on for, by its own word
    space: str = ""  # that last named it; it stays there until it is known to go on elsewhere
    adopted: str = ""  # the space that its predecessor was in, until a space names it
    replaced_by: str = ""
    replaced_from: str = ""  # who replaced it
    described: str = ""  # which descriptions of commands stand here
    announced: str = ""  # the id of the last event that told of it as a community
    announced_facts: str = ""  # a hash of what that event said; "" when it said Removed

    @property
    def title(self) -> str:
        """The name that people see."""
        return self.name or self.alias or self.id

    @property
    def known(self) -> bool:
        """Tell whether the room's creation was seen, without which nothing can be judged."""
        return bool(self.creators)

    def others(self, me: str) -> list[str]:
        """Return who else is here or invited."""
        return [member for member in self.members if member != me]

    @property
    def readers(self) -> list[str]:
        """Return who is to be able to read what is said now."""
        if self.history == "joined":
            return [who for who, membership in self.members.items() if membership == "join"]
        return list(self.members)

    def is_private_to(self, member: str, me: str) -> bool:
        """Tell whether only this member and we are here."""
        return self.direct == member and self.others(me) == [member]

    def apply(self, event: Mapping[str, Any], me: str) -> bool:
        """Take a state event in; tell whether anything that we keep has changed."""
        content = event.get("content")
        state_key = event.get("state_key")
        if not isinstance(state_key, str) or not isinstance(content, dict):
            return False
        kind, sender = event.get("type"), str(event.get("sender", ""))
        if kind == "m.room.member":
            return self._apply_member(state_key, content, event, me)
        if kind == "m.space.child":
            return self._apply_child(state_key, content, sender)
        if kind == "m.space.parent":
            return self._apply_parent(state_key, content)
        if state_key == "" and kind in _SINGLE:
            before = self._mark()
            self._apply_single(str(kind), content, sender, me)
            return before != self._mark()
        return False

    def _mark(self) -> tuple[object, ...]:
        return (
            self.version, tuple(self.creators), self.is_space, self.token, repr(self.levels),
            self.name, self.topic, self.alias, self.join_rule, self.encrypted, self.replaced_by,
            self.algorithm, tuple(self.rotation), self.history, self.replaced_from,
            self.predecessor,
        )  # fmt: skip

    def _apply_single(self, kind: str, content: JSON, sender: str, me: str) -> None:
        match kind:
            case "m.room.create":
                self.version = _text(content, "room_version") or "1"
                more = content.get("additional_creators")
                self.creators = [sender]
                if strong_creators(self.version) and isinstance(more, list):
                    self.creators += [one for one in more if isinstance(one, str)]
                self.is_space = content.get("type") == "m.space"
                before = content.get("predecessor")
                self.predecessor = _text(before, "room_id") if isinstance(before, dict) else ""
                self.token = _text(content, DIRECT_KEY) if sender == me else ""
            case "m.room.power_levels":
                self.levels = read_levels(content)
            case "m.room.name":
                self.name = _text(content, "name").strip()
            case "m.room.topic":
                self.topic = _text(content, "topic").strip()[:TOPIC_LIMIT]
            case "m.room.canonical_alias":
                self.alias = _text(content, "alias")
            case "m.room.join_rules":
                self.join_rule = _text(content, "join_rule") or "invite"
            case "m.room.encryption":
                self.encrypted = True  # it can never be switched off again
                self.algorithm = _text(content, "algorithm")
                self.rotation = [
                    _whole(content.get(f"rotation_period_{unit}")) for unit in ("msgs", "ms")
                ]
            case "m.room.history_visibility":
                self.history = _text(content, "history_visibility") or "shared"
            case "m.room.tombstone":
                self.replaced_by = _text(content, "replacement_room")
                self.replaced_from = sender
            case _:
                pass

    def _apply_member(self, who: str, content: JSON, event: Mapping[str, Any], me: str) -> bool:
        membership = _text(content, "membership")
        before = self.members.get(who)
        changed = before != (membership if membership in _HERE else None)
        if membership in _HERE:
            self.members[who] = membership
        else:
            self.members.pop(who, None)
        if who != me:
            self.guest = who
        if who != me or membership != "join":
            return changed
        name = _text(content, "displayname")
        previous = previous_membership(event)
        event_id = str(event.get("event_id", ""))
        came_in = not self.own_join or (previous or before) != "join"
        if came_in and event_id != self.own_join:
            self.own_join = event_id
            self.own_join_ms = timestamp(event)
            self.direct_asked = previous_content(event).get("is_direct") is True
            changed = True
        changed, self.own_name = changed or name != self.own_name, name
        return changed

    def _apply_child(self, room_id: str, content: JSON, sender: str) -> bool:
        before = self.children.get(room_id)
        via = content.get("via")
        if isinstance(via, list) and via:
            self.children[room_id] = sender
        else:
            self.children.pop(room_id, None)
        return before != self.children.get(room_id)

    def _apply_parent(self, room_id: str, content: JSON) -> bool:
        before = self.parents
        self.parents = [parent for parent in before if parent != room_id]
        via = content.get("via")
        if isinstance(via, list) and via:
            self.parents = sorted([*self.parents, room_id])
        return before != self.parents

    def to_json(self) -> str:
        """Write it down for the store."""
        return json.dumps({"schema": _SCHEMA, **asdict(self)}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "RoomState | None":
        """Read what `to_json` wrote; None for anything else, which is then fetched anew."""
        try:
            facts = json.loads(text)
            if facts.pop("schema") != _SCHEMA:
                return None
            levels = facts.pop("levels")
            return cls(**facts, levels=None if levels is None else Levels(**levels))
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def power(room: RoomState, user_id: str) -> float:
    """Return a user's power; from room version 12 on the creators stand above every number."""
    if strong_creators(room.version) and user_id in room.creators:
        return math.inf
    if room.levels is None:
        return 100 if user_id in room.creators[:1] else 0
    return room.levels.users.get(user_id, room.levels.users_default)


def needed(room: RoomState, event_type: str, *, state: bool) -> float:
    """Return the power that sending an event of this type takes."""
    if room.levels is None:
        return 0
    default = room.levels.state_default if state else room.levels.events_default
    return room.levels.events.get(event_type, default)


def can_post(room: RoomState, user_id: str) -> bool:
    """Tell whether the user may write here."""
    enough = power(room, user_id) >= needed(room, "m.room.message", state=False)
    return enough and not room.replaced_by


def can_pin(room: RoomState, user_id: str) -> bool:
    """Tell whether the user may pin here."""
    return power(room, user_id) >= needed(room, "m.room.pinned_events", state=True)


def is_moderator(room: RoomState, user_id: str) -> bool:
    """Tell whether the user moderates here (PRODUCT.md: power 50 or more, creators included)."""
    return power(room, user_id) >= MODERATOR


def strong_creators(version: str) -> bool:
    """Tell whether a room version puts its creators above the power levels."""
    return version == _HYDRA or (version.isdecimal() and int(version) >= _STRONG_CREATORS)


def read_levels(content: Mapping[str, Any]) -> Levels:
    """Read an m.room.power_levels event; what cannot be a number falls back to its default."""
    return Levels(
        users=_levels(content.get("users")),
        users_default=_level(content.get("users_default"), 0),
        events=_levels(content.get("events")),
        events_default=_level(content.get("events_default"), 0),
        state_default=_level(content.get("state_default"), 50),
    )


def previous_content(event: Mapping[str, Any]) -> JSON:
    """Return what a state event replaced, as far as the homeserver tells."""
    unsigned = event.get("unsigned")
    previous = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
    return previous if isinstance(previous, dict) else {}


def previous_membership(event: Mapping[str, Any]) -> str | None:
    """Return the membership that a member event replaced, as far as the homeserver tells."""
    return _text(previous_content(event), "membership") or None


def timestamp(event: Mapping[str, Any]) -> int:
    """Return when the event was sent, in milliseconds; 0 where it does not say, or not truly."""
    return _whole(event.get("origin_server_ts"))


def _levels(value: object) -> dict[str, float]:
    items: Iterable[tuple[object, object]] = value.items() if isinstance(value, dict) else ()
    read = {key: _level(level, math.nan) for key, level in items if isinstance(key, str)}
    return {key: level for key, level in read.items() if not math.isnan(level)}


def _level(value: object, default: float) -> float:
    # Older rooms hold levels as strings; booleans are ints in Python but no levels.
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        return int(value)
    except (ValueError, OverflowError):
        return default


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""
