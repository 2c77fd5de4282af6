"""Carrying a community's settings elsewhere: as YAML, with rooms by name, on any platform."""

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from ruamel.yaml import YAML

from bot.core.actions import FILE_LIMIT, Field, File
from bot.core.errors import BadInput
from bot.core.features import Carry, ZoneChanged
from bot.core.markup import to_plain
from bot.core.turn import PAUSABLE, USES, Answer, Turn
from bot.engine.reading import fold
from bot.engine.schedule.recurrence import valid_zone
from bot.engine.words import language_name
from bot.engine.yaml import parse
from bot.features.community import budget, quiet
from storage.communities import Communities
from storage.quiet import QuietPeriods

VERSION = 1
_HEAD = "circlekeeper"
_KEYS = ("language", "zone", "rooms", "quiet", "paused", "posts_a_day", "moderator_role")
_ROOM = 100


def export(turn: Turn, _options: Mapping[str, str]) -> None:
    """Give the settings as a file."""
    parts = {carry.name: dict(carry.out(turn)) for carry in _carries(turn)}
    text = _dump({_HEAD: VERSION, **{name: part for name, part in parts.items() if part}})
    turn.say("exported", file=File(f"{to_plain(turn.text('export_name'))}.yaml", text))


def import_(turn: Turn, _options: Mapping[str, str]) -> None:
    """Ask for a file that `export` gave."""
    field = Field("text", turn.text("field_export"), limit=FILE_LIMIT, required=True, kind="file")
    choices = [turn.choice("no", "choice_no_import")]
    turn.ask_form("import.text", "ask_import", [field], choices=choices)


