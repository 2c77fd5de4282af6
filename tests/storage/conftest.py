"""A store for each test, on SQLite and, where there is a server, on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.crypto import KeyFile, Vault
from storage.engines import make_engine
from storage.opening import Opened, open_store
from storage.registry import METADATA
from storage.schema import upgrade
from storage.store import Store
from tests.support.postgres import postgres

__all__ = ["postgres"]  # a fixture that other suites use as well


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
