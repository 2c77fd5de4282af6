"""Reading what somebody brings from another community: it may hold anything."""

from collections.abc import Collection, Mapping
from typing import Any

from bot.core.errors import BadInput

_SHOWN = 40


def known_keys(part: Mapping[str, Any], keys: Collection[str]) -> None:
    """Refuse a key that is none of these."""
    for key in part:
        if key not in keys:
            raise BadInput("community/import_key", key=str(key)[:_SHOWN], known=list(keys))


def listed(part: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the entries under a key; none where it is not there."""
    value = part.get(key) or []
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise unusable(key, value)
    return value


def text_of(part: Mapping[str, Any], key: str, limit: int) -> str:
    """Return the text under a key, of one to `limit` characters."""
    value = part.get(key)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= limit:
        raise unusable(key, value)
    return value.strip()


def unusable(key: str, value: object) -> BadInput:
    """Return what is to be raised for a value that cannot be taken in."""
    return BadInput("community/import_value", key=key, value=str(value)[:_SHOWN])
