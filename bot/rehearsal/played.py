"""The content that a playground plays: the host's own, with its mistakes, or what was shipped."""

import asyncio
from typing import Any, TypeAlias

from bot.app import Content, content_checks, read_content
from bot.core.content import Folders, Mistake
from bot.engine.words import Words
from bot.operations.check import check
from bot.rehearsal.page import PageCommands, PageWords

JSON: TypeAlias = dict[str, Any]


class Played:
    """Content as it was read last, if that had no mistakes; else as it was read before.

    Args:
        folders: the content to play.
        shipped: what came with the bot. Its words are the page's as long as nothing was read.
    """

    def __init__(self, folders: Folders, shipped: Folders) -> None:
        """Read nothing yet."""
        self._folders, self._shipped = folders, shipped
        self.page = PageWords(Words(shipped.prompts))
        self.commands: PageCommands | None = None
        self.content: Content | None = None
        self.mistakes: list[Mistake] = []

    async def read(self) -> bool:
        """Read the content; tell whether it has no mistakes."""
        self.mistakes = await asyncio.to_thread(check, self._folders, content_checks())
        if self.mistakes:
            return False
        self.content = await asyncio.to_thread(read_content, self._folders)
        self.page = PageWords(self.content.words)
        self.commands = await asyncio.to_thread(PageCommands, self.content)
        return True

    async def load(self, language: str) -> None:
        """Read all that will be said, where somebody might wait for it later."""
        if self.content is not None:
            await asyncio.to_thread(self.content.words.load, language)

    def told(self, *, staged: bool) -> JSON:
        """Return what the page shows of it; `staged`: there is a circle that lives by it."""
        charter = self._folders.charter
        return {
            "folders": [
                str(path) for path in self._folders.prompts if path not in self._shipped.prompts
            ],
            "charter": str(charter) if charter != self._shipped.charter else "",
            "mistakes": [
                {"file": each.file, "line": each.line, "what": each.what, "mend": each.mend}
                for each in self.mistakes
            ],
            "staged": staged,
        }
