"""JSON that nobody else changes."""

from __future__ import annotations

from typing import Any


def copied(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a copy that nobody else changes."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    if isinstance(value, list):
        return [copied(each) for each in value]
    return value
