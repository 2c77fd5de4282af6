"""What a hunt is called, what it is about, how long it takes and where it leads on, changed in
chat.
"""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import Choice, Field
from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.turn import Answer, Turn
from bot.engine.words import language_name
from bot.features.hunts.content import circle_from
from bot.features.hunts.revising import LIMIT, MINUTES, TITLE, Revising

_LIMITS = {"title": TITLE, "about": LIMIT}


class Heading:
    """What stands over a hunt's steps."""

    def __init__(self, revising: Revising) -> None:
        """Keep what changes by this."""
        self.revising = revising
        self.editions = revising.editions

    def show(self, turn: Turn, about: Mapping[str, Any]) -> None:
        """Show it, and ask what to change."""
        body = self.revising.body(turn, about)
        choices = [
            turn.choice("title", "part_title"),
            turn.choice("about", "part_about"),
            turn.choice("minutes", "part_minutes"),
            turn.choice("next", "part_next"),
            turn.choice("no", "choice_not_now"),
        ]
        turn.ask(
            "hunting.heading",
            "heading_shown",
            choices,
            about={"hunt": about["hunt"]},
            title=in_locale(body["title"], turn.locale),
            text=in_locale(body["about"], turn.locale),
            minutes=body["minutes"],
            following=self._title(turn, body["next"]),
        )

    def part_chosen(self, turn: Turn, answer: Answer) -> None:
        """Ask for the new words and their language, the minutes, or the hunt that may follow."""
        about = {**answer.about, "part": answer.choice}
        body = self.revising.body(turn, about)
        match answer.choice:
            case "title" | "about":
                languages = sorted(set(body[answer.choice]) | {turn.locale})
                if len(languages) < 2:
                    self._ask_words(turn, {**about, "language": turn.locale})
                    return
                choices = [Choice(tag, language_name(tag), None, (tag,)) for tag in languages]
                turn.ask("hunting.heading_language", "ask_part_language", choices, about=about)
            case "minutes":
                field = Field("minutes", turn.text("part_minutes"), limit=20)
                # Without choices: where one types, a number would be the choice of that number.
                now = body["minutes"]
                turn.ask_form(
                    "hunting.minutes", "ask_minutes", [field], about=about, now=now, most=MINUTES
                )
            case "next":
                self._ask_next(turn, about, body)
            case _:
                turn.say("authoring_over")

    def language_chosen(self, turn: Turn, answer: Answer) -> None:
        """Ask for the words in this language."""
        self._ask_words(turn, {**answer.about, "language": answer.choice})

    def _ask_words(self, turn: Turn, about: Mapping[str, Any]) -> None:
        part = str(about["part"])
        texts = self.revising.body(turn, about)[part]
        turn.ask_form(
            "hunting.heading_words",
            "ask_part_words",
            [Field("words", turn.text(f"part_{part}"), limit=_LIMITS[part])],
            choices=[turn.choice("no", "choice_as_it_is")],
            about=about,
            now=texts.get(about["language"], ""),
            several=False,
        )

    def written(self, turn: Turn, answer: Answer) -> None:
        """Keep the new words."""
        if answer.choice:
            self.show(turn, answer.about)
            return
        part, language = str(answer.about["part"]), str(answer.about["language"])
        words = {language: answer.text.strip()}
        self.revising.change(turn, answer.about, lambda body: body[part].update(words))

    def minutes_given(self, turn: Turn, answer: Answer) -> None:
        """Keep how long it takes."""
        first = answer.text.split()[:1]  # "20 minutes" is a number as well
        minutes = int(first[0]) if first and first[0].isdecimal() else 0
        if not 1 <= minutes <= MINUTES:
            raise BadInput("minutes_unusable", most=MINUTES)
        self.revising.change(turn, answer.about, lambda body: body.update(minutes=minutes))

    def _ask_next(self, turn: Turn, about: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        others = {
            id_: each for id_, each in self.editions.on_offer(turn).items() if id_ != body["id"]
        }
        choices = [
            Choice(f"to:{id_}", in_locale(each.hunt.title, turn.locale), None, (id_,))
            for id_, each in others.items()
        ]
        choices.append(turn.choice("none", "choice_no_next"))
        choices.append(turn.choice("no", "choice_as_it_is"))
        now = self._title(turn, body["next"])
        turn.ask("hunting.next", "ask_next", choices, about=about, now=now)

    def next_chosen(self, turn: Turn, answer: Answer) -> None:
        """Keep which hunt may follow, unless they would follow one another in a circle."""
        what, _, to = answer.choice.partition(":")
        if what == "no":
            self.show(turn, answer.about)
            return
        hunts = self.editions.on_offer(turn)
        if to and to not in hunts:
            raise BadInput("hunt_gone")
        id_ = str(answer.about["hunt"])
        ways = {each.hunt.id: each.hunt.next for each in hunts.values() if each.hunt.next}
        if to and (circle := circle_from(id_, {**ways, id_: to})):
            names = [in_locale(hunts[each].hunt.title, turn.locale) for each in circle]
            raise BadInput("next_circle", hunts=" → ".join([*names, names[0]]))
        self.revising.change(turn, answer.about, lambda body: body.update(next=to or None))

    def _title(self, turn: Turn, id_: str | None) -> str:
        """Return what a hunt is called; its id where it is not on offer."""
        edition = self.editions.on_offer(turn).get(id_ or "")
        return in_locale(edition.hunt.title, turn.locale) if edition else id_ or ""
