"""Schedules and the community's own prompts, carried to another community."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.errors import BadInput
from bot.core.features import Carry
from bot.core.turn import Turn
from bot.engine.reading import fold
from bot.engine.schedule.recurrence import Rule, next_after
from bot.features.prompts.cards import SUGGESTED
from bot.features.prompts.coming import LATENESS, Library, room_of
from bot.features.prompts.lateness import MOST as MOST_LATE
from bot.features.prompts.moderating import TEXT, check_text, new_own
from bot.features.prompts.overview import waiting_own
from bot.features.prompts.scheduling import MOST, Scheduling
from storage.prompts import PromptRows

_LATENESS = int(LATENESS.total_seconds())


class Carrying:
    """What `/keeper export` and `/keeper import` carry of the prompts."""

    def __init__(self, library: Library, scheduling: Scheduling) -> None:
        """Work on these schedules."""
        self.library = library
        self.scheduling = scheduling
        self.carry = Carry("prompts", self.out, self.look, self.take)

    def out(self, turn: Turn) -> Mapping[str, Any]:
        """Return the schedules and the prompts; a member's words are not carried."""
        names = {facts.room.id: facts.name for facts in turn.community.known_rooms}
        schedules = []
        for plan in self.library.plans(turn):
            room = room_of(turn, plan)
            own = (plan.payload or {}).get("room") and room and names.get(room.id)
            late = {"late_hours": plan.lateness // 3600} if plan.lateness != _LATENESS else {}
            room_of_it = {"room": own} if own else {}
            schedules.append({"when": dict(plan.rule or {}), **room_of_it, **late})
        rows = turn.rows(PromptRows)
        texts = [rows.texts(row)["text"] for row in waiting_own(turn) if row.kind != SUGGESTED]
        found: dict[str, Any] = {"schedules": schedules} if schedules else {}
        return {**found, "own": [{"text": text} for text in texts]} if texts else found

    def look(self, turn: Turn, part: Mapping[str, Any]) -> Sequence[str]:
        """Say what would come; a schedule for an unknown room goes to the room for prompts."""
        for key in part:
            if key not in ("schedules", "own"):
                raise BadInput(
                    "community/import_key", key=str(key)[:40], known=["schedules", "own"]
                )
        lines = []
        rules = self._schedules(turn, part)
        if len(self.library.plans(turn)) + len(rules) > MOST:
            raise BadInput("prompts/too_many_schedules", count=MOST)
        if rules:
            lines.append(turn.text("prompts/import_schedules", count=len(rules)))
        for each in _items(part, "schedules"):
            if each.get("room") and self._room(turn, each["room"]) is None:
                room = str(each["room"])[:100]
                lines.append(turn.text("prompts/import_room_unknown", room=room))
        if texts := self._texts(turn, part):
            lines.append(turn.text("prompts/import_own", count=len(texts)))
        return lines

    def take(self, turn: Turn, part: Mapping[str, Any]) -> None:
        """Keep the schedules and the prompts that are not there yet."""
        zone = turn.community.zone
        for rule, room, late in self._schedules(turn, part):
            first = next_after(rule, zone, turn.now)
            self.scheduling.save(turn, None, rule, zone, first, room=room, lateness=late)
        for text in self._texts(turn, part):
            new_own(turn, text, author=turn.subject)

    def _schedules(self, turn: Turn, part: Mapping[str, Any]) -> list[tuple[Rule, str | None, int]]:
        known = [(plan.rule, (plan.payload or {}).get("room")) for plan in self.library.plans(turn)]
        found = []
        for each in _items(part, "schedules"):
            try:
                rule = Rule.from_json(each["when"])
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                value = str(each.get("when"))[:40]
                raise BadInput("community/import_value", key="when", value=value) from error
            room = self._room(turn, each["room"]) if each.get("room") else None
            late = self._late(each)
            if (rule.to_json(), room) not in known:
                found.append((rule, room, late))
        return found

    def _late(self, schedule: Mapping[str, Any]) -> int:
        hours = schedule.get("late_hours", _LATENESS // 3600)
        if type(hours) is not int or not 1 <= hours <= MOST_LATE:
            raise BadInput("community/import_value", key="late_hours", value=str(hours)[:40])
        return hours * 3600

    def _texts(self, turn: Turn, part: Mapping[str, Any]) -> list[str]:
        rows = turn.rows(PromptRows)
        there = {rows.texts(row)["text"] for row in waiting_own(turn)}
        texts = []
        for each in _items(part, "own"):
            text = each.get("text")
            if not isinstance(text, str) or not 0 < len(text.strip()) <= TEXT:
                raise BadInput("community/import_value", key="text", value=str(text)[:40])
            check_text(text)
            if text not in there and text not in texts:
                texts.append(text)
        return texts

    def _room(self, turn: Turn, name: object) -> str | None:
        wanted = fold(str(name).lstrip("#"))
        known = turn.community.known_rooms
        rooms = [each for each in known if fold(each.name.lstrip("#")) == wanted]
        return rooms[0].room.id if len(rooms) == 1 else None


def _items(part: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = part.get(key) or []
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise BadInput("community/import_value", key=key, value=str(value)[:40])
    return value
