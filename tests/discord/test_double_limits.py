"""What Discord's documented limits refuse, the double refuses: in bodies and in numbers."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.discord.double import Double, Guild, Person
from tests.discord.double.limits import MESSAGES, SEEN
from tests.discord.double.schema import Schema
from tests.discord.raw import Json, Rest

V2 = 1 << 15


@pytest.fixture
def mira(platform: Double) -> Person:
    return platform.person("mira")


@pytest.fixture
def guild(platform: Double, mira: Person) -> Guild:
    made = mira.founds("Garden")
    platform.brings_bot(made)
    return made


def button(custom_id: str = "go", **more: object) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": custom_id, **more}


def menu(count: int, **more: object) -> Json:
    options = [{"label": f"{n}", "value": f"{n}"} for n in range(count)]
    return {"type": 3, "custom_id": "menu", "options": options, **more}


def row(*inside: Json) -> Json:
    return {"type": 1, "components": list(inside)}


def text(content: str) -> Json:
    return {"type": 10, "content": content}


def v2(*components: Json) -> Json:
    return {"flags": V2, "components": list(components)}


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        ({"content": "x" * 2001}, {"content": ["BASE_TYPE_MAX_LENGTH"]}),
        ({"content": "x", "nonce": "n" * 26}, {"nonce": ["BASE_TYPE_MAX_LENGTH"]}),
        (
            {"components": [row(*(button(str(n)) for n in range(6)))]},
            {"components.0.components": ["BASE_TYPE_BAD_LENGTH"]},
        ),
        (
            {"components": [row(button(str(n))) for n in range(6)]},
            {"components": ["BASE_TYPE_BAD_LENGTH"]},
        ),
        (
            {"components": [row(button("x" * 101))]},
            {"components.0.components.0.custom_id": ["BASE_TYPE_BAD_LENGTH"]},
        ),
        (
            {"components": [row(button(), button())]},
            {"components.0.components.1.custom_id": ["COMPONENT_CUSTOM_ID_DUPLICATED"]},
        ),
        (
            {"components": [row(button(label="x" * 81))]},
            {"components.0.components.0.label": ["BASE_TYPE_MAX_LENGTH"]},
        ),
        (
            {"components": [row(button(id=7), button("b", id=7))]},
            {"components.0.components.1.id": ["COMPONENT_ID_DUPLICATED"]},
        ),
        (
            {"components": [row(button(id=2**31))]},
            {"components.0.components.0.id": ["NUMBER_TYPE_MAX"]},
        ),
        (
            {"components": [row(menu(26))]},
            {"components.0.components.0.options": ["BASE_TYPE_BAD_LENGTH"]},
        ),
        (
            {"components": [row(menu(2), button())]},
            {"components.0.components": ["COMPONENT_LAYOUT_WIDTH_EXCEEDED"]},
        ),
        ({"components": [text("Hello")]}, {"components.0.type": ["BASE_TYPE_CHOICES"]}),
        (
            v2(*(text("x") for _ in range(41))),
            {
                "components": [
                    "BASE_TYPE_BAD_LENGTH",
                    "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
                ]
            },
        ),
        (
            v2({"type": 17, "components": [text("x"), *(row(button(str(n))) for n in range(20))]}),
            {"components": ["COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"]},
        ),
        (
            v2(text("x" * 2001), text("y" * 2000)),
            {"components": ["COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"]},
        ),
        (
            {**v2(text("x")), "content": "too"},
            {"content": ["MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"]},
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            {"allowed_mentions": ["MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"]},
        ),
        (
            {"content": "x", "message_reference": {"message_id": "7"}},
            {"message_reference": ["REPLIES_UNKNOWN_MESSAGE"]},
        ),
    ],
)
async def test_a_message_beyond_the_limits_is_refused(
    platform: Double, guild: Guild, body: Json, mistakes: dict[str, list[str]]
) -> None:
    async with Rest(platform) as rest:
        refused = await rest("POST", f"/channels/{guild.general.id}/messages", body)
    assert (refused.status, refused.code) == (400, 50035)
    assert refused.mistakes() == mistakes
    assert guild.general.messages == {}
    forgive(platform)


def forgive(platform: Double) -> None:
    """Let the schema's own complaints about what a test got wrong on purpose be."""
    if platform.schema is not None:
        platform.schema.found.clear()


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2000},
        {"components": [row(*(button(f"{r}{n}") for n in range(5))) for r in range(5)]},
        {"components": [row(menu(25, max_values=25))]},
        v2(*(text("x" * 100) for _ in range(40))),
        {"components": [row(button("x" * 100, label="x" * 80, id=2**31 - 1))]},
    ],
)
async def test_a_message_at_the_limits_stands(platform: Double, guild: Guild, body: Json) -> None:
    async with Rest(platform) as rest:
        assert (await rest("POST", f"/channels/{guild.general.id}/messages", body)).status == 200
    assert len(guild.general.messages) == 1


