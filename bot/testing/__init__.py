"""What helps to test an adapter or a feature: a platform that fails on demand, and the contract of
adapters.
"""

from bot.testing.platform import FakePlatform, Fault, Stands

__all__ = ["FakePlatform", "Fault", "Stands"]
