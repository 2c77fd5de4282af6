"""Discord, through discord.py's gateway and the REST API."""

from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.online import Asking, look
from bot.adapters.discord.permissions import client_id_of, invite_url

__all__ = ["Asking", "DiscordAdapter", "client_id_of", "invite_url", "look"]
