"""How late a prompt may still come, when the bot was away at its time."""

from collections.abc import Mapping
from dataclasses import replace

from bot.core.actions import Choice
from bot.core.errors import BadInput
from bot.core.markup import to_plain
from bot.core.turn import Answer, Plan, Turn
from bot.features.prompts.coming import Library
from bot.features.prompts.scheduling import Scheduling

MOST = 168  # hours: a prompt a week late is next week’s
_OFFERED = (1, 12, 48, 168)


class Lateness:
    """What `/keeper prompt lateness` does."""

    def __init__(self, library: Library, scheduling: Scheduling) -> None:
        """Change the windows of these schedules."""
        self.library = library
        self.scheduling = scheduling

    def ask(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Keep a window of so many hours, or ask which; with several schedules, of which."""
        plans, hours = self.library.plans(turn), options.get("hours", "")
        if not plans:
            raise BadInput("nothing_scheduled")
        if hours and not (hours.isdecimal() and 1 <= int(hours) <= MOST):
            raise BadInput("lateness_unknown", most=MOST)
        if len(plans) == 1:
            self._go_on(turn, plans, hours)
            return
        choices = [Choice(plan.id, self.scheduling.label(turn, plan), None, ()) for plan in plans]
        choices.append(turn.choice("all", "choice_all_schedules"))
        turn.ask("late.which", "ask_which_schedule", choices, about={"hours": hours})

    def which(self, turn: Turn, answer: Answer) -> None:
        """Go on with the chosen schedule, or all of them."""
        plans = self.library.plans(turn)
        chosen = [plan for plan in plans if answer.choice in (plan.id, "all")]
        if not chosen:
            raise BadInput("nothing_scheduled")
        self._go_on(turn, chosen, str(answer.about.get("hours", "")))

    def _go_on(self, turn: Turn, plans: list[Plan], hours: str) -> None:
        if hours:
            self._keep(turn, plans, int(hours))
            return
        now = self.words(turn, plans[0].lateness)
        choices = [Choice(str(each), self.words(turn, each * 3600), None, ()) for each in _OFFERED]
        about = {"plans": [plan.id for plan in plans]}
        turn.ask("late.window", "ask_lateness", choices, about=about, now=now)

    def chosen(self, turn: Turn, answer: Answer) -> None:
        """Keep the chosen window."""
        plans = [plan for plan in self.library.plans(turn) if plan.id in answer.about["plans"]]
        if not plans:
            raise BadInput("nothing_scheduled")
        self._keep(turn, plans, int(answer.choice))

    def _keep(self, turn: Turn, plans: list[Plan], hours: int) -> None:
        for plan in plans:
            turn.plan(replace(plan, lateness=hours * 3600))
        turn.say("lateness_kept", window=self.words(turn, hours * 3600))

    def words(self, turn: Turn, seconds: int) -> str:
        """Return a window in words."""
        hours = seconds // 3600
        name = f"late_{hours}" if hours in _OFFERED else "late_hours"
        return to_plain(turn.text(name, count=hours))
