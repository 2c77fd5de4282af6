"""What Discord's documented limits refuse in messages and forms, the double refuses."""

from __future__ import annotations

import pytest

from tests.discord.double import Double, Guild, Person
from tests.discord.double.guilds import FORUM
from tests.discord.raw import Json, Rest, forgive

V2 = 1 << 15


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


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"name": "x" * 101, "message": {"content": "x"}}, "name"),
        ({"name": "", "message": {"content": "x"}}, "name"),
        ({"name": "x"}, "message"),
        ({"name": "x", "message": {"content": "x" * 2001}}, "message.content"),
        ({"name": "x", "message": {"content": "x"}, "applied_tags": ["7"]}, "applied_tags"),
        (
            {"name": "x", "message": {"content": "x"}, "auto_archive_duration": 5},
            "auto_archive_duration",
        ),
    ],
)
async def test_a_post_beyond_the_limits_is_refused(
    platform: Double, guild: Guild, body: Json, place: str
) -> None:
    forum = platform.world.channel(guild, "forum", FORUM)
    async with Rest(platform) as rest:
        refused = await rest("POST", f"/channels/{forum.id}/threads", body)
    assert list(refused.mistakes()) == [place]
    assert guild.threads == {}
    forgive(platform)


async def test_an_answer_beyond_the_limits_is_refused(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.commands.replace([{"name": "start", "description": "Come in"}])
    async with Rest(platform) as rest:
        it = mira.uses("start", guild.general)
        refused = await rest.answers(it, 4, {"content": "x" * 2001})
        assert list(refused.mistakes()) == ["data.content"]
        assert (await rest.answers(it, 4, {"content": "x" * 2000})).status == 200
        hook = f"/webhooks/{platform.world.application_id}/{it.token}"
        refused = await rest("POST", hook, {"content": "x" * 2001})
        assert list(refused.mistakes()) == ["content"]
    forgive(platform)


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


async def test_a_modal_beyond_the_limits_is_refused(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.commands.replace([{"name": "start", "description": "Come in"}])

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
