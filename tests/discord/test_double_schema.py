"""The checks against Discord's OpenAPI document catch what differs from it, on either side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.discord.double import Double, Guild, Person, message_objects, objects
from tests.discord.double.allowed import ALLOWED
from tests.discord.double.schema import Schema, Violation
from tests.discord.raw import Json, Rest, listening


@pytest.fixture
def strict(document: Path, schema: Schema | None) -> Schema:
    """The checks, which must be there."""
    assert schema is not None, document
    return schema


def told(schema: Schema) -> list[tuple[str, str]]:
    """Return what was found, and forget it: place and message."""
    found = [(each.place, each.message) for each in schema.violations]
    schema.found.clear()
    return found


@pytest.mark.parametrize(
    ("method", "path", "body", "place", "message"),
    [
        ("POST", "{channel}/messages", {"content": "x", "colour": 1}, "", "('colour' was"),
        ("POST", "{channel}/messages", {"content": 7}, "content", "not of type 'string'"),
        (
            "POST",
            "{channel}/messages",
            {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "text": "x"}]}]},
            "components/*/components/*",
            "('text' was",
        ),
        (
            "POST",
            "{channel}/messages",
            {"components": [{"type": 99}]},
            "components/*/type",
            "99 is not one of",
        ),
        ("PUT", "{channel}/messages/pins/7", {"why": "so"}, "", "has a body"),
        ("POST", "{channel}/threads", {"topic": "x"}, "", "is not valid under any"),
    ],
)
async def test_a_request_that_differs_is_found(
    platform: Double,
    strict: Schema,
    guild: Guild,
    method: str,
    path: str,
    body: Json,
    place: str,
    message: str,
) -> None:
    async with Rest(platform) as rest:
        await rest(method, path.format(channel=f"/channels/{guild.general.id}"), body)
    found = told(strict)
    assert any(at == place and message in text for at, text in found), found


async def test_a_query_that_differs_is_found(
    platform: Double, strict: Schema, guild: Guild
) -> None:
    async with Rest(platform) as rest:
        path = f"/channels/{guild.general.id}/messages"
        await rest("GET", path, limit=500)
        assert told(strict) == [("?limit", "'500' does not fit")]
        await rest("GET", path, since=1)
        assert told(strict) == [("?since", "is not in the document")]
        await rest("GET", path, limit=100)
        assert told(strict) == []


async def test_an_answer_of_the_double_that_differs_is_found(
    platform: Double, strict: Schema, mira: Person, guild: Guild
) -> None:
    message = mira.posts(guild.general, "Hello")
    path = "/channels/{channel_id}/messages/{message_id}"
    good = message_objects.message(message, mira.user.id)
    strict.check_answer("GET", path, 200, good)
    assert told(strict) == []
    broken: list[tuple[Any, str]] = [
        ({**good, "colour": 1}, "('colour' was"),
        ({**good, "author": {**good["author"], "id": 7}}, "7 is not of type 'string'"),
        ({key: value for key, value in good.items() if key != "flags"}, "'flags' is a required"),
        (None, "None is not of type 'object'"),
    ]
    for body, expected in broken:
        strict.check_answer("GET", path, 200, body)
        found = told(strict)
        assert len(found) == 1
        assert expected in found[0][1]
    strict.check_answer("GET", path, 302, None)
    assert told(strict) == [("", "no such status in the document")]


async def test_an_event_that_differs_is_found(strict: Schema, guild: Guild, mira: Person) -> None:
    member = {**objects.member(guild.members[mira.user.id]), "guild_id": str(guild.id)}
    strict.check_event("GUILD_MEMBER_ADD", member)
    assert told(strict) == []
    del member["flags"]
    strict.check_event("GUILD_MEMBER_ADD", member)
    assert told(strict) == [("", "'flags' is a required property")]


def test_each_exception_names_its_reason() -> None:
    assert len(ALLOWED) <= 12
    assert all(len(each.reason.split()) > 5 for each in ALLOWED)
    assert not any(each.covers(Violation("request GET /x", "content", "is")) for each in ALLOWED)


async def test_nothing_that_is_asked_for_in_vain_goes_unnoticed(schema: Schema | None) -> None:
    async with Double(schema=schema) as platform, Rest(platform) as rest:
        assert (await rest("GET", "/voice/regions")).status == 404
        guild = platform.person("mira").founds("Garden")
        platform.brings_bot(guild)
        asked = await rest.says(guild.general, poll={"question": {"text": "Which?"}, "answers": []})
        assert asked.status == 501
        assert platform.missing == ["GET /api/v10/voice/regions", "poll in a message"]


async def test_all_that_goes_out_is_checked(platform: Double, strict: Schema, guild: Guild) -> None:
    async with listening(platform), Rest(platform) as rest:
        platform.world.set_role(guild, guild.everyone, name=7)
        assert {each.where for each in strict.violations} == {"event GUILD_ROLE_UPDATE"}
        strict.found.clear()
        await rest("GET", f"/guilds/{guild.id}/roles")
    found = [(each.where, each.message) for each in strict.violations]
    strict.found.clear()
    assert found == [("answer GET /guilds/{guild_id}/roles 200", "7 is not of type 'string'")]
