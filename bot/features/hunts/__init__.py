"""Treasure hunts: a few small steps through the place, each skippable, none urgent."""

from bot.core.commands import Command, Option
from bot.core.content import Folders
from bot.core.features import Feature, Introduced, SettingsSaved, WordSaved
from bot.features.hunts import buddies, content
from bot.features.hunts.flow import Hunts

_WORDS = ("hint", "skip", "pause", "choose", "done", "buddy", "met")


def feature(folders: Folders) -> Feature:
    """Declare the feature, with the hunts of these folders."""
    hunts = Hunts(content.load_hunts(folders).value or ())
    words = Option("step", limit=20, choices=_WORDS)
    return Feature(
        name="hunts",
        commands=(Command("hunt", hunts.command, (words,)),),
        answers={
            "hunts.step": hunts.answered,
            "hunts.deed": hunts.answered,
            "hunts.choose": hunts.chosen,
            "hunts.end": hunts.end,
            "hunts.clue": hunts.clues.left,
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
        check=content.check,
    )
