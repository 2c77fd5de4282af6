"""Carrying a proposal through its windows, and telling the community what it comes to.

Numbers are never told, nor who consented or objected; an objection's words are carried.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.core.actions import OpenThread
from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.features.charter.consent import Rules, end_of, outcome, rules_of
from bot.features.charter.difference import changes
from storage.charter import CharterRows
from storage.outbox import Deliveries
from storage.proposals import OPEN, Proposal, Proposals

KIND = "charter.window"
_UNDO = timedelta(days=7)
_DAY = timedelta(days=1)


class Deciding:
    """The windows of proposals."""

    def rules(self, turn: Turn) -> Rules:
        """Return the rules that this charter was founded with."""
        charter = turn.rows(CharterRows).get(turn.community.id)
        return rules_of(charter.amendment if charter else None)

    def until(self, turn: Turn, proposal: Proposal) -> datetime | None:
        """Return when the window ends that is open now; quiet days stop its clock."""
        days = self._days(turn, proposal)
        return end_of(calendar_of(turn), proposal.since, days) if days else None

    def _days(self, turn: Turn, proposal: Proposal) -> int:
        rules = self.rules(turn)
        windows = {
            "clarify": rules.clarify,
            "react": rules.react,
            "consent": rules.consent,
            "integrate": rules.consent,
        }
        return windows.get(proposal.state, 0)

    def seconded(self, turn: Turn, proposal: Proposal) -> None:
        """Go on once enough others say that it is worth talking about."""
        rows = turn.rows(Proposals)
        seconds = sum(bool(voice.get("second")) for voice in rows.voices(proposal.id))
        editorial = proposal.lane == "editorial"
        if proposal.state != "seconding" or seconds < max(editorial, self.rules(turn).seconds):
            return
        if editorial:
            self._reword(turn, proposal)
            return
        key = self._announce(turn, proposal, "announce_change")
        if key:
            rows.save(proposal, {**rows.body(proposal), "card": key})
        self._enter(turn, proposal, "clarify")

    def ask_consent(self, turn: Turn, proposal: Proposal) -> None:
        """Open a consent window for the words as they are now."""
        self._enter(turn, proposal, "consent")
        self._in_thread(turn, proposal, "announce_consent")

    def withdraw(self, turn: Turn, proposal: Proposal) -> None:
        """End it at its author's word, in whatever window it is."""
        told = proposal.state != "seconding"
        self._end(turn, proposal, "withdrawn")
        turn.say("you_withdrew")
        if told:
            self._in_thread(turn, proposal, "announce_withdrawn")

    def due(self, turn: Turn, plan: Plan) -> None:
        """A window ends, unless quiet days or a pause have moved its end."""
        proposal = turn.rows(Proposals).get(plan.id)
        if proposal is None or proposal.state not in OPEN:
            return
        end = self.until(turn, proposal)
        if end is None:
            return
        if turn.community.state != "open":
            end = max(end, turn.now + _DAY)
        if end > turn.now:
            self._plan(turn, proposal, end)
            return
        match proposal.state:
            case "clarify":
                self._enter(turn, proposal, "react")
            case "react":
                self.ask_consent(turn, proposal)
            case "consent":
                self._decide(turn, proposal)
            case _:
                self._park(turn, proposal)

    def _decide(self, turn: Turn, proposal: Proposal) -> None:
        rows = turn.rows(Proposals)
        objections = rows.objections(proposal)
        members, voices = rows.members(turn.community.id), rows.voices(proposal.id)
        match outcome(self.rules(turn), members, voices, len(objections), proposal.round):
            case "adopted":
                self._adopt(turn, proposal)
            case "integrate":
                self._enter(turn, proposal, "integrate")
                self._in_thread(turn, proposal, "announce_objection", objections=objections)
            case _:
                self._park(turn, proposal)

    def _adopt(self, turn: Turn, proposal: Proposal) -> None:
        charters, rows = turn.rows(CharterRows), turn.rows(Proposals)
        clause = charters.clause(turn.community.id, proposal.clause_id)
        if clause is None or clause.floor:
            self._park(turn, proposal)
            return
        body = rows.body(proposal)
        language = str(body["language"])
        # Other languages said the old thing: they come back by the editorial lane.
        texts = {
            **clause.texts,
            "text": {language: body["text"]},
            "why": {language: body["why"]},
        }
        charters.adopt(clause, texts, turn.now)
        proposal.review_at = turn.now + timedelta(days=self.rules(turn).review_after)
        self._end(turn, proposal, "adopted")
        self._announce(turn, proposal, "announce_adopted", review=proposal.review_at)

    def _park(self, turn: Turn, proposal: Proposal) -> None:
        self._end(turn, proposal, "parked")
        self._in_thread(turn, proposal, "announce_parked")

    # The editorial lane

    def _reword(self, turn: Turn, proposal: Proposal) -> None:
        """Let the words count at once; anybody may say that they change the meaning."""
        charters, rows = turn.rows(CharterRows), turn.rows(Proposals)
        clause = charters.clause(turn.community.id, proposal.clause_id)
        if clause is None or clause.floor:
            raise BadInput("clause_not_ours")
        body = rows.body(proposal)
        language = str(body["language"])
        old = clause.texts
        charters.reword(clause, {**old, "text": {**old["text"], language: body["text"]}})
        rows.save(proposal, {**body, "old": old})
        self._end(turn, proposal, "adopted")
        room = turn.community.rooms.get("charter")
        if room is None:
            return
        with turn.in_language(turn.community.locale):
            turn.ask(
                "editorial.meaning",
                "announce_editorial",
                [turn.choice("meaning", "choice_meaning", emoji="↩️")],
                to=room,
                anyone=True,
                about={"proposal": proposal.id},
                title=self._title(turn, proposal),
                changes=shown_changes(body["before"], body["text"]),
                now=body["text"],
                why=body["why"],
            )

    def can_be_undone(self, turn: Turn, proposal: Proposal) -> bool:
        """Tell whether an editorial change may still be said to change the meaning."""
        editorial = proposal.lane == "editorial" and proposal.state == "adopted"
        return editorial and turn.now - proposal.since <= _UNDO

    def meaning_changed(self, turn: Turn, answer: Answer) -> None:
        """Somebody says so under the announcement."""
        proposal = turn.rows(Proposals).get(str(answer.about["proposal"]))
        if proposal is None or not self.can_be_undone(turn, proposal):
            turn.say("undo_is_over", to=turn.me)
        else:
            self.undo(turn, proposal)

    def undo(self, turn: Turn, proposal: Proposal) -> None:
        """Restore the old words, and open a proposal for the others."""
        charters, rows = turn.rows(CharterRows), turn.rows(Proposals)
        clause = charters.clause(turn.community.id, proposal.clause_id)
        body = rows.body(proposal)
        if clause is not None:
            charters.reword(clause, dict(body["old"]))
        self._end(turn, proposal, "undone")
        turn.say("you_undid", to=turn.me)
        fresh = Proposal(
            id=turn.new_id(),
            community_id=proposal.community_id,
            clause_id=proposal.clause_id,
            lane="consent",
            state="seconding",
            round=0,
            author_id=proposal.author_id,
            since=turn.now,
            body=b"",
        )
        said = {name: body[name] for name in ("text", "before", "why", "language")}
        key = self._announce(turn, proposal, "announce_undone")
        rows.save(fresh, {**said, "card": key})
        self._enter(turn, fresh, "clarify")

    # Windows and words

    def _enter(self, turn: Turn, proposal: Proposal, state: str) -> None:
        proposal.state, proposal.since = state, turn.now
        turn.rows(Proposals).save(proposal)
        end = self.until(turn, proposal)
        assert end is not None
        self._plan(turn, proposal, end)

    def _end(self, turn: Turn, proposal: Proposal, state: str) -> None:
        proposal.state, proposal.since = state, turn.now
        turn.rows(Proposals).save(proposal)
        turn.unplan(proposal.id)

    def _plan(self, turn: Turn, proposal: Proposal, due: datetime) -> None:
        turn.plan(Plan(id=proposal.id, kind=KIND, zone=turn.community.zone, next_due=due))

    def _title(self, turn: Turn, proposal: Proposal) -> str:
        clause = turn.rows(CharterRows).clause(turn.community.id, proposal.clause_id)
        return in_locale(clause.texts["title"], turn.locale) if clause else proposal.clause_id

    def _values(self, turn: Turn, proposal: Proposal) -> dict[str, Any]:
        body = turn.rows(Proposals).body(proposal)
        return {
            "title": self._title(turn, proposal),
            "changes": shown_changes(body["before"], body["text"]),
            "now": body["text"],
            "why": body["why"],
            "until": self.until(turn, proposal),
        }

    def _announce(self, turn: Turn, proposal: Proposal, words: str, **more: Any) -> str:  # noqa: ANN401 - what words show
        """Say it in the charter's room, with a thread to talk in; return its key."""
        room = turn.community.rooms.get("charter")
        if room is None:
            return ""
        with turn.in_language(turn.community.locale):
            key = turn.say(words, to=room, **self._values(turn, proposal), **more)
            thread = OpenThread(
                key=turn.new_id(),
                to=room,
                after=key,
                title=self._title(turn, proposal),
                text=turn.text("thread_of_change"),
            )
        turn.do(thread)
        return key

    def _in_thread(self, turn: Turn, proposal: Proposal, words: str, **more: Any) -> None:  # noqa: ANN401 - what words show
        room = turn.community.rooms.get("charter")
        if room is None:
            return
        card = str(turn.rows(Proposals).body(proposal).get("card", ""))
        stands = bool(card) and turn.rows(Deliveries).state(card) is not None
        with turn.in_language(turn.community.locale):
            values = {**self._values(turn, proposal), **more}
            turn.say(words, to=room, after=card if stands else None, in_thread=stands, **values)


def shown_changes(before: str, now: str) -> list[Mapping[str, str]]:
    """Return the differences as the words show them."""
    return [
        {"out": each.out, "into": each.into, "after": each.after} for each in changes(before, now)
    ]
