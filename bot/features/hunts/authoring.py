"""The moderator's side of hunts: what is on offer, and a community's own edition.

To edit a shipped hunt copies it into the community (`revising`).
"""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import Choice, Field
from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.turn import Answer, Turn
from bot.engine.words import language_name
from bot.features.hunts import composing
from bot.features.hunts.clues import ReadingClues
from bot.features.hunts.editions import Editions
from bot.features.hunts.heading import Heading
from bot.features.hunts.revising import LIMIT, SIGN, TITLE, Revising
from storage.hunts import HuntRows

_PARTS = ("title", "text", "hint1", "hint2", "answer", "place")
_LIMITS = {"title": TITLE, "emoji": SIGN}


class Authoring:
    """What `/keeper hunt list` and `/keeper hunt edit` do."""

    def __init__(self, editions: Editions) -> None:
        """Work on these hunts."""
        self.editions = editions
        self.revising = Revising(editions)
        self.heading = Heading(self.revising)
        self.clues = ReadingClues()

    def list_(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show what is on offer, and how many clues wait for a reader."""
        hunts = [
            (in_locale(each.hunt.title, turn.locale), each.hunt, each.own)
            for each in self.editions.on_offer(turn).values()
        ]
        shown = [
            {
                "title": title,
                "id": hunt.id,
                "version": hunt.version,
                "own": own,
                "steps": len(hunt.steps),
            }
            for title, hunt, own in hunts
        ]
        waiting = len(turn.rows(HuntRows).clues(turn.community.id, "waiting"))
        choices = [turn.choice("clues", "choice_read_clues", count=waiting)] if waiting else []
        choices += [turn.choice("edit", "choice_edit_one"), turn.choice("no", "choice_not_now")]
        turn.ask("hunting.list", "hunts_listed", choices, hunts=shown, waiting=waiting)

    def listed(self, turn: Turn, answer: Answer) -> None:
        """Go on to the clues, or to a hunt."""
        match answer.choice:
            case "clues":
                self.clues.next(turn)
            case "edit":
                self.edit(turn, {})
            case _:
                turn.say("authoring_over")

    # A hunt of the community's own

    def edit(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Show the hunt that is named, or ask which."""
        hunts = self.editions.on_offer(turn)
        if (id_ := options.get("hunt", "").strip()) in hunts:
            self.revising.show(turn, hunts[id_])
            return
        choices = [
            Choice(id_, in_locale(each.hunt.title, turn.locale), None, (id_,))
            for id_, each in hunts.items()
        ]
        choices.append(turn.choice("no", "choice_not_now"))
        turn.ask("hunting.hunt", "ask_edit", choices)

    def hunt_chosen(self, turn: Turn, answer: Answer) -> None:
        """Show the hunt that was chosen."""
        edition = self.editions.on_offer(turn).get(answer.choice)
        if edition is None:
            turn.say("authoring_over")
        else:
            self.revising.show(turn, edition)

    def step_chosen(self, turn: Turn, answer: Answer) -> None:
        """Show a step or what stands over them, add one, or go back to the shipped hunt."""
        what, _, step = answer.choice.partition(":")
        about = {**answer.about, "step": step}
        match what:
            case "step":
                self._step(turn, about)
            case "heading":
                self.heading.show(turn, answer.about)
            case "add":
                choices = [*composing.kinds(turn), turn.choice("no", "choice_not_now")]
                turn.ask("hunting.kind", "ask_kind", choices, about=dict(answer.about))
            case "back":
                turn.rows(HuntRows).withdraw(turn.community.id, str(answer.about["hunt"]))
                shipped = str(answer.about["hunt"]) in self.editions.shipped
                turn.say("as_shipped" if shipped else "hunt_withdrawn")
            case _:
                turn.say("authoring_over")

    def _step(self, turn: Turn, about: Mapping[str, Any]) -> None:
        body = self.revising.body(turn, about)
        step = _step_of(body, about)
        parts = {part: in_locale(_texts(step, part), turn.locale) for part in _PARTS}
        own: list[str] = [part for part in ("answers", "emoji") if part in step]
        own += ["where"] if composing.leads(step["kind"]) else []
        choices = [turn.choice(part, f"part_{part}") for part in (*_PARTS, *own)]
        if len(body["steps"]) > 1:
            choices += [turn.choice("up", "choice_move_up"), turn.choice("remove", "choice_remove")]
        choices.append(turn.choice("no", "choice_not_now"))
        turn.ask(
            "hunting.part",
            "step_shown",
            choices,
            about=about,
            kind=composing.label(turn, step["kind"]),
            parts=[(turn.text(f"part_{part}"), text) for part, text in parts.items()],
        )

    def part_chosen(self, turn: Turn, answer: Answer) -> None:
        """Move or remove a step, or ask for a part's new words and their language."""
        match answer.choice:
            case "no":
                turn.say("authoring_over")
            case "up" | "remove" as what:
                self.revising.change(
                    turn, answer.about, lambda body: _arrange(body, answer.about, what)
                )
            case "where":
                composing.ask_place(turn, {**answer.about, "kind": self._kind(turn, answer.about)})
            case part:
                about = {**answer.about, "part": part, "language": turn.locale}
                if part == "emoji":
                    self._ask_words(turn, about)
                    return
                step = _step_of(self.revising.body(turn, about), about)
                known = _texts(step, part)
                languages = sorted(set(known) | {turn.locale})
                if len(languages) < 2:
                    self._ask_words(turn, about)
                    return
                choices = [Choice(tag, language_name(tag), None, (tag,)) for tag in languages]
                turn.ask("hunting.language", "ask_part_language", choices, about=about)

    def language_chosen(self, turn: Turn, answer: Answer) -> None:
        """Ask for the words in this language."""
        self._ask_words(turn, {**answer.about, "language": answer.choice})

    def _ask_words(self, turn: Turn, about: Mapping[str, Any]) -> None:
        part = str(about["part"])
        step = _step_of(self.revising.body(turn, about), about)
        now = step[part] if part == "emoji" else _texts(step, part).get(str(about["language"]), "")
        field = Field("words", turn.text(f"part_{part}"), limit=_LIMITS.get(part, LIMIT))
        turn.ask_form(
            "hunting.words",
            "ask_part_words",
            [field],
            choices=[turn.choice("no", "choice_as_it_is")],
            about=about,
            now=now if isinstance(now, str) else ", ".join(now),
            several=part == "answers",
        )

    def written(self, turn: Turn, answer: Answer) -> None:
        """Keep a part's new words, as an edition of the community's own."""
        if answer.choice:
            self._step(turn, answer.about)
            return
        text = answer.text.strip()
        self.revising.change(turn, answer.about, lambda body: _reword(body, answer.about, text))

    def kind_chosen(self, turn: Turn, answer: Answer) -> None:
        """Ask where a new step of this kind leads, or for its words."""
        what, _, kind = answer.choice.partition(":")
        if what != "kind" or kind not in composing.NAMES:
            turn.say("authoring_over")
            return
        about = {**answer.about, "kind": kind}
        if composing.leads(kind):
            composing.ask_place(turn, about)
        else:
            self._ask_step(turn, about)

    def place_chosen(self, turn: Turn, answer: Answer) -> None:
        """Let a step lead there, or ask for the words of a new one that does."""
        if answer.choice == "no":
            turn.say("authoring_over")
            return
        kind, chosen = str(answer.about["kind"]), answer.choice or answer.text.strip()
        place = composing.place(turn, kind, chosen)
        if place is None:
            raise BadInput("no_such_clause")
        about = answer.about
        if "step" in about:  # one that is there already
            self.revising.change(turn, about, lambda body: _step_of(body, about).update(place))
        else:
            self._ask_step(turn, {**about, "place": place})

    def _ask_step(self, turn: Turn, about: Mapping[str, Any]) -> None:
        fields = composing.fields(turn, str(about["kind"]), _LIMITS, LIMIT)
        choices = [turn.choice("no", "choice_not_now")]
        turn.ask_form(
            "hunting.added",
            "ask_new_step",
            fields,
            choices=choices,
            about=dict(about),
            several=any(field.id == "answers" for field in fields),
        )

    def added(self, turn: Turn, answer: Answer) -> None:
        """Keep a new step, in every language of the hunt."""
        if answer.choice:
            turn.say("authoring_over")
            return
        about = {"kind": composing.OWN, **answer.about}
        if composing.lacks(str(about["kind"]), answer.values):
            raise BadInput("step_needs_words")
        id_ = f"own-{turn.new_id()[:8]}"

        def append(body: dict[str, Any]) -> None:
            step = composing.step(id_, about, answer.values, sorted(body["title"]))
            body["steps"].append(step)

        self.revising.change(turn, {**about, "step": id_}, append)

    def _kind(self, turn: Turn, about: Mapping[str, Any]) -> str:
        return str(_step_of(self.revising.body(turn, about), about)["kind"])


def _step_of(body: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    found = next((each for each in body["steps"] if each["id"] == about["step"]), None)
    if found is None:
        raise BadInput("hunt_gone")
    step: dict[str, Any] = found
    return step


def _texts(step: Mapping[str, Any], part: str) -> dict[str, Any]:
    texts: dict[str, Any] = (
        step["hints"][int(part[-1]) - 1] if part.startswith("hint") else step[part]
    )
    return texts


def _reword(body: dict[str, Any], about: Mapping[str, Any], text: str) -> None:
    if about["part"] == "emoji":
        _step_of(body, about)["emoji"] = text
        return
    texts = _texts(_step_of(body, about), str(about["part"]))
    words: Any = text
    if about["part"] == "answers":
        words = composing.words_of(text)
    texts[str(about["language"])] = words


def _arrange(body: dict[str, Any], about: Mapping[str, Any], what: str) -> None:
    steps = body["steps"]
    place = next(n for n, each in enumerate(steps) if each is _step_of(body, about))
    step = steps.pop(place)
    if what == "up":
        steps.insert(max(0, place - 1), step)
