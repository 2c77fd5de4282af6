"""The moderator's side: what comes when, prompts of one's own, and how they will look."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.features import SetupGoesOn, SetupReached
from bot.core.turn import Answer, Plan, Turn
from bot.engine.reading import fold
from bot.engine.schedule.calendar import calendar_of
from bot.engine.schedule.recurrence import Rule, RuleMistake, next_after
from bot.engine.schedule.typed import parse_rule
from bot.engine.words import TemplateMistake, check_template
from bot.features.prompts.choosing import own_card
from bot.features.prompts.content import VARIABLES
from bot.features.prompts.posting import KIND, LATENESS, Postings, shown, title_of
from storage.prompts import Prompt, PromptRows

_TEXT = 2000
_SUGGESTED = "fortnightly tuesday 09:00"
_SHOWN = 3
_NO_WORDS = ("off", "none", "stop", "aucun", "non")


class Moderating:
    """What `/keeper prompt` does."""

    def __init__(self, postings: Postings) -> None:
        """Work on these postings."""
        self.postings = postings

    # The prompts

    def list_(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show what comes next and when, and the community's own that wait."""
        coming = [
            (at.astimezone(ZoneInfo(turn.community.zone)), shown(turn, card).title, card.own)
            for at, card in self.postings.upcoming(turn, 5)
        ]
        rows = turn.rows(PromptRows)
        own = [rows.texts(each)["title"] for each in self._waiting(turn)]
        turn.say("list", coming=coming, own=own, library=len(self.postings.library))

    def add(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Take a prompt of the community's own."""
        if options.get("text"):
            self._keep(turn, options["text"])
        else:
            field = Field("text", turn.text("field_text"), limit=_TEXT, required=True)
            turn.ask_form(
                "prompts.add",
                "ask_text",
                [field],
                choices=[turn.choice("no", "choice_cancel")],
                variables=list(VARIABLES),
            )

    def added(self, turn: Turn, answer: Answer) -> None:
        """Keep the prompt that was typed, or leave it."""
        if answer.choice:
            turn.say("cancelled")
        else:
            self._keep(turn, answer.text)

    def _keep(self, turn: Turn, text: str) -> None:
        _check(text)
        rows = turn.rows(PromptRows)
        position = len(rows.own(turn.community.id))
        row = Prompt(
            id=turn.new_id(),
            community_id=turn.community.id,
            author_id=turn.subject,
            kind="own",
            state="approved",
            position=position,
            texts=b"",
        )
        texts = {"title": title_of(text), "text": text}
        rows.add(row, texts)
        turn.say("added", number=len(self._waiting(turn)))
        self.postings.preview(turn, own_card(row, texts))

    def edit(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Change a prompt of the community's own that was not posted yet."""
        row = self._numbered(turn, options)
        text = options.get("text", "")
        if not text:
            raise BadInput("edit_needs_text")
        _check(text)
        texts = {"title": title_of(text), "text": text}
        turn.rows(PromptRows).save(row, texts)
        turn.say("edited")
        self.postings.preview(turn, own_card(row, texts))

    def remove(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Take a prompt of the community's own away."""
        row = self._numbered(turn, options)
        row.state = "removed"
        turn.rows(PromptRows).save(row)
        turn.say("removed")

    def preview(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show the next prompt exactly as it will look."""
        coming = self.postings.upcoming(turn, 1)
        if not coming:
            raise BadInput("nothing_scheduled")
        at, card = coming[0]
        turn.say("preview_of", at=at.astimezone(ZoneInfo(turn.community.zone)))
        self.postings.preview(turn, card)

    def skip_next(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Leave the next date out; the prompt that was meant for it comes the time after."""
        plan, moment = self.postings.plan(turn), self.postings.next_date(turn)
        if plan is None or plan.rule is None or moment is None:
            raise BadInput("nothing_scheduled")
        rule = Rule.from_json(plan.rule)
        following = calendar_of(turn).next_after(rule, plan.zone, moment)
        self._save(turn, rule, plan.zone, following)
        turn.say("skipped", at=following.astimezone(ZoneInfo(plan.zone)))

    def _waiting(self, turn: Turn) -> list[Prompt]:
        own = turn.rows(PromptRows).own(turn.community.id)
        return [each for each in own if each.state == "approved"]

    def _numbered(self, turn: Turn, options: Mapping[str, str]) -> Prompt:
        waiting = self._waiting(turn)
        number = options.get("number", "")
        if not number.isdecimal() or not 1 <= int(number) <= len(waiting):
            raise BadInput("number_unknown", count=len(waiting))
        return waiting[int(number) - 1]

    # The schedule

    def set_up(self, turn: Turn, event: SetupReached) -> None:
        """Ask when the first prompts come, as a step of the setup."""
        if event.step != "schedule":
            return
        if self.postings.plan(turn) is not None:
            turn.say("scheduled_already")
            self._setup_goes_on(turn)
            return
        self._ask_when(turn)

    def schedule(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Change when prompts come."""
        if options.get("text"):
            self._propose(turn, options["text"])
        else:
            self._ask_when(turn)

    def _ask_when(self, turn: Turn) -> None:
        choices = [
            turn.choice("fortnightly", "choice_fortnightly"),
            turn.choice("weekly", "choice_weekly"),
            turn.choice("other", "choice_other"),
            turn.choice("none", "choice_no_schedule"),
        ]
        turn.ask("prompts.when", "ask_when", choices)

    def when(self, turn: Turn, answer: Answer) -> None:
        """Propose a usual rhythm, or ask for another."""
        match answer.choice:
            case "fortnightly":
                self._propose(turn, _SUGGESTED)
            case "weekly":
                self._propose(turn, "weekly tuesday 09:00")
            case "other":
                field = Field("rule", turn.text("field_rule"), limit=100)
                turn.ask_form("prompts.rule", "ask_rule", [field])
            case _:
                self._drop(turn)
                self._setup_goes_on(turn)

    def rule_typed(self, turn: Turn, answer: Answer) -> None:
        """Propose what was typed."""
        self._propose(turn, answer.text)

    def _propose(self, turn: Turn, words: str) -> None:
        if fold(words) in _NO_WORDS:
            self._drop(turn)
            return
        zone = turn.community.zone
        today = turn.now.astimezone(ZoneInfo(zone)).date()
        try:
            rule = parse_rule(words, today, locales=tuple(turn.languages))
        except RuleMistake as mistake:
            name = "rule_" + mistake.reason.value.replace("-", "_")
            reason = turn.text(name, word=mistake.word)
            raise BadInput("rule_mistake", reason=reason) from mistake
        begin = self.postings.free_from(turn, zone)
        coming = calendar_of(turn).upcoming(rule, zone, begin, _SHOWN)
        dates = [at.astimezone(ZoneInfo(zone)) for at in coming]
        choices = [turn.choice("yes", "choice_yes"), turn.choice("other", "choice_other")]
        about = {"rule": rule.to_json()}
        turn.ask("prompts.confirm", "next_dates", choices, about=about, dates=dates, zone=zone)

    def confirmed(self, turn: Turn, answer: Answer) -> None:
        """Keep the schedule, or ask again."""
        if answer.choice != "yes":
            field = Field("rule", turn.text("field_rule"), limit=100)
            turn.ask_form("prompts.rule", "ask_rule", [field])
            return
        rule = Rule.from_json(answer.about["rule"])
        zone = turn.community.zone
        begin = self.postings.free_from(turn, zone)
        self._save(turn, rule, zone, next_after(rule, zone, begin))
        shown_first = calendar_of(turn).next_after(rule, zone, begin)
        turn.say("scheduled", at=shown_first.astimezone(ZoneInfo(zone)), zone=zone)
        self._setup_goes_on(turn)

    def _save(self, turn: Turn, rule: Rule, zone: str, first: datetime) -> None:
        known = self.postings.plan(turn)
        turn.plan(
            Plan(
                id=known.id if known else turn.new_id(),
                kind=KIND,
                rule=rule.to_json(),
                zone=zone,
                next_due=first,
                policy="late once",
                lateness=int(LATENESS / timedelta(seconds=1)),
            )
        )

    def _drop(self, turn: Turn) -> None:
        plan = self.postings.plan(turn)
        if plan is not None:
            turn.unplan(plan.id)
        turn.say("no_schedule")

    def _setup_goes_on(self, turn: Turn) -> None:
        turn.tell(SetupGoesOn(event_id=turn.new_id(), step="schedule"))


def _check(text: str) -> None:
    """Refuse a template outside the subset while its author is there to mend it."""
    try:
        check_template(text, VARIABLES)
    except TemplateMistake as mistake:
        raise BadInput(f"engine/{mistake.reason}", part=mistake.part) from mistake
