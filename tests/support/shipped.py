"""The content that we ship, as tests play with it."""

from functools import cache
from pathlib import Path

from bot.app import Content, read_content
from bot.core.content import Folders

ROOT = Path(__file__).parents[2]
FOLDERS = Folders((ROOT / "prompts",), ROOT / "charter.yaml")


@cache
def shipped() -> Content:
    """Return it, read once for all tests of a process."""
    return read_content(FOLDERS)
