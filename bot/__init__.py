"""Circlekeeper: a facilitator bot for learning communities."""

__version__ = "0.1.0"
