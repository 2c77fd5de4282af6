"""A thread that stays empty: nobody remarks on it; whoever looks after the prompt is offered to
answer first, reword it, or let it rest.
"""

from datetime import timedelta
from typing import Any

from bot.core.actions import Look
from bot.core.events import Looked
from bot.core.features import HomeItem
from bot.core.turn import Answer, Plan, Turn
from bot.engine.links import link_to
from bot.engine.schedule.calendar import calendar_of
from bot.features.prompts.arranging import Arranging
from bot.features.prompts.cards import SUGGESTED, library_card
from bot.features.prompts.coming import Coming, Library
from bot.features.prompts.signing import signer
from storage.outbox import Deliveries
from storage.prompts import Posting, Prompt, PromptRows

KIND, NOTE = "prompts.tend", "prompts.note"
AFTER = timedelta(days=2)  # that a thread may stay empty before its steward hears of it
_FLOW = "prompts"


class Tending:
    """Threads of the prompts that somebody looks after."""

    def __init__(self, library: Library, arranging: Arranging) -> None:
        """Reword by this."""
        self.library = library
        self.arranging = arranging

    def watch(self, turn: Turn, coming: Coming) -> None:
        """Look at the thread of a coming prompt some days later, for this member."""
        for plan in turn.plans(KIND, personal=True):
            if (plan.payload or {}).get("at") == coming.at.isoformat():
                turn.unplan(plan.id)
        payload = {"schedule": coming.plan.id, "at": coming.at.isoformat()}
        plan = Plan(id=turn.new_id(), kind=KIND, next_due=coming.at + AFTER, payload=payload)
        turn.plan(plan, personal=True)

    def stop(self, turn: Turn) -> None:
        """Look at no thread for this member any more."""
        for plan in turn.plans(KIND, personal=True):
            turn.unplan(plan.id)

    def due(self, turn: Turn, plan: Plan) -> None:
        """Look whether anybody wrote; where nothing is to come by itself, nothing is said."""
        community = turn.community
        posting = self._posted(turn, plan.payload or {})
        if posting is None or not self._looks_after(turn, posting):
            return
        message = turn.rows(Deliveries).message(posting.delivery_key)
        paused = community.state != "open" or "prompts" in community.paused
        if message is None or paused or calendar_of(turn).quiet(turn.now):
            return
        key = turn.do(Look(key=turn.new_id(), to=turn.me, message=message, community=community.ref))
        state = turn.state(_FLOW)
        turn.keep(_FLOW, {**state, "looking": {**state.get("looking", {}), key: posting.id}})

    def _looks_after(self, turn: Turn, posting: Posting) -> bool:
        """Tell whether the prompt is this member's: whoever signed it, else who gets the notes."""
        found = signer(turn, posting.schedule_id, posting.due, posting.prompt_id)
        if found is not None:
            return found[0] == turn.subject
        return bool(turn.plans(NOTE, personal=True))

    def _posted(self, turn: Turn, payload: Any) -> Posting | None:  # noqa: ANN401 - JSON
        for posting in turn.rows(PromptRows).postings(turn.community.id):
            if posting.schedule_id == payload.get("schedule") and (
                posting.due.isoformat() == payload.get("at")
            ):
                return posting
        return None

    def looked(self, turn: Turn, event: Looked) -> None:
        """Offer what can be done, if nobody wrote; by direct message or under *Start*."""
        state = turn.state(_FLOW)
        looking = dict(state.get("looking", {}))
        posting = looking.pop(event.key, None)
        if posting is None:
            return
        quiet = event.found and not event.answered
        turn.keep(_FLOW, {**state, "looking": looking, "empty": posting if quiet else ""})
        direct = turn.settings.get("reach") == "direct" and not turn.settings.get("closed")
        if quiet and direct:
            self.ask(turn, gate="prompts.tend")

    def waits(self, turn: Turn) -> bool:
        """Tell whether there is something that this member may do about a thread."""
        return turn.moderator and bool(turn.state(_FLOW).get("empty"))

    def wanted(self, turn: Turn) -> bool:
        """Tell, just before sending, whether it is of use still."""
        return bool(turn.state(_FLOW).get("empty"))

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the door to it."""
        if not self.waits(turn):
            return []
        return [HomeItem(turn.text("home_tend"), "keeper prompt note", 3, True)]

    def ask(self, turn: Turn, gate: str | None = None) -> None:
        """Say what is possible with the prompt that stands there."""
        posting = turn.rows(PromptRows).posting(str(turn.state(_FLOW).get("empty", "")))
        if posting is None:
            turn.say("tend_late")
            return
        names = ["first"]
        if posting.kind != SUGGESTED:  # a member's words stay as they are
            names.append("reword")
        if posting.prompt_id in self.library.prompts:
            names.append("retire")
        names.append("leave")
        turn.ask(
            "tend.answer",
            "ask_tend",
            [turn.choice(each, f"choice_tend_{each}") for each in names],
            about={"posting": posting.id},
            gate=gate,
            whole=len(names) == 4,
            title=self.arranging.postings.overview.title(turn, posting.prompt_id),
        )

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Help to answer first, ask for other words, let the prompt rest, or leave it."""
        turn.keep(_FLOW, {**turn.state(_FLOW), "empty": ""})
        posting = turn.rows(PromptRows).posting(str(answer.about["posting"]))
        if not turn.moderator:
            turn.say("engine/moderators_only", by_role=turn.has_roles)
        elif posting is None:
            turn.say("tend_late")
        elif answer.choice == "first":
            self._help(turn, posting)
        elif answer.choice == "reword":
            self.arranging.ask_mending(turn, posting)
        elif answer.choice == "retire":
            self._retire(turn, posting.prompt_id)
        else:
            turn.say("tend_left")

    def _help(self, turn: Turn, posting: Posting) -> None:
        prompt = self.library.prompts.get(posting.prompt_id)
        message = turn.rows(Deliveries).message(posting.delivery_key)
        turn.say(
            "tend_first",
            link=link_to(turn.can, turn.community.ref, message) if message else "",
            starters=list(library_card(prompt, turn.locale).starters) if prompt else [],
        )

    def _retire(self, turn: Turn, prompt: str) -> None:
        """Note that the library's prompt is not drawn again here."""
        rows = turn.rows(PromptRows)
        if prompt not in rows.retired(turn.community.id):
            row = Prompt(
                id=turn.new_id(),
                community_id=turn.community.id,
                kind="retired",
                state="retired",
                position=0,
                texts=b"",
            )
            rows.add(row, {"title": "", "text": "", "base": prompt})
        turn.say("tend_retired")
