"""Five working days in which those whose words are in a draft have their say; then it is kept."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.features.notebook.nominating import FLOW
from bot.features.notebook.pages import local, page
from bot.features.notebook.workdays import end_of
from storage.contributions import Contributions, Said
from storage.notebook import Harvest, HarvestVersion, Notebook
from storage.outbox import Deliveries
from storage.schedules import Schedules

WINDOW, DRAFT, REMARK = "notebook.window", "notebook.draft", "notebook.remark"
DAYS = 5
TEXT = 1000
_DAY = timedelta(days=1)


class Checking:
    """Drafts with those whose words are in them."""

    def begin(self, turn: Turn, row: Harvest, draft: HarvestVersion) -> datetime:
        """Show a draft to all whose words are in it; return until when they have time."""
        rows = turn.rows(Notebook)
        row.state, row.since = "checking", turn.now
        rows.save(row, {**rows.body(row), "remarks": []})
        end = self.until(turn, row)
        self._plan(turn, row, end)
        words = rows.written(draft)["words"]
        people = {
            said.subject for said in turn.rows(Contributions).words(row.id) if said.id in words
        }
        for subject in sorted(people - {turn.subject}):
            tell(turn, DRAFT, row, subject)
        return end

    def until(self, turn: Turn, row: Harvest) -> datetime:
        """Return when the time is over; quiet days that were added meanwhile count."""
        return end_of(calendar_of(turn), row.since, DAYS)

    def _plan(self, turn: Turn, row: Harvest, due: datetime) -> None:
        turn.plan(Plan(id=row.id, kind=WINDOW, zone=turn.community.zone, next_due=due))

    # What one of them sees

    def draft_due(self, turn: Turn, plan: Plan) -> None:
        """Show somebody the draft, or let it wait under *Start*."""
        id_ = str((plan.payload or {}).get("harvest", ""))
        state = turn.state(FLOW)
        drafts = [each for each in state.get("drafts", []) if each != id_]
        turn.keep(FLOW, {**state, "drafts": [*drafts, id_]})
        found = self._open(turn, id_)
        direct = turn.settings.get("reach") == "direct" and not turn.settings.get("closed")
        if found is not None and direct and not calendar_of(turn).quiet(turn.now):
            self._show(turn, *found, gate="notebook.wanted")

    def drafts(self, turn: Turn) -> list[str]:
        """Return the drafts that wait for this member's look."""
        ids = turn.state(FLOW).get("drafts", [])
        return [id_ for id_ in ids if self._open(turn, id_) is not None]

    def show_next(self, turn: Turn) -> bool:
        """Show the next draft that waits; False where none does."""
        for id_ in self.drafts(turn):
            found = self._open(turn, id_)
            if found is not None:
                self._show(turn, *found)
                return True
        return False

    def _open(self, turn: Turn, id_: str) -> tuple[Harvest, HarvestVersion] | None:
        """Return a draft that may still be changed, if this member's words are in it."""
        rows = turn.rows(Notebook)
        row = rows.get(id_)
        draft = rows.draft(row) if row is not None and row.state == "checking" else None
        if row is None or draft is None or not self._own(turn, row, draft):
            return None
        return row, draft

    def _own(self, turn: Turn, row: Harvest, draft: HarvestVersion) -> list[Said]:
        rows = turn.rows(Notebook)
        words = rows.written(draft)["words"]
        found = turn.rows(Contributions).words(row.id)
        return [said for said in found if said.subject == turn.subject and said.id in words]

    def _show(
        self, turn: Turn, row: Harvest, draft: HarvestVersion, gate: str | None = None
    ) -> None:
        own = self._own(turn, row, draft)
        names = ["fine", "words", "unname" if any(said.name for said in own) else "name"]
        names += ["out", "remark", "later"]
        turn.ask(
            "draft.check",
            "draft_to_check",
            [turn.choice(each, f"choice_draft_{each}") for each in names],
            about={"harvest": row.id, "at": draft.at.isoformat()},
            gate=gate,
            until=local(turn, self.until(turn, row)),
            page=page(turn, row, draft),
            own=[said.text for said in own],
        )

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Do what somebody says of a draft with their words."""
        found = self._meant(turn, answer)
        if found is None:
            return
        row, draft = found
        given, own = turn.rows(Contributions), self._own(turn, row, draft)
        match answer.choice:
            case "later":
                turn.say("draft_later")
                return
            case "words":
                self._ask_words(turn, own, answer)
                return
            case "remark":
                field = Field("text", turn.text("field_remark"), limit=TEXT, required=True)
                choices = [turn.choice("no", "choice_not_now")]
                turn.ask_form(
                    "draft.remark", "ask_remark", [field], choices=choices, about=answer.about
                )
                return
            case "out":
                for said in own:
                    given.drop_words(said.id)
                turn.say("taken_out")
            case "unname":
                for said in own:
                    given.change_words(said.id, name="", outside=False)
                turn.say("draft_unnamed")
            case "name" if not turn.settings.get("called"):
                field = Field("called", turn.text("field_called"), limit=60, required=True)
                turn.ask_form("draft.called", "ask_called", [field], about=answer.about)
                return
            case "name":
                self._name(turn, own, str(turn.settings["called"]))
            case _:
                turn.say("draft_fine")
        self._done(turn, row)

    def called(self, turn: Turn, answer: Answer) -> None:
        """Keep the name for the next time, and put it beside the words."""
        name = " ".join(answer.text.split())
        if not name:
            raise BadInput("name_empty")
        found = self._meant(turn, answer)
        if found is not None:
            turn.save_settings({**turn.settings, "called": name})
            self._name(turn, self._own(turn, *found), name)
            self._done(turn, found[0])

    def _name(self, turn: Turn, own: list[Said], name: str) -> None:
        for said in own:
            turn.rows(Contributions).change_words(said.id, name=name)
        turn.say("draft_named", name=name)

    def _ask_words(self, turn: Turn, own: list[Said], answer: Answer) -> None:
        first = own[0]  # where there are several, they come one after another
        field = Field("text", turn.text("field_words"), limit=TEXT, required=True)
        turn.ask_form(
            "draft.words",
            "ask_other_words",
            [field],
            choices=[turn.choice("no", "choice_as_they_are")],
            about={**answer.about, "words": first.id},
            text=first.text,
        )

    def worded(self, turn: Turn, answer: Answer) -> None:
        """Take other words of the author's own."""
        found = self._meant(turn, answer)
        if found is None:
            return
        own = self._own(turn, *found)
        words = str(answer.about["words"])
        if answer.choice:
            turn.say("unchanged")
        elif any(said.id == words for said in own):
            turn.rows(Contributions).change_words(words, text=answer.text.strip())
            turn.say("words_changed")
        rest = own[[said.id for said in own].index(words) + 1 :] if own else []
        if rest:
            self._ask_words(turn, rest, answer)
        else:
            self._done(turn, found[0])

    def remarked(self, turn: Turn, answer: Answer) -> None:
        """Carry a remark to whoever gathers, without a name; nothing is kept meanwhile."""
        if answer.choice:
            turn.say("draft_later")
            return
        found = self._meant(turn, answer)
        if found is None:
            return
        row, rows = found[0], turn.rows(Notebook)
        body = rows.body(row)
        row.state, row.since = "gathering", turn.now
        rows.save(row, {**body, "remarks": [*body["remarks"], answer.text.strip()]})
        turn.unplan(row.id)
        if row.steward_id is not None:
            tell(turn, REMARK, row, row.steward_id)
        turn.say("remark_carried")
        self._done(turn, row)

    def _meant(self, turn: Turn, answer: Answer) -> tuple[Harvest, HarvestVersion] | None:
        """Return the draft as it was shown; it may have been kept or changed meanwhile."""
        found = self._open(turn, str(answer.about["harvest"]))
        if found is None:
            turn.say("draft_gone")
            return None
        if found[1].at.isoformat() != answer.about["at"]:
            turn.say("draft_changed")
            self._show(turn, *found)
            return None
        return found

    def _done(self, turn: Turn, row: Harvest) -> None:
        state = turn.state(FLOW)
        left = [each for each in state.get("drafts", []) if each != row.id]
        turn.keep(FLOW, {**state, "drafts": left})

    # The end of the window

    def window_due(self, turn: Turn, plan: Plan) -> None:
        """Keep what nobody held up, unless quiet days or a pause have moved the end."""
        rows = turn.rows(Notebook)
        row = rows.get(plan.id)
        draft = rows.draft(row) if row is not None and row.state == "checking" else None
        if row is None or draft is None:
            return
        end = self.until(turn, row)
        if turn.community.state != "open":
            end = max(end, turn.now + _DAY)
        if end > turn.now:
            self._plan(turn, row, end)
        else:
            self._keep(turn, row, draft)

    def _keep(self, turn: Turn, row: Harvest, draft: HarvestVersion) -> None:
        rows = turn.rows(Notebook)
        draft.kept, draft.at = True, turn.now
        rows.write(draft)
        row.number = row.number or rows.next_number(row.community_id)
        row.version, row.kept_at = draft.version, turn.now
        # Who gathers the next version takes that on anew.
        row.state, row.since, row.steward_id = "kept", turn.now, None
        rows.save(row)
        self._announce(turn, row, draft)

    def _announce(self, turn: Turn, row: Harvest, draft: HarvestVersion) -> None:
        """Tell it where the conversation was."""
        room = turn.community.rooms.get("prompts")
        message = turn.rows(Deliveries).message(row.delivery_key)
        where = message.room if message is not None else room
        if where is None:
            return
        with turn.in_language(turn.community.locale):
            shown: Mapping[str, Any] = page(turn, row, draft)
            turn.say(
                "announce_kept",
                to=where,
                after=row.delivery_key if message is not None else None,
                in_thread=message is not None,
                page=shown,
            )


def tell(turn: Turn, kind: str, row: Harvest, subject: str) -> None:
    """Let somebody's own turn come, in which they are told in their way."""
    plan = Plan(
        id=turn.new_id(),
        kind=kind,
        community=row.community_id,
        subject=subject,
        next_due=turn.now,
        payload={"harvest": row.id},
    )
    turn.rows(Schedules).save(plan)
