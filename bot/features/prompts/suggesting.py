"""A member's side: suggesting a question, seeing how it stands, and having the last word on it."""

import re
from collections.abc import Mapping
from typing import Any

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.events import Undelivered
from bot.core.features import HomeItem
from bot.core.turn import Answer, Plan, Turn
from bot.features.prompts.cards import SUGGESTED, title_of
from bot.features.prompts.moderating import TEXT, new_own
from storage.conversations import Questions
from storage.prompts import PromptRows
from storage.suggestions import OPEN, Suggestion, Suggestions

NEWS = "prompts.news"
# The same may be asked by itself and upon `suggest` at one moment; either can be answered then.
_ASKED, _NEWS_ASKED = "suggest.edited", "suggestion.edited"
_FLOW = "suggest"
_MOST = 5  # that may wait at once
_NAME = 60
_SHOWN = 8
_MENTION = re.compile(r"<[@#][!&]?\w+>|<a?:\w+:\d+>|[@#!]\S+|https?://\S+")
_LETTERS = 3


class Suggesting:
    """What `/suggest` does."""

    def suggest(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Take a question; without one, tell how one's own stand, and ask for another."""
        if options.get("text"):
            self._take(turn, options["text"])
            return
        turn.keep(_FLOW, {**turn.state(_FLOW), "news": []})
        suggestions = turn.rows(Suggestions)
        mine = suggestions.of(turn.subject, turn.community.id)
        mine.sort(key=lambda row: str(suggestions.body(row).get("at", "")))
        if asked := next((row for row in mine if row.state == "asked"), None):
            self._ask_author(turn, asked, _ASKED)
            return
        listed = [self._shown(turn, row) for row in mine[-_SHOWN:]]
        waiting = [row for row in mine if row.state == "waiting"]
        choices = [
            turn.choice(row.id, "choice_take_back", title=title_of(suggestions.body(row)["text"]))
            for row in waiting
        ]
        choices.append(turn.choice("no", "choice_not_now"))
        field = Field("text", turn.text("field_question"), limit=TEXT, required=True)
        turn.ask_form("suggest.text", "suggestions", [field], choices=choices, mine=listed)

    def _shown(self, turn: Turn, row: Suggestion) -> dict[str, Any]:
        body = turn.rows(Suggestions).body(row)
        state = row.state
        if state == "approved":
            own = turn.rows(PromptRows).own(turn.community.id)
            if any(each.id == row.prompt_id and each.state == "posted" for each in own):
                state = "posted"
        reason = str(body.get("reason", "")) if state == "declined" else ""
        return {
            "title": title_of(body["text"]),
            "state": turn.text(f"state_{state}"),
            "reason": reason,
        }

    def typed(self, turn: Turn, answer: Answer) -> None:
        """Take the question that was typed, take one back, or leave it."""
        if answer.choice == "no":
            turn.say("not_suggested")
        elif answer.choice:
            self._withdraw(turn, turn.rows(Suggestions).get(answer.choice))
        else:
            # Somebody who begins with the command's word again means the command.
            self._take(turn, re.sub(r"^[/!]?suggest\s+", "", answer.text, flags=re.IGNORECASE))

    def _take(self, turn: Turn, text: str) -> None:
        if sum(map(str.isalpha, _MENTION.sub("", text))) < _LETTERS:
            raise BadInput("suggest_too_little")
        mine = turn.rows(Suggestions).of(turn.subject, turn.community.id)
        if len([row for row in mine if row.state in OPEN]) >= _MOST:
            raise BadInput("suggest_too_many", count=_MOST)
        choices = [
            turn.choice("unnamed", "choice_unnamed"),
            turn.choice("named", "choice_named"),
            turn.choice("leave", "choice_leave"),
        ]
        turn.ask("suggest.credit", "ask_credit", choices, about={"text": text}, text=text)

    def credited(self, turn: Turn, answer: Answer) -> None:
        """Keep it without a name, or ask for the name."""
        match answer.choice:
            case "named":
                field = Field("name", turn.text("field_name"), limit=_NAME, required=True)
                turn.ask_form("suggest.name", "ask_name", [field], about=answer.about)
            case "unnamed":
                self._keep(turn, str(answer.about["text"]), "")
            case _:
                turn.say("not_suggested")

    def named(self, turn: Turn, answer: Answer) -> None:
        """Keep it with the name; for an edited one, that is the author's yes."""
        name = " ".join(_MENTION.sub("", answer.text).split())
        if not name:
            raise BadInput("suggest_too_little")
        if "suggestion" not in answer.about:
            self._keep(turn, str(answer.about["text"]), name)
            return
        row = self._asked(turn, answer)
        if row is not None:
            self._agree(turn, row, name)

    def _keep(self, turn: Turn, text: str, credit: str) -> None:
        body = {"text": text, "credit": credit, "at": turn.now.isoformat()}
        turn.rows(Suggestions).add(turn.new_id(), turn.subject, turn.community.id, body)
        turn.say("suggested")

    # News, and the last word

    def due(self, turn: Turn, plan: Plan) -> None:
        """Tell an author what became of their question, or let it wait under *Start*."""
        row = turn.rows(Suggestions).get(str((plan.payload or {}).get("suggestion", "")))
        if row is None or row.state in ("waiting", "withdrawn"):
            return
        direct = turn.settings.get("reach") == "direct" and not turn.settings.get("closed")
        if not direct:
            self._wait(turn, row.id)
        elif row.state == "asked":
            if not self._is_before_them(turn, row):
                self._ask_author(turn, row, _NEWS_ASKED, gate="prompts.news")
        else:
            body = turn.rows(Suggestions).body(row)
            title, reason = title_of(body["text"]), str(body.get("reason", ""))
            words = "news_approved" if row.state == "approved" else "news_declined"
            turn.say(words, to=turn.me, gate="prompts.news", title=title, reason=reason)

    def _is_before_them(self, turn: Turn, row: Suggestion) -> bool:
        """Tell whether its author came first and is being asked: asked anew, that would close."""
        waiting = turn.rows(Questions).waiting(turn.subject)
        return any(
            each.purpose == _ASKED and each.spec["about"] == as_seen(row) for each in waiting
        )

    def _wait(self, turn: Turn, suggestion: str) -> None:
        state = turn.state(_FLOW)
        news = [*state.get("news", []), suggestion]
        turn.keep(_FLOW, {**state, "news": news[-_MOST:]})

    def undelivered(self, turn: Turn, event: Undelivered) -> None:
        """Let a question that could not reach its author wait for them."""
        question = turn.rows(Questions).get(event.key)
        if question is not None and question.purpose == _NEWS_ASKED:
            self._wait(turn, str(question.spec["about"]["suggestion"]))

    def wanted(self, turn: Turn) -> bool:
        """Tell, just before sending, whether the author is still to be written to."""
        return turn.settings.get("reach") == "direct"

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the door; news come first, and words that wait for their author's yes."""
        mine = turn.rows(Suggestions).of(turn.subject, turn.community.id)
        if turn.state(_FLOW).get("news") or any(row.state == "asked" for row in mine):
            return [HomeItem(turn.text("home_suggest_news"), "suggest", 3, True)]
        return [HomeItem(turn.text("home_suggest"), "suggest", order=40)]

    def _ask_author(
        self, turn: Turn, row: Suggestion, purpose: str, gate: str | None = None
    ) -> None:
        body = turn.rows(Suggestions).body(row)
        names = ("yes_named", "yes_unnamed", "my_words", "withdraw")
        turn.ask(
            purpose,
            "ask_edit_agreed",
            [turn.choice(each, f"choice_{each}") for each in names],
            about=as_seen(row),
            gate=gate,
            text=str(body["text"]),
            proposed=str(body["proposed"]),
            note=str(body.get("note", "")),
        )

    def edit_answered(self, turn: Turn, answer: Answer) -> None:
        """Do what the author says of the proposed words."""
        row = self._asked(turn, answer)
        if row is None:
            return
        suggestions = turn.rows(Suggestions)
        body = suggestions.body(row)
        match answer.choice:
            case "yes_named" if body.get("credit"):
                self._agree(turn, row, str(body["credit"]))
            case "yes_named":
                field = Field("name", turn.text("field_name"), limit=_NAME, required=True)
                turn.ask_form("suggest.name", "ask_name", [field], about=answer.about)
            case "yes_unnamed":
                self._agree(turn, row, "")
            case "my_words":
                row.state = "waiting"
                suggestions.save(row, {**body, "kept": True})
                turn.say("my_words_kept")
            case _:
                self._withdraw(turn, row)

    def _agree(self, turn: Turn, row: Suggestion, credit: str) -> None:
        suggestions = turn.rows(Suggestions)
        body = suggestions.body(row)
        history = [*body.get("history", []), body["text"]]
        changed = {"text": body["proposed"], "credit": credit, "edited": True, "history": history}
        approve(turn, row, {**body, **changed})
        turn.say("agreed")

    def _asked(self, turn: Turn, answer: Answer) -> Suggestion | None:
        row = turn.rows(Suggestions).get(str(answer.about["suggestion"]))
        if row is None or row.state != "asked" or row.revision != answer.about["revision"]:
            turn.say("suggestion_gone")
            return None
        return row

    def _withdraw(self, turn: Turn, row: Suggestion | None) -> None:
        if row is None or row.subject_id != turn.subject or row.state not in OPEN:
            turn.say("suggestion_gone")
            return
        row.state = "withdrawn"
        turn.rows(Suggestions).save(row)
        turn.say("taken_back")


def as_seen(row: Suggestion) -> dict[str, Any]:
    """Return which suggestion somebody is asked about, as it is now."""
    return {"suggestion": row.id, "revision": row.revision}


def approve(turn: Turn, row: Suggestion, body: Mapping[str, Any]) -> None:
    """Take a suggestion into the community's own prompts, in its author's words."""
    text = str(body["text"])
    prompt = new_own(turn, text, kind=SUGGESTED, author=row.subject_id, template=False)
    row.state, row.prompt_id = "approved", prompt.id
    turn.rows(Suggestions).save(row, body)
