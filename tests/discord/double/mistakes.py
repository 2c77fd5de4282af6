"""What is wrong with a body, collected while it is read."""

from __future__ import annotations

from typing import Any

from tests.discord.double.errors import InvalidBody, Path


class Mistakes:
    """The mistakes of one body; `raise_any` refuses it where there are some.

    Args:
        within: where in the body that was sent all of this is.
    """

    def __init__(self, within: Path = ()) -> None:
        """Begin with none."""
        self.within = within
        self.found: dict[Path, list[tuple[str, str]]] = {}

    def add(self, path: Path, code: str, message: str) -> None:
        """Note a mistake at a place."""
        self.found.setdefault((*self.within, *path), []).append((code, message))

    def raise_any(self) -> None:
        """Refuse the body."""
        if self.found:
            raise InvalidBody(self.found)

    def required(self, path: Path, value: Any) -> bool:  # noqa: ANN401 - any JSON
        """Note where something is missing; return whether it is there."""
        if value is None:
            self.add(path, "BASE_TYPE_REQUIRED", "This field is required")
        return value is not None

    def text(self, path: Path, value: Any, most: int, least: int = 0) -> None:  # noqa: ANN401
        """Note a text that is none, or too long or too short."""
        if value is None and least == 0:
            return
        if not self.required(path, value):
            return
        if not isinstance(value, str):
            self.add(path, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
        elif least and not least <= len(value) <= most:
            message = f"Must be between {least} and {most} in length."
            self.add(path, "BASE_TYPE_BAD_LENGTH", message)
        elif len(value) > most:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def number(self, path: Path, value: Any, least: int, most: int) -> None:  # noqa: ANN401
        """Note a number that is none, or out of range."""
        if value is None:
            return
        if not isinstance(value, int) or isinstance(value, bool):
            self.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value < least:
            message = f"int value should be greater than or equal to {least}."
            self.add(path, "NUMBER_TYPE_MIN", message)
        elif value > most:
            message = f"int value should be less than or equal to {most}."
            self.add(path, "NUMBER_TYPE_MAX", message)

    def several(self, path: Path, value: Any, most: int, least: int = 0) -> list[Any]:  # noqa: ANN401
        """Return a list; note where it is none, or too long or too short."""
        if value is None and least == 0:
            return []
        if not isinstance(value, list):
            self.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if not least <= len(value) <= most:
            message = f"Must be between {least} and {most} in length."
            self.add(path, "BASE_TYPE_BAD_LENGTH", message)
        return value

    def one_of(self, path: Path, value: Any, allowed: tuple[Any, ...]) -> bool:  # noqa: ANN401
        """Note what is none of the allowed values; return whether it is one."""
        if value in allowed:
            return True
        listed = ", ".join(map(str, allowed))
        self.add(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
        return False
