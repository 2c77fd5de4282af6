"""Empty stores of the newest schema, made once in a run: to copy one is quicker than to make it."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from storage.opening import open_store

# Held until the run ends, and removed then.
_FOLDER = tempfile.TemporaryDirectory(prefix="circlekeeper-")


def prepare(database: Path, key: Path) -> None:
    """Leave there what a first start on SQLite leaves: a store, and its key."""
    made_database, made_key = _made()
    shutil.copy(made_database, database)
    shutil.copy(made_key, key)


@cache
def _made() -> tuple[Path, Path]:
    database, key = Path(_FOLDER.name) / "store.db", Path(_FOLDER.name) / "key"
    open_store(f"sqlite:///{database}", key).close()
    return database, key
