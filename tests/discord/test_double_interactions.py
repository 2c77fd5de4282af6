"""Interactions on the double: deadlines, kinds of answers, and who sees them."""

from __future__ import annotations

import pytest

from tests.discord.double import Double, Guild, InteractionFailed, NotPossible, Person
from tests.discord.raw import Json, Rest

START: Json = {"name": "start", "description": "Come in"}
EPHEMERAL, V2 = 1 << 6, 1 << 15
FORM: Json = {
    "custom_id": "form:1",
    "title": "A word",
    "components": [
        {
            "type": 18,
            "label": "Your word",
            "component": {"type": 4, "custom_id": "word", "style": 1, "max_length": 5},
        }
    ],
}
BUTTON: Json = {"type": 2, "style": 1, "label": "Go", "custom_id": "go:1"}


def row(*components: Json) -> list[Json]:
    return [{"type": 1, "components": list(components)}]


@pytest.fixture
def guild(platform: Double, guild: Guild) -> Guild:
    platform.commands.replace([START])
    return guild


async def test_a_command_is_answered_for_one_persons_eyes(
    platform: Double, mira: Person, guild: Guild
) -> None:
    ana = platform.person("ana")
    ana.joins(guild)
    async with Rest(platform) as rest:
        it = mira.uses("start", guild.general)
        answer = await rest.answers(it, 4, {"content": "Hello", "flags": EPHEMERAL})
        assert answer.status == 200
        assert answer.body["resource"]["message"]["flags"] & EPHEMERAL
        assert (await rest("GET", f"/channels/{guild.general.id}/messages")).body == []
    assert [each.text for each in mira.sees(guild.general)] == ["Hello"]
    assert ana.sees(guild.general) == []
    mira.jumps_to_present()
    assert mira.sees(guild.general) == []


async def test_after_three_seconds_it_failed(schema: None) -> None:
    async with Double(deadline=0.05, schema=schema) as platform, Rest(platform) as rest:
        mira = platform.person("mira")
        guild = mira.founds("Garden")
        platform.brings_bot(guild)
        platform.commands.replace([START])
        it = mira.uses("start", guild.general)
        with pytest.raises(InteractionFailed):
            await it.acknowledged()
        late = await rest.answers(it, 4, {"content": "Hello"})
        assert (late.status, late.code) == (404, 10062)
        assert platform.record.all("fail", id=str(it.id))


async def test_a_second_callback_is_refused(platform: Double, mira: Person, guild: Guild) -> None:
    async with Rest(platform) as rest:
        it = mira.uses("start", guild.general)
        await rest.answers(it, 4, {"content": "Hello"})
        again = await rest.answers(it, 4, {"content": "Hello"})
    assert (again.status, again.code) == (400, 40060)


async def test_a_token_lives_for_fifteen_minutes(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with Rest(platform) as rest:
        it = mira.uses("start", guild.general)
        hook = f"/webhooks/{platform.world.application_id}/{it.token}"
        early = await rest("POST", hook, {"content": "More"})
        assert (early.status, early.code) == (404, 10015)
        await rest.answers(it, 4, {"content": "Hello"})
        platform.clock.shift(14 * 60)
        assert (await rest("POST", hook, {"content": "More"})).status == 200
        platform.clock.shift(2 * 60)
        late = await rest("POST", hook, {"content": "Too late"})
    assert (late.status, late.code) == (401, 50027)
    assert [each.text for each in mira.sees(guild.general)] == ["Hello", "More"]


async def test_a_deferral_is_filled_by_what_comes_first(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with Rest(platform) as rest:
        for how in ("PATCH", "POST"):
            it = mira.uses("start", guild.general)
            await rest.answers(it, 5, {"flags": EPHEMERAL})
            assert it.messages == []
            hook = f"/webhooks/{platform.world.application_id}/{it.token}"
            path = hook + ("/messages/@original" if how == "PATCH" else "")
            assert (await rest(how, path, {"content": how})).status == 200
            await it.answered()
            assert [(each.text, each.ephemeral) for each in it.messages] == [(how, True)]


async def test_a_modal_comes_first_or_never(platform: Double, mira: Person, guild: Guild) -> None:
    async with Rest(platform) as rest:
        it = mira.uses("start", guild.general)
        await rest.answers(it, 5)
        refused = await rest.answers(it, 9, FORM)
        assert refused.code == 40060
        it = mira.uses("start", guild.general)
        assert (await rest.answers(it, 9, FORM)).status == 200
        with pytest.raises(NotPossible, match="required"):
            mira.submits(it)
        with pytest.raises(NotPossible, match="characters"):
            mira.submits(it, {"Your word": "gardens"})
        submitted = mira.submits(it, {"Your word": "seed"})
        again = await rest.answers(submitted, 9, FORM)
        assert again.mistakes() == {"type": ["BASE_TYPE_CHOICES"]}
        assert (await rest.answers(submitted, 4, {"content": "So: seed"})).status == 200
    inner = submitted.data["components"][0]["component"]
    assert (inner["custom_id"], inner["value"]) == ("word", "seed")


async def test_a_button_changes_its_message_or_says_more(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with Rest(platform) as rest:
        await rest.says(guild.general, "Shall we?", components=row(BUTTON))
        message = await mira.hears("Shall we?")
        with pytest.raises(NotPossible, match="no 'Stop'"):
            mira.clicks(message, "Stop")
        it = mira.clicks(message, "Go")
        assert it.data["custom_id"] == "go:1"
        assert (await rest.answers(it, 7, {"content": "We do", "components": []})).status == 200
        assert message.text == "We do"
        with pytest.raises(NotPossible):
            mira.clicks(message, "Go")


async def test_only_what_a_client_offers_can_be_used(
    platform: Double, mira: Person, guild: Guild
) -> None:
    ana = platform.person("ana")
    ana.joins(guild)
    platform.commands.replace(
        [{**START, "default_member_permissions": "32", "contexts": [0]}, {**START, "name": "all"}]
    )
    assert mira.offers(guild.general) == ["start", "all"]
    assert ana.offers(guild.general) == ["all"]
    assert ana.offers() == ["all"]
    with pytest.raises(NotPossible, match="needs permissions"):
        ana.uses("start", guild.general)
    stewards = platform.world.role(guild, "stewards")
    guild.members[ana.user.id].roles.append(stewards.id)
    command = next(iter(platform.commands.standing))
    rule = {"id": str(stewards.id), "type": 1, "permission": True}
    guild.command_permissions[command] = [rule]
    assert ana.offers(guild.general) == ["start", "all"]
    everyone = {"id": str(guild.id), "type": 1, "permission": False}
    guild.command_permissions[command] = [everyone]
    assert ana.offers(guild.general) == ["all"]
