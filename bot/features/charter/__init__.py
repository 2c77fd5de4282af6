"""The charter: read by section, acknowledged clause by clause, each in its version."""

from bot.core.commands import Command
from bot.core.content import Folders
from bot.core.features import Feature, SetupReached, SetupStep
from bot.features.charter import content
from bot.features.charter.flow import Charters


def feature(folders: Folders) -> Feature:
    """Declare the feature, with the founding draft of these folders."""
    charters = Charters(content.load_charter(folders).value)
    return Feature(
        name="charter",
        commands=(
            Command("charter read", charters.read),
            Command("charter history", charters.history),
        ),
        answers={
            "charter.section": charters.answered,
            "charter.clause": charters.clause_answered,
            "founding.draft": charters.founded,
        },
        home=charters.home,
        status=charters.status,
        variables=charters.variables,
        findable=charters.findable,
        read_ahead=charters.read_ahead,
        on={SetupReached: charters.set_up},
        setup=(SetupStep("charter", 40),),
        check=content.check,
    )
