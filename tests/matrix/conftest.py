"""A homeserver for the whole run, and people on it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.support.human import Human, MakeHuman
from tests.support.synapse import MakeAccount, Synapse, SynapseMissing


def unique(name: str) -> str:
    """Return a user name that no other test of the run has."""
    return f"{name}-{uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def synapse() -> Iterator[Synapse]:
    """The homeserver that all tests share, its limits lifted."""
    try:
        server = Synapse()
    except SynapseMissing as missing:
        if os.environ.get("CIRCLEKEEPER_REQUIRE_ALL") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
    with server:
        yield server


@pytest.fixture
def account(synapse: Synapse) -> MakeAccount:
    """Register users whose names nobody else has: `account("bot")`."""
    return lambda name: synapse.register(unique(name))


@pytest_asyncio.fixture
async def human(account: MakeAccount) -> AsyncIterator[MakeHuman]:
    """People who come when called: `alex = await human("alex")`."""
    async with AsyncExitStack() as people:

        async def arrive(name: str) -> Human:
            return await people.enter_async_context(Human(account(name)))

        yield arrive
