"""Treasure hunts: a few small steps through the place, each skippable, none urgent."""

from bot.core.commands import Audience, Command, Option
from bot.core.content import Folders
from bot.core.features import Feature, Introduced, SettingsSaved, WordSaved
from bot.features.hunts import buddies, content
from bot.features.hunts.authoring import Authoring
from bot.features.hunts.carrying import CARRY
from bot.features.hunts.checking import Checking
from bot.features.hunts.flow import Hunts
from bot.features.hunts.rehearsing import Rehearsing

_MODERATOR = Audience.MODERATOR
_WORDS = ("hint", "skip", "pause", "choose", "done", "buddy", "met")


def feature(folders: Folders) -> Feature:
    """Declare the feature, with the hunts of these folders."""
    hunts = Hunts(content.load_hunts(folders).value or ())
    authoring, checking = Authoring(hunts.editions), Checking(hunts.editions)
    heading, rehearsing = authoring.heading, Rehearsing(hunts.editions)
    words, hunt = Option("step", limit=20, choices=_WORDS), Option("hunt", limit=60)
    return Feature(
        name="hunts",
        commands=(
            Command("hunt", hunts.command, (words,)),
            Command("keeper hunt list", authoring.list_, audience=_MODERATOR),
            Command("keeper hunt edit", authoring.edit, (hunt,), audience=_MODERATOR),
            Command("keeper hunt check", checking.check, audience=_MODERATOR),
            Command("keeper hunt rehearse", rehearsing.begin, (hunt,), audience=_MODERATOR),
        ),
        answers={
            "hunts.step": hunts.answered,
            "hunts.deed": hunts.answered,
            "hunts.choose": hunts.chosen,
            "hunts.end": hunts.end,
            "hunts.clue": hunts.clues.left,
            "hunting.list": authoring.listed,
            "hunting.clue": authoring.clues.decided,
            "hunting.hunt": authoring.hunt_chosen,
            "hunting.step": authoring.step_chosen,
            "hunting.kind": authoring.kind_chosen,
            "hunting.place": authoring.place_chosen,
            "hunting.part": authoring.part_chosen,
            "hunting.language": authoring.language_chosen,
            "hunting.words": authoring.written,
            "hunting.heading": heading.part_chosen,
            "hunting.heading_language": heading.language_chosen,
            "hunting.heading_words": heading.written,
            "hunting.minutes": heading.minutes_given,
            "hunting.next": heading.next_chosen,
            "hunting.added": authoring.added,
            "rehearsal.choose": rehearsing.chosen,
            "rehearsal.step": rehearsing.answered,
            "buddies.page": hunts.buddies.chosen,
            "buddies.name": hunts.buddies.named,
        },
        on={
            SettingsSaved: hunts.settings_saved,
            Introduced: hunts.introduced,
            WordSaved: hunts.word_saved,
        },
        due={buddies.FOUND: hunts.buddies.found, buddies.END: hunts.buddies.ended},
        gates={"buddies.wanted": hunts.buddies.wanted},
        home=hunts.home,
        carries=(CARRY,),
        check=content.check,
    )
