"""People on the double do what their clients let them, and see what they would see."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.discord.double import Double, Guild, Intent, NotPossible, Permission, Person, buttons
from tests.discord.double.errors import Refused
from tests.discord.double.guilds import FORUM
from tests.discord.raw import Json, Rest, forgive, listening

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE = 3, 4, 5, 6, 7, 8


def option(kind: int, name: str, **more: object) -> Json:
    return {"type": kind, "name": name, "description": "Something", **more}


KEEPER: Json = {
    "name": "keeper",
    "description": "Keep",
    "options": [
        option(
            2,
            "prompt",
            options=[
                option(
                    1,
                    "add",
                    options=[
                        option(STRING, "text", required=True, min_length=2, max_length=9),
                        option(STRING, "kind", choices=[{"name": "A story", "value": "story"}]),
                        option(INTEGER, "week", min_value=1, max_value=52),
                        option(BOOLEAN, "soon"),
                        option(USER, "by"),
                        option(CHANNEL, "where"),
                        option(ROLE, "whom"),
                        option(STRING, "topic", autocomplete=True),
                    ],
                )
            ],
        ),
        option(1, "setup"),
    ],
}


async def test_a_command_reaches_the_bot_as_it_was_filled_in(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.commands.replace([KEEPER])
    async with listening(platform) as ear:
        mira.uses(
            "keeper prompt add",
            guild.general,
            text="Why?",
            kind="A story",
            week=3,
            soon=True,
            by=mira,
            where=guild.general,
            whom=guild.everyone,
        )
        told = await ear.hears("INTERACTION_CREATE")
    group = told["data"]["options"][0]
    add = group["options"][0]
    assert (told["data"]["name"], group["name"], add["name"]) == ("keeper", "prompt", "add")
    assert {each["name"]: each["value"] for each in add["options"]} == {
        "text": "Why?",
        "kind": "story",
        "week": 3,
        "soon": True,
        "by": mira.id,
        "where": str(guild.general.id),
        "whom": str(guild.id),
    }
    resolved = told["data"]["resolved"]
    assert resolved["members"][mira.id]["joined_at"]
    assert (resolved["users"][mira.id]["username"], told["locale"]) == ("mira", "en-US")
    assert int(told["member"]["permissions"]) & Permission.MANAGE_GUILD


@pytest.mark.parametrize(
    ("path", "options", "reason"),
    [
        ("keeper", {}, "cannot be used alone"),
        ("keeper prompt", {}, "cannot be used alone"),
        ("keeper nothing", {}, "no 'nothing'"),
        ("other", {}, "no command"),
        ("keeper setup", {"text": "x"}, "no such options"),
        ("keeper prompt add", {}, "required"),
        ("keeper prompt add", {"text": "x"}, "2 to 9"),
        ("keeper prompt add", {"text": "x" * 10}, "2 to 9"),
        ("keeper prompt add", {"text": "Why?", "kind": "poem"}, "one of"),
        ("keeper prompt add", {"text": "Why?", "week": 53}, "1 to 52"),
        ("keeper prompt add", {"text": "Why?", "week": "3"}, "number"),
        ("keeper prompt add", {"text": "Why?", "soon": 1}, "yes or no"),
        ("keeper prompt add", {"text": "Why?", "by": "mira"}, "nobody"),
    ],
)
async def test_a_client_sends_nothing_that_does_not_fit(
    platform: Double, mira: Person, guild: Guild, path: str, options: dict[str, Any], reason: str
) -> None:
    platform.commands.replace([KEEPER])
    with pytest.raises(NotPossible, match=reason):
        mira.uses(path, guild.general, **options)
    assert platform.interactions.all == {}


async def test_only_some_options_suggest(platform: Double, mira: Person, guild: Guild) -> None:
    platform.commands.replace([KEEPER])
    async with listening(platform) as ear, Rest(platform) as rest:
        with pytest.raises(NotPossible, match="suggests nothing"):
            mira.types("keeper prompt add", "kind", "st", guild.general)
        it = mira.types("keeper prompt add", "topic", "gar", guild.general, text="Why?")
        told = await ear.hears("INTERACTION_CREATE")
        refused = await rest.answers(it, 4, {"content": "Hello"})
        assert refused.mistakes() == {"type": ["BASE_TYPE_CHOICES"]}
        many = [{"name": f"{n}", "value": f"{n}"} for n in range(26)]
        assert (await rest.answers(it, 8, {"choices": many})).code == 50035
        assert (await rest.answers(it, 8, {"choices": many[:25]})).status == 200
    forgive(platform)
    options = told["data"]["options"][0]["options"][0]["options"]
    assert options[-1] == {"name": "topic", "type": STRING, "value": "gar", "focused": True}
    assert len((await it.answered()).choices or []) == 25


async def test_a_channel_that_is_hidden_or_closed_lets_nobody_do_anything(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.commands.replace([KEEPER])
    ana = platform.person("ana")
    ana.joins(guild)
    closed = platform.world.channel(guild, "closed")
    platform.world.overwrite(closed, guild.everyone, deny=Permission.SEND_MESSAGES)
    with pytest.raises(Refused, match="50013"):
        ana.posts(closed, "Hello")
    platform.world.overwrite(closed, guild.everyone, deny=Permission.VIEW_CHANNEL)
    message = mira.posts(closed, "For moderators")
    assert ana.sees(closed) == []
    with pytest.raises(NotPossible, match="does not see"):
        ana.reacts(message, "🌱")
    with pytest.raises(NotPossible, match="no right"):
        ana.uses("keeper setup", closed)
    platform.removes_bot(guild)
    with pytest.raises(NotPossible, match="not here"):
        mira.uses("keeper setup", guild.general)


async def test_people_open_threads_and_write_in_forums(
    platform: Double, mira: Person, guild: Guild
) -> None:
    forum = platform.world.channel(guild, "forum", FORUM)
    async with listening(platform) as ear:
        asked = mira.posts(guild.general, "A question")
        thread = mira.opens_thread(asked, "Answers", "A line")
        post = mira.opens_thread(forum, "A post", "Which?")
        await ear.settled()
        names = [each["name"] for each in ear.told("THREAD_CREATE")]
        places = [each["channel_id"] for each in ear.told("MESSAGE_CREATE")]
    assert names == ["Answers", "A post"]
    assert (thread.id, min(post.messages)) == (asked.id, post.id)
    assert places == [str(each) for each in (guild.general.id, thread.id, thread.id, post.id)]


async def test_moderators_may_do_more(platform: Double, mira: Person, guild: Guild) -> None:
    ana, ben = platform.person("ana"), platform.person("ben")
    for each in (ana, ben):
        each.joins(guild)
    asked = mira.posts(guild.general, "A question")
    thread = mira.opens_thread(asked, "Answers")
    with pytest.raises(Refused, match="50013"):
        ana.deletes(asked)
    with pytest.raises(Refused, match="50013"):
        ana.archives(thread)
    with pytest.raises(NotPossible, match="KICK_MEMBERS"):
        ana.kicks(ben, guild)
    steward = platform.world.role(guild, "steward", Permission.KICK_MEMBERS)
    async with listening(platform, Intent.GUILDS | Intent.GUILD_MEMBERS) as ear:
        mira.gives(steward, ana, guild)
        ana.kicks(ben, guild)
        mira.bans(ana, guild)
        mira.archives(thread, locked=True)
        await ear.settled()
        assert ear.told("GUILD_MEMBER_UPDATE")[0]["roles"] == [str(steward.id)]
        gone = [each["user"]["id"] for each in ear.told("GUILD_MEMBER_REMOVE")]
        assert ear.told("THREAD_UPDATE")[0]["thread_metadata"]["locked"] is True
    assert gone == [ben.id, ana.id]
    ben.joins(guild)
    with pytest.raises(Refused, match="banned"):
        ana.joins(guild)
    mira.deletes(asked)
    assert mira.sees(guild.general) == []


async def test_what_a_message_no_longer_has_can_be_forged(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with listening(platform) as ear, Rest(platform) as rest:
        await rest.says(guild.general, "Nothing to click")
        message = await mira.hears(re.compile("^Nothing"))
        assert buttons(message) == []
        mira.forges(message, "old:button")
        mira.forges(message, "old:menu", "a", "b")
        form = mira.forges_form(guild.general, "old:form", word="seed")
        await ear.settled()
        data = [each["data"] for each in ear.told("INTERACTION_CREATE")]
        assert (await rest.answers(form, 4, {"content": "Gone"})).status == 200
    assert [each["custom_id"] for each in data] == ["old:button", "old:menu", "old:form"]
    assert data[1]["values"] == ["a", "b"]
    assert data[2]["components"][0]["component"]["value"] == "seed"


async def test_a_messages_menu_names_the_message(
    platform: Double, mira: Person, guild: Guild
) -> None:
    platform.commands.replace([{"type": 3, "name": "Keep this"}])
    message = mira.posts(guild.general, "Worth keeping")
    with pytest.raises(NotPossible, match="no command"):
        mira.uses("Keep", guild.general)
    async with listening(platform) as ear:
        mira.applies("Keep this", message)
        data = (await ear.hears("INTERACTION_CREATE"))["data"]
    assert (data["type"], data["target_id"]) == (3, str(message.id))
    assert data["resolved"]["messages"][str(message.id)]["content"] == "Worth keeping"


async def test_the_portals_switches_can_be_read(platform: Double) -> None:
    async with Rest(platform) as rest:
        flags = (await rest("GET", "/oauth2/applications/@me")).body["flags"]
        platform.gateway.allowed |= Intent.MESSAGE_CONTENT
        more = (await rest("GET", "/applications/@me")).body["flags"]
    assert (flags, more) == (1 << 15, 1 << 15 | 1 << 19)


async def test_what_admins_set_can_be_read(platform: Double, guild: Guild) -> None:
    platform.commands.replace([KEEPER])
    command = next(iter(platform.commands.standing))
    path = f"/applications/{platform.world.application_id}/guilds/{guild.id}/commands"
    async with Rest(platform) as rest:
        assert (await rest("GET", f"{path}/{command}/permissions")).code == 10066
        rule = {"id": str(guild.id), "type": 1, "permission": False}
        guild.command_permissions[command] = [rule]
        found = (await rest("GET", f"{path}/{command}/permissions")).body
        assert (await rest("GET", f"{path}/permissions")).body == [found]
    assert found["permissions"] == [rule]


async def test_nobody_waits_in_vain_without_being_told_what_was_said(
    mira: Person, guild: Guild
) -> None:
    with pytest.raises(AssertionError, match="mira did not hear 'Hello'; the bot said:\nnothing"):
        await mira.hears("Hello", guild.general, patience=0.05)