async def test_an_empty_message_is_refused(platform: Double, guild: Guild) -> None:
    async with Rest(platform) as rest:
        assert (await rest.says(guild.general, "")).code == 50006
        message = (await rest.says(guild.general, "Hello")).body["id"]
        path = f"/channels/{guild.general.id}/messages/{message}"
        assert (await rest("PATCH", path, {"content": ""})).code == 50006


async def test_ids_of_components_are_kept_or_given(platform: Double, guild: Guild) -> None:
    box = {"type": 17, "components": [text("x"), row(button(id=1), button("b"))]}
    async with Rest(platform) as rest:
        body = (await rest("POST", f"/channels/{guild.general.id}/messages", v2(box))).body
    outer = body["components"][0]
    first, second = outer["components"]
    ids = [outer["id"], first["id"], second["id"], *(e["id"] for e in second["components"])]
    assert ids == [2, 3, 4, 1, 5]


async def test_new_components_stay_new(platform: Double, guild: Guild) -> None:
    async with Rest(platform) as rest:
        path = f"/channels/{guild.general.id}/messages"
        message = (await rest("POST", path, v2(text("x")))).body["id"]
        refused = await rest("PATCH", f"{path}/{message}", {"content": "old"})
        assert "content" in refused.mistakes()
        edited = await rest("PATCH", f"{path}/{message}", {"components": [text("y")]})
    assert edited.body["flags"] == V2


def command(**more: object) -> Json:
    return {"name": "start", "description": "Come in", **more}


def option(name: str = "topic", **more: object) -> Json:
    return {"type": 3, "name": name, "description": "About what", **more}


def choices(count: int) -> list[Json]:
    return [{"name": f"{n}", "value": f"{n}"} for n in range(count)]


@pytest.mark.parametrize(
    ("commands", "place"),
    [
        ([command(name="Start")], "0.name"),
        ([command(name="two words")], "0.name"),
        ([command(name="x" * 33)], "0.name"),
        ([command(description="x" * 101)], "0.description"),
        ([command(description="")], "0.description"),
        ([command(description_localizations={"sl": "Vstopi"})], "0.description_localizations.sl"),
        ([command(), command()], "1"),
        ([command(options=[option(f"o{n}") for n in range(26)])], "0.options"),
        ([command(options=[option(choices=choices(26))])], "0.options.0.choices"),
        ([command(options=[option(), option("b", required=True)])], "0.options.1"),
        ([command(options=[option(), {**option("b"), "type": 1}])], "0.options"),
        (
            [command(options=[option(f"o{n}", choices=big) for n in range(25)])]
            if (big := [{"name": "n" * 100, "value": f"{n}" * 100} for n in range(2)])
            else [],
            "0",
        ),
    ],
)
async def test_commands_beyond_the_limits_are_refused(
    platform: Double, commands: list[Json], place: str
) -> None:
    async with Rest(platform) as rest:
        path = f"/applications/{platform.world.application_id}/commands"
        refused = await rest("PUT", path, commands)
        assert place in refused.mistakes()
        assert (await rest("GET", path)).body == []
    forgive(platform)


