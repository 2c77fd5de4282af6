"""Stores and circles for the engine's tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.opening import open_store
from tests.engine.circle import Circle, copy

MakeCircle = Callable[..., Circle]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the newest schema, and its key."""
    folder = tmp_path_factory.mktemp("store")
    open_store(f"sqlite:///{folder / 'circle.db'}", folder / "key").close()
    return folder


@pytest.fixture
def circle(empty_store: Path, tmp_path: Path) -> Iterator[MakeCircle]:
    """Open circles: `circle(features)`; a second call is the bot started again."""
    copy(empty_store, tmp_path)
    opened: list[Circle] = []

    def begin(*args: Any, **kwargs: Any) -> Circle:  # noqa: ANN401 - whatever a circle takes
        if opened:
            opened[-1].close()
        opened.append(Circle(tmp_path, *args, **kwargs))
        return opened[-1]

    yield begin
    if opened:
        opened[-1].close()
