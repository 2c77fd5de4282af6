"""Treasure hunts: a few small steps through the place, each skippable, none urgent."""

from bot.core.commands import Command, Option
from bot.core.content import Folders
from bot.core.features import Feature, SettingsSaved
from bot.features.hunts import content
from bot.features.hunts.flow import Hunts


def feature(folders: Folders) -> Feature:
    """Declare the feature, with the hunts of these folders."""
    hunts = Hunts(content.load_hunts(folders).value or ())
    words = Option("step", limit=20, choices=("hint", "skip", "pause", "choose", "done"))
    return Feature(
        name="hunts",
        commands=(Command("hunt", hunts.command, (words,)),),
        answers={
            "hunts.step": hunts.answered,
            "hunts.deed": hunts.answered,
            "hunts.choose": hunts.chosen,
            "hunts.end": hunts.end,
        },
        on={SettingsSaved: hunts.settings_saved},
        home=hunts.home,
        check=content.check,
    )
