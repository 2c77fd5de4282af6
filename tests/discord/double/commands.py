"""Application commands: what Discord takes, and what a person's client offers of them."""

from __future__ import annotations

import re
from typing import Any

from tests.discord.double.copies import copied
from tests.discord.double.errors import Path, Refused
from tests.discord.double.guilds import Json
from tests.discord.double.mistakes import Mistakes
from tests.discord.double.world import World

SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUB, GROUP, STRING, INTEGER, BOOLEAN = 1, 2, 3, 4, 5
USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 6, 7, 8, 9, 10, 11
_NAME = re.compile(r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}")
_MOST, _MOST_CHARACTERS = 100, 8000
LOCALES = frozenset(
    [
        "id",
        "da",
        "de",
        "en-GB",
        "en-US",
        "es-ES",
        "es-419",
        "fr",
        "hr",
        "it",
        "lt",
        "hu",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "fi",
        "sv-SE",
        "vi",
        "tr",
        "cs",
        "el",
        "bg",
        "ru",
        "uk",
        "hi",
        "th",
        "zh-CN",
        "ja",
        "zh-TW",
        "ko",
    ]
)


class Commands:
    """The application's commands, which one bulk request replaces as a whole."""

    def __init__(self, world: World) -> None:
        """Offer none."""
        self.standing: dict[int, Json] = {}
        self.puts = 0  # how often they were replaced
        self._world = world

    def replace(self, given: Any) -> list[Json]:  # noqa: ANN401 - any JSON
        """Let these be all commands; those of the same name keep their id."""
        found = Mistakes()
        given = found.several((), given, 130)
        _check_all(given, found)
        found.raise_any()
        if sum(_type(each) == SLASH for each in given) > _MOST:
            raise Refused(400, 30032)
        before = {(each["name"], each["type"]): each for each in self.standing.values()}
        self.puts += 1
        self.standing = {}
        for each in given:
            old = before.get((each["name"], _type(each)))
            made = self._kept(each, old)
            self.standing[int(made["id"])] = made
        self._world.record.note("commands", names=[each["name"] for each in given])
        self._world.happened()
        return self.listed()

    def listed(self) -> list[Json]:
        """Return them as Discord keeps them."""
        return [copied(each) for each in self.standing.values()]

    def named(self, name: str, kind: int = SLASH) -> Json | None:
        """Return a command."""
        fitting = (each for each in self.standing.values() if each["name"] == name)
        return next((each for each in fitting if each["type"] == kind), None)

    def _kept(self, given: Json, old: Json | None) -> Json:
        permissions = given.get("default_member_permissions")
        made: Json = {
            "application_id": str(self._world.application_id),
            "default_member_permissions": None if permissions is None else str(permissions),
            "type": _type(given),
            "name": given["name"],
            "name_localizations": given.get("name_localizations") or None,
            "description": given.get("description") or "",
            "description_localizations": given.get("description_localizations") or None,
            "dm_permission": given.get("dm_permission") is not False,
            "contexts": given.get("contexts"),
            "integration_types": given.get("integration_types") or [0],
            "nsfw": bool(given.get("nsfw")),
        }
        if given.get("options"):
            made["options"] = [_option(each) for each in given["options"]]
        same = old is not None and all(old.get(key) == value for key, value in made.items())
        fresh = str(self._world.clock.snowflake())
        version = old["version"] if old is not None and same else fresh
        return {"id": old["id"] if old is not None else fresh, "version": version, **made}


def _type(given: Json) -> int:
    return int(given.get("type") or SLASH)


_OPTION = [
    "type",
    "name",
    "description",
    "name_localizations",
    "description_localizations",
    "required",
    "autocomplete",
    "min_length",
    "max_length",
    "min_value",
    "max_value",
    "channel_types",
]


def _option(given: Json) -> Json:
    made: Json = {key: given[key] for key in _OPTION if given.get(key) not in (None, False)}
    if given.get("choices"):
        made["choices"] = [
            {key: value for key, value in each.items() if value is not None}
            for each in given["choices"]
        ]
    if given.get("options") or given["type"] in (SUB, GROUP):
        made["options"] = [_option(each) for each in given.get("options") or []]
    return made


