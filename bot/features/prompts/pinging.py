"""Whom a prompt may mention: nobody, unless a moderator allows it for that prompt."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import EVERYONE, Choice
from bot.core.errors import BadInput
from bot.core.turn import Answer, Turn
from bot.features.prompts.cards import shown
from bot.features.prompts.coming import Coming, Library, ping_for, with_payload
from bot.features.prompts.posting import Postings, mentioned

_ROLES = 20


class Pinging:
    """What `/keeper prompt ping` does."""

    def __init__(self, library: Library, postings: Postings) -> None:
        """Allow it for what comes next of these."""
        self.library = library
        self.postings = postings

    def ask(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Ask whom the next prompt may mention."""
        coming = self._next(turn)
        if coming is None:
            raise BadInput("nothing_scheduled")
        choices = [turn.choice("nobody", "choice_ping_nobody"), *self._people(turn)]
        turn.ask(
            "prompts.ping",
            "ask_ping",
            choices,
            about=_about(coming),
            at=coming.at.astimezone(ZoneInfo(coming.plan.zone)),
            title=shown(turn, coming.card).title,
            now=mentioned(turn, ping_for(turn, coming.plan, coming.at, coming.card.id)),
            by_role=turn.has_roles,
        )

    def _people(self, turn: Turn) -> list[Choice]:
        choices = [turn.choice(EVERYONE, "choice_ping_everyone")]
        if turn.has_roles:
            choices += [
                turn.choice(role.id, "choice_ping_role", role=role.name)
                for role in turn.community.known_roles[:_ROLES]
            ]
        return choices

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Keep the permission for that prompt on that date, or take it back."""
        coming = self._next(turn)
        if coming is None or _about(coming) != dict(answer.about):
            raise BadInput("choose_too_late")
        who = None if answer.choice == "nobody" else {**_about(coming), "who": answer.choice}
        turn.plan(with_payload(coming.plan, ping=who))
        after = self._next(turn)
        assert after is not None
        self.postings.preview_coming(turn, after)

    def _next(self, turn: Turn) -> Coming | None:
        return next(iter(self.library.upcoming(turn, 1)), None)


def _about(coming: Coming) -> dict[str, Any]:
    return {"at": coming.at.isoformat(), "prompt": coming.card.id}
