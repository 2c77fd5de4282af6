"""The whole bot on a simulated clock, with nobody to be troubled: how a configuration lives."""

from bot.rehearsal.rehearse import rehearse

__all__ = ["rehearse"]