def _check_all(given: list[Any], found: Mistakes) -> None:
    names: set[tuple[str, int]] = set()
    for index, each in enumerate(given):
        path: Path = (index,)
        _check_named(path, each, found, menu=_type(each) != SLASH)
        if (each.get("name"), _type(each)) in names:
            message = "Application command names must be unique"
            found.add(path, "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        names.add((str(each.get("name")), _type(each)))
        _check_options(path, each, found)
        if _type(each) == SLASH:
            found.text((*path, "description"), each.get("description"), 100, 1)
            if characters(each) > _MOST_CHARACTERS:
                message = f"Command exceeds maximum size ({_MOST_CHARACTERS})"
                found.add(path, "APPLICATION_COMMAND_TOO_LARGE", message)


def _check_named(path: Path, it: Json, found: Mistakes, *, menu: bool = False) -> None:
    names: dict[Path, Any] = {("name",): it.get("name")}
    names |= {("name_localizations", k): v for k, v in (it.get("name_localizations") or {}).items()}
    for where, name in names.items():
        found.text((*path, *where), name, 32, 1)
        if (
            not menu
            and isinstance(name, str)
            and (not _NAME.fullmatch(name) or name != name.lower())
        ):
            message = "Command name is invalid"
            found.add((*path, *where), "APPLICATION_COMMAND_INVALID_NAME", message)
    for key in ("name_localizations", "description_localizations"):
        for locale, text in (it.get(key) or {}).items():
            found.text((*path, key, locale), text, 100, 1)
            if locale not in LOCALES:
                found.add((*path, key, locale), "ENUM_TYPE_COERCE", "Unknown locale")


def _check_options(path: Path, it: Json, found: Mistakes) -> None:
    options = found.several((*path, "options"), it.get("options"), 25)
    kinds = {each.get("type") in (SUB, GROUP) for each in options}
    if len(kinds) > 1:
        message = "Subcommands and groups are mutually exclusive to all other types"
        found.add((*path, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    optional, names = False, set[str]()
    for index, each in enumerate(options):
        at: Path = (*path, "options", index)
        if not found.one_of((*at, "type"), each.get("type"), tuple(range(1, 12))):
            continue
        _check_named(at, each, found)
        found.text((*at, "description"), each.get("description"), 100, 1)
        if each.get("name") in names:
            message = "Option name already used"
            found.add((*at, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_TAKEN", message)
        names.add(str(each.get("name")))
        if each["type"] in (SUB, GROUP):
            _check_options(at, each, found)
            continue
        if each.get("required") and optional:
            message = "Required options must be placed before non-required options"
            found.add(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional = optional or not each.get("required")
        choices = found.several((*at, "choices"), each.get("choices"), 25)
        if choices and each.get("autocomplete"):
            message = "Cannot use autocomplete and choices at once"
            found.add((*at, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID", message)
        for number, choice in enumerate(choices):
            found.text((*at, "choices", number, "name"), choice.get("name"), 100, 1)
            if each["type"] == STRING:
                found.text((*at, "choices", number, "value"), choice.get("value"), 100)
        found.number((*at, "min_length"), each.get("min_length"), 0, 6000)
        found.number((*at, "max_length"), each.get("max_length"), 1, 6000)


def characters(it: Json) -> int:
    """Count what Discord counts of a command: names, descriptions, values, each at its longest."""
    total = 0
    for key in ("name", "description"):
        localized = (it.get(f"{key}_localizations") or {}).values()
        total += max(map(len, [it.get(key) or "", *localized]))
    for choice in it.get("choices") or []:
        localized = (choice.get("name_localizations") or {}).values()
        total += max(map(len, [choice["name"], *localized])) + len(str(choice["value"]))
    return total + sum(characters(each) for each in it.get("options") or [])
