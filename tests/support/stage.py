"""The stage, on a store that is there already: to copy one is quicker than to make it."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import Content
from bot.core.content import Folders
from bot.rehearsal.stage import Stage
from tests.support.stores import prepare


class ReadyStage(Stage):
    """The same; `store` is not for choosing."""

    def __init__(
        self, content: Folders | Content, start: datetime, *, seed: int = 1, buttons: bool = True
    ) -> None:
        """Set the stage; nobody is there yet."""
        self._place = TemporaryDirectory(prefix="circlekeeper-")
        database, key = (Path(self._place.name) / name for name in ("store.db", "key"))
        prepare(database, key)
        store = (f"sqlite:///{database}", key)
        super().__init__(content, start, seed=seed, buttons=buttons, store=store)

    def close(self) -> None:
        """Strike the stage."""
        super().close()
        self._place.cleanup()
