"""Seeing all that is kept of oneself, and having it erased at once."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.actions import File
from bot.core.markup import Markdown, to_plain
from bot.core.turn import Answer, Turn
from bot.engine.erasing import erase
from storage.erasing import Erasing

_IN_A_MESSAGE = 3000  # characters; what is longer comes as a file


def show(turn: Turn, options: Mapping[str, str]) -> None:
    """Show everything, as text or as JSON."""
    held = turn.rows(Erasing).export(turn.subject)
    if options.get("form") == "json":
        text = json.dumps(held, ensure_ascii=False, indent=2)
        if len(text) > _IN_A_MESSAGE:
            file = File(f"{to_plain(turn.text('data_name'))}.json", text)
            turn.say("data_file", file=file)
        else:
            turn.say("data_json", text=Markdown(text.replace("```", "'''")))
        return
    choices = [turn.choice("json", "choice_json"), turn.choice("end", "choice_end")]
    names = turn.rows(Erasing).community_names()
    turn.ask(
        "data.shown",
        "data",
        choices,
        identity=held.get("identity", [{}])[0],
        communities=[names[each["community"]] for each in held.get("communities", [])],
        flows=[
            turn.text(f"flow_{each}")
            for each in sorted({each["flow"] for each in held.get("conversations", [])})
        ],
        thoughts=[{**each, "at": _day(each["at"])} for each in held.get("thoughts", [])],
        receipts=[{**each, "at": _day(each["at"])} for each in held.get("acknowledgements", [])],
        schedules=[_day(each["next"]) for each in held.get("schedules", []) if each["next"]],
        prompts=[each["text"] for each in held.get("prompts", [])],
        given=[
            *((each["word"], each["meaning"]) for each in held.get("words", [])),
            *(
                ("", each["text"])
                for heading in ("clues", "charter questions", "charter answers", "proposals")
                for each in held.get(heading, [])
            ),
            *(
                (each["about"], each.get("text") or each.get("heard", ""))
                for heading in (
                    "words in the notebook",
                    "questions to the notebook",
                    "harvests written",
                )
                for each in held.get(heading, [])
            ),
        ],
        saved=[each["word"] for each in held.get("saved words", [])],
        buddies=[each["name"] for each in held.get("buddies", [])],
        voices=sum(
            len(each["state"]) for each in held.get("conversations", []) if each["flow"] == "voices"
        ),
        greetings=[each["name"] for each in held.get("welcome by name", [])],
        wishes=len(held.get("buddy wishes", [])),
        suggestions=[each["text"] for each in held.get("suggestions", [])],
        questions=len(held.get("questions", [])),
        messages=len(held.get("messages", [])),
    )


def shown(turn: Turn, answer: Answer) -> None:
    """Give the JSON as well, or not."""
    if answer.choice == "json":
        show(turn, {"form": "json"})
    else:
        turn.say("data_end")


def ask_forget(turn: Turn, _options: Mapping[str, str]) -> None:
    """Say first what goes and what stays."""
    # A bare no is one, whatever else is open.
    keep = replace(turn.choice("keep", "choice_keep"), words=("keep", "no", "non"))
    turn.ask("forgetting.sure", "ask_forget", [turn.choice("forget", "choice_forget"), keep])


def forget(turn: Turn, answer: Answer) -> None:
    """Erase somebody at once, and tell them; the last message is kept for nobody."""
    if answer.choice != "forget":
        turn.say("not_forgotten")
        return
    turn.say("forgotten", to=turn.me)
    erase(turn)


def _day(moment: str) -> datetime:
    return datetime.fromisoformat(moment)
