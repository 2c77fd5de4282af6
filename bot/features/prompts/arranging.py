"""What comes next, on one page, and the ways to change that: another prompt, an arc, a mending."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.actions import Choice, Field
from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.markup import Markdown, to_plain
from bot.core.turn import Answer, Turn
from bot.features.prompts.cards import SUGGESTED, Card, library_card, own_card, shown, title_of
from bot.features.prompts.coming import Coming, Library, ping_for, room_of, with_payload
from bot.features.prompts.moderating import TEXT, change, check_text
from bot.features.prompts.overview import waiting_own
from bot.features.prompts.posting import Postings, mentioned
from bot.features.prompts.reviewing import Reviewing
from bot.features.prompts.signing import Signing
from bot.features.prompts.skipping import Skipping
from storage.prompts import Posting, PromptRows
from storage.suggestions import Suggestions

_SHOWN = 5
_FAR = 12  # how far ahead another prompt is looked for
_OFFERED = 4


class Arranging:
    """What `/keeper prompt list` shows and offers."""

    def __init__(
        self, library: Library, postings: Postings, reviewing: Reviewing, skipping: Skipping
    ) -> None:
        """Arrange these prompts."""
        self.library = library
        self.skipping = skipping
        self.postings = postings
        self.reviewing = reviewing
        self.signing = Signing(library)

    def list_(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show what comes next, when and why, and the community's own that wait."""
        coming = self.library.upcoming(turn, _SHOWN)
        names = {facts.room.id: facts.name for facts in turn.community.known_rooms}
        several = len(self.library.plans(turn)) > 1
        rows = [
            {
                "at": each.at.astimezone(ZoneInfo(each.plan.zone)),
                "title": shown(turn, each.card).title,
                "why": turn.text(f"why_{each.card.why}", **self._about(turn, each)),
                "room": names.get(room.id, "?") if (room := room_of(turn, each.plan)) else "?",
                "ping": mentioned(turn, ping_for(turn, each.plan, each.at, each.card.id)),
            }
            for each in coming
        ]
        own = [turn.rows(PromptRows).texts(row)["title"] for row in waiting_own(turn)]
        suggested = len(turn.rows(Suggestions).waiting(turn.community.id))
        choices = [turn.choice("suggested", "choice_suggested")] if suggested else []
        if coming:
            choices.append(turn.choice("swap", "choice_swap"))
            choices.append(turn.choice("ping", "choice_ping"))
            choices.append(turn.choice("sign", "choice_sign"))
            arc = "arc_end" if self._arc_left(turn, coming[0]) else "arc"
            choices.append(turn.choice(arc, f"choice_{arc}"))
        if self._last(turn) is not None:
            choices.append(turn.choice("mend", "choice_mend"))
        choices += self.skipping.offers(turn)
        choices.append(turn.choice("nothing", "choice_nothing"))
        turn.ask(
            "prompts.list",
            "list",
            choices,
            coming=rows,
            several=several,
            left=self.skipping.shown(turn),
            own=own,
            suggested=suggested,
            library=len(self.library.prompts),
        )

    def listed(self, turn: Turn, answer: Answer) -> None:
        """Do what was chosen under the list."""
        what, _, schedule = answer.choice.partition(":")
        match what:
            case "back":
                self.skipping.bring_back(turn, schedule)
            case "suggested":
                self.reviewing.show(turn)
            case "swap":
                self.ask_swap(turn)
            case "arc":
                self._ask_arc(turn)
            case "arc_end":
                coming = self.library.upcoming(turn, 1)
                if coming:
                    turn.plan(with_payload(coming[0].plan, arc=None))
                turn.say("arc_ended")
            case "ping":
                turn.run("keeper prompt ping")
            case "sign":
                self.signing.ask(turn)
            case "mend":
                self._ask_mending_last(turn)
            case _:
                turn.say("unchanged")

    # Another prompt for the next date

    def ask_swap(self, turn: Turn) -> None:
        """Offer what comes later for the next date."""
        coming = self.library.upcoming(turn, _FAR)
        if not coming:
            raise BadInput("nothing_scheduled")
        first, posted = coming[0], turn.rows(PromptRows).postings(turn.community.id)
        there = {each.prompt_id for each in posted}
        last = posted[-1].kind if posted else ""
        fitting: dict[str, Card] = {}
        for each in coming[1:]:
            prompt = self.library.prompts.get(each.card.id)
            if prompt and (prompt.kind == last or (prompt.after and prompt.after not in there)):
                continue  # a kind twice running, or back to what was not there yet
            if each.card.id != first.card.id:
                fitting.setdefault(each.card.id, each.card)
        offered = list(fitting.values())[:_OFFERED]
        choices = [Choice(card.id, shown(turn, card).title, None, ()) for card in offered]
        choices.append(turn.choice("none", "choice_as_it_is"))
        about = {"plan": first.plan.id, "at": first.at.isoformat()}
        at = first.at.astimezone(ZoneInfo(first.plan.zone))
        turn.ask("prompts.swap", "ask_swap", choices, about=about, at=at)

    def swapped(self, turn: Turn, answer: Answer) -> None:
        """Keep the chosen prompt for that date."""
        if answer.choice == "none":
            turn.say("unchanged")
            return
        self.choose(turn, str(answer.about["plan"]), str(answer.about["at"]), answer.choice)

    def choose(self, turn: Turn, plan: str, at: str, prompt: str) -> None:
        """Let a prompt come at a moment of a schedule, and show it."""
        known = next((each for each in self.library.plans(turn) if each.id == plan), None)
        if known is None:
            raise BadInput("nothing_scheduled")
        turn.plan(with_payload(known, chosen={"prompt": prompt, "at": at}))
        coming = next(
            (each for each in self.library.upcoming(turn, 3) if each.plan.id == plan), None
        )
        if coming is None or coming.at.isoformat() != at:
            raise BadInput("choose_too_late")
        self.postings.preview_coming(turn, coming)

    # Arcs

    def _ask_arc(self, turn: Turn) -> None:
        arcs = self.library.arcs.values()
        choices = [Choice(arc.id, in_locale(arc.title, turn.locale), None, ()) for arc in arcs]
        choices.append(turn.choice("none", "choice_as_it_is"))
        listed = [
            (in_locale(arc.title, turn.locale), in_locale(arc.about, turn.locale)) for arc in arcs
        ]
        turn.ask("prompts.arc", "ask_arc", choices, arcs=listed)

    def arc_chosen(self, turn: Turn, answer: Answer) -> None:
        """Begin an arc; what the community had of it in this round is left out."""
        arc = self.library.arcs.get(answer.choice)
        coming = self.library.upcoming(turn, 1)
        if arc is None or not coming:
            turn.say("unchanged")
            return
        posted = turn.rows(PromptRows).postings(turn.community.id)
        ids = [each.prompt_id for each in posted if each.prompt_id in self.library.prompts]
        turns = min(ids.count(id_) for id_ in self.library.prompts)
        steps = [step for step in arc.prompts if ids.count(step) == turns]
        begun = {"id": arc.id, "since": turn.now.isoformat(), "prompts": steps}
        turn.plan(with_payload(coming[0].plan, arc=begun))
        titles = [library_card(self.library.prompts[id_], turn.locale).title for id_ in steps]
        turn.say("arc_begun", title=in_locale(arc.title, turn.locale), prompts=titles)

    def _arc_left(self, turn: Turn, coming: Coming) -> list[str]:
        arc = (coming.plan.payload or {}).get("arc")
        if not arc:
            return []
        posted = turn.rows(PromptRows).postings(turn.community.id)
        there = {each.prompt_id for each in posted if each.due.isoformat() >= str(arc["since"])}
        return [step for step in arc["prompts"] if step not in there]

    def _about(self, turn: Turn, coming: Coming) -> dict[str, Any]:
        """Return what the reason names: the arc, or the plan that a prompt comes back to."""
        prompt = self.library.prompts.get(coming.card.id)
        before = self.library.prompts.get(prompt.after or "") if prompt else None
        arc = self.library.arcs.get(str(((coming.plan.payload or {}).get("arc") or {}).get("id")))
        return {
            "arc": in_locale(arc.title, turn.locale) if arc else "",
            "plan": library_card(before, turn.locale).title if before else "",
        }

    # The one that stands in the room

    def _last(self, turn: Turn) -> Posting | None:
        return next(reversed(turn.rows(PromptRows).postings(turn.community.id)), None)

    def _ask_mending_last(self, turn: Turn) -> None:
        posting = self._last(turn)
        if posting is None:
            raise BadInput("mend_gone")
        self.ask_mending(turn, posting)

    def ask_mending(self, turn: Turn, posting: Posting) -> None:
        """Ask for other words of a prompt that stands in its room."""
        card = self._posted(turn, posting)
        if card is None:
            raise BadInput("mend_gone")
        if card.kind == SUGGESTED:
            raise BadInput("edit_suggested")
        field = Field("text", turn.text("field_text"), limit=TEXT, required=True)
        turn.ask_form(
            "prompts.mend",
            "ask_mend",
            [field],
            choices=[turn.choice("no", "choice_as_it_is")],
            about={"posting": posting.id},
            title=shown(turn, card).title,
        )

    def mended(self, turn: Turn, answer: Answer) -> None:
        """Give the prompt that stands in the room other words."""
        posting = turn.rows(PromptRows).posting(str(answer.about["posting"]))
        if answer.choice or posting is None:
            turn.say("unchanged")
            return
        check_text(answer.text)
        card = self._posted(turn, posting)
        plans = {plan.id: plan for plan in self.library.plans(turn)}
        plan = plans.get(posting.schedule_id)
        room = room_of(turn, plan) if plan else turn.community.rooms.get("prompts")
        if card is None or room is None:
            raise BadInput("mend_gone")
        title = title_of(to_plain(answer.text))
        mended = replace(card, text=answer.text, title=title, own=True, easier="")
        rows = turn.rows(PromptRows)
        row = next((each for each in rows.own(turn.community.id) if each.id == card.id), None)
        if row is not None:
            change(turn, row, answer.text)
        self.postings.change_posted(turn, mended, room, posting)
        turn.say("mended", text=Markdown(shown(turn, mended).text))

    def _posted(self, turn: Turn, posting: Posting) -> Card | None:
        prompt = self.library.prompts.get(posting.prompt_id)
        if prompt is not None:
            return library_card(prompt, turn.community.locale)
        rows = turn.rows(PromptRows)
        own = next(
            (each for each in rows.own(turn.community.id) if each.id == posting.prompt_id), None
        )
        return own_card(own, rows.texts(own)) if own else None
