"""A double of Discord on a loopback port: REST, gateway, and people with clients."""

from tests.discord.double.clients import NotPossible
from tests.discord.double.guilds import Channel, Guild, Message
from tests.discord.double.intents import Intent
from tests.discord.double.interactions import Interaction, InteractionFailed
from tests.discord.double.people import Person
from tests.discord.double.permissions import Permission
from tests.discord.double.screens import buttons
from tests.discord.double.server import USUAL, Double

__all__ = [
    "USUAL",
    "Channel",
    "Double",
    "Guild",
    "Intent",
    "Interaction",
    "InteractionFailed",
    "Message",
    "NotPossible",
    "Permission",
    "Person",
    "buttons",
]
