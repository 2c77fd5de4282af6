"""The double of Discord, checked against Discord's own document where there is a copy of it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.discord.double import Double, Guild, Person
from tests.discord.double.schema import VARIABLE, Schema
from tests.discord.running import Bot, running


@pytest.fixture(scope="session")
def openapi() -> Path | None:
    """Discord's OpenAPI document; without it, its checks are missing, and that is said."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    if os.environ.get("CIRCLEKEEPER_REQUIRE_ALL") == "1":
        pytest.fail(f"{VARIABLE} names no copy of Discord's OpenAPI document", pytrace=False)
    return None


@pytest.fixture(scope="session")
def document(openapi: Path | None) -> Path:
    """The document, for tests that are about nothing else."""
    if openapi is None:
        pytest.skip(f"{VARIABLE} names no copy of Discord's OpenAPI document")
    return openapi


@pytest.fixture(scope="session")
def read_schema(openapi: Path | None) -> Schema | None:
    """The document, read once."""
    return Schema.load(openapi) if openapi is not None else None


@pytest.fixture
def schema(read_schema: Schema | None) -> Schema | None:
    """The checks, with nothing found yet."""
    if read_schema is not None:
        read_schema.found.clear()
    return read_schema


@pytest_asyncio.fixture
async def platform(schema: Schema | None) -> AsyncIterator[Double]:
    """A double; the test fails on what violates Discord's document, and on what is missing here."""
    async with Double(schema=schema) as double:
        yield double
    assert double.missing == []
    if schema is not None:
        assert not schema.violations, "\n" + "\n".join(map(str, schema.violations))


@pytest.fixture
def mira(platform: Double) -> Person:
    """Somebody who founds guilds."""
    return platform.person("mira")


@pytest.fixture
def guild(platform: Double, mira: Person) -> Guild:
    """Her guild, which has the bot."""
    made = mira.founds("Garden")
    platform.brings_bot(made)
    return made


@pytest_asyncio.fixture
async def bot(platform: Double, guild: Guild) -> AsyncIterator[Bot]:
    """The adapter, connected."""
    async with running(platform) as bot:
        yield bot
