"""A community in the browser, on one's own machine: to see the bot, and to be anybody there."""

from bot.adapters.playground.adapter import PlaygroundAdapter
from bot.adapters.playground.backstage import Backstage, Refused
from bot.adapters.playground.world import PLATFORM, Person, World

__all__ = ["PLATFORM", "Backstage", "Person", "PlaygroundAdapter", "Refused", "World"]
