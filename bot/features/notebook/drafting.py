"""Whoever gathers: writing what was heard, choosing among the words, signing, sending it round."""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.turn import Answer, Turn
from bot.features.notebook.checking import Checking
from bot.features.notebook.nominating import FLOW
from bot.features.notebook.owning import shortened
from bot.features.notebook.pages import PARTS, STANCES, local, quotes
from bot.features.notebook.pages import parts as shown_parts
from storage.contributions import Contributions, Said
from storage.notebook import Harvest, HarvestVersion, Notebook

PART, NAME = 1000, 60
SHOWN = 12
_NOTHING = ("-", "–", "—")


class Drafting:
    """What is written of a conversation, until it is sent round."""

    def __init__(self, checking: Checking) -> None:
        """Send drafts round by this."""
        self.checking = checking

    def begin(self, turn: Turn, row: Harvest) -> bool:
        """Ask for the text, or show what is written already; tell whether nothing was."""
        parts = self._parts(turn, row)
        if parts is None:
            self._ask_text(turn, row)
        else:
            self._preview(turn, row, parts)
        return parts is None

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
            words=self._shown(turn.rows(Contributions).words(row.id)),
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
        body, given = turn.rows(Notebook).body(row), turn.rows(Contributions)
        words = given.words(row.id)
        inside = [said for said in words if said.id not in parts["left"]]
        names = ["send", "again", *(["leave_out"] if words else []), "later"]
        doubts = [each.text for each in given.doubts(row)] if row.version else []
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
        for said in turn.rows(Contributions).words(row.id)[:SHOWN]:
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
        words = [
            said.id
            for said in turn.rows(Contributions).words(row.id)
            if said.id not in parts["left"]
        ]
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


def _plain(text: str) -> str:
    """Return what was written; a dash alone stands for nothing."""
    text = text.strip()
    return "" if text in _NOTHING else text
