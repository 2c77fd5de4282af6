"""What `check --online` says of a Matrix account, trouble by trouble."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from aiohttp import web

from bot.adapters.matrix.hosting import Asking, Credentials, log_in
from bot.core.errors import Misconfigured
from bot.core.ports import Inspection
from tests.matrix.fake_homeserver import (
    ME,
    TOKEN,
    Answer,
    FakeHomeserver,
    Fault,
    bad_gateway,
    fake_homeserver,
    refusal,
)
from tests.support.fake_host import FakeHost, RandomIds, WallClock

MARK = "io.circlekeeper.device"


def saying(answer: Mapping[str, object]) -> Fault:
    """Answer with this."""

    async def say(_: web.Request) -> Answer:
        return web.json_response(answer)

    return say


async def asked(
    server: FakeHomeserver,
    memory: Mapping[str, Mapping[str, str]] | None = None,
    token: str | None = TOKEN,
    device: str | None = None,
    password: str | None = None,
) -> Inspection:
    """Look at the account with these settings and this store."""
    credentials = Credentials(server.url, ME, token, device, password)
    return await Asking(credentials, None).inspect(lambda kind: (memory or {}).get(kind, {}))


def told(found: Inspection) -> str:
    return " ".join(f"{each.what} {each.mend}" for each in found.mistakes)


async def test_a_token_of_another_device_than_the_settings_say_is_a_mistake() -> None:
    async with fake_homeserver() as server:
        found = await asked(server, device="ANOTHER")
    assert "belongs to the device DEVICE, not to ANOTHER" in told(found)
    assert "CIRCLEKEEPER_MATRIX__DEVICE_ID" in told(found)


@pytest.mark.parametrize("fault", [bad_gateway(404), refusal(404, "M_UNRECOGNIZED"), bad_gateway()])
async def test_an_address_where_no_homeserver_is_is_not_taken_for_a_bad_token(fault: Fault) -> None:
    async with fake_homeserver() as server:
        server.always["whoami"] = fault
        found = await asked(server)
    assert "CIRCLEKEEPER_MATRIX__HOMESERVER" in told(found)
    assert "token" not in told(found)


async def test_a_token_that_is_refused_is_a_mistake_where_the_bot_cannot_mend_it_itself() -> None:
    async with fake_homeserver() as server:
        server.always["whoami"] = refusal(401, "M_UNKNOWN_TOKEN")
        assert "matrix login --new-device" in told(await asked(server))
        kept = {"matrix.login": {"access_token": TOKEN, "device_id": "DEVICE"}}
        found = await asked(server, kept, token=None, password="secret")
    assert found.mistakes == []
    assert "signs in again" in " ".join(found.hints)


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        ({}, "are not in this store"),
        ({"device": "DEVICE", "generation": 3}, "put back from a copy"),
    ],
)
async def test_a_store_with_which_the_bot_would_not_start_is_told(
    kept: Mapping[str, object], why: str
) -> None:
    async with fake_homeserver() as server:
        server.always["createRoom"] = refusal(403, "M_FORBIDDEN")
        server.always[MARK] = saying({"device_id": "DEVICE", "generation": 7})
        found = await asked(server, {"matrix.encryption": {"account": json.dumps(kept)}})
    assert why in told(found)
    assert "matrix login --new-device" in told(found)


async def test_before_the_first_start_it_is_seen_whether_a_password_will_do() -> None:
    async with fake_homeserver() as server:
        server.always["login"] = saying({"flows": [{"type": "m.login.sso"}]})
        found = await asked(server, token=None, password="secret")
        assert "takes no passwords" in told(found)
        server.always["login"] = saying({"flows": [{"type": "m.login.password"}]})
        found = await asked(server, token=None, password="secret")
        assert found.mistakes == []
        server.always["login"] = bad_gateway(404)
        found = await asked(server, token=None, password="secret")
    assert "CIRCLEKEEPER_MATRIX__HOMESERVER" in told(found)


# Signing in for good


async def log_in_at(server: FakeHomeserver, *, new_device: bool = False) -> None:
    """Sign in as the host would, who has a token, a password at hand, and no recovery key."""
    await log_in(
        Credentials(server.url, ME, TOKEN),
        FakeHost(),
        WallClock(haste=1000),
        RandomIds(),
        password=lambda: "secret",
        recovery_key=lambda: "",
        new_device=new_device,
    )


async def test_a_login_does_not_wait_for_ever_for_a_homeserver_that_is_ill() -> None:
    async with fake_homeserver() as server:
        server.always["whoami"] = bad_gateway()
        server.always["login"] = saying({"flows": []})
        with pytest.raises(Misconfigured, match="did not do as it was asked"):
            await log_in_at(server)
    assert server.calls["whoami"] == 4


async def test_a_login_that_fails_leaves_no_device_behind_whose_token_nobody_knows() -> None:
    """The account has keys that this store does not know, and there is no recovery key."""
    async with fake_homeserver() as server:
        server.always["login"] = saying(
            {"access_token": "new", "device_id": "NEW", "user_id": ME, "flows": []}
        )
        shown = {"user_id": ME, "usage": ["master"], "keys": {"ed25519:x": "x"}}
        server.always["query"] = saying({"master_keys": {ME: shown}, "device_keys": {}})
        with pytest.raises(Misconfigured, match="keys that are not in this store"):
            await log_in_at(server, new_device=True)
    assert server.calls["logout"] == 1
