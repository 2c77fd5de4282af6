"""Posting a prompt at its time, and what its quiet buttons do."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import Choice, Edit, Lane, OpenThread, Poll
from bot.core.events import Undelivered
from bot.core.features import Notice, ThoughtOffered
from bot.core.markup import Markdown
from bot.core.refs import Room
from bot.core.turn import Answer, Plan, Turn
from bot.engine.schedule.calendar import calendar_of
from bot.features.prompts.cards import Card, heading, library_card, shown
from bot.features.prompts.coming import KIND, Coming, Library, ping_for, room_of
from bot.features.prompts.overview import Overview, poll_of
from bot.features.prompts.signing import signature, signature_ahead
from storage.communities import Communities
from storage.prompts import Posting, PromptRows


class Postings:
    """The prompts that go out."""

    def __init__(self, library: Library, overview: Overview) -> None:
        """Post what this library chooses."""
        self.library = library
        self.overview = overview

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
        room = room_of(turn, plan)
        if community.state != "open" or "prompts" in community.paused or room is None:
            return
        if turn.rows(Communities).has_lost(community.id, room):
            return  # no prompt is used up; the status says that the room is gone
        assert plan.next_due is not None
        calendar = calendar_of(turn)
        if calendar.quiet(plan.next_due) or calendar.quiet(turn.now):
            return
        rows = turn.rows(PromptRows)
        ahead = self.library.ahead(turn)
        waiting = {row.id: row for row in ahead.own}
        card = self.library.pick(turn, plan, ahead, plan.next_due)
        if card is None:
            return
        if card.id in waiting:
            waiting[card.id].state = "posted"
            rows.save(waiting[card.id])
        posting = turn.new_id()
        key = self.post(turn, card, room, posting, plan)
        rows.post(
            Posting(
                id=posting,
                community_id=community.id,
                schedule_id=plan.id,
                due=plan.next_due,
                prompt_id=card.base or card.id,
                kind=card.kind,
                delivery_key=key,
            )
        )

    def post(self, turn: Turn, card: Card, room: Room, posting: str, plan: Plan) -> str:
        """Post a prompt and open its thread."""
        assert plan.next_due is not None
        ping = ping_for(turn, plan, plan.next_due, card.id)
        signed = signature_ahead(turn, plan, plan.next_due, card)
        card = shown(turn, card)
        notices: list[Notice] = [each for each in turn.gather("notices") if not each.under]
        key = turn.ask(
            "card.choice",
            "card",
            self._choices(turn, card),
            to=room,
            anyone=True,
            about={"posting": posting, "prompt": card.id, "base": card.base},
            lane=Lane.NORMAL,
            expires=timedelta(seconds=plan.lateness),
            ping=ping,
            title=heading(card),
            text=Markdown(card.text),
            credit=Markdown(card.credit),
            signed=Markdown(signed),
            notices=[each.text for each in notices],
            hands=card.hands,
        )
        for each in notices:
            each.put(key)
        turn.do(
            OpenThread(
                key=turn.new_id(),
                to=room,
                after=key,
                title=card.title,
                text=turn.text("thread"),
            ),
        )
        if card.hands:
            poll = poll_of(key)
            turn.do(Poll(key=poll, to=room, after=key, question=card.title, options=card.hands))
        return key

    def change_posted(self, turn: Turn, card: Card, room: Room, posting: Posting) -> None:
        """Replace the words of a prompt that stands in its room; thread and buttons stay."""
        card, key = shown(turn, card), posting.delivery_key
        turn.do(
            Edit(
                key=turn.new_id(),
                to=room,
                after=key,
                text=turn.text(
                    "card",
                    title=heading(card),
                    text=Markdown(card.text),
                    credit=Markdown(card.credit),
                    signed=Markdown(
                        signature(turn, posting.schedule_id, posting.due, posting.prompt_id)
                    ),
                    notices=[each.text for each in turn.gather("notices") if each.under == key],
                    hands=card.hands,
                ),
                choices=tuple(self._choices(turn, card)),
                hint=turn.text("engine/how_to_react"),
            )
        )

    def undelivered(self, turn: Turn, event: Undelivered) -> None:
        """A prompt that could not be posted is not used up: it comes another time."""
        turn.rows(PromptRows).unpost(event.key)

    def preview_coming(self, turn: Turn, coming: Coming) -> None:
        """Show what comes next exactly as it will look, and whom it mentions."""
        turn.say("preview_of", at=coming.at.astimezone(ZoneInfo(coming.plan.zone)))
        ping = ping_for(turn, coming.plan, coming.at, coming.card.id)
        signed = signature_ahead(turn, coming.plan, coming.at, coming.card)
        self.preview(turn, coming.card, ping, signed)

    def preview(self, turn: Turn, card: Card, ping: str = "", signed: str = "") -> None:
        """Show a moderator a prompt exactly as it will look."""
        card = shown(turn, card)
        with turn.in_language(turn.community.locale):
            choices = [f"{each.emoji} {each.label}" for each in self._choices(turn, card)]
        turn.say(
            "preview",
            title=heading(card),
            text=Markdown(card.text),
            credit=Markdown(card.credit),
            signed=Markdown(signed),
            choices=choices,
            ping=mentioned(turn, ping),
            hands=card.hands,
        )

    def _choices(self, turn: Turn, card: Card) -> list[Choice]:
        choices = [turn.choice("keep", "choice_keep", emoji="📝")]
        base = self.library.prompts.get(card.base)
        if card.starters or base is not None:
            choices.append(turn.choice("starters", "choice_starters", emoji="✏️"))
        if card.easier:
            choices.append(turn.choice("easier", "choice_easier", emoji="💬"))
        return choices

    def card_answered(self, turn: Turn, answer: Answer) -> None:
        """Do, in private, what a quiet button says."""
        id_, base = str(answer.about["prompt"]), str(answer.about.get("base", ""))
        prompt = self.library.prompts.get(base or id_)
        if answer.choice == "keep":
            turn.tell(ThoughtOffered(event_id=turn.new_id(), about=self.overview.title(turn, id_)))
        elif prompt is None:
            turn.say("own_words_only", to=turn.me)
        elif answer.choice == "starters":
            card = library_card(prompt, turn.locale)
            title = self.overview.title(turn, id_)
            turn.say("starters", to=turn.me, title=title, starters=list(card.starters))
        else:
            card = shown(turn, library_card(prompt, turn.locale))
            easier = Markdown(card.easier)
            text = Markdown(card.text)
            turn.say("easier", to=turn.me, title=card.title, text=text, easier=easier)


def mentioned(turn: Turn, ping: str) -> str:
    """Return the words for whom a prompt mentions; "" for nobody."""
    if not ping:
        return ""
    names = {role.id: role.name for role in turn.community.known_roles}
    return turn.text("ping_role", role=names[ping]) if ping in names else turn.text("ping_everyone")
