"""Sharing a thought without a name: no member, no order, no time finer than the week; shuffled."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.actions import Field, Lane
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.features.reflection.telling import has_to_tell
from storage.communities import Communities
from storage.reflection import Thoughts
from storage.sharing import Sharing

KIND = "reflection.release"
LIMIT = 600
TOGETHER = 5  # PRODUCT.md, *Reflection*: released in fives
_FLOW = "reflection"
_KEPT = timedelta(days=60)  # as long as the retention lets a thought wait
_WEEK = timedelta(days=7)
_HOUR = time(10, 0)
_CODE = 10


class Shares:
    """What `/reflect share` does."""

    def share(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Ask what to share; whoever has something waiting can take that back.

        One thought a member waits at a time, so that five of them are five people's. What tells
        so is the member's own sealed state: the round of releases in which it was.
        """
        if self._waits(turn):
            field = Field("code", turn.text("field_code"), limit=40)
            keep = turn.choice("keep", "choice_leave_it")
            turn.ask_form("share.code", "share_waits", [field], choices=[keep])
            return
        choices = [turn.choice("no", "choice_not_now")]
        last = turn.rows(Thoughts).last(turn.subject, turn.community.id)
        text = str(last.body["text"]) if last else ""
        if text and len(text) <= LIMIT:
            choices.insert(0, turn.choice("newest", "choice_newest"))
        field = Field("text", turn.text("field_thought"), limit=LIMIT)
        turn.ask_form(
            "share.text",
            "ask_share",
            [field],
            choices=choices,
            first=has_to_tell(turn),  # the whole of it is told before the first one is kept
            tells_encryption=True,
            together=TOGETHER,
        )

    def typed(self, turn: Turn, answer: Answer) -> None:
        """Show what would be read, for a second look."""
        text = answer.text
        if answer.choice == "newest":
            last = turn.rows(Thoughts).last(turn.subject, turn.community.id)
            text = str(last.body["text"]) if last else ""
        if answer.choice == "no" or not text.strip():
            turn.say("not_shared")
            return
        names = ("share", "other_words", "not_now")
        choices = [turn.choice(each, f"choice_{each}") for each in names]
        turn.ask("share.sure", "share_preview", choices, about={"text": text}, text=text)

    def sure(self, turn: Turn, answer: Answer) -> None:
        """Stage it, ask for other words, or leave it."""
        if answer.choice == "other_words":
            self.share(turn, {})
            return
        if answer.choice != "share" or self._waits(turn):
            turn.say("not_shared")
            return
        week = self._week(turn)
        code = turn.new_id()[:_CODE]
        community = turn.community.id
        count = turn.rows(Sharing).stage(code, community, week, str(answer.about["text"]))
        mark = {"round": self._round(turn), "week": week.isoformat()}
        turn.keep(_FLOW, {**turn.state(_FLOW), "share": mark})
        if count >= TOGETHER and not turn.plans(KIND):
            # Not at once: the fifth would be known by the hour.
            turn.plan(Plan(id=turn.new_id(), kind=KIND, next_due=self._next_week(turn)))
        turn.say("shared", code=code, together=TOGETHER)

    def code_typed(self, turn: Turn, answer: Answer) -> None:
        """Take a thought back by its code."""
        if answer.choice:
            turn.say("share_stays")
            return
        if not turn.rows(Sharing).withdraw(answer.text.strip().casefold(), turn.community.id):
            turn.say("code_unknown")
            return
        state = turn.state(_FLOW)
        state.pop("share", None)
        turn.keep(_FLOW, state)
        turn.say("share_withdrawn")

    def due(self, turn: Turn, plan: Plan) -> None:
        """Post what was shared, in an order that chance gave it, if there are enough."""
        community = turn.community
        sharing, room = turn.rows(Sharing), community.rooms.get("prompts")
        if sharing.count(community.id) < TOGETHER:
            return  # some were taken back; the next fifth one plans it anew
        silent = community.state != "open" or "reflection" in community.paused or room is None
        if silent or calendar_of(turn).quiet(turn.now):
            turn.plan(Plan(id=plan.id, kind=KIND, next_due=self._next_week(turn)))
            return
        texts = sharing.release(community.id)
        for last in range(len(texts) - 1, 0, -1):
            other = turn.pick(last + 1)
            texts[last], texts[other] = texts[other], texts[last]
        turn.say("released", to=room, lane=Lane.NORMAL, texts=texts)

    def _waits(self, turn: Turn) -> bool:
        mark = turn.state(_FLOW).get("share")
        if not mark or mark["round"] != self._round(turn):
            return False
        return self._week(turn) - date.fromisoformat(mark["week"]) <= _KEPT

    def _round(self, turn: Turn) -> int:
        return turn.rows(Communities).get(turn.community.id).share_round

    def _week(self, turn: Turn) -> date:
        today = turn.now.astimezone(ZoneInfo(turn.community.zone)).date()
        return today - timedelta(days=today.weekday())

    def _next_week(self, turn: Turn) -> datetime:
        monday = self._week(turn) + _WEEK
        at = datetime.combine(monday, _HOUR, ZoneInfo(turn.community.zone))
        return at.astimezone(UTC)
