"""What holds for every test."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """Take back where logs go: the command line sets that for the whole process."""
    yield
    structlog.reset_defaults()
