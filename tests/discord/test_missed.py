"""What could not be said in time is said later, or waits; nobody is written to unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.testing.faults import Trouble
from tests.discord.double import Double, Interaction, InteractionFailed, Message
from tests.support.circle import opened, welcomed
from tests.support.discord_circle import DiscordCircle, labels


async def test_an_answer_that_came_too_late_opens_the_next_one(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        await circle.joins("ana")
        await circle.hears("ana", "welcome to")
        platform.faults.concerns = lambda request: request.path.endswith("/callback")
        platform.faults.rates = {Trouble.CUT: 1.0}
        offer = await circle.sees("ana", "Later")
        with pytest.raises(InteractionFailed):
            await circle.person("ana").clicks(offer, "Start").answered()
        platform.faults.rates = {}
        # By then the bot has made sure that nothing of it stands.
        original = ("GET", "/webhooks/{webhook_id}/{webhook_token}/messages/@original", 404)
        await platform.world.until(lambda: original in platform.requests, 30)
        await circle.until_settled()
        await circle.says("ana", "charter history")
        await circle.hears("ana", "1 of 4")
        await circle.hears("ana", "You have not acknowledged anything")
        await circle.answers("ana", "English")
        await circle.hears("ana", "2 of 4")
        await circle.says("ana", "charter history")
        await circle.hears("ana", "You have not acknowledged anything")
        await circle.hears_nothing("ana")


async def test_who_did_not_ask_for_it_gets_no_direct_message(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        await circle.joins("ana")
        for label in ("Start", "English", "Only when I come back: it waits under Start", "Go on"):
            await circle.answers("ana", label)
        await circle.answers("ana", "The treasure hunt")
        await circle.answers("ana", "First footsteps")
        await circle.answers("ana", "Nothing to change")
        step = await circle.hears("ana", "Step 2 of 6")
        assert "nobody can put a sign on it" in step
        await circle.answers("ana", "I use another way")
        await circle.hears("ana", "Step 3 of 6")
        await circle.answers("ana", "Skip")
        await circle.hears("ana", "Step 4 of 6")
        await circle.says("ana", "Hello, everybody.", room=True)  # the wave
        await circle.until_settled()
        await circle.says("ana", "start")
        await circle.hears("ana", "Waiting for you: 1")
        await circle.answers("ana", "Go on with the treasure hunt")
        await circle.hears("ana", "Step 5 of 6")
        assert _written(circle, "ana") == []


async def test_closed_direct_messages_are_not_tried_again(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        circle.person("ana").closes_dms()
        await circle.answers("ana", "The treasure hunt")
        await circle.answers("ana", "First footsteps")
        await circle.answers("ana", "Nothing to change")
        await circle.hears("ana", "I have written to you")  # as she asked for it
        refused = ("POST", "/channels/{channel_id}/messages", 403)
        await platform.world.until(lambda: refused in platform.requests)
        await circle.until_settled()
        await circle.says("ana", "hunt")
        step = await circle.hears("ana", "Step 2 of 6")
        assert "nobody can put a sign on it" in step
        await circle.answers("ana", "I use another way")
        await circle.hears("ana", "Step 3 of 6")
        await circle.answers("ana", "Skip")
        await circle.hears("ana", "Step 4 of 6")
        await circle.says("ana", "Hello.", room=True)
        await circle.until_settled()
        assert platform.requests.count(refused) == 1


async def test_somebody_elses_button_and_an_answered_one_are_friendly(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        await circle.joins("ana")
        offer = await circle.sees("ana", "Later")
        await circle.answers("ana", "Later")
        await circle.hears("ana", "I will not write again")
        again = await circle.person("ana").clicks(offer, "Start").answered()
        assert "That question is not open any more" in again.messages[0].text
        await circle.joins("tom")
        theirs = await circle.sees("tom", "Later")
        custom_id = next(
            str(each["custom_id"])
            for row in theirs.components
            for each in row.get("components", ())
        )
        for row in offer.components:
            for each in row.get("components", ()):
                each["custom_id"] = custom_id
        forged = await circle.person("ana").clicks(offer, "Start").answered()
        assert "That question is for somebody else" in forged.messages[0].text
        await circle.answers("tom", "Start")
        await circle.hears("tom", "1 of 4")


async def test_a_form_that_was_filled_in_wrongly_can_be_opened_again(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        await circle.joins("ana")
        ana = circle.person("ana")
        asked = await ana.uses("word add", circle.room).answered()
        for _ in range(2):
            form = await ana.clicks(asked.messages[-1], "Write my answer").answered()
            assert form.modal is not None
            asked = await ana.submits(form, _fields(form, "  ", "a way")).answered()
            (message,) = asked.messages
            assert "A word here has 60 characters at most" in message.text
            assert labels(message) == ["Write my answer", "Not now"]
            assert "our own chat" not in message.text
        form = await ana.clicks(asked.messages[-1], "Write my answer").answered()
        term, *_ = _fields(form, "", "")
        asked = await ana.submits(form, {term: "pace"}).answered()  # the other stands there yet
        assert "a way" in asked.messages[-1].text
        assert "pace" in asked.messages[-1].text
        assert _written(circle, "ana") == []


def _fields(form: Interaction, *texts: str) -> dict[str, str]:
    assert form.modal is not None
    names = [each["label"] for each in form.modal["components"] if "label" in each]
    return dict(zip(names, texts, strict=True))


async def test_a_client_in_french_is_spoken_to_in_french(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        ines = platform.person("ines", locale="fr")
        ines.joins(circle.guild)
        await ines.uses("start", circle.room).answered()
        said = await ines.hears("1 sur 4")
        assert said.ephemeral


def _written(circle: DiscordCircle, name: str) -> list[Message]:
    person = circle.person(name)
    bot = circle.double.world.bot
    return [each for each in person.sees(person.direct) if each.author is bot]


_WALK = """\
schema: 1
id: short-walk
version: 1
title: {en: A short walk, fr: Une petite marche}
about: {en: One step., fr: Un pas.}
minutes: 5
role: Found their feet
steps:
  - id: mine
    kind: settings
    title: {en: Mine, fr: À moi}
    text: {en: Look., fr: Regarde.}
    hints: [{en: There., fr: Là.}, {en: Here., fr: Ici.}]
    answer: {en: There it is., fr: Voilà.}
    place: {en: my own settings, fr: mes réglages}
