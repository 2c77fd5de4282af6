"""What a client checks before it sends: commands, their options, menus and forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.discord.double import commands as kinds
from tests.discord.double import components, modals, objects
from tests.discord.double.guilds import Channel, Guild, Json, Role, User
from tests.discord.double.permissions import Permission, in_channel

if TYPE_CHECKING:
    from tests.discord.double.people import Person

Given = Any
"""A value of an option: text, number, truth, a Person, a Channel or a Role."""


class NotPossible(AssertionError):
    """A client would not let a person do this."""


def refusal(command: Json, user: User, channel: Channel) -> str | None:
    """Return why a client does not offer a command there; None where it does."""
    guild = channel.guild
    contexts = command["contexts"]
    if guild is None:
        allowed = command["dm_permission"] if contexts is None else 1 in contexts
        return None if allowed else "not in private"
    if int(command["application_id"]) not in guild.members:
        return "the application is not here"
    if contexts is not None and 0 not in contexts:
        return "not in a guild"
    rights = in_channel(channel, user.id)
    if not rights & Permission.USE_APPLICATION_COMMANDS:
        return "no right to use commands here"
    if rights & Permission.ADMINISTRATOR:
        return None
    return _overridden(command, user, channel, guild, rights)


def _overridden(
    command: Json, user: User, channel: Channel, guild: Guild, rights: int
) -> str | None:
    """Follow what admins set under Integrations, else the command's default."""
    rules = guild.command_permissions.get(int(command["id"]), [])
    rules = rules or guild.command_permissions.get(int(command["application_id"]), [])
    by_id = {(each["type"], int(each["id"])): each["permission"] for each in rules}
    place = channel.parent if channel.is_thread and channel.parent else channel
    if not by_id.get((3, place.id), by_id.get((3, guild.id - 1), True)):
        return "switched off in this channel"
    if (2, user.id) in by_id:
        return None if by_id[2, user.id] else "switched off for this person"
    own = [by_id[1, each] for each in guild.members[user.id].roles if (1, each) in by_id]
    if own:
        return None if any(own) else "switched off for their roles"
    if (1, guild.id) in by_id:
        return None if by_id[1, guild.id] else "switched off for everyone"
    needed = command["default_member_permissions"]
    if needed is None:
        return None
    enough = int(needed) != 0 and rights & int(needed) == int(needed)
    return None if enough else "needs permissions"


def filled(
    command: Json, words: list[str], given: Mapping[str, Given], guild: Guild | None
) -> Json:
    """Return the data of a command that was filled in whole."""
    leaf, wrap = _leaf(command, words)
    declared = {each["name"]: each for each in leaf.get("options", ())}
    if unknown := set(given) - set(declared):
        raise NotPossible(f"no such options: {sorted(unknown)}; there are {sorted(declared)}")
    for name, each in declared.items():
        if each.get("required") and name not in given:
            raise NotPossible(f"option {name!r} is required")
    resolved: Json = {}
    options = [_option(declared[name], value, resolved, guild) for name, value in given.items()]
    return _data(command, wrap(options), resolved)


def half_filled(
    command: Json,
    words: list[str],
    option: str,
    typed: str,
    others: Mapping[str, Given],
    guild: Guild | None,
) -> Json:
    """Return the data of a command of which one option is being typed."""
    leaf, wrap = _leaf(command, words)
    declared = {each["name"]: each for each in leaf.get("options", ())}
    if not declared.get(option, {}).get("autocomplete"):
        raise NotPossible(f"option {option!r} suggests nothing")
    resolved: Json = {}
    options = [_option(declared[name], value, resolved, guild) for name, value in others.items()]
    focused = {"name": option, "type": declared[option]["type"], "value": typed[:6000]}
    return _data(command, wrap([*options, {**focused, "focused": True}]), resolved)


def _data(command: Json, options: list[Json], resolved: Json) -> Json:
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if options:
        data["options"] = options
    if resolved:
        data["resolved"] = resolved
    return data


def _leaf(command: Json, words: list[str]) -> tuple[Json, Any]:
    """Return the command or subcommand that words lead to, and what wraps its options."""
    leaf, chain = command, []
    for word in words:
        inner = [e for e in leaf.get("options", ()) if e["type"] in (kinds.SUB, kinds.GROUP)]
        leaf = next((e for e in inner if e["name"] == word), {})
        if not leaf:
            raise NotPossible(f"no {word!r} under {command['name']!r}")
        chain.append(leaf)
    if any(e["type"] in (kinds.SUB, kinds.GROUP) for e in leaf.get("options", ())):
        raise NotPossible(f"{leaf['name']!r} cannot be used alone, only what is under it")

    def wrap(options: list[Json]) -> list[Json]:
        for each in reversed(chain):
            options = [{"name": each["name"], "type": each["type"], "options": options}]
        return options

    return leaf, wrap


