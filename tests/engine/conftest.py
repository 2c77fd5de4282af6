"""Circles for the engine's tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.circle import Circle
from tests.support.stores import prepare

MakeCircle = Callable[..., Circle]


@pytest.fixture
def circle(tmp_path: Path) -> Iterator[MakeCircle]:
    """Open circles: `circle(features)`; a second call is the bot started again."""
    prepare(tmp_path / "circle.db", tmp_path / "key")
    opened: list[Circle] = []

    def begin(*args: Any, **kwargs: Any) -> Circle:  # noqa: ANN401 - whatever a circle takes
        if opened:
            opened[-1].close()
        opened.append(Circle(tmp_path, *args, **kwargs))
        return opened[-1]

    yield begin
    if opened:
        opened[-1].close()
