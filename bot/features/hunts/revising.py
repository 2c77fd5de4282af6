"""A community's own edition of a hunt: shown to a moderator, changed, and kept if it is a hunt.

Each change is an edition of its own, so those who are in the middle finish the one that they began.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from bot.core.actions import Choice
from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.turn import Turn
from bot.features.hunts.editions import MODEL, Edition, Editions, body_of, digest_of, lacking
from storage.hunts import HuntRows

TITLE, LIMIT, SIGN = 60, 1500, 16  # characters
MINUTES = 240
_STEPS = 20


class Revising:
    """Shows a hunt, and keeps it changed."""

    def __init__(self, editions: Editions) -> None:
        """Work on these hunts."""
        self.editions = editions

    def show(self, turn: Turn, edition: Edition) -> None:
        """Show a hunt's steps, and what else can be changed."""
        hunt = edition.hunt
        titles = [in_locale(step.title, turn.locale) for step in hunt.steps]
        choices = [
            Choice(f"step:{step.id}", f"{number}. {title}", None, ())
            for number, (step, title) in enumerate(zip(hunt.steps, titles, strict=True), 1)
        ]
        choices.append(turn.choice("heading", "choice_edit_hunt"))
        if len(hunt.steps) < _STEPS:
            choices.append(turn.choice("add", "choice_add_step"))
        if edition.own:
            choices.append(turn.choice("back", "choice_as_shipped"))
        choices.append(turn.choice("no", "choice_not_now"))
        turn.ask(
            "hunting.step",
            "hunt_shown",
            choices,
            about={"hunt": hunt.id},
            title=in_locale(hunt.title, turn.locale),
            version=hunt.version,
            own=edition.own,
        )

    def body(self, turn: Turn, about: Mapping[str, Any]) -> dict[str, Any]:
        """Return a hunt as plain data, to be changed; raise `BadInput` where it is gone."""
        edition = self.editions.on_offer(turn).get(str(about["hunt"]))
        if edition is None:
            raise BadInput("hunt_gone")
        return copy.deepcopy(body_of(edition.hunt))

    def change(
        self, turn: Turn, about: Mapping[str, Any], change: Callable[[dict[str, Any]], None]
    ) -> None:
        """Keep a changed hunt, if it is one; every edition has a number of its own."""
        body = self.body(turn, about)
        change(body)
        body["version"] += 1
        try:
            hunt = MODEL.model_validate(body)
        except ValidationError as error:
            if any(each["loc"][-1] == "emoji" for each in error.errors()):
                raise BadInput("sign_unusable") from error
            raise BadInput("words_unusable", limit=LIMIT, title=TITLE) from error
        kept = body_of(hunt)
        turn.rows(HuntRows).keep(turn.community.id, digest_of(kept), kept, own=True)
        turn.say("edition_kept", version=hunt.version)
        changed = next((each for each in hunt.steps if each.id == about.get("step")), None)
        if changed is not None and lacking(turn, changed) == "answer":
            turn.say("words_not_there", title=in_locale(changed.title, turn.locale))
        self.show(turn, Edition(digest_of(kept), hunt, own=True))
