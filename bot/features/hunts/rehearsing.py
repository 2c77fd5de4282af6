"""Walking a hunt as a newcomer would, in private: `keeper hunt rehearse`.

Where one is stands in the open question alone, which is deleted when it is answered: nothing is
kept, nobody is waited for, and no room hears of it.
"""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import Choice
from bot.core.content import in_locale
from bot.core.markup import Markdown
from bot.core.turn import Answer, Turn
from bot.features.hunts import deeds
from bot.features.hunts.editions import Edition, Editions, walkable
from bot.features.hunts.steps import CharterWord, React, Riddle, Step


class Rehearsing:
    """A walk that leaves no trace."""

    def __init__(self, editions: Editions) -> None:
        """Walk these hunts."""
        self.editions = editions

    def begin(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Begin the hunt that is named, or ask which."""
        hunts = self.editions.on_offer(turn)
        if (id_ := options.get("hunt", "").strip()) in hunts:
            self._start(turn, hunts[id_])
            return
        choices = [
            Choice(id_, in_locale(each.hunt.title, turn.locale), None, (id_,))
            for id_, each in hunts.items()
        ]
        choices.append(turn.choice("no", "choice_not_now"))
        turn.ask("rehearsal.choose", "ask_rehearsal", choices)

    def chosen(self, turn: Turn, answer: Answer) -> None:
        """Begin the hunt that was chosen."""
        edition = self.editions.on_offer(turn).get(answer.choice)
        if edition is None:
            turn.say("rehearsal_over")
        else:
            self._start(turn, edition)

    def _start(self, turn: Turn, edition: Edition) -> None:
        left_out = len(edition.hunt.steps) - len(walkable(turn, edition.hunt))
        turn.say("rehearsal_begins", left_out=left_out)
        self._present(turn, {"hunt": edition.hunt.id, "step": 0, "hints": 0})

    def _present(self, turn: Turn, at: dict[str, Any], words: str = "step") -> None:
        edition = self.editions.on_offer(turn).get(str(at["hunt"]))
        steps = walkable(turn, edition.hunt) if edition else []
        if edition is None or at["step"] >= len(steps):
            self._end(turn, edition, steps)
            return
        step = steps[at["step"]]
        texts = [*step.hints, step.answer]
        values = {
            "number": at["step"] + 1,
            "count": len(steps),
            "title": in_locale(step.title, turn.locale),
            "text": Markdown(in_locale(step.text, turn.locale)),
            "hint": Markdown(in_locale(texts[at["hints"] - 1], turn.locale) if at["hints"] else ""),
            "room": deeds.room_name(turn, step),
            "unmarkable": isinstance(step, React) and not turn.reachable,
        }
        choices = deeds.choices(turn, step, at["hints"])
        field = deeds.field(turn, step)
        if field is not None:
            turn.ask_form("rehearsal.step", words, [field], choices=choices, about=at, **values)
        else:
            turn.ask("rehearsal.step", words, choices, to=turn.me, about=at, **values)

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Go on as a newcomer would; what leads elsewhere is only told."""
        at = dict(answer.about)
        step = self._step(turn, at)
        match answer.choice:
            case "pause":
                turn.say("rehearsal_over")
                return
            case "hint" if step is not None:
                at["hints"] = min(at["hints"] + 1, len(step.hints) + 1)
                self._present(turn, at, "hint")
                return
            case "" if isinstance(step, CharterWord | Riddle) and not deeds.accepts(
                step, answer.text
            ):
                self._present(turn, at, "not_this_word")
                return
            case "settings" | "introduce" | "buddy" | "words" as way:
                turn.say("rehearsal_way", way=turn.text(f"choice_{way}"))
            case "skip":
                turn.say("step_skipped")
            case _:
                turn.say("step_done")
        self._present(turn, {**at, "step": at["step"] + 1, "hints": 0})

    def _step(self, turn: Turn, at: Mapping[str, Any]) -> Step | None:
        edition = self.editions.on_offer(turn).get(str(at["hunt"]))
        steps = walkable(turn, edition.hunt) if edition else []
        return steps[at["step"]] if at["step"] < len(steps) else None

    def _end(self, turn: Turn, edition: Edition | None, steps: list[Step]) -> None:
        title = in_locale(edition.hunt.title, turn.locale) if edition else ""
        places = [in_locale(step.place, turn.locale) for step in steps]
        turn.say("rehearsal_end", title=title, places=places)
