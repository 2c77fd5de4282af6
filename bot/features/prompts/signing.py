"""Signing a prompt: its steward stands by it, as host, coach or peer.

Whose signature it is lies in a schedule of their own, so it is exported and erased as every one;
the prompt's schedule says only that there is one, for which prompt and date.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.turn import Answer, Plan, Turn
from bot.features.prompts.cards import Card, shown
from bot.features.prompts.coming import Coming, Library, with_payload
from storage.members import Members
from storage.schedules import Schedules

KIND = "prompts.signed"
STANCES = ("host", "coach", "peer")
NAME = 60
_KEPT = timedelta(days=60)  # in which the words of what stands in the room may still be mended


class Signing:
    """The signatures under the prompts that come."""

    def __init__(self, library: Library) -> None:
        """Sign what comes next of these."""
        self.library = library

    def ask(self, turn: Turn) -> Coming | None:
        """Ask as whom the next one is signed."""
        coming = self.library.upcoming(turn, 1)
        if not coming:
            raise BadInput("nothing_scheduled")
        choices = [turn.choice(each, f"choice_sign_{each}") for each in (*STANCES, "unsigned")]
        turn.ask(
            "sign.stance",
            "ask_signature",
            choices,
            about=_about(coming[0]),
            at=coming[0].at.astimezone(ZoneInfo(coming[0].plan.zone)),
            title=shown(turn, coming[0].card).title,
        )
        return coming[0]

    def signed(self, turn: Turn, answer: Answer) -> Coming | None:
        """Sign it, or take a signature away; return what was changed."""
        coming = self._meant(turn, answer)
        if coming is None:
            return None
        called = str(turn.settings.get("called", ""))
        if answer.choice in STANCES and not called:
            field = Field("called", turn.text("field_name"), limit=NAME, required=True)
            about = {**answer.about, "stance": answer.choice}
            turn.ask_form("sign.called", "ask_name", [field], about=about)
            return None
        self._keep(turn, coming, answer.choice)
        return coming

    def called(self, turn: Turn, answer: Answer) -> Coming | None:
        """Keep the name for the next time, and sign with it."""
        name = " ".join(answer.text.split())
        if not name:
            raise BadInput("suggest_too_little")
        coming = self._meant(turn, answer)
        if coming is not None:
            turn.save_settings({**turn.settings, "called": name})
            self._keep(turn, coming, str(answer.about["stance"]))
        return coming

    def _keep(self, turn: Turn, coming: Coming, stance: str) -> None:
        schedules, at = turn.rows(Schedules), coming.at.isoformat()
        for plan in signatures(turn, coming.plan.id, coming.at):
            schedules.remove(plan.id)
        mark = None
        if stance in STANCES:
            mark = {"at": at, "prompt": prompt_of(coming.card)}
            payload = {**mark, "schedule": coming.plan.id, "stance": stance}
            plan = Plan(id=turn.new_id(), kind=KIND, next_due=coming.at + _KEPT, payload=payload)
            turn.plan(plan, personal=True)
        turn.plan(with_payload(coming.plan, signed=mark))
        turn.say("signature_kept" if mark else "signature_gone")

    def _meant(self, turn: Turn, answer: Answer) -> Coming | None:
        """Return the prompt that was asked about, for who still moderates, while it is to come."""
        if not turn.moderator:
            turn.say("engine/moderators_only", by_role=turn.has_roles)
            return None
        coming = next(iter(self.library.upcoming(turn, 1)), None)
        about = {name: answer.about.get(name) for name in ("plan", "at", "prompt")}
        if coming is None or _about(coming) != about:
            turn.say("note_late")
            return None
        return coming

    def due(self, _turn: Turn, _plan: Plan) -> None:
        """Let go of a signature whose prompt is long past."""


def prompt_of(card: Card) -> str:
    """Return under which id a prompt is noted as posted."""
    return card.base or card.id


def signatures(turn: Turn, schedule: str, at: datetime) -> list[Plan]:
    """Return who signed what is meant for a moment of a schedule: one at most."""
    return [
        plan
        for plan in turn.rows(Schedules).of_all(turn.community.id)
        if plan.kind == KIND
        and (plan.payload or {}).get("schedule") == schedule
        and (plan.payload or {}).get("at") == at.isoformat()
    ]


def signer(turn: Turn, schedule: str, at: datetime, prompt: str) -> tuple[str, str] | None:
    """Return who signed a prompt, and as what; nobody who was erased or has left."""
    members = turn.rows(Members)
    for plan in signatures(turn, schedule, at):
        payload, subject = plan.payload or {}, str(plan.subject)
        membership = members.membership(subject, turn.community.id)
        gone = membership is not None and not membership.here
        if payload["prompt"] == prompt and not gone:
            return subject, str(payload["stance"])
    return None


def stewards(turn: Turn) -> Mapping[tuple[str, str], str]:
    """Return who signed the prompts of late, by schedule and moment; nobody who has left."""
    members, found = turn.rows(Members), {}
    for plan in turn.rows(Schedules).of_all(turn.community.id):
        if plan.kind != KIND or plan.subject is None:
            continue
        membership = members.membership(plan.subject, turn.community.id)
        if membership is None or membership.here:
            payload = plan.payload or {}
            found[str(payload["schedule"]), str(payload["at"])] = plan.subject
    return found


def signature(turn: Turn, schedule: str, at: datetime, prompt: str) -> str:
    """Return what stands under a prompt, in the community's language; "" where nobody signed."""
    found = signer(turn, schedule, at, prompt)
    name = str(turn.rows(Members).settings(found[0]).get("called", "")) if found else ""
    if found is None or not name:
        return ""
    with turn.in_language(turn.community.locale):
        return turn.text(f"signed_{found[1]}", name=name)


def signature_ahead(turn: Turn, plan: Plan, at: datetime, card: Card) -> str:
    """Return what will stand under a prompt; without a mark nothing is looked for."""
    mark: Mapping[str, Any] = (plan.payload or {}).get("signed") or {}
    prompt = prompt_of(card)
    if mark.get("at") != at.isoformat() or mark.get("prompt") != prompt:
        return ""
    return signature(turn, plan.id, at, prompt)


def _about(coming: Coming) -> dict[str, Any]:
    return {"plan": coming.plan.id, "at": coming.at.isoformat(), "prompt": coming.card.id}
