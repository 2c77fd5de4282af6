"""What is sent stands once, marked, and pings nobody; what cannot be sent says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.discord import markdown, messages
from bot.core.actions import Edit, Forget, OpenThread, Pin, Retract, SetRole
from bot.core.errors import (
    Doubt,
    TryLater,
    Undeliverable,
    Unreachable,
    Unreadable,
)
from bot.core.markup import escape
from bot.core.refs import Direct, MessageRef, Room
from bot.testing.faults import Trouble
from tests.discord.double import USUAL, Double, Guild, Permission, Person
from tests.discord.running import Bot, member, room, running


async def test_a_message_is_marked_and_known_by_its_key(
    bot: Bot, platform: Double, guild: Guild
) -> None:
    action = bot.say(room(guild.general))
    ref = await bot.delivers(action)
    assert ref == await bot.delivers(action)
    (stands,) = guild.general.messages.values()
    assert ref == MessageRef(room(guild.general), str(stands.id))
    assert stands.components[0]["id"] == messages.mark(action.key)
    assert platform.record.all("message")[-1]["nonce"] == action.key


async def test_what_was_rendered_is_let_go_when_somebody_is_erased(
    bot: Bot, guild: Guild, mira: Person
) -> None:
    await bot.delivers(bot.say(room(guild.general), "said by Mira"))
    await bot.delivers(bot.say(room(guild.general), "said by Mira"))
    assert markdown.to_discord.cache_info().hits > 0
    await bot.delivers(Forget(key="forget", to=Direct(member(mira))))
    assert markdown.to_discord.cache_info().currsize == 0


@pytest.mark.parametrize("text", ["@everyone", "@here", "<@{id}>", "<@&{id}>", "<#{id}>"])
async def test_nobodys_text_pings(
    bot: Bot, platform: Double, mira: Person, guild: Guild, text: str
) -> None:
    named = text.format(id=mira.id)
    await bot.delivers(bot.say(room(guild.general), escape(named)))
    await bot.delivers(bot.say(room(guild.general), named))  # and a template's neither
    for stands in guild.general.messages.values():
        assert (stands.mentions, stands.mention_roles, stands.mention_everyone) == ([], [], False)
        assert "<@" not in stands.text.replace("\\<", "")


@pytest.mark.parametrize(
    "trouble", [Trouble.FAILS, Trouble.CUT, Trouble.UNHEARD, Trouble.BROKEN_OFF]
)
async def test_a_result_that_nobody_knows_is_read_back(
    bot: Bot, platform: Double, guild: Guild, trouble: Trouble
) -> None:
    stood = trouble in (Trouble.UNHEARD, Trouble.BROKEN_OFF)
    action = bot.say(room(guild.general))
    platform.faults.plan(trouble)
    with pytest.raises(Doubt):
        await bot.delivers(action)
    found = await bot.finds(action)
    assert (found is not None) is stood
    if found is not None:
        assert found.id == str(next(iter(guild.general.messages)))


async def test_reading_back_pages_through_what_was_said_since(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    action = bot.say(room(guild.general))
    ref = await bot.delivers(action)
    for number in range(230):
        mira.posts(guild.general, f"{number}")
    assert await bot.finds(action) == ref
    assert await bot.finds(bot.say(room(guild.general))) is None


async def test_a_history_that_cannot_be_read_is_unknown_and_never_absent(
    platform: Double, mira: Person, guild: Guild
) -> None:
    history = int(Permission.READ_MESSAGE_HISTORY)
    platform.world.overwrite(guild.general, platform.world.bot, deny=history)
    async with running(platform) as bot:
        action = bot.say(room(guild.general))
        await bot.delivers(action)
        with pytest.raises(Unreadable):
            await bot.finds(action)


async def test_an_empty_channel_holds_nothing(bot: Bot, guild: Guild) -> None:
    assert await bot.finds(bot.say(room(guild.general))) is None


async def test_a_refusal_is_for_this_place_and_its_time(
    bot: Bot, platform: Double, guild: Guild
) -> None:
    platform.faults.after, platform.faults.chance = 4.0, lambda: 0.5
    platform.faults.plan(Trouble.BUSY)
    with pytest.raises(TryLater) as later:
        await bot.delivers(bot.say(room(guild.general)))
    assert (later.value.after, later.value.alone) == (2.0, True)
    assert guild.general.messages == {}


async def test_a_place_that_is_full_is_not_asked_for_more(platform: Double, guild: Guild) -> None:
    platform.limits.routes = {("POST", "/channels/{channel_id}/messages"): (2, 0.4)}
    async with running(platform) as bot:
        for number in range(6):
            await bot.delivers(bot.say(room(guild.general), f"{number}"))
    assert len(guild.general.messages) == 6
    assert not [each for each in platform.requests if each[2] == 429]


async def test_closed_direct_messages_are_unreachable(
    bot: Bot, platform: Double, mira: Person
) -> None:
    mira.closes_dms()
    with pytest.raises(Unreachable):
        await bot.delivers(bot.say(Direct(member(mira))))


async def test_a_prompt_gets_its_thread_and_its_first_line(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    ref = await bot.delivers(bot.ask(room(guild.general), "A question"))
    assert ref is not None
    action = OpenThread(
        key="thread.1", to=room(guild.general), after="x", title="T" * 150, text="A line."
    )
    first = await bot.delivers(action, ref)
    assert first == await bot.delivers(action, ref) == await bot.finds(action, ref)
    (thread,) = guild.threads.values()
    assert first is not None
    assert first.room == Room("discord", str(guild.general.id), str(thread.id))
    assert [each.text for each in mira.sees(thread) if each.text] == ["A line."]
    assert len(thread.name) <= 100
    inside = bot.say(room(guild.general), "More.", in_thread=True, after="x")
    await bot.delivers(inside, ref)
    assert [each.text for each in mira.sees(thread) if each.text] == ["A line.", "More."]


async def test_in_a_forum_a_prompt_is_a_post(platform: Double, mira: Person, guild: Guild) -> None:
    forum = platform.world.channel(guild, "prompts", kind=15)
    async with running(platform) as bot:
        to = room(forum)
        asked = bot.ask(to, "**A sentence that stayed**\n\nWhich one?")
        assert await bot.finds(asked) is None
        ref = await bot.delivers(asked)
        assert ref is not None
        (post,) = guild.threads.values()
        assert post.name == "A sentence that stayed"
        assert ref == MessageRef(Room("discord", str(forum.id), str(post.id)), str(post.id))
        assert await bot.finds(asked) == ref
        thread = OpenThread(key="thread.2", to=to, after=asked.key, title="T", text="A line.")
        first = await bot.delivers(thread, ref)
        assert first is not None
        assert first == await bot.finds(thread, ref)
        assert [each.text for each in mira.sees(post)][-1] == "A line."
        assert len(guild.threads) == 1


async def test_a_forum_that_wants_a_tag_gets_its_first_that_everybody_may_use(
    platform: Double, guild: Guild
) -> None:
    forum = platform.world.channel(guild, "prompts", kind=15, tags=("official", "questions"))
    forum.flags |= 1 << 4  # a post needs a tag
    forum.tags[0] = replace(forum.tags[0], moderated=True)
    async with running(platform) as bot:
        asked = bot.ask(room(forum), "Which one?")
        ref = await bot.delivers(asked)
        assert ref == await bot.finds(asked)
        (post,) = guild.threads.values()
        assert post.applied_tags == [forum.tags[1].id]
        forum.tags[1] = replace(forum.tags[1], moderated=True)
        with pytest.raises(Undeliverable, match="wants a tag"):
            await bot.delivers(bot.ask(room(forum), "Another?"))


async def test_start_here_is_pinned(bot: Bot, platform: Double, mira: Person, guild: Guild) -> None:
    ref = await bot.delivers(bot.ask(room(guild.general), "Start here"))
    assert ref is not None
    pin = Pin(key="pin", to=room(guild.general), after="x")
    for _ in range(2):
        await bot.delivers(pin, ref)
    assert guild.general.messages[int(ref.id)].pinned_at


async def test_who_may_not_pin_says_which_switch(platform: Double, mira: Person) -> None:
    guild = mira.founds("locked")
    platform.brings_bot(guild, int(USUAL & ~Permission.PIN_MESSAGES))
    async with running(platform) as bot:
        ref = await bot.delivers(bot.say(room(guild.general)))
        with pytest.raises(Undeliverable, match="Pin Messages"):
            await bot.delivers(Pin(key="pin", to=room(guild.general), after="x"), ref)


async def test_a_role_is_given_by_name(platform: Double, mira: Person, guild: Guild) -> None:
    ana = platform.person("ana")
    ana.joins(guild)
    low = platform.world.role(guild, "Found their feet", position=1)
    platform.world.set_role(guild, _own_role(guild), position=5)
    high = platform.world.role(guild, "Above", position=9)
    async with running(platform) as bot:

        def give(name: str) -> SetRole:
            return SetRole(key="role", to=room(guild.general), member=member(ana), role=name)

        for _ in range(2):
            await bot.delivers(give("found their feet"))
        assert guild.members[ana.user.id].roles == [low.id]
        with pytest.raises(Undeliverable, match="stand above"):
            await bot.delivers(give(high.name))
        with pytest.raises(Undeliverable, match="no role"):
            await bot.delivers(give("Nobody"))


async def test_an_edit_leaves_the_buttons(bot: Bot, mira: Person, guild: Guild) -> None:
    asked = bot.ask(room(guild.general), "Draft.")
    ref = await bot.delivers(asked)
    await bot.delivers(Edit(key="e", to=room(guild.general), after=asked.key, text="Final."), ref)
    (stands,) = guild.general.messages.values()
    assert stands.text == "Final."
    assert mira.clicks(stands, "Yes").data["custom_id"] == f"1:c:{asked.key}:yes"
    assert await bot.finds(asked) == ref
    for _ in range(2):
        await bot.delivers(Retract(key="r", to=room(guild.general), after=asked.key), ref)
    assert guild.general.messages == {}


async def test_a_post_that_went_to_rest_is_edited_all_the_same(
    platform: Double, mira: Person, guild: Guild
) -> None:
    forum = platform.world.channel(guild, "prompts", kind=15)
    async with running(platform) as bot:
        asked = bot.ask(room(forum), "Draft.")
        ref = await bot.delivers(asked)
        (post,) = guild.threads.values()
        mira.archives(post)
        edit = Edit(key="e", to=room(forum), after=asked.key, text="Final.")
        await bot.delivers(edit, ref)
        assert [each.text for each in mira.sees(post)] == ["Final."]
        mira.archives(post, locked=True)
        with pytest.raises(Undeliverable):
            await bot.delivers(edit, ref)


async def test_half_a_sign_is_shown_as_a_question_mark(bot: Bot, guild: Guild) -> None:
    await bot.delivers(bot.say(room(guild.general), "half \ud83d of it"))
    (stands,) = guild.general.messages.values()
    assert stands.text == "half ? of it"


async def test_what_is_for_one_persons_eyes_is_never_shown_to_all(
    bot: Bot, mira: Person, guild: Guild
) -> None:
    with pytest.raises(Undeliverable):
        await bot.delivers(bot.say(room(guild.general), "Private.", aside=member(mira)))
    assert guild.general.messages == {}


@pytest.mark.parametrize("gone", ["channel", "guild"])
async def test_what_is_gone_is_final(
    bot: Bot, platform: Double, mira: Person, guild: Guild, gone: str
) -> None:
    place = room(guild.general)
    if gone == "channel":
        platform.world.delete_channel(guild.general)
    else:
        platform.world.leave(guild, platform.world.bot)
    with pytest.raises(Undeliverable):
        await bot.delivers(bot.say(place))


def _own_role(guild: Guild) -> Any:  # noqa: ANN401 - the double's role
    return next(role for role in guild.roles.values() if role.managed)
