"""Components as Discord takes them: what the documented limits refuse, and what stands then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.discord.double.copies import copied
from tests.discord.double.errors import Path
from tests.discord.double.guilds import Json
from tests.discord.double.message_objects import emoji
from tests.discord.double.mistakes import Mistakes

ROW, BUTTON, STRINGS, INPUT, USERS, ROLES, MENTIONABLES, CHANNELS = range(1, 9)
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR = range(9, 15)
CONTAINER, LABEL = 17, 18
SELECTS = (STRINGS, USERS, ROLES, MENTIONABLES, CHANNELS)
LINK, PREMIUM = 5, 6
_TOP = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER)
_IN_CONTAINER = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)
MOST, MOST_TEXT = 40, 4000


def every(components: list[Any]) -> Iterator[Json]:
    """Yield components and all that are in them."""
    for each in components:
        if isinstance(each, dict):
            yield each
            yield from every(each.get("components") or [])
            yield from every([each[name] for name in ("accessory", "component") if each.get(name)])


def check(given: Any, v2: bool, mistakes: Mistakes) -> None:  # noqa: ANN401 - any JSON
    """Note what Discord refuses in a message's components."""
    root: Path = ("components",)
    top = mistakes.several(root, given, MOST if v2 else 5)
    reader = _Reader(mistakes)
    for index, each in enumerate(top):
        reader.read((*root, index), each, _TOP if v2 else (ROW,))
    all_ = list(every(top))
    if v2 and len(all_) > MOST:
        mistakes.add(root, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", f"At most {MOST} components.")
    written = sum(len(str(c.get("content", ""))) for c in all_ if c.get("type") == TEXT)
    if written > MOST_TEXT:
        message = f"The total text of all components must be {MOST_TEXT} or fewer characters."
        mistakes.add(root, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)


class _Reader:
    def __init__(self, mistakes: Mistakes) -> None:
        self.mistakes = mistakes
        self.custom_ids: set[str] = set()
        self.ids: set[int] = set()

    def read(self, path: Path, it: Any, allowed: tuple[int, ...]) -> None:  # noqa: ANN401
        found = self.mistakes
        if not isinstance(it, dict):
            found.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return
        if not found.one_of((*path, "type"), it.get("type"), allowed):
            return
        self._id(path, it.get("id"))
        match it["type"]:
            case 1:
                self._row(path, it)
            case 2:
                self._button(path, it)
            case 3 | 5 | 6 | 7 | 8:
                self._select(path, it)
            case 9:
                for index, each in self._within(path, it, 3):
                    self.read((*path, "components", index), each, (TEXT,))
                self.read((*path, "accessory"), it.get("accessory"), (BUTTON, THUMBNAIL))
            case 10:
                found.text((*path, "content"), it.get("content"), MOST_TEXT, 1)
            case 17:
                found.number((*path, "accent_color"), it.get("accent_color"), 0, 0xFFFFFF)
                for index, each in self._within(path, it, MOST):
                    self.read((*path, "components", index), each, _IN_CONTAINER)

    def _id(self, path: Path, id_: Any) -> None:  # noqa: ANN401
        self.mistakes.number((*path, "id"), id_, 0, 2**31 - 1)
        if id_ and id_ in self.ids:
            message = "Component id cannot be duplicated"
            self.mistakes.add((*path, "id"), "COMPONENT_ID_DUPLICATED", message)
        self.ids.add(id_)

    def _within(self, path: Path, it: Json, most: int) -> Iterator[tuple[int, Any]]:
        path = (*path, "components")
        yield from enumerate(self.mistakes.several(path, it.get("components"), most, 1))

    def _row(self, path: Path, it: Json) -> None:
        inside = list(self._within(path, it, 5))
        kinds = [each.get("type") for _, each in inside if isinstance(each, dict)]
        if len(inside) > 1 and any(kind in SELECTS for kind in kinds):
            message = "Width of the action row is exceeded."
            self.mistakes.add((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
        for index, each in inside:
            self.read((*path, "components", index), each, (BUTTON, *SELECTS))

    def custom_id(self, path: Path, it: Json) -> None:
        """Note a custom id that is missing, too long, or used before in the same message."""
        path = (*path, "custom_id")
        custom_id = it.get("custom_id")
        self.mistakes.text(path, custom_id, 100, 1)
        if custom_id in self.custom_ids:
            message = "Component custom id cannot be duplicated"
            self.mistakes.add(path, "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        self.custom_ids.add(str(custom_id))

    def _button(self, path: Path, it: Json) -> None:
        found, style = self.mistakes, it.get("style")
        if not found.one_of((*path, "style"), style, (1, 2, 3, 4, LINK, PREMIUM)):
            return
        found.text((*path, "label"), it.get("label"), 80)
        if style == LINK:
            found.text((*path, "url"), it.get("url"), 512, 1)
            if it.get("custom_id") is not None:
                message = "A custom id and url cannot both be specified"
                code = "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"
                found.add((*path, "custom_id"), code, message)
        elif style != PREMIUM:
            self.custom_id(path, it)
        if not it.get("label") and not it.get("emoji") and style != PREMIUM:
            message = "A label or emoji is required"
            found.add(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", message)

    def _select(self, path: Path, it: Json) -> None:
        found = self.mistakes
        self.custom_id(path, it)
        found.text((*path, "placeholder"), it.get("placeholder"), 150)
        found.number((*path, "min_values"), it.get("min_values"), 0, 25)
        found.number((*path, "max_values"), it.get("max_values"), 1, 25)
        if it["type"] != STRINGS:
            return
        options = found.several((*path, "options"), it.get("options"), 25, 1)
        read_options((*path, "options"), options, found)
        if (it.get("max_values") or 1) > max(1, len(options)):
            message = "max_values is more than there are options"
            found.add((*path, "max_values"), "SELECT_COMPONENT_INVALID_MAX_VALUES", message)


def read_options(path: Path, options: list[Any], found: Mistakes) -> None:
    """Note what is wrong with the options of a select or of a group."""
    values: set[str] = set()
    for index, each in enumerate(options):
        at = (*path, index)
        found.text((*at, "label"), each.get("label"), 100, 1)
        found.text((*at, "value"), each.get("value"), 100, 1)
        found.text((*at, "description"), each.get("description"), 100)
        if each.get("value") in values:
            message = "The specified option value is already used"
            found.add((*at, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
        values.add(str(each.get("value")))


def standing(given: list[Json] | None) -> list[Json]:
    """Return components as a message keeps them: numbered, and with Discord's defaults."""
    made: list[Json] = copied(given or [])
    taken = {each["id"] for each in every(made) if each.get("id")}
    number = 0
    for each in every(made):
        if not each.get("id"):
            number += 1
            while number in taken:
                number += 1
            each["id"] = number
    return [_kept(each) for each in made]


_KEPT = {
    ROW: {"components"},
    BUTTON: {"custom_id", "style", "label", "disabled", "emoji", "url", "sku_id"},
    SECTION: {"components", "accessory"},
    TEXT: {"content"},
    SEPARATOR: {"spacing", "divider"},
    CONTAINER: {"components", "accent_color", "spoiler"},
    THUMBNAIL: {"media", "description", "spoiler"},
    GALLERY: {"items"},
    FILE: {"file", "spoiler", "name", "size"},
}
_SELECT = {"custom_id", "placeholder", "min_values", "max_values", "disabled", "options"}
_DEFAULTS: dict[int, Json] = {
    SEPARATOR: {"spacing": 1, "divider": True},
    CONTAINER: {"accent_color": None, "spoiler": False},
    THUMBNAIL: {"description": None, "spoiler": False},
    FILE: {"spoiler": False, "size": None},
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
}


def _kept(it: Json) -> Json:
    kind = it["type"]
    kept = {"type", "id"} | _KEPT.get(kind, _SELECT | {"channel_types", "default_values"})
    shown = {**_DEFAULTS.get(kind, {})}
    shown |= {key: value for key, value in it.items() if key in kept and value is not None}
    if "components" in shown:
        shown["components"] = [_kept(each) for each in shown["components"]]
    if "accessory" in shown:
        shown["accessory"] = _kept(shown["accessory"])
    if "media" in shown:
        shown["media"] = _media(shown["media"])
    if "file" in shown:
        shown["file"] = _media(shown["file"])
        shown["name"] = shown["file"]["url"].rpartition("/")[2]
    if "items" in shown:
        plain = {"description": None, "spoiler": False}
        shown["items"] = [{**plain, **each, "media": _media(each["media"])} for each in it["items"]]
    for each in (shown, *shown.get("options", ())):
        if isinstance(each.get("emoji"), dict):
            whole = {**emoji(""), **each["emoji"]}
            each["emoji"] = {key: value for key, value in whole.items() if value is not None}
    if "options" in shown:
        keys = ("label", "value", "description", "emoji", "default")
        shown["options"] = [
            {key: o[key] for key in keys if o.get(key) is not None} for o in shown["options"]
        ]
    return shown


def _media(given: Json) -> Json:
    return {"id": "1", "proxy_url": given["url"], **given}
