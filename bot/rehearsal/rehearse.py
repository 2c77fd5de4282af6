"""A rehearsal: a moderator sets a community up, somebody comes in, and the weeks pass.

What the bot says comes from the configuration that is rehearsed; what the people say is the
script's, and stands in `lines`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.adapters.memory import Line
from bot.core.content import Folders
from bot.core.refs import Room
from bot.engine.words import Words, language_name
from bot.rehearsal import lines
from bot.rehearsal.stage import Stage

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday; the clocks change on its fourth Sunday
ZONE = "Europe/Ljubljana"
MODERATOR, MEMBER, NEWCOMER, LATER = "Mira", "Tom", "Ana", "Inès"
ROOM = "garden"


async def rehearse(
    folders: Folders,
    weeks: int,
    seed: int,
    watch: Callable[[Line], None],
    language: str = "en",
) -> None:
    """Play so many weeks and show every message to `watch`.

    Args:
        folders: the content to play with.
        weeks: 1 to 104.
        seed: the same seed gives the same transcript.
        language: what the community and its newcomer speak with the bot, one that it speaks.
    """
    stage = Stage(folders, START, seed=seed, watch=watch)
    try:
        await play(stage, folders, weeks, language)
    finally:
        stage.close()


async def play(stage: Stage, folders: Folders, weeks: int, language: str = "en") -> None:
    """Play so many weeks on a stage where nobody is yet."""
    await _Script(stage, Words(folders.prompts), language).play(weeks)


class _Script:
    """What the people do."""

    def __init__(self, stage: Stage, words: Words, language: str) -> None:
        self.stage = stage
        self.words = words
        self.language = language

    def label(self, name: str, locale: str = "") -> str:
        return str(self.words.render(locale or self.language, name, {}))

    async def play(self, weeks: int) -> None:
        await self.set_up()
        for week in range(1, weeks + 1):
            await self.week(week)
        await self.stage.until(START + timedelta(weeks=weeks))

    async def week(self, week: int) -> None:
        """Let a week pass: the thread, the check-in, and what happens in this week alone."""
        await self.until(week, days=1, hours=4, minutes=20)
        await self.thread(week)
        match week:
            case 1:
                await self.until(week, days=1, hours=6)
                await self.newcomer()
                await self.until(week, days=2, hours=3)
                await self.charter()
                await self.thoughts()
            case 2:
                await self.until(week, days=2, hours=1)
                await self.stage.says(MODERATOR, "keeper status")
                await self.stage.says(MODERATOR, f"keeper prompt add {lines.OWN_PROMPT}")
                await self.until(week, days=2, hours=2)
                await self.stage.joins(LATER)
                await self.stage.clicks(LATER, self.label("welcome/choice_later"))
        await self.until(week, days=2, hours=9, minutes=40)
        await self.check_in(week)
        await self.until(week, days=3, hours=8)
        match week:
            case 3:
                await self.in_french()
            case 4:
                await self.stage.says(NEWCOMER, "reflect look-back")
                await self.stage.says(MODERATOR, "keeper prompt list")
            case 5:
                await self.stage.says(MODERATOR, f"keeper prompt schedule {lines.FORTNIGHT}")
                await self.stage.clicks(MODERATOR, self.label("prompts/choice_yes"))

    async def until(self, week: int, **into: int) -> None:
        await self.stage.until(START + timedelta(weeks=week - 1) + timedelta(**into))

    async def set_up(self) -> None:
        stage = self.stage
        stage.chat.moderators.add(MODERATOR)
        stage.chat.people.update({MODERATOR, MEMBER})
        await stage.chat.add_bot("Garden of Practice", {ROOM: "garden", "notes": "notes"})
        await stage.settle()
        await stage.says(MODERATOR, "!keeper setup", ROOM)
        await stage.clicks(MODERATOR, language_name(self.language))
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
        await stage.clicks(NEWCOMER, language_name(self.language))
        await stage.clicks(NEWCOMER, self.label("welcome/reach_direct"))
        await stage.clicks(NEWCOMER, self.label("welcome/choice_on"))
        await stage.clicks(NEWCOMER, self.label("welcome/choice_expect"))
        for text in lines.EXPECTATIONS:
            await stage.says(NEWCOMER, text)
        await stage.clicks(NEWCOMER, self.label("welcome/choice_hunt"))
        await self.clicks_if(NEWCOMER, 0)  # the first hunt
        await self.hunt()

    async def hunt(self) -> None:
        """Go through whatever hunt it is: try the step, take a hint, else another way."""
        stage, hinted = self.stage, False
        nothing_to_keep = self.label("hunts/choice_nothing_to_keep")
        introduce = self.label("hunts/choice_introduce")
        hint = self.label("hunts/choice_hint")
        skip = self.label("hunts/choice_skip")
        other = self.label("hunts/choice_other_way")
        nothing = self.label("hunts/choice_nothing")
        for step in range(30):
            last = stage.last(NEWCOMER)
            if skip not in last.choices:
                break
            if nothing in last.choices:
                await stage.clicks(NEWCOMER, nothing)
            elif step == 1:
                await stage.reacts(NEWCOMER, "👋", last)
            elif introduce in last.choices:
                await self.introduction(introduce)
            elif nothing_to_keep in last.choices:
                await stage.says(NEWCOMER, lines.KEPT)
            elif hint in last.choices and not hinted:
                hinted = True
                await stage.clicks(NEWCOMER, hint)
                await stage.says(NEWCOMER, lines.CHARTER_WORD)
            elif other in last.choices:
                await stage.says(NEWCOMER, lines.WAVE, ROOM)
                if stage.last(NEWCOMER) is last:
                    await stage.clicks(NEWCOMER, other)
            else:
                await stage.clicks(NEWCOMER, skip)
        enough = self.label("hunts/choice_enough")
        if enough in stage.last(NEWCOMER).choices:
            await stage.clicks(NEWCOMER, enough)

    async def introduction(self, label: str) -> None:
        """Tell of an object on the desk, look at it once, and post it."""
        stage = self.stage
        await stage.clicks(NEWCOMER, label)
        await stage.clicks(NEWCOMER, self.label("welcome/introduce_desk"))
        await stage.says(NEWCOMER, lines.INTRODUCTION)
        await stage.says(NEWCOMER, NEWCOMER)
        await stage.clicks(NEWCOMER, self.label("welcome/choice_post"))

    async def charter(self) -> None:
        """Acknowledge the first part, read another, leave the rest, and see the receipt."""
        stage = self.stage
        await stage.says(NEWCOMER, "charter read")
        for name in ("choice_acknowledge", "choice_next", "choice_later"):
            label = self.label(f"charter/{name}")
            if label in stage.last(NEWCOMER).choices:
                await stage.clicks(NEWCOMER, label)
        await stage.says(NEWCOMER, "charter history")

    async def thoughts(self) -> None:
        """Keep two thoughts, and take up the offer of a rhythm."""
        stage = self.stage
        card = self.card("keep")
        if card is not None:
            await stage.chat.clicks(NEWCOMER, self.label("prompts/choice_keep"), card)
            await stage.settle()
        else:
            await stage.says(NEWCOMER, "reflect now")
        await stage.says(NEWCOMER, lines.THOUGHTS[0])
        await stage.says(NEWCOMER, f"reflect now {lines.THOUGHTS[1]}")
        if self.label("reflection/choice_yes") in stage.last(NEWCOMER).choices:
            await stage.clicks(NEWCOMER, self.label("reflection/choice_yes"))
            await stage.clicks(NEWCOMER, self.label("reflection/cadence_fortnightly"))
            await self.clicks_if(NEWCOMER, 0)

    def card(self, choice: str) -> Line | None:
        """Return the newest message in a room that offers this choice."""
        shown = reversed(self.stage.chat.lines)
        return next(
            (each for each in shown if isinstance(each.place, Room) and choice in each.choice_ids),
            None,
        )

    async def thread(self, week: int) -> None:
        card = self.card("keep")
        if card is None or self.stage.clock.now() - card.at > timedelta(days=1):
            return
        for person, text in lines.THREADS[(week - 1) % len(lines.THREADS)]:
            await self.stage.replies(person, text, card)

    async def check_in(self, week: int) -> None:
        """Answer the question that came, if one did."""
        stage = self.stage
        outcome, text = lines.CHECK_INS[(week - 1) // 2 % len(lines.CHECK_INS) - 1]
        if self.label("reflection/choice_happened") not in stage.last(NEWCOMER).choices:
            return
        await stage.clicks(NEWCOMER, self.label(f"reflection/choice_{outcome}"))
        if text is None:
            await stage.clicks(NEWCOMER, self.label("reflection/choice_nothing"))
        else:
            await stage.says(NEWCOMER, text)

    async def in_french(self) -> None:
        """Come back to what was left for later, and be spoken to in one's own language."""
        stage = self.stage
        await stage.says(LATER, "start")
        await stage.clicks(LATER, "Français")
        for name in ("reach_return", "choice_on", "choice_look"):
            await stage.clicks(LATER, self.label(f"welcome/{name}", "fr"))
        card = self.card("easier")
        if card is not None:
            await stage.chat.clicks(LATER, self.label("prompts/choice_easier"), card)
            await stage.settle()
