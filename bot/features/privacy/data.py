"""Seeing all that is kept of oneself, and having it erased at once."""

import json
from collections.abc import Mapping
from typing import Any

from bot.core.actions import Say
from bot.core.markup import Markdown, escape
from bot.core.turn import Answer, Turn
from storage.erasing import Erasing


def show(turn: Turn, options: Mapping[str, str]) -> None:
    """Show everything, as text or as JSON."""
    held = turn.rows(Erasing).export(turn.subject)
    if options.get("form") == "json":
        text = json.dumps(held, ensure_ascii=False, indent=2).replace("```", "'''")
        turn.say("data_json", text=Markdown(text))
        return
    choices = [turn.choice("json", "choice_json"), turn.choice("end", "choice_end")]
    parts = [(heading, Markdown(_listed(rows))) for heading, rows in held.items()]
    turn.ask("data.shown", "data", choices, parts=parts)


def shown(turn: Turn, answer: Answer) -> None:
    """Give the JSON as well, or not."""
    if answer.choice == "json":
        show(turn, {"form": "json"})
    else:
        turn.say("data_end")


def ask_forget(turn: Turn, _options: Mapping[str, str]) -> None:
    """Say first what goes and what stays."""
    choices = [turn.choice("forget", "choice_forget"), turn.choice("keep", "choice_keep")]
    turn.ask("forgetting.sure", "ask_forget", choices)


def forget(turn: Turn, answer: Answer) -> None:
    """Erase somebody at once, and tell them; the last message is kept for nobody."""
    if answer.choice != "forget":
        turn.say("not_forgotten")
        return
    goodbye = turn.text("forgotten")
    to = turn.me
    turn.rows(Erasing).erase(turn.subject)
    turn.forget_subject()
    turn.do(Say(key=turn.new_id(), to=to, text=goodbye))


def _listed(rows: list[dict[str, Any]]) -> str:
    return "\n".join(
        "- " + "; ".join(f"{escape(name)}: {_shown(value)}" for name, value in row.items())
        for row in rows
    )


def _shown(value: object) -> str:
    plain = isinstance(value, str | int | float)
    text = str(value) if plain else json.dumps(value, ensure_ascii=False)
    return escape(text).replace("\n", " ")
