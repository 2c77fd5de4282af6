"""The community: setting it up, opening it, and how it is."""

from bot.core.commands import Audience, Command, Option
from bot.core.events import Added, Removed
from bot.core.features import Feature, SetupGoesOn
from bot.features.community import flow, quiet, setup

_MODERATOR = Audience.MODERATOR


def feature() -> Feature:
    """Declare the feature."""
    days, number = Option("days", limit=100), Option("number", limit=4, number=True)
    return Feature(
        name="community",
        commands=(
            Command("keeper setup", setup.begin, audience=_MODERATOR),
            Command("keeper status", flow.status, audience=_MODERATOR),
            Command("keeper check", flow.check, audience=_MODERATOR),
            Command("keeper open", flow.open_, audience=_MODERATOR),
            Command("keeper pause", flow.pause, audience=_MODERATOR),
            Command("keeper resume", flow.resume, audience=_MODERATOR),
            Command("keeper quiet list", quiet.show, audience=_MODERATOR),
            Command("keeper quiet add", quiet.add, (days,), audience=_MODERATOR),
            Command("keeper quiet remove", quiet.remove, (number,), audience=_MODERATOR),
        ),
        answers={
            "community.language": setup.language,
            "community.zone": setup.zone,
            "community.rooms": setup.rooms,
            "community.rooms_apart": setup.rooms_apart,
            "community.role": setup.role,
            "community.opening": setup.opening,
            "quiet.days": quiet.days_typed,
            "quiet.remove": quiet.remove_chosen,
        },
        on={Added: flow.added, Removed: flow.removed, SetupGoesOn: setup.goes_on},
        status=quiet.status,
        problems=flow.problems,
    )
