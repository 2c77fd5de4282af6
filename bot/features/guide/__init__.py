"""Help, by situation and not by command."""

from bot.core.commands import Command, FirstAnswer, Option
from bot.core.features import Feature
from bot.features.guide import flow


def feature() -> Feature:
    """Declare the feature."""
    topic = Option("topic", limit=100, topics=tuple(f"topic_{each}" for each in flow.TOPICS))
    return Feature(
        name="guide",
        commands=(
            Command("help", flow.help_, (topic,), first=FirstAnswer.PUBLIC, needs_community=False),
        ),
        home=flow.home,
    )
