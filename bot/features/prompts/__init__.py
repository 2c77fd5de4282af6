"""Weekly prompts: a good question at its time, with a thread of its own."""

from bot.core.commands import Audience, Command, Option
from bot.core.content import Folders
from bot.core.events import Looked, Undelivered
from bot.core.features import Feature, SetupReached, SetupStep, ZoneChanged
from bot.core.turn import Turn
from bot.features.prompts import content
from bot.features.prompts.arranging import Arranging
from bot.features.prompts.carrying import Carrying
from bot.features.prompts.coming import KIND, Coming, Library
from bot.features.prompts.lateness import Lateness
from bot.features.prompts.moderating import TEXT, Moderating
from bot.features.prompts.noting import KIND as NOTE
from bot.features.prompts.noting import Notes
from bot.features.prompts.overview import Overview
from bot.features.prompts.pinging import Pinging
from bot.features.prompts.posting import Postings
from bot.features.prompts.reviewing import Reviewing
from bot.features.prompts.scheduling import Scheduling
from bot.features.prompts.signing import KIND as SIGNED
from bot.features.prompts.skipping import Skipping
from bot.features.prompts.suggesting import NEWS, Suggesting
from bot.features.prompts.tending import KIND as TEND
from bot.features.prompts.tending import Tending

_MODERATOR = Audience.MODERATOR


def feature(folders: Folders) -> Feature:
    """Declare the feature, with the library of these folders."""
    prompts = content.load_prompts(folders).value or {}
    library = Library(prompts, content.load_arcs(folders, prompts).value or {})
    overview = Overview(library)
    posting = Postings(library, overview)
    notes = Notes(library)
    moderating = Moderating(library, posting)
    scheduling = Scheduling(library, notes.planned_anew)
    reviewing, suggesting = Reviewing(), Suggesting()
    skipping = Skipping(library, scheduling)
    arranging = Arranging(library, posting, reviewing, skipping)
    pinging, lateness = Pinging(library, posting), Lateness(library, scheduling)
    notes.arranging, notes.skipping = arranging, skipping
    notes.tending = tending = Tending(library, arranging)

    def zone_changed(turn: Turn, event: ZoneChanged) -> None:
        if not event.own:
            notes.planned_anew(turn)

    def undelivered(turn: Turn, event: Undelivered) -> None:
        posting.undelivered(turn, event)
        notes.undelivered(turn, event)
        suggesting.undelivered(turn, event)

    def signed(turn: Turn, coming: Coming | None) -> None:
        if coming is None:
            return
        tending.watch(turn, coming)
        posting.preview_coming(turn, library.upcoming(turn, 1)[0])

    signing = arranging.signing
    text = Option("text", limit=TEXT)
    number = Option("number", limit=4, number=True)
    hours = Option("hours", limit=4, number=True)
    return Feature(
        name="prompts",
        pauses=True,
        commands=(
            Command("suggest", suggesting.suggest, (text,)),
            Command("keeper prompt list", arranging.list_, audience=_MODERATOR),
            Command("keeper prompt add", moderating.add, (text,), audience=_MODERATOR),
            Command("keeper prompt edit", moderating.edit, (number, text), audience=_MODERATOR),
            Command("keeper prompt remove", moderating.remove, (number,), audience=_MODERATOR),
            Command("keeper prompt schedule", scheduling.schedule, (text,), audience=_MODERATOR),
            Command("keeper prompt preview", moderating.preview, audience=_MODERATOR),
            Command("keeper prompt skip-next", skipping.skip_next, audience=_MODERATOR),
            Command("keeper prompt ping", pinging.ask, audience=_MODERATOR),
            Command("keeper prompt lateness", lateness.ask, (hours,), audience=_MODERATOR),
            Command("keeper prompt note", notes.offer, audience=_MODERATOR),
        ),
        answers={
            "prompts.add": moderating.added,
            "prompts.edit": moderating.edited,
            "prompts.which": scheduling.which,
            "prompts.room": scheduling.room,
            "prompts.when": scheduling.when,
            "prompts.rule": scheduling.rule_typed,
            "prompts.confirm": scheduling.confirmed,
            "prompts.list": arranging.listed,
            "prompts.swap": arranging.swapped,
            "prompts.arc": arranging.arc_chosen,
            "prompts.mend": arranging.mended,
            "prompts.ping": pinging.answered,
            "skipping.back": skipping.answered,
            "skipping.another": skipping.another,
            "late.which": lateness.which,
            "late.window": lateness.chosen,
            "sign.stance": lambda turn, answer: signed(turn, signing.signed(turn, answer)),
            "sign.called": lambda turn, answer: signed(turn, signing.called(turn, answer)),
            "suggest.text": suggesting.typed,
            "suggest.credit": suggesting.credited,
            "suggest.name": suggesting.named,
            "suggest.edited": suggesting.edit_answered,
            "suggestion.edited": suggesting.edit_answered,
            "review.answer": reviewing.answered,
            "review.text": reviewing.text_typed,
            "review.note": reviewing.proposed,
            "review.reason": reviewing.declined,
            "note.wanted": notes.wanted,
            "note.answer": notes.answered,
            "note.text": notes.text_typed,
            "tend.answer": tending.answered,
            "card.choice": posting.card_answered,
        },
        due={
            KIND: posting.due,
            NOTE: notes.due,
            NEWS: suggesting.due,
            TEND: tending.due,
            SIGNED: signing.due,
        },
        read_ahead=posting.read_ahead,
        home=lambda turn: [*notes.home(turn), *suggesting.home(turn)],
        numbers=overview.numbers,
        talks=overview.talks,
        carries=(Carrying(library, scheduling).carry,),
        status=lambda turn: [*overview.status(turn), *reviewing.status(turn)],
        problems=overview.problems,
        on={
            Looked: tending.looked,
            SetupReached: scheduling.set_up,
            Undelivered: undelivered,
            ZoneChanged: zone_changed,
        },
        gates={
            "prompts.note": notes.still_wanted,
            "prompts.news": suggesting.wanted,
            "prompts.tend": tending.wanted,
        },
        setup=(SetupStep("schedule", 50),),
        check=content.check,
    )