"""


async def test_a_hunt_may_end_with_a_role(platform: Double, tmp_path: Path) -> None:
    content = tmp_path / "hunts" / "content"
    content.mkdir(parents=True)
    (content / "short-walk.yaml").write_text(_WALK)
    async with DiscordCircle(platform, CIRCLEKEEPER_CONTENT=str(tmp_path)) as circle:
        await opened(circle)
        role = platform.world.role(circle.guild, "Found their feet", position=1)
        own = next(each for each in circle.guild.roles.values() if each.managed)
        platform.world.set_role(circle.guild, own, position=5)
        await welcomed(circle, "ana")
        await circle.answers("ana", "The treasure hunt")
        await circle.answers("ana", "A short walk")
        await circle.answers("ana", "Nothing to change")
        await circle.hears("ana", "all the way through")
        ana = circle.guild.members[circle.person("ana").user.id]
        await platform.world.until(lambda: ana.roles == [role.id])


async def test_a_guild_that_takes_the_bot_away_may_bring_it_back(platform: Double) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        message = await circle.sees("ana", "The treasure hunt")
        platform.world.leave(circle.guild, platform.world.bot)
        await circle.until_settled()
        platform.brings_bot(circle.guild)
        await circle.hears("mira", "keeper setup", room=True)
        again = await circle.person("ana").clicks(message, "The treasure hunt").answered()
        assert again.messages  # friendly, whatever it says
        await circle.says("mira", "keeper status")
        await circle.hears("mira", "garden")


async def test_somebody_who_leaves_in_the_middle_comes_back_to_their_step(
    platform: Double,
) -> None:
    async with DiscordCircle(platform) as circle:
        await opened(circle)
        await circle.joins("ana")
        await circle.answers("ana", "Start")
        await circle.hears("ana", "1 of 4")
        await circle.answers("ana", "English")
        await circle.hears("ana", "2 of 4")
        circle.person("ana").leaves(circle.guild)
        await circle.until_settled()
        circle.person("ana").joins(circle.guild)
        # How she is greeted depends on what is heard first, that she joined or what she typed.
        await circle.says("ana", "start")
        await circle.hears("ana", "2 of 4")
