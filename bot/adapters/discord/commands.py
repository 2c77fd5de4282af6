"""The application commands, made from the one declaration. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from bot.core.commands import Audience, Command, Declared, FirstAnswer, Option, Texts

JSON: TypeAlias = dict[str, Any]

MANAGE_GUILD = 1 << 5

_SUBCOMMAND, _GROUP, _STRING, _INTEGER = 1, 2, 3, 4
_MESSAGE_MENU, _MENU_NAME = 3, 32
_GUILD, _BOT_DM = 0, 1
_DESCRIPTION = 100
_CHOICES = 25
_LONGEST = 6000
_COMMANDS = 100
_SIZE = 8000
# The languages that Discord's clients speak; it knows no Slovenian and no Arabic.
_LOCALES = (
    "bg cs da de el en-GB en-US es-419 es-ES fi fr hi hr hu id it ja ko lt nl no pl pt-BR ro ru "
    "sv-SE th tr uk vi zh-CN zh-TW"
)


def payload(declared: Declared) -> list[JSON]:
    """Return the body of the one request that replaces all commands.

    Raises: `ValueError` for what Discord would refuse.
    """
    roots: dict[str, list[Command]] = {}
    for command in declared.commands:
        roots.setdefault(command.path.split()[0], []).append(command)
    made = [_root(declared, name, commands) for name, commands in roots.items()]
    made += [_menu(declared, command) for command in declared.commands if command.menu]
    if len(made) > _COMMANDS:
        raise ValueError(f"There are {len(made)} commands, and Discord takes {_COMMANDS}.")
    for each in made:
        if _characters(each) > _SIZE:
            raise ValueError(f"The command {each['name']} is longer than Discord takes.")
    return made


def digest(commands: Iterable[JSON]) -> str:
    """Return what tells one set of commands from another."""
    return hashlib.sha256(json.dumps(list(commands), sort_keys=True).encode()).hexdigest()


def path_and_options(data: Mapping[str, Any]) -> tuple[str, dict[str, str], str]:
    """Return what was called: path, options, and the option that is being typed, if any."""
    path, options = [str(data.get("name", ""))], data.get("options") or []
    while options and options[0].get("type") in (_SUBCOMMAND, _GROUP):
        path.append(str(options[0].get("name", "")))
        options = options[0].get("options") or []
    given = {str(each["name"]): str(each.get("value", "")) for each in options if "name" in each}
    typed = next((str(each["name"]) for each in options if each.get("focused")), "")
    return " ".join(path), given, typed


def menu_target(data: Mapping[str, Any]) -> str:
    """Return the id of the message in whose menu a command was chosen; "" for any other."""
    return str(data.get("target_id", "")) if data.get("type") == _MESSAGE_MENU else ""


def is_public(command: Command | None) -> bool:
    """Tell whether everybody sees a command's first answer."""
    return command is not None and command.first is FirstAnswer.PUBLIC


def _root(declared: Declared, name: str, commands: Sequence[Command]) -> JSON:
    alone = next((each for each in commands if each.path == name), None)
    if alone is not None and len(commands) > 1:
        raise ValueError(f"The command {name} cannot both run and hold others.")
    made: JSON = {"type": 1, "name": name, **_described(declared.does, name)}
    if alone is not None:
        made["options"] = _options(declared, alone)
    else:
        made["options"] = _held(declared, name, commands)
    moderators = all(each.audience is Audience.MODERATOR for each in commands)
    made["default_member_permissions"] = MANAGE_GUILD if moderators else None
    made["integration_types"] = [0]
    made["contexts"] = [_GUILD] if moderators else [_GUILD, _BOT_DM]
    return made


def _menu(declared: Declared, command: Command) -> JSON:
    """Return a command of a message's menu: its name is its path, in each language its label."""
    names = _by_locale(declared.menus[command.path])
    return {
        "type": _MESSAGE_MENU,
        "name": command.path,
        "name_localizations": {locale: label[:_MENU_NAME] for locale, label in names.items()},
        "default_member_permissions": None,
        "integration_types": [0],
        "contexts": [_GUILD],
    }


def _held(declared: Declared, root: str, commands: Sequence[Command]) -> list[JSON]:
    groups: dict[str, list[Command]] = {}
    for command in commands:
        words = command.path.split()
        groups.setdefault(words[1], []).append(command)
    return [_member(declared, f"{root} {name}", held) for name, held in groups.items()]


def _member(declared: Declared, path: str, held: Sequence[Command]) -> JSON:
    alone = next((each for each in held if each.path == path), None)
    if alone is not None:
        return _subcommand(declared, alone)
    return {
        "type": _GROUP,
        "name": path.split()[-1],
        **_described(declared.does, path),
        "options": [_subcommand(declared, each) for each in held],
    }


def _subcommand(declared: Declared, command: Command) -> JSON:
    return {
        "type": _SUBCOMMAND,
        "name": command.path.split()[-1],
        **_described(declared.does, command.path),
        "options": _options(declared, command),
    }


def _options(declared: Declared, command: Command) -> list[JSON]:
    ordered = sorted(command.options, key=lambda option: not option.required)
    return [_option(declared, option) for option in ordered]


def _option(declared: Declared, option: Option) -> JSON:
    made: JSON = {
        "type": _INTEGER if option.number else _STRING,
        "name": option.name,
        **_described(declared.options, option.name),
        "required": option.required,
    }
    if option.number:
        return made | {"min_value": 1, "max_value": 10**option.limit - 1}
    if option.choices and len(option.choices) <= _CHOICES:
        return made | {"choices": [{"name": each, "value": each} for each in option.choices]}
    made["max_length"] = min(option.limit, _LONGEST)
    if option.choices or option.topics:
        made["autocomplete"] = True
    return made


def _described(texts: Mapping[str, Texts], name: str) -> JSON:
    by_language = texts[name]
    others = {
        locale: _cut(text)
        for locale, text in _by_locale(by_language).items()
        if text != by_language["en"]
    }
    made: JSON = {"description": _cut(by_language["en"])}
    if others:
        made["description_localizations"] = others
    return made


def _characters(made: JSON) -> int:
    """Count what Discord counts: names, descriptions and values, each in its longest language."""
    total = len(str(made.get("value", "")))
    for key in ("name", "description"):
        localized = made.get(f"{key}_localizations") or {}
        total += max(map(len, (made.get(key) or "", *localized.values())))
    held = (*(made.get("options") or ()), *(made.get("choices") or ()))
    return total + sum(map(_characters, held))


def _by_locale(texts: Texts) -> dict[str, str]:
    """Return texts by what Discord calls their language; one may have several names there."""
    return {
        locale: texts[language]
        for locale in _LOCALES.split()
        if (language := locale.split("-")[0]) in texts
    }


def _cut(text: str) -> str:
    return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1].rstrip() + "…"