def _option(declared: Json, value: Given, resolved: Json, guild: Guild | None) -> Json:
    kind, name = declared["type"], declared["name"]
    if kind == kinds.STRING:
        value = _text(declared, value)
    elif kind in (kinds.INTEGER, kinds.NUMBER):
        if not isinstance(value, int if kind == kinds.INTEGER else int | float):
            raise NotPossible(f"{name!r} takes a number")
        least, most = declared.get("min_value", value), declared.get("max_value", value)
        if not least <= value <= most:
            raise NotPossible(f"{name!r} takes {least} to {most}")
    elif kind == kinds.BOOLEAN:
        if not isinstance(value, bool):
            raise NotPossible(f"{name!r} takes yes or no")
    else:
        value = resolve(value, resolved, guild)
    return {"name": name, "type": kind, "value": value}


def _text(declared: Json, value: Given) -> str:
    name = declared["name"]
    if not isinstance(value, str) or not value:
        raise NotPossible(f"{name!r} takes text")
    if declared.get("choices"):
        by_name = {each["name"]: each["value"] for each in declared["choices"]}
        value = by_name.get(value, value)
        if value not in by_name.values():
            raise NotPossible(f"{name!r} takes one of {sorted(by_name)}")
    least, most = declared.get("min_length", 0), declared.get("max_length", 6000)
    if not least <= len(value) <= most:
        raise NotPossible(f"{name!r} takes {least} to {most} characters")
    return str(value)


def resolve(value: Given, resolved: Json, guild: Guild | None) -> str:
    """Return the id of somebody or something, and add what a client tells about it."""
    if isinstance(value, Role):
        resolved.setdefault("roles", {})[str(value.id)] = objects.role(value)
    elif isinstance(value, Channel):
        shown = objects.channel(value)
        keys = ("id", "name", "type", "parent_id", "thread_metadata", "flags")
        partial = {key: shown[key] for key in keys if key in shown} | {"permissions": "0"}
        resolved.setdefault("channels", {})[str(value.id)] = partial
    else:
        user = getattr(value, "user", value)
        if not isinstance(user, User):
            raise NotPossible(f"{value!r} is nobody and nothing")
        resolved.setdefault("users", {})[str(user.id)] = objects.user(user)
        if guild is not None and user.id in guild.members:
            partial = {**objects.basic_member(guild.members[user.id]), "permissions": "0"}
            resolved.setdefault("members", {})[str(user.id)] = partial
        return str(user.id)
    return str(value.id)


def chosen(menu: Json, options: Sequence[str | Person | Channel], guild: Guild | None) -> Json:
    """Return what choosing these in a menu sends."""
    resolved: Json = {}
    if menu["type"] == components.STRINGS:
        values = [_value(menu, each) for each in options]
        return {"values": values}
    values = [resolve(each, resolved, guild) for each in options]
    return {"values": values, "resolved": resolved}


def _value(menu: Json, option: Any) -> str:  # noqa: ANN401 - a label or value
    for each in menu["options"]:
        if option in (each["label"], each["value"]):
            return str(each["value"])
    raise NotPossible(f"no {option!r} among {[each['label'] for each in menu['options']]}")


_ENTITIES = (components.USERS, components.ROLES, components.MENTIONABLES, components.CHANNELS)


def form(
    modal: Json, values: Mapping[str, Any], resolved: Json, guild: Guild | None
) -> dict[str, Any]:
    """Return the value of each field by custom id; what is not filled in keeps its default.

    Args:
        resolved: gets what a client tells about people, roles and channels that are chosen.
    """
    fields = modals.fields(modal)
    names = {*fields, *(each["custom_id"] for each in fields.values())}
    if unknown := set(values) - names:
        raise NotPossible(f"no such fields: {sorted(unknown)}; there are {sorted(fields)}")
    found = {}
    for label, field in fields.items():
        value = values.get(label, values.get(field["custom_id"]))
        if field["type"] in _ENTITIES:
            chosen_ = [] if value is None else value if isinstance(value, list) else [value]
            if field.get("required") is not False and not chosen_:
                raise NotPossible(f"{label!r} is required")
            found[field["custom_id"]] = [resolve(each, resolved, guild) for each in chosen_]
            continue
        found[field["custom_id"]] = _field(label, field, value)
    return found


def _field(label: str, field: Json, value: Any) -> Any:  # noqa: ANN401 - text, truth or a list
    required = field.get("required") is not False
    if field["type"] == modals.INPUT:
        text = str(field.get("value") or "") if value is None else value
        if required and not text:
            raise NotPossible(f"{label!r} is required")
        least, most = field.get("min_length") or 0, field.get("max_length") or 4000
        if text and not least <= len(text) <= most:
            raise NotPossible(f"{label!r} takes {least} to {most} characters")
        return text
    if field["type"] == modals.UPLOAD:
        if required and not value:
            raise NotPossible(f"{label!r} is required")
        return value or []
    if field["type"] == modals.CHECKBOX:
        return bool(field.get("default")) if value is None else bool(value)
    preset = [each["value"] for each in field.get("options", ()) if each.get("default")]
    listed = preset if value is None else [value] if isinstance(value, str) else list(value)
    values = [_value(field, each) for each in listed]
    if required and not values:
        raise NotPossible(f"{label!r} is required")
    if field["type"] == modals.RADIO:
        return values[0] if values else None
    if len(values) > (field.get("max_values") or (10 if field["type"] == 22 else 1)):
        raise NotPossible(f"too many for {label!r}")
    return values
