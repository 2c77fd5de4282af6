"""What is told of the prompts: to moderators, and to other features."""

from zoneinfo import ZoneInfo

from bot.core.features import Number, Talk
from bot.core.turn import Turn
from bot.engine.schedule.calendar import calendar_of
from bot.features.prompts.cards import library_card, own_card
from bot.features.prompts.coming import Library, next_date, room_of
from bot.features.prompts.signing import stewards
from storage.communities import Communities
from storage.prompts import Prompt, PromptRows

_TALKS = 60  # of the last, that people may still talk about


class Overview:
    """What was posted, what comes, and what is wrong."""

    def __init__(self, library: Library) -> None:
        """Tell of what this library has."""
        self.library = library

    def title(self, turn: Turn, prompt: str) -> str:
        """Return the title of a prompt that was posted."""
        if prompt in self.library.prompts:
            return library_card(self.library.prompts[prompt], turn.locale).title
        rows = turn.rows(PromptRows)
        own = next((each for each in rows.own(turn.community.id) if each.id == prompt), None)
        return rows.texts(own)["title"] if own else ""

    def status(self, turn: Turn) -> list[str]:
        """Return when the next prompts come, and how many of the community's own wait."""
        waiting = len(waiting_own(turn))
        calendar = calendar_of(turn)
        names = {facts.room.id: facts.name for facts in turn.community.known_rooms}
        lines = []
        plans = self.library.plans(turn)
        for plan in plans:
            at, room = next_date(plan, calendar), room_of(turn, plan)
            if at is None:
                continue
            if room is None or turn.rows(Communities).has_lost(turn.community.id, room):
                lines.append(turn.text("status_resting", waiting=waiting))
                continue
            lines.append(
                turn.text(
                    "status",
                    at=at.astimezone(ZoneInfo(plan.zone)),
                    zone=plan.zone,
                    waiting=waiting,
                    room=names.get(room.id, "?") if len(plans) > 1 else "",
                )
            )
        return list(dict.fromkeys(lines)) or [turn.text("status_none", waiting=waiting)]

    def talks(self, turn: Turn) -> list[Talk]:
        """Return the last prompts that were posted, each with its thread, the oldest first."""
        signed = stewards(turn)
        with turn.in_language(turn.community.locale):
            return [
                Talk(
                    each.id,
                    each.delivery_key,
                    self.title(turn, each.prompt_id),
                    each.due,
                    signed.get((each.schedule_id, each.due.isoformat()), ""),
                    poll_of(each.delivery_key),
                    self._hands(turn, each.prompt_id),
                )
                for each in turn.rows(PromptRows).postings(turn.community.id)[-_TALKS:]
            ]

    def _hands(self, turn: Turn, prompt: str) -> tuple[str, ...]:
        """Return the answers of a posted prompt's show of hands, as far as that is certain."""
        rows = turn.rows(PromptRows)
        if prompt not in self.library.prompts:
            own = next((row for row in rows.own(turn.community.id) if row.id == prompt), None)
            return own_card(own, rows.texts(own)).hands if own is not None else ()
        hands = library_card(self.library.prompts[prompt], turn.locale).hands
        reworded = hands and any(
            rows.texts(row).get("base") == prompt for row in rows.own(turn.community.id)
        )
        return () if reworded else hands

    def numbers(self, turn: Turn) -> list[Number]:
        """Return how many prompts were posted in this month, which everybody can see."""
        zone = ZoneInfo(turn.community.zone)
        month = f"{turn.now.astimezone(zone):%Y-%m}"
        posted = turn.rows(PromptRows).postings(turn.community.id)
        count = sum(f"{each.due.astimezone(zone):%Y-%m}" == month for each in posted)
        return [Number("prompts", turn.text("number_posted"), count, of_people=False)]

    def problems(self, turn: Turn) -> list[str]:
        """Return why prompts would not come."""
        plans = self.library.plans(turn)
        if turn.community.state == "open" and not plans:
            return [turn.text("problem_no_schedule")]
        known = {facts.room.id: facts for facts in turn.community.known_rooms}
        found = []
        for plan in plans:
            own = (plan.payload or {}).get("room")
            if own and own not in known:
                found.append(turn.text("problem_room_gone"))
            elif own and not known[own].can_post:
                found.append(turn.text("problem_cannot_post", room=known[own].name))
        return found


def poll_of(key: str) -> str:
    """Return the key of the poll that a prompt's delivery has in its thread."""
    return f"{key}.h"


def waiting_own(turn: Turn) -> list[Prompt]:
    """Return the community's own prompts that wait, in their order."""
    own = turn.rows(PromptRows).own(turn.community.id)
    return [each for each in own if each.state == "approved"]
