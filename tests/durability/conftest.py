"""Arenas in which bots are killed."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.durability.zygote import Zygote
from tests.support.postgres import postgres

__all__ = ["postgres"]


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """What starts workers and doubles."""
    with Zygote() as started:
        yield started


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder."""
    with TemporaryDirectory(prefix="circlekeeper-") as name:
        yield Path(name)
