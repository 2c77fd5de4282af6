"""Keeping a thought, and looking back at one's own words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import Field, File
from bot.core.features import ThoughtOffered
from bot.core.markup import to_plain
from bot.core.turn import Answer, Turn
from bot.features.reflection.rhythm import Rhythm
from bot.features.reflection.telling import has_to_tell, tell_once
from storage.reflection import Thought, Thoughts

LIMIT = 4000
_PAGE = 5
_OFFER_AFTER = 2  # "a rhythm is offered only after a second thought was kept" (PRODUCT.md)


class Keeping:
    """Thoughts, kept for their author."""

    def __init__(self, rhythm: Rhythm) -> None:
        """Offer this rhythm to whoever keeps thoughts."""
        self.rhythm = rhythm

    def now(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Keep a thought; without a text, ask for it."""
        if options.get("text") and not has_to_tell(turn):
            self._keep(turn, {"text": options["text"]})
        else:
            # What was typed before the member was told who can see it is not kept.
            self._ask(turn, about="")

    def offered(self, turn: Turn, event: ThoughtOffered) -> None:
        """Somebody wants to keep a thought about what they just read."""
        turn.say("in_private", to=turn.me)
        self._ask(turn, about=event.about)

    def _ask(self, turn: Turn, about: str) -> None:
        first = tell_once(turn)
        field = Field("text", turn.text("field_thought"), limit=LIMIT)
        choices = [turn.choice("nothing", "choice_nothing")]
        # Whatever the place of the question was, the answer is asked for in private.
        turn.ask_form(
            "reflection.thought",
            "ask_thought",
            [field],
            choices=choices,
            about={"about": about},
            first=first,
            topic=about,
            tells_encryption=True,
        )

    def thought(self, turn: Turn, answer: Answer) -> None:
        """Keep what was written; "nothing this time" is a complete answer."""
        if answer.choice:
            turn.say("nothing_this_time")
            return
        self._keep(turn, {"text": answer.text, "about": str(answer.about.get("about", ""))})

    def _keep(self, turn: Turn, body: Mapping[str, str]) -> None:
        thoughts = turn.rows(Thoughts)
        kept = {**body, "at": turn.now.isoformat()}
        thoughts.keep(turn.new_id(), turn.subject, turn.community.id, kept)
        turn.say("kept")
        count = len(thoughts.of(turn.subject, turn.community.id))
        if count >= _OFFER_AFTER:
            self.rhythm.offer(turn)

    def look_back(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show the newest of one's own words."""
        self._page(turn, 0)

    def page(self, turn: Turn, answer: Answer) -> None:
        """Turn a page, or close the book."""
        if answer.choice == "end":
            turn.say("closed")
        elif answer.choice == "whole":
            thoughts = turn.rows(Thoughts).of(turn.subject, turn.community.id)
            entries = [self._entry(turn, each) for each in thoughts]
            whole = turn.text("whole", entries=entries, name=turn.community.name)
            file = File(f"{to_plain(turn.text('whole_name'))}.txt", to_plain(whole))
            turn.say("whole_sent", count=len(entries), file=file)
        else:
            self._page(turn, int(answer.about["page"]) + (1 if answer.choice == "older" else -1))

    def _page(self, turn: Turn, page: int) -> None:
        thoughts = turn.rows(Thoughts).of(turn.subject, turn.community.id)[::-1]
        if not thoughts:
            turn.say("look_back_empty")
            return
        pages = (len(thoughts) + _PAGE - 1) // _PAGE
        page = max(0, min(page, pages - 1))
        on_page = thoughts[page * _PAGE : (page + 1) * _PAGE]
        entries = [self._entry(turn, each) for each in on_page]
        values: dict[str, Any] = {"entries": entries, "number": page + 1, "count": pages}
        choices = []
        if page < pages - 1:
            choices.append(turn.choice("older", "choice_older"))
        if page > 0:
            choices.append(turn.choice("newer", "choice_newer"))
        choices.append(turn.choice("whole", "choice_whole"))
        choices.append(turn.choice("end", "choice_close"))
        turn.ask("lookback.page", "look_back", choices, about={"page": page}, **values)

    def _entry(self, turn: Turn, thought: Thought) -> dict[str, Any]:
        body = thought.body
        return {
            "at": datetime.fromisoformat(str(body["at"])).astimezone(ZoneInfo(turn.zone)),
            "text": str(body["text"]),
            "question": str(body.get("question", "")),
            "about": str(body.get("about", "")),
            "outcome": self._outcome(turn, str(body.get("outcome", ""))),
        }

    def _outcome(self, turn: Turn, outcome: str) -> str:
        return turn.text(f"choice_{outcome}") if outcome else ""
