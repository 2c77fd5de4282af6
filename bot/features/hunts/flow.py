"""Going through a hunt: `offered → step ⇄ hint, hint, answer → done | skipped → celebration`."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.actions import Choice, SetRole
from bot.core.content import in_locale
from bot.core.features import (
    HomeItem,
    Introduced,
    IntroductionOffered,
    SettingsSaved,
    WordSaved,
)
from bot.core.markup import Markdown
from bot.core.turn import Answer, Turn
from bot.features.hunts import deeds
from bot.features.hunts.buddies import Buddies
from bot.features.hunts.clues import Clues
from bot.features.hunts.content import Hunt
from bot.features.hunts.editions import Editions, walkable
from bot.features.hunts.steps import (
    CharterWord,
    Introduce,
    MeetABuddy,
    React,
    ReadAndKeep,
    Riddle,
    SaveAWord,
    Settings,
    Step,
)

_FLOW = "hunts"
_KEPT = ("finished", "lines")  # what stays of a hunt when it is over


class Hunts:
    """The hunts on offer, and everybody's way through them."""

    def __init__(self, hunts: Sequence[Hunt]) -> None:
        """Offer these hunts."""
        self.editions = Editions(hunts)
        self.buddies = Buddies(self._buddy_is_looked_for)
        self.clues = Clues()

    def command(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Begin, go on, or do what a word says."""
        state = turn.state(_FLOW)
        match options.get("step"):
            case "choose":
                self._offer(turn)
            case "buddy":
                self.buddies.page(turn)
            case "met":
                self.buddies.met(turn)
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
        """Return the doors to the hunts, and to one's buddy."""
        under_way = bool(turn.state(_FLOW).get("hunt"))
        label = turn.text("home_goes_on" if under_way else "home")
        return [HomeItem(label, "hunt", order=10, waiting=under_way), *self.buddies.home(turn)]

    def _offer(self, turn: Turn) -> None:
        hunts = [each.hunt for each in self.editions.on_offer(turn).values()]
        if not hunts:
            turn.say("none")
            return
        choices = [
            Choice(hunt.id, in_locale(hunt.title, turn.locale), None, (hunt.id,)) for hunt in hunts
        ]
        choices.append(turn.choice("no", "choice_not_now"))
        listed = [
            (in_locale(hunt.title, turn.locale), hunt.minutes, in_locale(hunt.about, turn.locale))
            for hunt in hunts
        ]
        turn.ask("hunts.choose", "offer", choices, hunts=listed)

    def chosen(self, turn: Turn, answer: Answer) -> None:
        """Begin the hunt that was chosen, as it is now."""
        if answer.choice == "no":
            turn.say("not_now")
        else:
            self._begin(turn, answer.choice)

    def _begin(self, turn: Turn, id_: str) -> None:
        edition = self.editions.on_offer(turn).get(id_)
        steps = walkable(turn, edition.hunt) if edition else []
        if edition is None or not steps:
            turn.say("not_here_now")
            return
        self.editions.begun(turn, edition)
        state = {
            **_lasting(turn.state(_FLOW)),
            "hunt": edition.hunt.id,
            "edition": edition.digest,
            "steps": [step.id for step in steps],
            "step": 0,
            "hints": 0,
            "did": {},
        }
        turn.keep(_FLOW, state)
        turn.say("begins", clue=self.clues.one(turn, edition.hunt.id))
        self._present(turn, state)

    # A step

    def _steps(self, turn: Turn, state: dict[str, Any]) -> list[Step]:
        """Return the steps of the hunt that somebody is on, in the edition that they began."""
        hunt = self.editions.of(turn, state)
        if hunt is None:
            return []
        if "steps" not in state:  # begun before editions were kept: go on after what was done
            left = [step.id for step in hunt.steps if step.id not in state["did"]]
            state.update(steps=[*state["did"], *left], step=len(state["did"]))
        known = {step.id: step for step in hunt.steps}
        return [known[id_] for id_ in state["steps"] if id_ in known]

    def _current(self, turn: Turn, state: dict[str, Any]) -> Step | None:
        steps = self._steps(turn, state)
        return steps[state["step"]] if state["step"] < len(steps) else None

    def _present(self, turn: Turn, state: dict[str, Any], words: str = "step") -> None:
        steps = self._steps(turn, state)
        if state["step"] >= len(steps):
            self._celebrate(turn, state)
            return
        step = steps[state["step"]]
        values = {
            "number": state["step"] + 1,
            "count": len(steps),
            "title": in_locale(step.title, turn.locale),
            "text": Markdown(in_locale(step.text, turn.locale)),
            "hint": self._hint(turn, step, state["hints"]),
            "room": deeds.room_name(turn, step),
            "unmarkable": isinstance(step, React) and not turn.reachable,
        }
        about = {"step": state["step"]}
        choices = deeds.choices(turn, step, state["hints"])
        field = deeds.field(turn, step)
        if field is not None:
            turn.ask_form("hunts.step", words, [field], choices=choices, about=about, **values)
            return
        stands = isinstance(step, React)
        key = turn.ask(
            "hunts.step", words, choices, to=turn.me, about=about, stands=stands, **values
        )
        if stands:
            state["messages"] = [*state.get("messages", []), key] if state["hints"] else [key]
            turn.keep(_FLOW, state)
        deeds.expect(turn, step, state.get("messages", []), about)

    def _hint(self, turn: Turn, step: Step, count: int) -> Markdown:
        texts = [*step.hints, step.answer]
        return Markdown(in_locale(texts[count - 1], turn.locale) if count else "")

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Take an answer, or a deed, for the step that it was asked for."""
        state = turn.state(_FLOW)
        if not state.get("hunt") or answer.about.get("step") != state["step"]:
            turn.say("step_is_past")
        elif answer.kind in ("react", "post", "reply"):
            self._finish_step(turn, state, "done")
        elif answer.choice:
            self._do(turn, state, answer.choice)
        else:
            self._written(turn, state, answer.text)

    def _do(self, turn: Turn, state: dict[str, Any], word: str) -> None:
        step = self._current(turn, state)
        match word:
            case _ if step is None:
                self._celebrate(turn, state)
            case "hint":
                state["hints"] = min(state["hints"] + 1, len(step.hints) + 1)
                turn.keep(_FLOW, state)
                self._present(turn, state, "hint")
            case "pause":
                turn.drop_questions("hunts")
                turn.say("paused")
            case "settings":
                turn.run("my settings")
            case "introduce":
                turn.tell(IntroductionOffered(event_id=turn.new_id()))
            case "words":
                turn.run("word list")
            case "buddy":
                self.buddies.ask(turn, hunting=True)
            case "skip":
                self._finish_step(turn, state, "skipped")
            case _:
                self._finish_step(turn, state, "done")

    def _written(self, turn: Turn, state: dict[str, Any], text: str) -> None:
        step = self._current(turn, state)
        if isinstance(step, CharterWord | Riddle) and not deeds.accepts(step, text):
            self._present(turn, state, "not_this_word")
            return
        if isinstance(step, ReadAndKeep) and text.strip():
            line = {"step": step.id, "text": text.strip(), "at": turn.now.isoformat()}
            state["lines"] = [*state.get("lines", []), {"hunt": state["hunt"], **line}]
        self._finish_step(turn, state, "done")

    # What other parts tell

    def settings_saved(self, turn: Turn, _event: SettingsSaved) -> None:
        """A saved setting is what a settings step waits for."""
        self._happened(turn, Settings)

    def introduced(self, turn: Turn, _event: Introduced) -> None:
        """An introduction, aloud or in private, is what such a step waits for."""
        self._happened(turn, Introduce)

    def word_saved(self, turn: Turn, event: WordSaved) -> None:
        """A bookmarked word is what such a step waits for."""
        self._happened(turn, SaveAWord, word=event.term)

    def _buddy_is_looked_for(self, turn: Turn) -> None:
        self._happened(turn, MeetABuddy)

    def _happened(self, turn: Turn, kind: type[Step], **more: str) -> None:
        state = turn.state(_FLOW)
        if state.get("hunt") and isinstance(self._current(turn, state), kind):
            self._finish_step(turn, {**state, **more}, "done")

    def _finish_step(self, turn: Turn, state: dict[str, Any], how: str) -> None:
        step = self._current(turn, state)
        turn.drop_questions("hunts")
        if step is not None:
            state["did"] = {**state["did"], step.id: how}
            state["step"] += 1
            state["hints"] = 0
            state.pop("messages", None)
        turn.keep(_FLOW, state)
        if self._current(turn, state) is None:
            self._celebrate(turn, state)
            return
        turn.say("step_done" if how == "done" else "step_skipped", to=turn.me)
        self._present(turn, state)

    # The end

    def _celebrate(self, turn: Turn, state: dict[str, Any]) -> None:
        """Celebrate in private; what was skipped counts as finished, and nobody hears of it."""
        hunt = self.editions.of(turn, state)
        finished = [*state.get("finished", []), state["hunt"]]
        turn.keep(_FLOW, {**_lasting(state), "finished": finished})
        places = [in_locale(step.place, turn.locale) for step in self._steps(turn, state)]
        lines = [each["text"] for each in state.get("lines", []) if each["step"] in state["did"]]
        choices = [
            turn.choice("start", "choice_home"),
            turn.choice("clue", "choice_clue"),
            turn.choice("enough", "choice_enough"),
        ]
        further = self._further(turn, hunt)
        if further is not None and further.id not in finished:
            title = in_locale(further.title, turn.locale)
            choices.insert(0, turn.choice("next", "choice_next", title=title))
        turn.ask(
            "hunts.end",
            "celebration",
            choices,
            to=turn.me,
            about={"hunt": state["hunt"], "next": further.id if further else ""},
            title=in_locale(hunt.title, turn.locale) if hunt else "",
            places=places,
            word=state.get("word", ""),
            lines=lines,
        )
        room = turn.community.rooms.get("newcomers")
        if hunt is not None and hunt.role and room is not None:
            turn.do(SetRole(key=turn.new_id(), to=room, member=turn.member, role=hunt.role))

    def _further(self, turn: Turn, hunt: Hunt | None) -> Hunt | None:
        """Return the hunt that may follow, if it is on offer here."""
        if hunt is None or hunt.next is None:
            return None
        edition = self.editions.on_offer(turn).get(hunt.next)
        return edition.hunt if edition else None

    def end(self, turn: Turn, answer: Answer) -> None:
        """Go home, leave a clue for the next person, or have enough for today."""
        match answer.choice:
            case "start":
                turn.run("start")
            case "clue":
                self.clues.ask(turn, str(answer.about.get("hunt", "")))
            case "next":
                self._begin(turn, str(answer.about.get("next", "")))
            case _:
                turn.say("enough")


def _lasting(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: state[name] for name in _KEPT if name in state}
