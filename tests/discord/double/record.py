"""What stood when: a log that is only appended to, for assertions about what happened once.

Each entry has `at`, `what` (message, edit, delete, react, unreact, pin, unpin, thread, role,
unrole, answer, fail …) and what belongs to it; ids are texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tests.discord.double.clock import Clock

Entry = dict[str, Any]


class Record:
    """The log, in memory and, where a file is named, there too, line by line."""

    def __init__(self, clock: Clock, file: Path | None = None) -> None:
        """Begin empty, or go on with the file."""
        self.entries: list[Entry] = []
        self._clock = clock
        self._file: IO[bytes] | None = file.open("ab") if file is not None else None

    def note(self, what: str, **more: Any) -> None:  # noqa: ANN401 - whatever JSON takes
        """Append what happened."""
        entry: Entry = {"at": self._clock.time(), "what": what, **more}
        self.entries.append(entry)
        if self._file is not None:
            self._file.write(json.dumps(entry).encode() + b"\n")
            self._file.flush()

    def all(self, what: str, **wanted: Any) -> list[Entry]:  # noqa: ANN401
        """Return the entries of a kind in which these values stand."""
        return [each for each in self._of(what) if wanted.items() <= each.items()]

    def _of(self, what: str) -> Iterator[Entry]:
        return (each for each in self.entries if each["what"] == what)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
