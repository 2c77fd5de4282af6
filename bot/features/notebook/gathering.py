"""Whoever gathers: which conversations wait for somebody, and taking one on."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.core.actions import Choice
from bot.core.events import Left, Looked
from bot.core.features import HomeItem, Talk
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.features.notebook.drafting import SHOWN, Drafting
from bot.features.notebook.nominating import FLOW, look
from storage.contributions import Contributions
from storage.notebook import Harvest, Notebook
from storage.outbox import Deliveries

_HELD = timedelta(days=14)  # for which it is kept for whoever took it on


class Gathering:
    """What `/notebook gather` does."""

    def __init__(self, drafting: Drafting) -> None:
        """Have drafts written by this."""
        self.drafting = drafting

    def gather(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show what can be gathered; where it is one, begin with it."""
        state = turn.state(FLOW)
        turn.keep(FLOW, {**state, "remarked": []})
        found = self.open_to(turn)
        if not found:
            checked = [row for row in self._of(turn) if row.state == "checking"]
            titles = [turn.rows(Notebook).body(row)["title"] for row in checked]
            turn.say("nothing_to_gather", checked=titles)
            return
        if len(found) == 1:
            self.take(turn, found[0])
            return
        rows = turn.rows(Notebook)
        choices = [Choice(row.id, rows.body(row)["title"], None, ()) for row in found[:SHOWN]]
        choices.append(turn.choice("no", "choice_not_now"))
        turn.ask("gather.which", "ask_which_to_gather", choices)

    def which(self, turn: Turn, answer: Answer) -> None:
        """Begin with the one that was chosen; somebody else may have taken it meanwhile."""
        found = {row.id: row for row in self.open_to(turn)}
        if answer.choice == "no":
            turn.say("left")
        elif answer.choice in found:
            self.take(turn, found[answer.choice])
        else:
            turn.say("gathered_by_another")

    def open_to(self, turn: Turn) -> list[Harvest]:
        """Return what this member can gather now: with words that its authors let be kept."""
        return [row for row in self._of(turn) if self._is_open(turn, row)]

    def _of(self, turn: Turn) -> list[Harvest]:
        return turn.rows(Notebook).of(turn.community.id)

    def _is_open(self, turn: Turn, row: Harvest) -> bool:
        if row.state == "checking" or not self.is_free(turn, row):
            return False
        rows = turn.rows(Notebook)
        if rows.draft(row) is not None:
            return True
        if not row.version:
            return bool(turn.rows(Contributions).words(row.id))
        if turn.rows(Contributions).doubts(row) or row.steward_id == turn.subject:
            return True
        kept = rows.version(row.id, row.version)
        written = rows.written(kept) if kept is not None else {"words": [], "left": []}
        known = {*written["words"], *written["left"]}
        return any(said.id not in known for said in turn.rows(Contributions).words(row.id))

    def is_free(self, turn: Turn, row: Harvest) -> bool:
        """Tell whether nobody else gathers it, or has for so long that others may."""
        free = row.steward_id in (None, turn.subject)
        return free or turn.now - row.since > _HELD

    def take(self, turn: Turn, row: Harvest) -> None:
        """Let this member gather it, and go on where they or others were."""
        rows = turn.rows(Notebook)
        row.steward_id, row.state, row.since = turn.subject, "gathering", turn.now
        rows.save(row)
        if self.drafting.begin(turn, row):
            self._look_at_hands(turn, row)

    def _look_at_hands(self, turn: Turn, row: Harvest) -> None:
        """Ask the platform how the show of hands stands; nobody's choice is kept."""
        talk = next((each for each in turn.gather("talks") if each.id == row.talk_id), None)
        if talk is None or not talk.options:
            return
        poll = turn.rows(Deliveries).message(talk.poll)
        if poll is not None:
            look(turn, poll, {"what": "hands", "options": list(talk.options)}, hands=True)

    def hands_seen(self, turn: Turn, event: Looked, wanted: Mapping[str, Any]) -> None:
        """Tell whoever gathers what everybody sees there."""
        counted = zip(wanted["options"], event.hands, strict=False)
        shown = [(option, count) for option, count in counted if count]
        if shown:
            turn.say("hands", to=turn.me, hands=shown)

    # What waits for somebody to gather it

    def remark_due(self, turn: Turn, plan: Plan) -> None:
        """Tell whoever gathers that there is something to look at, or let it wait."""
        id_ = str((plan.payload or {}).get("harvest", ""))
        row = turn.rows(Notebook).get(id_)
        if row is None or row.steward_id != turn.subject or row.state != "gathering":
            return
        state = turn.state(FLOW)
        turn.keep(FLOW, {**state, "remarked": [*state.get("remarked", []), id_]})
        direct = turn.settings.get("reach") == "direct" and not turn.settings.get("closed")
        if direct and not calendar_of(turn).quiet(turn.now):
            title = turn.rows(Notebook).body(row)["title"]
            turn.say("remark_came", to=turn.me, gate="notebook.wanted", title=title)

    def left(self, turn: Turn, _event: Left) -> None:
        """Somebody left: what they looked after is free for others."""
        turn.rows(Notebook).leave(turn.subject, turn.community.id)

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the door to what can be gathered, for who moderates or likes to shape.

        It waits for whoever signed what was posted; where nobody did, for the moderators.
        """
        if turn.state(FLOW).get("remarked"):
            return [HomeItem(turn.text("home_remark"), "notebook gather", 5, True)]
        found = self.open_to(turn)
        talks: list[Talk] = turn.gather("talks") if found else []
        signed = {talk.key: talk.steward for talk in talks if talk.steward}
        unsigned = turn.subject if turn.moderator else ""
        waits = any(
            row.steward_id is None and signed.get(row.delivery_key, unsigned) == turn.subject
            for row in found
        )
        shapes = turn.moderator or turn.settings.get("stance") == "shaping" or waits
        if not found or not (shapes or any(row.steward_id for row in found)):
            return []
        return [HomeItem(turn.text("home_gather"), "notebook gather", 41, waits)]

    def status(self, turn: Turn) -> list[str]:
        """Return how many wait to be gathered, and how many are being looked at."""
        rows = turn.rows(Notebook).of(turn.community.id)
        free = sum(row.steward_id is None and self._is_open(turn, row) for row in rows)
        checked = sum(row.state == "checking" for row in rows)
        if not free and not checked:
            return []
        return [turn.text("status", free=free, checked=checked)]
