"""Going through a hunt: `offered → step ⇄ hint, hint, answer → done | skipped → celebration`."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.actions import Choice, Field, SetRole
from bot.core.content import in_locale
from bot.core.features import HomeItem, SettingsSaved
from bot.core.markup import Markdown
from bot.core.turn import Answer, Turn
from bot.engine.reading import fold
from bot.features.hunts.content import CharterWord, Hunt, React, Settings, Step, Wave

_FLOW = "hunts"
_WORD_LIMIT = 200


class Hunts:
    """The hunts on offer, and everybody's way through them."""

    def __init__(self, hunts: Sequence[Hunt]) -> None:
        """Offer these hunts."""
        self.hunts = {hunt.id: hunt for hunt in hunts}

    def command(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Begin, go on, or do what a word says."""
        state = turn.state(_FLOW)
        match options.get("step"):
            case "choose":
                self._offer(turn)
            case None if not state.get("hunt"):
                self._offer(turn)
            case None:
                turn.say("goes_on")
                self._present(turn, state)
            case _ if not state.get("hunt"):
                turn.say("no_hunt")
            case word:
                self._do(turn, state, str(word))

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the door to the hunts."""
        under_way = bool(turn.state(_FLOW).get("hunt"))
        label = turn.text("home_goes_on" if under_way else "home")
        return [HomeItem(label, "hunt", order=10, waiting=under_way)]

    def _offer(self, turn: Turn) -> None:
        if not self.hunts:
            turn.say("none")
            return
        choices = [
            Choice(hunt.id, in_locale(hunt.title, turn.locale), None, (hunt.id,))
            for hunt in self.hunts.values()
        ]
        choices.append(turn.choice("no", "choice_not_now"))
        listed = [
            (in_locale(hunt.title, turn.locale), in_locale(hunt.about, turn.locale))
            for hunt in self.hunts.values()
        ]
        turn.ask("hunts.choose", "offer", choices, hunts=listed)

    def chosen(self, turn: Turn, answer: Answer) -> None:
        """Begin the hunt that was chosen."""
        if answer.choice == "no":
            turn.say("not_now")
            return
        hunt = self.hunts[answer.choice]
        state = {**turn.state(_FLOW), "hunt": hunt.id, "step": 0, "hints": 0, "did": {}}
        turn.keep(_FLOW, state)
        turn.say("begins")
        self._present(turn, state)

    # A step

    def _present(self, turn: Turn, state: dict[str, Any], words: str = "step") -> None:
        hunt = self.hunts.get(state["hunt"])
        if hunt is None or state["step"] >= len(hunt.steps):
            self._celebrate(turn, state)
            return
        step = hunt.steps[state["step"]]
        values = {
            "number": state["step"] + 1,
            "count": len(hunt.steps),
            "title": in_locale(step.title, turn.locale),
            "text": Markdown(in_locale(step.text, turn.locale)),
            "hint": self._hint(turn, step, state["hints"]),
            "room": self._room_name(turn, step),
            "unmarkable": isinstance(step, React) and not turn.reachable,
        }
        about = {"step": state["step"]}
        choices = self._choices(turn, step, state["hints"])
        if isinstance(step, CharterWord):
            field = Field("word", turn.text("field_word"), limit=_WORD_LIMIT)
            turn.ask_form("hunts.step", words, [field], choices=choices, about=about, **values)
            return
        stands = isinstance(step, React)
        key = turn.ask(
            "hunts.step", words, choices, to=turn.me, about=about, stands=stands, **values
        )
        if isinstance(step, React):
            # A hint is a new message, and the task's own still counts.
            state["messages"] = [*state.get("messages", []), key] if state["hints"] else [key]
            turn.keep(_FLOW, state)
            for message in state["messages"]:
                turn.expect("react", "hunts.deed", on=message, about=about)
        elif isinstance(step, Wave):
            room = turn.community.rooms.get(step.room)
            if room is not None:
                turn.expect("post", "hunts.deed", room=room, about=about)

    def _choices(self, turn: Turn, step: Step, hints: int) -> list[Choice]:
        choices = []
        if isinstance(step, Settings):
            choices.append(turn.choice("settings", "choice_settings"))
            choices.append(turn.choice("nothing", "choice_nothing"))
        else:
            choices.append(turn.choice("done", "choice_other_way"))
        if hints < len(step.hints) + 1:
            choices.append(turn.choice("hint", "choice_hint"))
        choices.append(turn.choice("skip", "choice_skip"))
        choices.append(turn.choice("pause", "choice_pause"))
        return choices

    def _hint(self, turn: Turn, step: Step, count: int) -> Markdown:
        texts = [*step.hints, step.answer]
        return Markdown(in_locale(texts[count - 1], turn.locale) if count else "")

    def _room_name(self, turn: Turn, step: Step) -> str:
        if not isinstance(step, Wave):
            return ""
        room = turn.community.rooms.get(step.room)
        names = {facts.room: facts.name for facts in turn.community.known_rooms}
        return names.get(room, "") if room else ""

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Take an answer, or a deed, for the step that it was asked for."""
        state = turn.state(_FLOW)
        if not state.get("hunt") or answer.about.get("step") != state["step"]:
            turn.say("step_is_past")
            return
        if answer.kind in ("react", "post"):
            self._finish_step(turn, state, "done")
        elif answer.choice:
            self._do(turn, state, answer.choice)
        else:
            self._try_word(turn, state, answer.text)

    def _do(self, turn: Turn, state: dict[str, Any], word: str) -> None:
        match word:
            case "hint":
                step = self.hunts[state["hunt"]].steps[state["step"]]
                state["hints"] = min(state["hints"] + 1, len(step.hints) + 1)
                turn.keep(_FLOW, state)
                self._present(turn, state, "hint")
            case "pause":
                turn.drop_questions("hunts")
                turn.say("paused")
            case "settings":
                turn.run("my settings")
            case "skip":
                self._finish_step(turn, state, "skipped")
            case _:
                self._finish_step(turn, state, "done")

    def _try_word(self, turn: Turn, state: dict[str, Any], text: str) -> None:
        step = self.hunts[state["hunt"]].steps[state["step"]]
        assert isinstance(step, CharterWord)
        accepted = {fold(word) for words in step.answers.values() for word in words}
        if fold(text).strip(" .,;:!?\"'«»“”()") in accepted:
            self._finish_step(turn, state, "done")
        else:
            self._present(turn, state, "not_this_word")

    def settings_saved(self, turn: Turn, _event: SettingsSaved) -> None:
        """A saved setting is what a settings step waits for."""
        state = turn.state(_FLOW)
        hunt = self.hunts.get(state.get("hunt", ""))
        if hunt is not None and isinstance(hunt.steps[state["step"]], Settings):
            self._finish_step(turn, state, "done")

    def _finish_step(self, turn: Turn, state: dict[str, Any], how: str) -> None:
        hunt = self.hunts[state["hunt"]]
        step = hunt.steps[state["step"]]
        turn.drop_questions("hunts")
        state["did"] = {**state["did"], step.id: how}
        state["step"] += 1
        state["hints"] = 0
        turn.keep(_FLOW, state)
        if state["step"] >= len(hunt.steps):
            self._celebrate(turn, state)
            return
        turn.say("step_done" if how == "done" else "step_skipped", to=turn.me)
        self._present(turn, state)

    # The end

    def _celebrate(self, turn: Turn, state: dict[str, Any]) -> None:
        """Celebrate in private; what was skipped counts as finished, and nobody hears of it."""
        hunt = self.hunts.get(state["hunt"])
        finished = [*state.get("finished", []), state["hunt"]]
        turn.keep(_FLOW, {"finished": finished})
        places = [in_locale(step.place, turn.locale) for step in hunt.steps] if hunt else []
        title = in_locale(hunt.title, turn.locale) if hunt else ""
        choices = [turn.choice("start", "choice_home"), turn.choice("enough", "choice_enough")]
        turn.ask("hunts.end", "celebration", choices, to=turn.me, title=title, places=places)
        room = turn.community.rooms.get("newcomers")
        if hunt is not None and hunt.role and room is not None:
            turn.do(SetRole(key=turn.new_id(), to=room, member=turn.member, role=hunt.role))

    def end(self, turn: Turn, answer: Answer) -> None:
        """Go home, or have enough for today."""
        if answer.choice == "start":
            turn.run("start")
        else:
            turn.say("enough")