async def test_a_hundred_commands_and_no_more(platform: Double) -> None:
    async with Rest(platform) as rest:
        path = f"/applications/{platform.world.application_id}/commands"
        many: list[Any] = [command(name=f"c{n}") for n in range(101)]
        assert (await rest("PUT", path, many)).code == 30032
        put = (await rest("PUT", path, many[:100])).body
        assert len(put) == 100
        again = (await rest("PUT", path, [command(name="c0", description="Anew")])).body
    assert (again[0]["id"], again[0]["version"] == put[0]["version"]) == (put[0]["id"], False)


async def test_a_modal_beyond_the_limits_is_refused(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.commands.replace([command()])

    def label(custom_id: str, **more: object) -> Json:
        field = {"type": 4, "custom_id": custom_id, "style": 1}
        return {"type": 18, "label": "Word", "component": field, **more}

    async with Rest(platform) as rest:
        it = mira.uses("start", guild.general)
        for data, place in (
            ({"title": "x" * 46, "components": [label("a")]}, "data.title"),
            ({"title": "x", "components": [label(str(n)) for n in range(6)]}, "data.components"),
            (
                {"title": "x", "components": [label("a"), label("a")]},
                "data.components.1.component.custom_id",
            ),
            ({"title": "x", "components": [label("a", label="")]}, "data.components.0.label"),
        ):
            refused = await rest.answers(it, 9, {"custom_id": "form", **data})
            assert list(refused.mistakes()) == [place]
        assert it.modal is None
    forgive(platform)


async def test_more_than_a_route_takes_is_refused_and_told_beforehand(
    schema: Schema | None,
) -> None:
    async with Double(limits=SEEN, schema=schema) as platform, Rest(platform) as rest:
        guild = platform.person("mira").founds("Garden")
        platform.brings_bot(guild)
        other = platform.world.channel(guild, "other")
        answers = [await rest.says(guild.general, str(n)) for n in range(6)]
        assert [each.status for each in answers] == [200] * 5 + [429]
        left = [each.headers["X-RateLimit-Remaining"] for each in answers]
        assert left == ["4", "3", "2", "1", "0", "0"]
        refused = answers[-1]
        assert 4 < refused.body["retry_after"] <= 5
        assert refused.body["global"] is False
        assert refused.headers["Via"]
        assert (await rest.says(other)).status == 200
        assert platform.limits.refused[MESSAGES] == 1
        assert platform.limits.invalid[429] == 1


async def test_all_requests_together_are_limited_but_for_interactions(
    schema: Schema | None,
) -> None:
    async with Double(per_second=5, schema=schema) as platform, Rest(platform) as rest:
        mira = platform.person("mira")
        guild = mira.founds("Garden")
        platform.brings_bot(guild)
        platform.commands.replace([command()])
        answers = [await rest("GET", "/users/@me") for _ in range(6)]
        assert [each.status for each in answers] == [200] * 5 + [429]
        assert answers[-1].body["global"] is True
        it = mira.uses("start", guild.general)
        assert (await rest.answers(it, 4, {"content": "Hello"})).status == 200
        hook = f"/webhooks/{platform.world.application_id}/{it.token}"
        assert (await rest("POST", hook, {"content": "More"})).status == 200
        began = time.monotonic()
        while (await rest("GET", "/users/@me")).status == 429:
            assert time.monotonic() - began < 2


async def test_too_many_invalid_requests_ban_the_address(platform: Double) -> None:
    platform.limits.most_invalid = 3
    async with Rest(platform) as rest:
        for _ in range(3):
            assert (await rest("GET", "/users/@me", token="another")).status == 401
        banned = await rest.banned("/users/@me")
    assert banned == (429, "text/html; charset=utf-8", False)
