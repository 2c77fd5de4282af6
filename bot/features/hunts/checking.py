"""What of the hunts on offer would not work here and now: `keeper hunt check`."""

from collections.abc import Iterator, Mapping

from bot.core.content import in_locale
from bot.core.turn import Turn
from bot.features.hunts.content import Hunt, circle_from
from bot.features.hunts.editions import Edition, Editions, found, lost
from bot.features.hunts.steps import (
    CharterWord,
    React,
    Riddle,
    Step,
    ThreadReply,
    Wave,
)


class Checking:
    """Looks at every step as a newcomer of this community would meet it."""

    def __init__(self, editions: Editions) -> None:
        """Look at these hunts."""
        self.editions = editions

    def check(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Name everything that would not work, hunt by hunt."""
        hunts = self.editions.on_offer(turn)
        faults = [
            (in_locale(each.hunt.title, turn.locale), list(self.faults(turn, each, hunts)))
            for each in hunts.values()
        ]
        turn.say("checked", hunts=[one for one in faults if one[1]], count=len(hunts))

    def faults(self, turn: Turn, edition: Edition, hunts: Mapping[str, Edition]) -> Iterator[str]:
        """Yield what is wrong with a hunt, in words."""
        hunt = edition.hunt
        sources = {each.source: each.texts for each in found(turn)}
        gone = 0
        for number, step in enumerate(hunt.steps, 1):
            shown = {"number": number, "title": in_locale(step.title, turn.locale)}
            missing = lost(turn, step, sources)
            if missing is not None:
                gone += 1
                yield turn.text(_fault_of(step, missing), **shown, **self._values(turn, step))
            if isinstance(step, React) and not turn.can.reactions:
                yield turn.text("fault_reactions", **shown)
            if isinstance(step, ThreadReply) and not turn.can.threads:
                yield turn.text("fault_threads", **shown)
            for tag in sorted(set(_languages(hunt)) - set(step.text)):
                yield turn.text("fault_language", **shown, language=tag)
        if gone == len(hunt.steps):
            yield turn.text("fault_nothing_left")
        if turn.community.locale not in hunt.title:
            yield turn.text("fault_community_language", language=turn.community.locale)
        if hunt.role and not turn.can.roles:
            yield turn.text("fault_role", role=hunt.role)
        yield from self._ways(turn, hunt, hunts)

    def _ways(self, turn: Turn, hunt: Hunt, hunts: Mapping[str, Edition]) -> Iterator[str]:
        ways = {id_: each.hunt.next for id_, each in hunts.items() if each.hunt.next}
        if hunt.next and hunt.next not in hunts:
            yield turn.text("fault_next", next=hunt.next)
        elif hunt.next and (circle := circle_from(hunt.id, ways)):
            yield turn.text("fault_circle", hunts=", ".join(circle))

    def _values(self, turn: Turn, step: Step) -> dict[str, str]:
        if isinstance(step, CharterWord):
            return {"clause": step.clause}
        use = step.room if isinstance(step, Wave | ThreadReply | Riddle) else "newcomers"
        return {"use": turn.text(f"community/use_{use}")}


def _fault_of(step: Step, missing: str) -> str:
    """Return the name of the words for what a step lacks: by where its answer should stand."""
    if missing == "room":
        return "fault_room"
    if isinstance(step, CharterWord):
        return "fault_no_clause" if missing == "source" else "fault_not_in_clause"
    topic = isinstance(step, Riddle) and step.source == "topic"
    if missing == "source":
        return "fault_no_topic" if topic else "fault_no_start_here"
    return "fault_not_in_topic" if topic else "fault_not_in_start_here"


def _languages(hunt: Hunt) -> set[str]:
    return {tag for step in hunt.steps for tag in step.text} | set(hunt.title)
