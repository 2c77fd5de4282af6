"""The moderator's side: prompts of the community's own, each with its history."""

import re
from collections.abc import Mapping
from typing import Any

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.markup import Markdown
from bot.core.turn import Answer, Turn
from bot.engine.words import TemplateMistake, check_template
from bot.features.prompts import hands
from bot.features.prompts.cards import SUGGESTED, own_card, title_of
from bot.features.prompts.coming import Library
from bot.features.prompts.content import VARIABLES
from bot.features.prompts.overview import waiting_own
from bot.features.prompts.posting import Postings
from storage.prompts import Prompt, PromptRows

TEXT = 2000
_HISTORY = 20  # wordings that are remembered of one prompt


class Moderating:
    """What `/keeper prompt add`, `edit`, `remove` and `preview` do."""

    def __init__(self, library: Library, postings: Postings) -> None:
        """Work on these prompts."""
        self.library = library
        self.postings = postings

    def add(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Take a prompt of the community's own."""
        if options.get("text"):
            self._keep(turn, options["text"])
        else:
            turn.ask_form(
                "prompts.add",
                "ask_text",
                [self._field(turn)],
                choices=[turn.choice("no", "choice_cancel")],
                variables=list(VARIABLES),
            )

    def added(self, turn: Turn, answer: Answer) -> None:
        """Keep the prompt that was typed, or leave it."""
        if answer.choice:
            turn.say("cancelled")
        else:
            self._keep(turn, answer.text)

    def _keep(self, turn: Turn, text: str) -> None:
        row = new_own(turn, text, author=turn.subject)
        turn.say("added", number=len(waiting_own(turn)))
        self.postings.preview(turn, own_card(row, turn.rows(PromptRows).texts(row)))

    def edit(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Change a prompt of the community's own that was not posted yet."""
        row = self._numbered(turn, options)
        if options.get("text"):
            self._change(turn, row, options["text"])
            return
        texts = turn.rows(PromptRows).texts(row)
        before = [each["text"] for each in texts.get("history", [])][-3:]
        turn.ask_form(
            "prompts.edit",
            "ask_edit",
            [self._field(turn)],
            choices=[turn.choice("no", "choice_cancel")],
            about={"prompt": row.id, "revision": len(texts.get("history", []))},
            text=Markdown(_quoted(texts["text"])),
            before=[Markdown(_quoted(each)) for each in before],
        )

    def edited(self, turn: Turn, answer: Answer) -> None:
        """Keep the new wording; where somebody else was faster, theirs is in the history."""
        if answer.choice:
            turn.say("unchanged")
            return
        waiting = {row.id: row for row in waiting_own(turn)}
        row = waiting.get(str(answer.about["prompt"]))
        if row is None:
            raise BadInput("edit_too_late", text=Markdown(_quoted(answer.text)))
        history = turn.rows(PromptRows).texts(row).get("history", [])
        self._change(turn, row, answer.text)
        if len(history) != answer.about["revision"]:
            turn.say("edited_by_two")

    def _change(self, turn: Turn, row: Prompt, text: str) -> None:
        if row.kind == SUGGESTED:
            raise BadInput("edit_suggested")
        check_text(text)
        change(turn, row, text)
        turn.say("edited")
        self.postings.preview(turn, own_card(row, turn.rows(PromptRows).texts(row)))

    def remove(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Take a prompt of the community's own away."""
        row = self._numbered(turn, options)
        rows = turn.rows(PromptRows)
        row.state = "removed"
        rows.save(row)
        turn.say("removed", title=title_of(str(rows.texts(row)["text"])))

    def preview(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show the next prompt exactly as it will look."""
        coming = self.library.upcoming(turn, 1)
        if not coming:
            raise BadInput("nothing_scheduled")
        self.postings.preview_coming(turn, coming[0])

    def _field(self, turn: Turn) -> Field:
        return Field("text", turn.text("field_text"), limit=TEXT, required=True)

    def _numbered(self, turn: Turn, options: Mapping[str, str]) -> Prompt:
        waiting = waiting_own(turn)
        number = options.get("number", "")
        if not number.isdecimal() or not 1 <= int(number) <= len(waiting):
            raise BadInput("number_unknown", count=len(waiting))
        return waiting[int(number) - 1]


def new_own(
    turn: Turn,
    text: str,
    *,
    kind: str = "own",
    base: str = "",
    author: str | None = None,
    template: bool = True,
) -> Prompt:
    """Keep a prompt of the community's own, the last in their order.

    Raises: `BadInput` for a template outside the subset.
    """
    if template:
        check_text(text)
    rows = turn.rows(PromptRows)
    position = max((each.position for each in rows.own(turn.community.id)), default=-1) + 1
    row = Prompt(
        id=turn.new_id(),
        community_id=turn.community.id,
        author_id=author,
        kind=kind,
        state="approved",
        position=position,
        texts=b"",
    )
    texts: dict[str, Any] = {"title": title_of(text), "text": text}
    rows.add(row, {**texts, "base": base} if base else texts)
    return row


def change(turn: Turn, row: Prompt, text: str) -> None:
    """Give a prompt another wording; the one before stays in its history."""
    rows = turn.rows(PromptRows)
    texts = rows.texts(row)
    was = {"at": turn.now.isoformat(), "text": texts["text"]}
    history = [*texts.get("history", []), was][-_HISTORY:]
    rows.save(row, {**texts, "title": title_of(text), "text": text, "history": history})


def check_text(text: str) -> None:
    """Refuse a template outside the subset, or a show of hands that cannot be shown, while its
    author is there to mend it.
    """
    try:
        check_template(text, VARIABLES)
    except TemplateMistake as mistake:
        raise BadInput(f"engine/{mistake.reason}", part=mistake.part) from mistake
    hands.check(text)


def _quoted(text: str) -> str:
    """Show what a moderator typed as it was typed, not as it will look."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
