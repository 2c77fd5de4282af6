"""Reflection: private notes and check-ins, the author's alone."""

from bot.core.commands import Audience, Command, Option
from bot.core.content import Folders
from bot.core.events import Undelivered
from bot.core.features import Feature, ThoughtOffered
from bot.features.reflection import content
from bot.features.reflection.checkins import CheckIns
from bot.features.reflection.keeping import LIMIT, Keeping
from bot.features.reflection.rhythm import CADENCES, KIND, Rhythm
from bot.features.reflection.sets import Sets
from bot.features.reflection.sharing import KIND as RELEASE
from bot.features.reflection.sharing import Shares


def feature(folders: Folders) -> Feature:
    """Declare the feature, with the question sets of these folders."""
    sets = Sets(content.load_sets(folders).value or ())
    rhythm = Rhythm(sets)
    checkins = CheckIns(sets, rhythm)
    keeping = Keeping(rhythm)
    shares = Shares()
    how_often = Option("cadence", limit=20, choices=(*CADENCES, "off"))
    hour = Option("hour", limit=20)
    return Feature(
        name="reflection",
        pauses=True,
        commands=(
            Command("reflect now", keeping.now, (Option("text", limit=LIMIT),), private=True),
            Command("reflect how-often", rhythm.how_often, (how_often, hour), private=True),
            Command("reflect look-back", keeping.look_back, private=True),
            Command("reflect share", shares.share, private=True),
            Command("reflect stop", rhythm.stop, private=True),
            Command("keeper reflect sets", sets.show, audience=Audience.MODERATOR),
            Command("reflect check-in", checkins.take_up, private=True),
        ),
        answers={
            "reflection.thought": keeping.thought,
            "lookback.page": keeping.page,
            "share.text": shares.typed,
            "share.sure": shares.sure,
            "share.code": shares.code_typed,
            "rhythm.offer": rhythm.offered,
            "sets.change": sets.changed,
            "rhythm.cadence": rhythm.chosen,
            "rhythm.set": rhythm.set_chosen,
            "rhythm.reach": rhythm.reach_chosen,
            "checkin.outcome": checkins.outcome,
            "checkin.answer": checkins.answered,
            "checkin.slower": checkins.slower,
        },
        due={KIND: checkins.due, RELEASE: shares.due},
        read_ahead=checkins.read_ahead,
        on={ThoughtOffered: keeping.offered, Undelivered: checkins.undelivered},
        gates={"reflection.rhythm": rhythm.wanted},
        home=checkins.home,
        carries=(sets.carry,),
        numbers=checkins.numbers,
        check=content.check,
    )
