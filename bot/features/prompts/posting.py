"""Posting a prompt at its time, and what its quiet buttons do."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import Choice, Lane, OpenThread
from bot.core.features import ThoughtOffered
from bot.core.markup import Markdown, to_plain
from bot.core.refs import Room
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.engine.schedule.recurrence import Rule
from bot.engine.words import check_template, render_template
from bot.features.prompts.choosing import Card, library_card, next_of, own_card
from bot.features.prompts.content import VARIABLES, Prompt
from storage.communities import Communities
from storage.prompts import Posting, PromptRows

KIND = "prompts.weekly"
LATENESS = timedelta(days=2)


class Postings:
    """The prompts that go out."""

    def __init__(self, library: Mapping[str, Prompt]) -> None:
        """Choose from this library, when the community has none of its own waiting."""
        self.library = library

    def plan(self, turn: Turn) -> Plan | None:
        """Return the community's schedule."""
        return next(iter(turn.plans(KIND)), None)

    def next_date(self, turn: Turn) -> datetime | None:
        """Return when the next prompt comes; what falls into quiet days is left out."""
        plan = self.plan(turn)
        if plan is None or plan.next_due is None or plan.rule is None:
            return None
        calendar = calendar_of(turn)
        if not calendar.quiet(plan.next_due):
            return plan.next_due
        return calendar.next_after(Rule.from_json(plan.rule), plan.zone, plan.next_due)

    def upcoming(self, turn: Turn, count: int) -> list[tuple[datetime, Card]]:
        """Return what comes next and when, as it would be without further changes."""
        plan, moment = self.plan(turn), self.next_date(turn)
        if plan is None or plan.rule is None or moment is None:
            return []
        calendar = calendar_of(turn)
        rows = turn.rows(PromptRows)
        posted = rows.postings(turn.community.id)
        own = [each for each in rows.own(turn.community.id) if each.state == "approved"]
        opened = self._opened(turn)
        found: list[tuple[datetime, Card]] = []
        for _ in range(count):
            if own:
                row = own.pop(0)
                card: Card | None = own_card(row, rows.texts(row))
            else:
                card = self._from_library(turn, posted, opened, moment)
            if card is None:
                break
            found.append((moment, card))
            posted = [
                *posted,
                Posting(
                    id="",
                    community_id="",
                    schedule_id="",
                    due=moment,
                    prompt_id=card.id,
                    kind=card.kind,
                    delivery_key="",
                ),
            ]
            moment = calendar.next_after(Rule.from_json(plan.rule), plan.zone, moment)
        return found

    def free_from(self, turn: Turn, zone: str) -> datetime:
        """Return from when a changed rule may come due: no second prompt on the same day."""
        posted = turn.rows(PromptRows).postings(turn.community.id)
        today = turn.now.astimezone(ZoneInfo(zone)).date()
        if not posted or posted[-1].due.astimezone(ZoneInfo(zone)).date() != today:
            return turn.now
        tomorrow = datetime.combine(today + timedelta(days=1), time(), ZoneInfo(zone))
        return max(turn.now, tomorrow.astimezone(UTC) - timedelta(microseconds=1))

    def _opened(self, turn: Turn) -> datetime | None:
        return turn.rows(Communities).get(turn.community.id).opened_at

    def _from_library(
        self, turn: Turn, posted: list[Posting], opened: datetime | None, at: datetime
    ) -> Card | None:
        chosen = next_of(self.library, posted, opened, at, turn.community.id)
        return library_card(chosen, turn.community.locale) if chosen else None

    def read_ahead(self, rows: Any, plans: Sequence[Plan]) -> None:  # noqa: ANN401 - see `Turn.rows`
        """Read what the communities have, and what was posted there."""
        if communities := {plan.community for plan in plans if plan.kind == KIND}:
            PromptRows(rows).fetch(communities)
            Communities(rows).fetch_rooms(communities)

    def due(self, turn: Turn, plan: Plan) -> None:
        """Post the next prompt with its thread.

        In quiet days nothing is posted and no prompt used up: neither what is due then, nor what
        would come late then.
        """
        community = turn.community
        if community.state != "open" or "prompts" not in community.rooms:
            return
        if turn.rows(Communities).has_lost(community.id, community.rooms["prompts"]):
            return  # no prompt is used up; the status says that the room is gone
        assert plan.next_due is not None
        calendar = calendar_of(turn)
        if calendar.quiet(plan.next_due) or calendar.quiet(turn.now):
            return
        rows = turn.rows(PromptRows)
        posted = rows.postings(community.id)
        own = [each for each in rows.own(community.id) if each.state == "approved"]
        if own:
            card: Card | None = own_card(own[0], rows.texts(own[0]))
            own[0].state = "posted"
            rows.save(own[0])
        else:
            card = self._from_library(turn, posted, self._opened(turn), plan.next_due)
        if card is None:
            return
        posting = turn.new_id()
        key = self.post(turn, card, community.rooms["prompts"], posting)
        rows.post(
            Posting(
                id=posting,
                community_id=community.id,
                schedule_id=plan.id,
                due=plan.next_due,
                prompt_id=card.id,
                kind=card.kind,
                delivery_key=key,
            )
        )

    def post(self, turn: Turn, card: Card, room: Room, posting: str) -> str:
        """Post a prompt and open its thread."""
        card = shown(turn, card)
        key = turn.ask(
            "card.choice",
            "card",
            self._choices(turn, card),
            to=room,
            anyone=True,
            about={"posting": posting, "prompt": card.id},
            lane=Lane.NORMAL,
            expires=LATENESS,
            title=heading(card),
            text=Markdown(card.text),
        )
        turn.do(
            OpenThread(
                key=turn.new_id(),
                to=room,
                after=key,
                title=card.title,
                text=turn.text("thread"),
            ),
        )
        return key

    def preview(self, turn: Turn, card: Card) -> None:
        """Show a moderator a prompt exactly as it will look."""
        card = shown(turn, card)
        choices = [f"{each.emoji} {each.label}" for each in self._choices(turn, card)]
        turn.say("preview", title=heading(card), text=Markdown(card.text), choices=choices)

    def _choices(self, turn: Turn, card: Card) -> list[Choice]:
        choices = [turn.choice("keep", "choice_keep", emoji="📝")]
        if card.starters:
            choices.append(turn.choice("starters", "choice_starters", emoji="✏️"))
        if card.easier:
            choices.append(turn.choice("easier", "choice_easier", emoji="💬"))
        return choices

    def card_answered(self, turn: Turn, answer: Answer) -> None:
        """Do, in private, what a quiet button says."""
        prompt = self.library.get(str(answer.about["prompt"]))
        title = self._title(turn, str(answer.about["prompt"]))
        if answer.choice == "keep":
            turn.tell(ThoughtOffered(event_id=turn.new_id(), about=title))
        elif prompt is None:
            turn.say("own_words_only", to=turn.me)
        elif answer.choice == "starters":
            card = library_card(prompt, turn.locale)
            turn.say("starters", to=turn.me, title=card.title, starters=list(card.starters))
        else:
            card = shown(turn, library_card(prompt, turn.locale))
            easier = Markdown(card.easier)
            text = Markdown(card.text)
            turn.say("easier", to=turn.me, title=card.title, text=text, easier=easier)

    def _title(self, turn: Turn, prompt: str) -> str:
        if prompt in self.library:
            return library_card(self.library[prompt], turn.locale).title
        rows = turn.rows(PromptRows)
        own = next((each for each in rows.own(turn.community.id) if each.id == prompt), None)
        return rows.texts(own)["title"] if own else ""

    def status(self, turn: Turn) -> list[str]:
        """Return when the next prompt comes, and how many of the community's own wait."""
        plan, moment = self.plan(turn), self.next_date(turn)
        own = [
            each
            for each in turn.rows(PromptRows).own(turn.community.id)
            if each.state == "approved"
        ]
        if plan is None or moment is None:
            return [turn.text("status_none", waiting=len(own))]
        at = moment.astimezone(ZoneInfo(plan.zone))
        return [turn.text("status", at=at, zone=plan.zone, waiting=len(own))]

    def problems(self, turn: Turn) -> list[str]:
        """Return why prompts would not come."""
        if turn.community.state == "open" and self.plan(turn) is None:
            return [turn.text("problem_no_schedule")]
        return []


def shown(turn: Turn, card: Card) -> Card:
    """Fill in what a prompt's template shows; what a moderator typed is taken as text and
    Markdown.
    """
    values = {"community": turn.community.name, **dict(turn.gather("variables"))}
    known = {name: values.get(name, "") for name in VARIABLES}
    check_template(card.text, VARIABLES)
    easier = render_template(card.easier, known) if card.easier else ""
    text = render_template(card.text, known)
    title = title_of(text) if card.own else card.title
    return replace(card, title=title, text=text, easier=str(easier))


def heading(card: Card) -> str:
    """Return what stands above a prompt; one that is its own title needs none."""
    return "" if to_plain(card.text).strip() == card.title else card.title


def title_of(text: str) -> str:
    """Return a thread's title for a prompt that was typed without one."""
    first = to_plain(text).strip().split("\n")[0]
    return first if len(first) <= 60 else first[:57].rsplit(" ", 1)[0] + "…"
