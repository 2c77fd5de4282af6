"""The community: setting it up, opening it, and how it is."""

from bot.core.commands import Audience, Command, Option
from bot.core.events import Added, Removed
from bot.core.features import Absorbed, Feature, SetupGoesOn
from bot.core.turn import PAUSABLE
from bot.features.community import budget, carrying, flow, numbers, quiet, setup

_MODERATOR = Audience.MODERATOR


def feature() -> Feature:
    """Declare the feature."""
    what = Option("what", limit=20, choices=PAUSABLE)
    posts = Option("posts", limit=4, number=True)
    days, number = Option("days", limit=100), Option("number", limit=4, number=True)
    return Feature(
        name="community",
        commands=(
            Command("keeper setup", setup.begin, audience=_MODERATOR),
            Command("keeper status", flow.status, audience=_MODERATOR),
            Command("keeper check", flow.check, audience=_MODERATOR),
            Command("keeper open", flow.open_, audience=_MODERATOR),
            Command("keeper pause", flow.pause, (what,), audience=_MODERATOR),
            Command("keeper resume", flow.resume, (what,), audience=_MODERATOR),
            Command("keeper budget", budget.show, (posts,), audience=_MODERATOR),
            Command("keeper export", carrying.export, audience=_MODERATOR),
            Command("keeper import", carrying.import_, audience=_MODERATOR),
            Command("keeper numbers", numbers.show, audience=_MODERATOR),
            Command("keeper quiet list", quiet.show, audience=_MODERATOR),
            Command("keeper quiet add", quiet.add, (days,), audience=_MODERATOR),
            Command("keeper quiet remove", quiet.remove, (number,), audience=_MODERATOR),
        ),
        answers={
            "community.language": setup.language,
            "community.zone": setup.zone,
            "community.enter": setup.enter,
            "community.rooms": setup.room,
            "community.rooms_apart": setup.rooms_apart,
            "community.role": setup.role,
            "community.opening": setup.opening,
            "import.text": carrying.typed,
            "import.sure": carrying.sure,
            "quiet.days": quiet.days_typed,
            "quiet.remove": quiet.remove_chosen,
        },
        on={
            Added: flow.added,
            Removed: flow.removed,
            Absorbed: flow.absorbed,
            SetupGoesOn: setup.goes_on,
        },
        status=lambda turn: [*quiet.status(turn), *budget.status(turn)],
        carries=(carrying.CARRY,),
        problems=flow.problems,
    )
