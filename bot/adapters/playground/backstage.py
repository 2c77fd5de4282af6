"""What the page may ask for beside the community itself; whoever stages the playground answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.core.errors import CirclekeeperError


class Refused(CirclekeeperError):
    """Something that cannot be done; `words` names the page's sentence that says why."""

    def __init__(self, words: str, **values: str) -> None:
        """Keep the sentence's name and what it shows."""
        super().__init__(words)
        self.words = words
        self.values = values


class Backstage(Protocol):
    """Time, the store, and the content that is played."""

    @property
    def languages(self) -> Sequence[Mapping[str, str]]:
        """Each with its `tag`, its `name` in itself, and the direction (`dir`) it is read in."""
        ...

    def words(self, language: str) -> Mapping[str, str]:
        """Return the page's own words, by name."""
        ...

    def commands(self, language: str) -> Sequence[Mapping[str, Any]]:
        """Return every command, with what to say of it."""
        ...

    def acted(self) -> None:
        """Let a little time pass: somebody is about to do something."""
        ...

    def wake(self) -> None:
        """Let the bot send what it has to send."""
        ...

    async def held(self, person: str) -> Mapping[str, Any]:
        """Return what the store holds about somebody, as they see it and as the host does.

        Raises: `Refused`.
        """
        ...

    async def order(self, what: str, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry an order out: to move the clock, to stop there, to begin anew, to read the content
        again.

        Raises: `Refused`.
        """
        ...
