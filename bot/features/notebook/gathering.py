"""Whoever gathers: taking a conversation on, writing what was heard, and sending it round."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.core.actions import Choice, Field
from bot.core.errors import BadInput
from bot.core.events import Left, Looked
from bot.core.features import HomeItem, Talk
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.features.notebook.checking import Checking
from bot.features.notebook.nominating import FLOW, look
from bot.features.notebook.owning import shortened
from bot.features.notebook.pages import PARTS, STANCES, local, quotes
from bot.features.notebook.pages import parts as shown_parts
from storage.notebook import Harvest, HarvestVersion, Notebook, Said
from storage.outbox import Deliveries

PART, NAME = 1000, 60
_NOTHING = ("-", "–", "—")
_SHOWN = 12
_HELD = timedelta(days=14)  # for which it is kept for whoever took it on


class Gathering:
    """What `/notebook gather` does."""

    def __init__(self, checking: Checking) -> None:
        """Send drafts round by this."""
        self.checking = checking

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
        choices = [Choice(row.id, rows.body(row)["title"], None, ()) for row in found[:_SHOWN]]
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
            return bool(rows.words(row.id))
        if rows.doubts(row) or row.steward_id == turn.subject:
            return True
        kept = rows.version(row.id, row.version)
        written = rows.written(kept) if kept is not None else {"words": [], "left": []}
        known = {*written["words"], *written["left"]}
        return any(said.id not in known for said in rows.words(row.id))

    def is_free(self, turn: Turn, row: Harvest) -> bool:
        """Tell whether nobody else gathers it, or has for so long that others may."""
        free = row.steward_id in (None, turn.subject)
        return free or turn.now - row.since > _HELD

    def take(self, turn: Turn, row: Harvest) -> None:
        """Let this member gather it, and go on where they or others were."""
        rows = turn.rows(Notebook)
        row.steward_id, row.state, row.since = turn.subject, "gathering", turn.now
        rows.save(row)
        parts = self._parts(turn, row)
        if parts is None:
            self._ask_text(turn, row)
            self._look_at_hands(turn, row)
        else:
            self._preview(turn, row, parts)

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

    def _parts(self, turn: Turn, row: Harvest) -> dict[str, Any] | None:
        """Return what is written already: here and not sent, sent round, or kept before."""
        rows = turn.rows(Notebook)
        mine = turn.state(FLOW).get("written", {}).get(row.id)
        if mine is not None:
            return dict(mine)
        draft = rows.draft(row) or rows.version(row.id, row.version)
        return rows.written(draft) if draft is not None else None

    def _ask_text(self, turn: Turn, row: Harvest) -> None:
        turn.ask_form(
            "gather.text",
            "ask_harvest",
            [Field(part, turn.text(f"field_{part}"), limit=PART, required=True) for part in PARTS],
            choices=[turn.choice("no", "choice_give_back")],
            about={"harvest": row.id},
            title=turn.rows(Notebook).body(row)["title"],
            words=self._shown(turn.rows(Notebook).words(row.id)),
            remarks=turn.rows(Notebook).body(row)["remarks"],
        )

    def written(self, turn: Turn, answer: Answer) -> None:
        """Keep what was written for whoever writes it alone, and show how it would look."""
        row = self._mine(turn, answer)
        if row is None:
            return
        if answer.choice:
            row.steward_id = None
            turn.rows(Notebook).save(row)
            self._forget(turn, row)
            turn.say("given_back")
            return
        parts: dict[str, Any] = {part: _plain(answer.values.get(part, "")) for part in PARTS}
        if not parts["heard"]:
            raise BadInput("heard_empty")
        before = self._parts(turn, row) or {}
        self._note(turn, row, {**parts, "left": before.get("left", [])})

    def _note(self, turn: Turn, row: Harvest, parts: Mapping[str, Any]) -> None:
        state = turn.state(FLOW)
        turn.keep(FLOW, {**state, "written": {**state.get("written", {}), row.id: dict(parts)}})
        self._preview(turn, row, parts)

    def _forget(self, turn: Turn, row: Harvest) -> None:
        state = turn.state(FLOW)
        left = {id_: parts for id_, parts in state.get("written", {}).items() if id_ != row.id}
        turn.keep(FLOW, {**state, "written": left})

    def _preview(self, turn: Turn, row: Harvest, parts: Mapping[str, Any]) -> None:
        rows = turn.rows(Notebook)
        body, words = rows.body(row), rows.words(row.id)
        inside = [said for said in words if said.id not in parts["left"]]
        names = ["send", "again", *(["leave_out"] if words else []), "later"]
        doubts = [doubt.text for doubt in rows.doubts(row)] if row.version else []
        turn.ask(
            "gather.preview",
            "harvest_preview",
            [turn.choice(each, f"choice_gather_{each}") for each in names],
            about={"harvest": row.id},
            title=body["title"],
            remarks=[*body["remarks"], *doubts],
            parts=shown_parts(turn, parts, self._shown(inside)),
        )

    def previewed(self, turn: Turn, answer: Answer) -> None:
        """Send it round, write it anew, choose among the words, or leave it for now."""
        row = self._mine(turn, answer)
        parts = self._parts(turn, row) if row is not None else None
        if row is None or parts is None:
            return
        match answer.choice:
            case "send":
                names = (*STANCES, "unsigned")
                choices = [turn.choice(each, f"choice_sign_{each}") for each in names]
                turn.ask("gather.sign", "ask_signature", choices, about=answer.about)
            case "again":
                self._ask_text(turn, row)
            case "leave_out":
                self._ask_left(turn, row, parts)
            case _:
                turn.say("gather_later")

    def _ask_left(self, turn: Turn, row: Harvest, parts: Mapping[str, Any]) -> None:
        choices = []
        for said in turn.rows(Notebook).words(row.id)[:_SHOWN]:
            words = "choice_put_in" if said.id in parts["left"] else "choice_take_out"
            choices.append(turn.choice(said.id, words, text=shortened(said.text)))
        choices.append(turn.choice("no", "choice_as_they_are"))
        turn.ask("gather.left", "ask_left_out", choices, about={"harvest": row.id})

    def left_out(self, turn: Turn, answer: Answer) -> None:
        """Leave words out of this version, or take them in again."""
        row = self._mine(turn, answer)
        parts = self._parts(turn, row) if row is not None else None
        if row is None or parts is None:
            return
        left = list(parts["left"])
        if answer.choice in left:
            left.remove(answer.choice)
        elif answer.choice != "no":
            left.append(answer.choice)
        self._note(turn, row, {**parts, "left": left})

    def signed(self, turn: Turn, answer: Answer) -> None:
        """Sign it as host, coach or peer, or not at all, and send it round."""
        row = self._mine(turn, answer)
        if row is None:
            return
        called = str(turn.settings.get("called", ""))
        if answer.choice == "unsigned":
            self._send(turn, row, "", "")
        elif called:
            self._send(turn, row, answer.choice, called)
        else:
            field = Field("called", turn.text("field_called"), limit=NAME, required=True)
            about = {**answer.about, "stance": answer.choice}
            turn.ask_form("gather.called", "ask_called", [field], about=about)

    def called(self, turn: Turn, answer: Answer) -> None:
        """Keep the name for the next time, and sign with it."""
        name = " ".join(answer.text.split())
        if not name:
            raise BadInput("name_empty")
        row = self._mine(turn, answer)
        if row is not None:
            turn.save_settings({**turn.settings, "called": name})
            self._send(turn, row, str(answer.about["stance"]), name)

    def _send(self, turn: Turn, row: Harvest, stance: str, name: str) -> None:
        rows, parts = turn.rows(Notebook), self._parts(turn, row)
        assert parts is not None
        draft = rows.draft(row) or HarvestVersion(
            harvest_id=row.id, version=row.version + 1, at=turn.now, kept=False, body=b""
        )
        draft.author_id, draft.at = turn.subject, turn.now
        words = [said.id for said in rows.words(row.id) if said.id not in parts["left"]]
        written = {part: parts[part] for part in PARTS}
        rows.write(
            draft, {**written, "words": words, "left": parts["left"], "stance": stance}, name
        )
        self._forget(turn, row)
        end = self.checking.begin(turn, row, draft)
        turn.say("draft_sent", until=local(turn, end))

    def _mine(self, turn: Turn, answer: Answer) -> Harvest | None:
        """Return the harvest, if this member still gathers it."""
        row = turn.rows(Notebook).get(str(answer.about["harvest"]))
        if row is None or row.steward_id != turn.subject or row.state != "gathering":
            turn.say("gathered_by_another")
            return None
        return row

    def _shown(self, words: list[Said]) -> list[Mapping[str, str]]:
        return quotes(words, {said.id for said in words})

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


def _plain(text: str) -> str:
    """Return what was written; a dash alone stands for nothing."""
    text = text.strip()
    return "" if text in _NOTHING else text
