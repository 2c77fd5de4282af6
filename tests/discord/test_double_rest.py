"""What bots ask of the double over REST: it answers, and refuses, as Discord does."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
import pytest_asyncio

from tests.discord.bare import running
from tests.discord.double import Double, Guild, Permission, Person
from tests.discord.double.guilds import FORUM
from tests.discord.raw import Rest

P = Permission


@pytest_asyncio.fixture
async def rest(platform: Double) -> AsyncIterator[Rest]:
    async with Rest(platform) as made:
        yield made


def without(platform: Double, guild: Guild, *missing: Permission) -> None:
    """Take permissions from the bot in a guild, and from everyone."""
    for role in guild.roles.values():
        for each in missing:
            role.permissions &= ~each


async def test_a_wrong_token_is_refused_and_counted(platform: Double, rest: Rest) -> None:
    answer = await rest("GET", "/users/@me", token="another")
    assert (answer.status, answer.code) == (401, 0)
    assert platform.limits.invalid[401] == 1
    assert answer.headers["Content-Type"] == "application/json"


async def test_messages_are_paged_from_either_end(rest: Rest, guild: Guild) -> None:
    ids = [(await rest.says(guild.general, str(n))).body["id"] for n in range(7)]
    path = f"/channels/{guild.general.id}/messages"

    async def texts(**query: Any) -> list[str]:  # noqa: ANN401 - a limit or an id
        return [each["content"] for each in (await rest("GET", path, **query)).body]

    assert await texts(limit=3) == ["6", "5", "4"]
    assert await texts(after=ids[2], limit=2) == ["4", "3"]
    assert await texts(before=ids[2]) == ["1", "0"]
    assert await texts(around=ids[3], limit=3) == ["4", "3", "2"]


async def test_a_nonce_posts_once_within_its_window_and_is_not_kept(
    platform: Double, rest: Rest, guild: Guild
) -> None:
    first = await rest.says(guild.general, nonce="n1", enforce_nonce=True)
    again = await rest.says(guild.general, nonce="n1", enforce_nonce=True)
    assert first.body["nonce"] == "n1"
    assert again.body["id"] == first.body["id"]
    loose = await rest.says(guild.general, nonce="n1")
    assert loose.body["id"] != first.body["id"]
    platform.clock.shift(platform.world.nonces.window + 1)
    late = await rest.says(guild.general, nonce="n1", enforce_nonce=True)
    assert late.body["id"] not in (first.body["id"], loose.body["id"])
    listed = (await rest("GET", f"/channels/{guild.general.id}/messages")).body
    assert [each.get("nonce") for each in listed] == [None, None, None]
    assert len(platform.record.all("message", nonce="n1")) == 3


async def test_only_ones_own_messages_are_edited(rest: Rest, mira: Person, guild: Guild) -> None:
    theirs, path = mira.posts(guild.general, "Mine"), f"/channels/{guild.general.id}/messages"
    refused = await rest("PATCH", f"{path}/{theirs.id}", {"content": "Ours"})
    assert (refused.status, refused.code) == (403, 50005)
    own = (await rest.says(guild.general)).body["id"]
    edited = await rest("PATCH", f"{path}/{own}", {"content": "Anew"})
    assert (edited.body["content"], edited.body["edited_timestamp"] is None) == ("Anew", False)
    assert (await rest("DELETE", f"{path}/{own}")).status == 204
    gone = await rest("PATCH", f"{path}/{own}", {"content": "Again"})
    assert (gone.status, gone.code) == (404, 10008)
    refused = await rest("DELETE", f"{path}/{theirs.id}")
    assert (refused.status, refused.code) == (403, 50013)


async def test_what_is_not_there_is_unknown(rest: Rest, guild: Guild) -> None:
    unknown = {
        f"/channels/{guild.id + 7}": 10003,
        f"/guilds/{guild.id + 7}": 10004,
        f"/guilds/{guild.id}/members/7": 10013,
        f"/channels/{guild.general.id}/messages/7": 10008,
        "/users/7": 10013,
    }
    for path, code in unknown.items():
        answer = await rest("GET", path)
        assert (answer.status, answer.code) == (404, code), path


@pytest.mark.parametrize(
    ("missing", "method", "path", "code"),
    [
        (P.VIEW_CHANNEL, "POST", "messages", 50001),
        (P.SEND_MESSAGES, "POST", "messages", 50013),
        (P.READ_MESSAGE_HISTORY, "GET", "messages/{id}", 50001),
        (P.ADD_REACTIONS, "PUT", "messages/{id}/reactions/🌱/@me", 50013),
        (P.PIN_MESSAGES, "PUT", "messages/pins/{id}", 50013),
        (P.PIN_MESSAGES, "PUT", "pins/{id}", 50013),
        (P.CREATE_PUBLIC_THREADS, "POST", "messages/{id}/threads", 50013),
    ],
)
async def test_a_missing_permission_is_told(
    platform: Double, rest: Rest, guild: Guild, missing: P, method: str, path: str, code: int
) -> None:
    message = (await rest.says(guild.general)).body["id"]
    without(platform, guild, missing)
    body = {"POST": {"content": "Hello", "name": "Answers"}}.get(method)
    if body is not None:
        body.pop("content" if "threads" in path else "name")
    url = f"/channels/{guild.general.id}/{path.format(id=message)}"
    refused = await rest(method, url, body)
    assert (refused.status, refused.code) == (403, code)
    assert platform.limits.invalid[403] == 1


async def test_without_the_history_there_is_nothing_to_read(
    platform: Double, rest: Rest, guild: Guild
) -> None:
    await rest.says(guild.general)
    without(platform, guild, P.READ_MESSAGE_HISTORY)
    answer = await rest("GET", f"/channels/{guild.general.id}/messages")
    assert (answer.status, answer.body) == (200, [])


async def test_a_channels_rules_go_before_the_roles(
    platform: Double, rest: Rest, guild: Guild
) -> None:
    own = next(each for each in guild.roles.values() if each.managed)
    platform.world.overwrite(guild.general, guild.everyone, deny=P.SEND_MESSAGES)
    assert (await rest.says(guild.general)).code == 50013
    platform.world.overwrite(guild.general, own, allow=P.SEND_MESSAGES)
    assert (await rest.says(guild.general)).status == 200
    platform.world.overwrite(guild.general, platform.world.bot, deny=P.SEND_MESSAGES)
    assert (await rest.says(guild.general)).code == 50013


async def test_closed_direct_messages_are_refused(
    platform: Double, rest: Rest, mira: Person, guild: Guild
) -> None:
    opened = await rest("POST", "/users/@me/channels", {"recipient_id": mira.id})
    path = f"/channels/{opened.body['id']}/messages"
    assert (await rest("POST", path, {"content": "Hello"})).status == 200
    mira.closes_dms()
    refused = await rest("POST", path, {"content": "Hello"})
    assert (refused.status, refused.code) == (403, 50007)
    stranger = platform.person("stranger")
    opened = await rest("POST", "/users/@me/channels", {"recipient_id": stranger.id})
    refused = await rest("POST", f"/channels/{opened.body['id']}/messages", {"content": "Hello"})
    assert (refused.status, refused.code) == (403, 50278)


async def test_roles_are_given_below_ones_own(
    platform: Double, rest: Rest, mira: Person, guild: Guild
) -> None:
    below = platform.world.role(guild, "gardener", position=0)
    above = platform.world.role(guild, "owner", position=9)
    path = f"/guilds/{guild.id}/members/{mira.id}/roles"
    assert (await rest("PUT", f"{path}/{below.id}")).status == 204
    assert (await rest("PUT", f"{path}/{below.id}")).status == 204
    assert guild.members[mira.user.id].roles == [below.id]
    assert (await rest("PUT", f"{path}/{above.id}")).code == 50013
    assert (await rest("PUT", f"{path}/7")).code == 10011
    assert (await rest("DELETE", f"{path}/{below.id}")).status == 204
    assert guild.members[mira.user.id].roles == []
    without(platform, guild, P.MANAGE_ROLES)
    assert (await rest("PUT", f"{path}/{below.id}")).code == 50013


async def test_threads_begin_on_messages_alone_and_in_forums(
    platform: Double, rest: Rest, mira: Person, guild: Guild
) -> None:
    message = (await rest.says(guild.general)).body["id"]
    path = f"/channels/{guild.general.id}"
    thread = await rest("POST", f"{path}/messages/{message}/threads", {"name": "Answers"})
    assert (thread.status, thread.body["id"], thread.body["type"]) == (201, message, 11)
    again = await rest("POST", f"{path}/messages/{message}/threads", {"name": "Answers"})
    assert again.code == 160004
    alone = await rest("POST", f"{path}/threads", {"name": "Alone", "type": 11})
    assert alone.status == 201
    forum = platform.world.channel(guild, "forum", FORUM, tags=("prompt",))
    tags = [str(forum.tags[0].id)]
    body = {"name": "A prompt", "message": {"content": "Which?"}, "applied_tags": tags}
    post = await rest("POST", f"/channels/{forum.id}/threads", body)
    assert post.body["message"]["id"] == post.body["id"]
    assert post.body["applied_tags"] == tags
    assert (await rest.says(forum)).code == 40058
    assert [each.text for each in mira.sees(guild.named("A prompt"))] == ["Which?"]
    active = (await rest("GET", f"/guilds/{guild.id}/threads/active")).body["threads"]
    assert [each["name"] for each in active] == ["Answers", "Alone", "A prompt"]


async def test_a_locked_thread_is_closed_and_an_archived_one_opens_by_posting(
    platform: Double, rest: Rest, guild: Guild
) -> None:
    path = f"/channels/{guild.general.id}/threads"
    await rest("POST", path, {"name": "Alone", "type": 11})
    thread = guild.named("Alone")
    archived = await rest("PATCH", f"/channels/{thread.id}", {"archived": True})
    assert archived.body["thread_metadata"]["archived"] is True
    assert (await rest("PATCH", f"/channels/{thread.id}", {"name": "New"})).code == 50083
    assert (await rest.says(thread)).status == 200
    assert thread.archived is False
    thread.archived = thread.locked = True
    assert (await rest.says(thread)).code == 50013


async def test_pins_are_listed_both_ways_and_a_line_tells_of_them(
    rest: Rest, mira: Person, guild: Guild
) -> None:
    first, second = [(await rest.says(guild.general, text)).body["id"] for text in ("a", "b")]
    path = f"/channels/{guild.general.id}"
    for each in (first, second):
        assert (await rest("PUT", f"{path}/messages/pins/{each}")).status == 204
    found = (await rest("GET", f"{path}/messages/pins", limit=1)).body
    assert [each["message"]["id"] for each in found["items"]] == [second]
    assert found["has_more"] is True
    assert [each["id"] for each in (await rest("GET", f"{path}/pins")).body] == [second, first]
    assert [each.type for each in mira.sees(guild.general)] == [0, 0, 6, 6]


async def test_nobody_is_pinged_unless_it_is_allowed(
    platform: Double, rest: Rest, mira: Person, guild: Guild
) -> None:
    text = f"{mira.mention} @everyone <@&{guild.id}>"
    loud = (await rest.says(guild.general, text)).body
    assert [each["id"] for each in loud["mentions"]] == [mira.id]
    assert loud["mention_everyone"] is False  # the bot has no right to that
    own = next(each for each in guild.roles.values() if each.managed)
    own.permissions |= P.MENTION_EVERYONE
    assert (await rest.says(guild.general, text)).body["mention_everyone"] is True
    quiet = (await rest.says(guild.general, text, allowed_mentions={"parse": []})).body
    assert (quiet["mentions"], quiet["mention_everyone"]) == ([], False)


async def test_files_come_along_and_can_be_opened(
    platform: Double, mira: Person, guild: Guild
) -> None:
    async with running(platform) as client:
        channel = client.get_channel(guild.general.id)
        assert isinstance(channel, discord.TextChannel)
        file = discord.File(io.BytesIO(b"my words"), "notes.txt", description="All of it")
        await channel.send("Yours to keep", file=file)
    message = await mira.hears("Yours to keep")
    assert mira.opens(message.attachments[0]) == b"my words"
    assert message.attachments[0]["description"] == "All of it"
