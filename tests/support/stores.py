"""Empty stores of the newest schema, made once in a run: to copy one is quicker than to make it."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.opening import open_store

_DATABASE, _KEY = "store.db", "key"


def prepare(database: Path, key: Path) -> None:
    """Leave there what a first start on SQLite leaves: a store, and its key."""
    made = Path(_made().name)
    shutil.copy(made / _DATABASE, database)
    shutil.copy(made / _KEY, key)


@cache
def _made() -> TemporaryDirectory[str]:
    """Make both, in a folder that goes when the run ends."""
    folder = TemporaryDirectory(prefix="circlekeeper-")
    made = Path(folder.name)
    open_store(f"sqlite:///{made / _DATABASE}", made / _KEY).close()
    return folder
