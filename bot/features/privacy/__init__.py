"""What is one's own: settings, data, and being forgotten."""

from bot.core.commands import Command, Option
from bot.core.features import Feature
from bot.features.privacy import data, settings


def feature() -> Feature:
    """Declare the feature."""
    form = Option("form", limit=10, choices=("text", "json"))
    return Feature(
        name="privacy",
        commands=(
            Command("my settings", settings.show, private=True),
            Command("my data", data.show, (form,), private=True, needs_community=False),
            Command("my forget", data.ask_forget, private=True, needs_community=False),
        ),
        answers={
            "settings.which": settings.which,
            "settings.language": settings.language,
            "settings.reach": settings.reach,
            "settings.stance": settings.stance,
            "settings.reactions": settings.reactions,
            "settings.zone": settings.zone,
            "settings.quiet": settings.quiet,
            "settings.called": settings.called,
            "data.shown": data.shown,
            "forgetting.sure": data.forget,
        },
        home=settings.home,
    )