def typed(turn: Turn, answer: Answer) -> None:
    """Say what a file would do, and ask."""
    if answer.choice:
        turn.say("not_imported")
        return
    text = answer.text.strip().removeprefix("```yaml").removeprefix("```").removesuffix("```")
    if not text.strip():
        raise BadInput("engine/file_unread", most=FILE_LIMIT // 1024)
    parts = _read(turn, text)
    lines = [line for carry, part in parts for line in carry.look(turn, part)]
    if not lines:
        turn.say("nothing_to_import")
        return
    choices = [turn.choice("yes", "choice_import"), turn.choice("no", "choice_no_import")]
    turn.ask("import.sure", "import_sure", choices, about={"text": text}, lines=lines)


def sure(turn: Turn, answer: Answer) -> None:
    """Take it in."""
    if answer.choice != "yes":
        turn.say("not_imported")
        return
    for carry, part in _read(turn, str(answer.about["text"])):
        carry.look(turn, part)  # rooms may have gone meanwhile
        carry.take(turn, part)
    turn.say("imported")


def _carries(turn: Turn) -> list[Carry]:
    found: list[Carry] = turn.gather("carries")
    return found


def _read(turn: Turn, text: str) -> list[tuple[Carry, Mapping[str, Any]]]:
    loaded = parse(text)
    if loaded.value is None:
        line = loaded.mistakes[0].line if loaded.mistakes else 1
        raise BadInput("import_not_yaml", line=line)
    tree = dict(loaded.value)
    version = tree.pop(_HEAD, None)
    if version != VERSION:
        raise BadInput("import_version", version=str(version)[:20], known=VERSION)
    known = {carry.name: carry for carry in _carries(turn)}
    for name, part in tree.items():
        if name not in known or not isinstance(part, Mapping):
            raise BadInput("import_key", key=str(name)[:40], known=sorted(known))
    return [(known[name], part) for name, part in tree.items()]


def _dump(data: Mapping[str, Any]) -> str:
    yaml, out = YAML(typ="safe", pure=True), io.StringIO()
    yaml.default_flow_style, yaml.allow_unicode, yaml.width = False, True, 100
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(dict(data), out)
    return out.getvalue().rstrip()


# What is the community's own


def _out(turn: Turn) -> Mapping[str, Any]:
    community = turn.community
    names = {facts.room.id: facts.name for facts in community.known_rooms}
    rooms = {use: names[room.id] for use, room in community.rooms.items() if room.id in names}
    periods = turn.rows(QuietPeriods).of(community.id, turn.now.date())
    found: dict[str, Any] = {
        "language": community.locale,
        "zone": community.zone,
        "rooms": rooms,
        "quiet": [
            {"first": row.first_day.isoformat(), "last": row.last_day.isoformat()}
            for row in periods
        ],
        "paused": list(community.paused),
        "posts_a_day": community.budget,
    }
    roles = {role.id: role.name for role in community.known_roles}
    if role := roles.get(community.moderator_role or ""):
        found["moderator_role"] = role
    return found


def _look(turn: Turn, part: Mapping[str, Any]) -> list[str]:
    for key in part:
        if key not in _KEYS:
            raise BadInput("import_key", key=str(key)[:40], known=list(_KEYS))
    language, zone = part.get("language"), part.get("zone")
    if language is not None and language not in turn.languages:
        raise BadInput("import_value", key="language", value=str(language)[:40])
    if zone is not None and not (isinstance(zone, str) and valid_zone(zone)):
        raise BadInput("import_value", key="zone", value=str(zone)[:40])
    lines = []
    if language and language != turn.community.locale:
        lines.append(turn.text("community/import_language", name=language_name(str(language))))
    if zone and zone != turn.community.zone:
        lines.append(turn.text("community/import_zone", zone=zone))
    for use, name in _mapping(part, "rooms").items():
        if use not in USES:
            raise BadInput("import_key", key=str(use)[:40], known=list(USES))
        known = _room(turn, name)
        words = "import_room" if known else "import_room_unknown"
        if known and not _posts(turn, known):
            words = "import_room_shut"
        elif known and known == getattr(turn.community.rooms.get(use), "id", None):
            continue
        use_name = turn.text(f"community/use_{use}")
        lines.append(turn.text(f"community/{words}", use=use_name, room=str(name)[:_ROOM]))
    if (role := part.get("moderator_role")) and turn.has_roles:
        # Who moderates is a matter of trust: a file names the role, `setup` gives it the power.
        words = "import_role" if _role(turn, role) else "import_role_unknown"
        lines.append(turn.text(f"community/{words}", role=str(role)[:_ROOM]))
    kept = turn.rows(QuietPeriods).of(turn.community.id, turn.now.date())
    known_spans = {(row.first_day, row.last_day) for row in kept}
    spans = [span for span in _periods(part) if span not in known_spans]
    if spans:
        lines.append(turn.text("community/import_quiet", count=len(spans)))
    paused = _listed(part, "paused")
    if any(each not in PAUSABLE for each in paused):
        raise BadInput("import_value", key="paused", value=str(paused)[:40])
    if fresh := [each for each in paused if each not in turn.community.paused]:
        names = [turn.text(f"community/pausable_{each}") for each in fresh]
        lines.append(turn.text("community/import_paused", names=names))
    if (posts := _posts_a_day(part)) not in (None, turn.community.budget):
        lines.append(turn.text("community/import_budget", most=posts))
    return lines


def _take(turn: Turn, part: Mapping[str, Any]) -> None:
    communities = turn.rows(Communities)
    row = communities.get(turn.community.id)
    before = row.zone
    row.locale, row.zone = part.get("language") or row.locale, part.get("zone") or row.zone
    for use, name in _mapping(part, "rooms").items():
        room = _room(turn, name)
        if room and _posts(turn, room):
            setattr(row, f"{use}_room", room)
    row.paused = " ".join(sorted({*row.paused.split(), *(part.get("paused") or ())}))
    communities.save(row)
    if row.zone != before:
        turn.tell(ZoneChanged(event_id=turn.new_id(), own=False))
    if (posts := _posts_a_day(part)) not in (None, turn.community.budget):
        budget.keep(turn, posts)
    for first, last in _periods(part):
        if last >= turn.now.date():
            quiet.keep(turn, first, last, say=False)


def _posts_a_day(part: Mapping[str, Any]) -> int | None:
    value = part.get("posts_a_day")
    if value is not None and (type(value) is not int or not 1 <= value <= budget.MOST):
        raise BadInput("import_value", key="posts_a_day", value=str(value)[:40])
    return value


def _room(turn: Turn, name: object) -> str | None:
    """Return the room of a name, if there is one alone."""
    wanted = fold(str(name).lstrip("#"))
    rooms = [each for each in turn.community.known_rooms if fold(each.name.lstrip("#")) == wanted]
    return rooms[0].room.id if len(rooms) == 1 else None


def _posts(turn: Turn, room: str) -> bool:
    return any(each.room.id == room and each.can_post for each in turn.community.known_rooms)


def _role(turn: Turn, name: object) -> str | None:
    """Return the role of a name, if there is one alone."""
    wanted = fold(str(name).lstrip("@"))
    roles = [each for each in turn.community.known_roles if fold(each.name) == wanted]
    return roles[0].id if len(roles) == 1 else None


def _mapping(part: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = part.get(key) or {}
    if not isinstance(value, Mapping):
        raise BadInput("import_value", key=key, value=str(value)[:40])
    return value


def _listed(part: Mapping[str, Any], key: str) -> list[Any]:
    value = part.get(key) or []
    if not isinstance(value, list):
        raise BadInput("import_value", key=key, value=str(value)[:40])
    return value


def _periods(part: Mapping[str, Any]) -> list[tuple[date, date]]:
    found = []
    for each in _listed(part, "quiet"):
        try:
            first, last = (date.fromisoformat(str(each[end])) for end in ("first", "last"))
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput("import_value", key="quiet", value=str(each)[:40]) from error
        if last < first:
            raise BadInput("import_value", key="quiet", value=f"{first} – {last}")
        found.append((first, last))
    return found


CARRY = Carry("community", _out, _look, _take)
