"""Weekly prompts: a good question at its time, with a thread of its own."""

from bot.core.commands import Audience, Command, Option
from bot.core.content import Folders
from bot.core.features import Feature, SetupReached, SetupStep
from bot.features.prompts import content
from bot.features.prompts.moderating import Moderating
from bot.features.prompts.posting import KIND, Postings

_MODERATOR = Audience.MODERATOR
_TEXT = 2000


def feature(folders: Folders) -> Feature:
    """Declare the feature, with the library of these folders."""
    library = content.load_prompts(folders).value or {}
    posting = Postings(library)
    moderating = Moderating(posting)
    text = Option("text", limit=_TEXT)
    number = Option("number", limit=4, number=True)
    return Feature(
        name="prompts",
        commands=(
            Command("keeper prompt list", moderating.list_, audience=_MODERATOR),
            Command("keeper prompt add", moderating.add, (text,), audience=_MODERATOR),
            Command("keeper prompt edit", moderating.edit, (number, text), audience=_MODERATOR),
            Command("keeper prompt remove", moderating.remove, (number,), audience=_MODERATOR),
            Command("keeper prompt schedule", moderating.schedule, (text,), audience=_MODERATOR),
            Command("keeper prompt preview", moderating.preview, audience=_MODERATOR),
            Command("keeper prompt skip-next", moderating.skip_next, audience=_MODERATOR),
        ),
        answers={
            "prompts.add": moderating.added,
            "prompts.when": moderating.when,
            "prompts.rule": moderating.rule_typed,
            "prompts.confirm": moderating.confirmed,
            "card.choice": posting.card_answered,
        },
        due={KIND: posting.due},
        read_ahead=posting.read_ahead,
        status=posting.status,
        problems=posting.problems,
        on={SetupReached: moderating.set_up},
        setup=(SetupStep("schedule", 50),),
        check=content.check,
    )
