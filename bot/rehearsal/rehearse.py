"""A rehearsal: a moderator sets a community up, somebody comes in, and the weeks pass.

What the bot says comes from the configuration that is rehearsed; what the three people say is the
script's, and stands in `prompts/rehearsal/`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.adapters.memory import Line
from bot.core.content import Folders
from bot.engine.words import Words
from bot.rehearsal.stage import Stage

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday; the clocks change on its fourth Sunday
ZONE = "Europe/Ljubljana"
MODERATOR, MEMBER, NEWCOMER = "Mira", "Tom", "Ana"
ROOM = "garden"


async def rehearse(folders: Folders, weeks: int, seed: int, watch: Callable[[Line], None]) -> None:
    """Play so many weeks and show every message to `watch`.

    Args:
        folders: the content to play with.
        weeks: 1 to 104.
        seed: the same seed gives the same transcript.
    """
    stage = Stage(folders, START, seed=seed, watch=watch)
    try:
        await _Script(stage, Words(folders.prompts)).play(weeks)
    finally:
        stage.close()


class _Script:
    """What the people do."""

    def __init__(self, stage: Stage, words: Words) -> None:
        self.stage = stage
        self.words = words

    def label(self, name: str) -> str:
        return str(self.words.render("en", name, {}))

    def line(self, name: str) -> str:
        return str(self.words.render("en", f"rehearsal/{name}", {}))

    async def play(self, weeks: int) -> None:
        stage = self.stage
        await self.set_up()
        end = START + timedelta(weeks=weeks) + timedelta(days=1)
        await stage.until(START + timedelta(days=1, hours=6))
        await self.newcomer()
        await stage.until(START + timedelta(days=2, hours=3))
        await self.charter()
        await self.thoughts()
        week = 1
        while stage.clock.now() < end:
            await stage.until(min(START + timedelta(weeks=week, days=2), end))
            await self.week(week)
            week += 1

    async def set_up(self) -> None:
        stage = self.stage
        stage.chat.moderators.add(MODERATOR)
        stage.chat.people.update({MODERATOR, MEMBER})
        await stage.chat.add_bot("Garden of Practice", {ROOM: "garden", "notes": "notes"})
        await stage.settle()
        await stage.says(MODERATOR, "!keeper setup", ROOM)
        await stage.clicks(MODERATOR, "English")
        await stage.says(MODERATOR, "Ljubljana")
        await stage.clicks(MODERATOR, "garden")
        await self.clicks_if(MODERATOR, 0)  # the first way to begin a charter
        await stage.clicks(MODERATOR, self.label("prompts/choice_weekly"))
        await stage.clicks(MODERATOR, self.label("prompts/choice_yes"))
        await stage.says(MODERATOR, "keeper prompt preview")
        await stage.clicks(MODERATOR, self.label("community/choice_open"))

    async def clicks_if(self, person: str, position: int) -> None:
        last = self.stage.last(person)
        if len(last.choices) > position:
            await self.stage.clicks(person, last.choices[position])

    async def newcomer(self) -> None:
        stage = self.stage
        await stage.joins(NEWCOMER)
        await stage.clicks(NEWCOMER, self.label("welcome/choice_start"))
        await stage.clicks(NEWCOMER, "English")
        await stage.clicks(NEWCOMER, self.label("welcome/reach_direct"))
        await stage.clicks(NEWCOMER, self.label("welcome/choice_on"))
        await stage.clicks(NEWCOMER, self.label("welcome/choice_hunt"))
        await self.clicks_if(NEWCOMER, 0)  # the first hunt
        await self.hunt()

    async def hunt(self) -> None:
        """Go through whatever hunt it is: try the step, take a hint, else another way."""
        stage = self.stage
        hint = self.label("hunts/choice_hint")
        skip = self.label("hunts/choice_skip")
        other = self.label("hunts/choice_other_way")
        nothing = self.label("hunts/choice_nothing")
        for step in range(20):
            last = stage.last(NEWCOMER)
            if skip not in last.choices:
                break
            if nothing in last.choices:
                await stage.clicks(NEWCOMER, nothing)
            elif step == 1:
                await stage.reacts(NEWCOMER, "👋", last)
            elif step == 2:
                await stage.says(NEWCOMER, self.line("wave"), ROOM)
                if stage.last(NEWCOMER) is last:
                    await stage.clicks(NEWCOMER, other)
            elif hint in last.choices and step == 3:
                await stage.clicks(NEWCOMER, hint)
                await stage.says(NEWCOMER, self.line("charter_word"))
                if skip in stage.last(NEWCOMER).choices:
                    await stage.clicks(NEWCOMER, other)
            else:
                await stage.clicks(NEWCOMER, skip)
        enough = self.label("hunts/choice_enough")
        if enough in stage.last(NEWCOMER).choices:
            await stage.clicks(NEWCOMER, enough)

    async def charter(self) -> None:
        stage = self.stage
        await stage.says(NEWCOMER, "charter read")
        acknowledge = self.label("charter/choice_acknowledge")
        for _ in range(40):
            if acknowledge not in stage.last(NEWCOMER).choices:
                break
            await stage.clicks(NEWCOMER, acknowledge)

    async def thoughts(self) -> None:
        """Keep two thoughts, and take up the offer of a rhythm."""
        stage = self.stage
        card = next(
            (each for each in reversed(stage.chat.lines) if "keep" in each.choice_ids), None
        )
        if card is not None:
            await stage.chat.clicks(NEWCOMER, self.label("prompts/choice_keep"), card)
            await stage.settle()
        else:
            await stage.says(NEWCOMER, "reflect now")
        await stage.says(NEWCOMER, self.line("first_thought"))
        await stage.says(NEWCOMER, f"reflect now {self.line('second_thought')}")
        if self.label("reflection/choice_yes") in stage.last(NEWCOMER).choices:
            await stage.clicks(NEWCOMER, self.label("reflection/choice_yes"))
            await stage.clicks(NEWCOMER, self.label("reflection/cadence_weekly"))
            await self.clicks_if(NEWCOMER, 0)

    async def week(self, week: int) -> None:
        """Answer what came: in the thread of the prompt, and the check-in in private."""
        stage = self.stage
        asked = stage.last(NEWCOMER)
        happened = self.label("reflection/choice_happened")
        if happened in asked.choices:
            await stage.clicks(NEWCOMER, happened)
            await stage.says(NEWCOMER, self.line("answer_odd" if week % 2 else "answer_even"))
        if week == 2:
            await stage.says(MEMBER, "start")
            await stage.says(MODERATOR, "keeper status")
            await stage.says(MODERATOR, f"keeper prompt add {self.line('own_prompt')}")
        if week == 3:
            await stage.says(NEWCOMER, "reflect look-back")
        if week == 4:
            await stage.says(MEMBER, "help")
