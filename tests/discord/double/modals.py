"""Forms as Discord takes them: modals with labels."""

from __future__ import annotations

from typing import Any

from tests.discord.double.components import LABEL, ROW, TEXT, read_options, standing
from tests.discord.double.errors import Path
from tests.discord.double.guilds import Json
from tests.discord.double.mistakes import Mistakes

INPUT, STRINGS, UPLOAD, RADIO, CHECKBOXES, CHECKBOX = 4, 3, 19, 21, 22, 23
_FIELDS = (STRINGS, INPUT, 5, 6, 7, 8, UPLOAD, RADIO, CHECKBOXES, CHECKBOX)


def check(data: Any, mistakes: Mistakes) -> None:  # noqa: ANN401 - any JSON
    """Note what Discord refuses in a modal."""
    if not isinstance(data, dict):
        mistakes.required((), None)
        return
    mistakes.text(("custom_id",), data.get("custom_id"), 100, 1)
    mistakes.text(("title",), data.get("title"), 45, 1)
    top = mistakes.several(("components",), data.get("components"), 5, 1)
    seen: set[str] = set()
    for index, each in enumerate(top):
        path: Path = ("components", index)
        if not mistakes.one_of((*path, "type"), each.get("type"), (ROW, TEXT, LABEL)):
            continue
        if each["type"] == TEXT:
            mistakes.text((*path, "content"), each.get("content"), 4000, 1)
        elif each["type"] == LABEL:
            mistakes.text((*path, "label"), each.get("label"), 45, 1)
            mistakes.text((*path, "description"), each.get("description"), 100)
            _field((*path, "component"), each.get("component"), seen, mistakes)
        else:  # the old form: a row with one text input that has its own label
            inside = mistakes.several((*path, "components"), each.get("components"), 1, 1)
            for inner in inside:
                mistakes.text((*path, "components", 0, "label"), inner.get("label"), 45, 1)
                _field((*path, "components", 0), inner, seen, mistakes)


def _field(path: Path, it: Any, seen: set[str], found: Mistakes) -> None:  # noqa: ANN401
    if not isinstance(it, dict):
        found.required(path, None)
        return
    if not found.one_of((*path, "type"), it.get("type"), _FIELDS):
        return
    custom_id = it.get("custom_id")
    found.text((*path, "custom_id"), custom_id, 100, 1)
    if custom_id in seen:
        message = "Component custom id cannot be duplicated"
        found.add((*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message)
    seen.add(str(custom_id))
    most = 10 if it["type"] in (RADIO, CHECKBOXES) else 25
    if it["type"] == INPUT:
        found.one_of((*path, "style"), it.get("style"), (1, 2))
        found.text((*path, "placeholder"), it.get("placeholder"), 100)
        found.number((*path, "min_length"), it.get("min_length"), 0, 4000)
        found.number((*path, "max_length"), it.get("max_length"), 1, 4000)
        found.text((*path, "value"), it.get("value"), it.get("max_length") or 4000)
    elif it["type"] in (STRINGS, RADIO, CHECKBOXES):
        least = 2 if it["type"] == RADIO else 1
        options = found.several((*path, "options"), it.get("options"), most, least)
        read_options((*path, "options"), options, found)
        found.number((*path, "min_values"), it.get("min_values"), 0, most)
        found.number((*path, "max_values"), it.get("max_values"), 1, most)


def shown(data: Json) -> Json:
    """Return a modal as a person sees it, its parts numbered."""
    numbered = standing([])
    for number, each in enumerate(data["components"], start=1):
        numbered.append({"id": number * 2, **{k: v for k, v in each.items() if v is not None}})
        for inner in (numbered[-1].get("component"), *numbered[-1].get("components", ())):
            if inner is not None and not inner.get("id"):
                inner["id"] = number * 2 + 1
    return {"custom_id": data["custom_id"], "title": data["title"], "components": numbered}


def fields(modal: Json) -> dict[str, Json]:
    """Return what can be filled in, by its label; each has `custom_id`, `type` and its limits."""
    found: dict[str, Json] = {}
    for each in modal["components"]:
        if each["type"] == LABEL:
            found[each["label"]] = each["component"]
        elif each["type"] == ROW:
            for inner in each["components"]:
                found[inner["label"]] = inner
    return found


def filled(modal: Json, values: dict[str, Any]) -> list[Json]:
    """Return what a client submits: by custom id, each part with its value."""
    made = []
    for each in modal["components"]:
        if each["type"] == TEXT:
            made.append({"type": TEXT, "id": each["id"]})
        elif each["type"] == LABEL:
            inner = _answered(each["component"], values)
            made.append({"type": LABEL, "id": each["id"], "component": inner})
        else:
            within = [_answered(inner, values) for inner in each["components"]]
            made.append({"type": ROW, "id": each["id"], "components": within})
    return made


def forged(fields: dict[str, str]) -> list[Json]:
    """Return what a form of text fields would submit: values by custom id."""
    return [
        {
            "type": LABEL,
            "id": 2 * number,
            "component": {"type": INPUT, "id": 2 * number + 1, "custom_id": name, "value": value},
        }
        for number, (name, value) in enumerate(fields.items(), start=1)
    ]


def _answered(field: Json, values: dict[str, Any]) -> Json:
    answer: Json = {key: field[key] for key in ("type", "id", "custom_id")}
    value = values[field["custom_id"]]
    if field["type"] in (INPUT, RADIO, CHECKBOX):
        return {**answer, "value": value}
    return {**answer, "values": value}
