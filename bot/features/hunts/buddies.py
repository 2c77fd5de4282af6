"""Meeting a buddy: two people who both asked for it are told of one another, and of nobody else."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.features import HomeItem
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from storage.buddies import Buddies as Rows

FOUND, END = "buddies.found", "buddies.end"
_PATIENCE = timedelta(days=7)  # PRODUCT.md, *Treasure hunt*: it never blocks
_NAME_LIMIT = 60


class Buddies:
    """Who would like to meet somebody, and whom they were told of."""

    def __init__(self, goes_on: Callable[[Turn], None]) -> None:
        """Let a hunt that brought somebody here go on with `goes_on`: it does not wait."""
        self._goes_on = goes_on

    def page(self, turn: Turn) -> None:
        """Show whom somebody was told of, or whether they are on the list."""
        rows, here = turn.rows(Rows), turn.community.id
        if (buddy := rows.buddy(turn.subject, here)) is not None:
            choices = [
                turn.choice("met", "choice_met"),
                turn.choice("part", "choice_part"),
                turn.choice("no", "choice_as_it_is"),
            ]
            until = datetime.fromisoformat(buddy["until"])
            turn.ask("buddies.page", "buddy", choices, name=buddy["name"], until=until)
        elif (kind := rows.wish(turn.subject, here)) is not None:
            choices = [
                turn.choice("leave", "choice_off_the_list"),
                turn.choice("no", "choice_as_it_is"),
            ]
            turn.ask("buddies.page", "on_the_list", choices, welcomer=kind == "welcomer")
        else:
            choices = [
                turn.choice("newcomer", "choice_meet_one"),
                turn.choice("welcomer", "choice_welcome_many"),
                turn.choice("no", "choice_not_now"),
            ]
            turn.ask("buddies.page", "ask_buddy", choices)

    def chosen(self, turn: Turn, answer: Answer) -> None:
        """Do what the page offers."""
        rows, here = turn.rows(Rows), turn.community.id
        match answer.choice:
            case "met":
                self.met(turn)
            case "part":
                rows.part(turn.subject, here)
                turn.say("parted")
            case "leave":
                rows.leave(turn.subject, here)
                turn.say("off_the_list")
            case "no":
                turn.say("buddy_as_it_is")
            case kind:
                self.ask(turn, kind)

    def ask(self, turn: Turn, kind: str = "newcomer", *, hunting: bool = False) -> None:
        """Ask for the name under which the other one finds this member."""
        if turn.rows(Rows).buddy(turn.subject, turn.community.id) is not None:
            self.page(turn)
            return
        known = str(turn.settings.get("called", ""))
        choices = [turn.choice("known", "choice_as", name=known)] if known else []
        choices.append(turn.choice("no", "choice_not_now"))
        field = Field("name", turn.text("field_called"), limit=_NAME_LIMIT)
        about = {"kind": kind, "hunting": hunting}
        turn.ask_form("buddies.name", "ask_called", [field], choices=choices, about=about)

    def named(self, turn: Turn, answer: Answer) -> None:
        """Look for somebody; whoever comes next is told, and the hunt goes on meanwhile."""
        if answer.choice == "no":
            turn.say("buddy_as_it_is")
            return
        settings = turn.settings
        if not answer.choice:
            name = " ".join(answer.text.split())
            if not name:
                raise BadInput("called_empty")
            settings["called"] = name
            turn.save_settings(settings)
        kind, here = str(answer.about["kind"]), turn.community.id
        turn.rows(Rows).offer(turn.subject, here, kind, str(settings["called"]))
        self._forget_end(turn)
        if not self._match(turn, kind):
            turn.say("now_on_the_list", welcomer=kind == "welcomer")
            if kind == "newcomer":
                self._plan_end(turn, "")
        if answer.about.get("hunting"):
            self._goes_on(turn)

    def _match(self, turn: Turn, kind: str) -> bool:
        rows, here = turn.rows(Rows), turn.community.id
        willing = rows.willing(turn.subject, here)
        newcomers = [subject for each, subject in willing if each == "newcomer"]
        welcomers = [subject for each, subject in willing if each == "welcomer"]
        if kind == "newcomer" and welcomers:
            other = welcomers[turn.pick(len(welcomers))]
        elif newcomers:
            other = newcomers[0]
        else:
            return False
        pair, until = turn.new_id(), turn.now + _PATIENCE
        rows.pair(pair, here, turn.subject, other, until)
        for kind_, subject, due in (
            (FOUND, other, turn.now),
            (END, other, until),
            (END, turn.subject, until),
        ):
            rows.plan_for(
                Plan(
                    id=turn.new_id(),
                    kind=kind_,
                    next_due=due,
                    payload={"pair": pair},
                    community=here,
                    subject=subject,
                )
            )
        buddy = rows.buddy(turn.subject, here)
        assert buddy is not None
        turn.say("buddy_found", name=buddy["name"], until=until)
        return True

    def found(self, turn: Turn, _plan: Plan) -> None:
        """Tell who waited, if they may be written to; else it waits under Start."""
        buddy = turn.rows(Rows).buddy(turn.subject, turn.community.id)
        if buddy is None or not self.wanted(turn) or calendar_of(turn).quiet(turn.now):
            return
        until = datetime.fromisoformat(buddy["until"])
        turn.say("buddy_found", to=turn.me, gate="buddies.wanted", name=buddy["name"], until=until)

    def wanted(self, turn: Turn) -> bool:
        """Tell whether somebody may be written to of their buddy."""
        open_ = turn.community.state == "open"
        paired = turn.rows(Rows).buddy(turn.subject, turn.community.id) is not None
        return open_ and paired and turn.settings.get("reach") == "direct"

    def ended(self, turn: Turn, plan: Plan) -> None:
        """Seven days have passed: it ends, and nobody says anything."""
        rows, here = turn.rows(Rows), turn.community.id
        pair = str((plan.payload or {}).get("pair", ""))
        buddy = rows.buddy(turn.subject, here)
        if buddy is not None and buddy["pair"] == pair:
            rows.part(turn.subject, here)
        elif not pair and rows.wish(turn.subject, here) == "newcomer":
            rows.leave(turn.subject, here)

    def met(self, turn: Turn) -> None:
        """Note that somebody said "met"; with the other's word it is complete."""
        rows, here = turn.rows(Rows), turn.community.id
        buddy = rows.buddy(turn.subject, here)
        if buddy is None:
            turn.say("no_buddy")
            return
        both = rows.met(turn.subject, here)
        turn.say("both_met" if both else "met", name=buddy["name"])
        if both:
            rows.part(turn.subject, here)

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the door to one's buddy; it waits until one has said that they met."""
        buddy = turn.rows(Rows).buddy(turn.subject, turn.community.id)
        if buddy is None:
            return []
        label = turn.text("home_buddy", name=buddy["name"])
        return [HomeItem(label, "hunt buddy", order=12, waiting=not buddy["met"])]

    def _plan_end(self, turn: Turn, pair: str) -> None:
        due = turn.now + _PATIENCE
        plan = Plan(id=turn.new_id(), kind=END, next_due=due, payload={"pair": pair})
        turn.plan(plan, personal=True)

    def _forget_end(self, turn: Turn) -> None:
        for plan in turn.plans(END, personal=True):
            if not (plan.payload or {}).get("pair"):
                turn.unplan(plan.id)
