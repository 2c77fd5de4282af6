"""Settings carried to another community, and everything that cannot be taken in."""

from bot.rehearsal.stage import Stage
from tests.rehearsal.community import (
    ROOM,
    START,
    WEEK,
    arrived,
    opened,
    passes,
    prompts,
)
from tests.support.shipped import FOLDERS
from tests.support.stage import ReadyStage

LATE = "{when: {cadence: weekly, at: '09:00', weekday: 1}, late_hours: 0}"
SECTION = "{id: a, title: {en: A}}"


async def exported(stage: Stage) -> str:
    await stage.says("mira", "keeper export")
    line = stage.last("mira")
    assert line.file is not None
    assert line.file.name == "circlekeeper.yaml"
    return line.file.text


async def imported(stage: Stage, text: str, *, typed: bool = False) -> str:
    await stage.says("mira", "keeper import")
    if typed:
        await stage.says("mira", text)
    else:
        await stage.gives("mira", text)
    return stage.last("mira").text


async def test_what_one_community_exports_another_takes_in() -> None:
    first, second = await arrived(), await arrived()
    try:
        await opened(first)
        await first.says("mira", "keeper quiet add 2026-12-20 2027-01-03")
        await first.says("mira", "keeper prompt lateness 12")
        for number in range(4):
            text = f"Question {number}: what is *new* in {{{{ community }}}}? " + "So long. " * 100
            await first.says("mira", f"keeper prompt add {text}")
        await first.says("mira", "keeper pause reflection")
        await first.says("mira", "keeper budget 4")
        await first.says("mira", "keeper reflect sets")
        await first.clicks("mira", "No longer offer “Long view”")
        text = await exported(first)
        assert len(text) > 4000  # no message takes it
        said = await imported(second, text)
        assert "This would happen" in said
        assert "The charter is founded with these 10 clauses" in said
        second.restart()
        await second.clicks("mira", "Take it in")
        assert await exported(second) == text
        assert "here already" in await imported(second, f"```yaml\n{text}\n```")
        assert "here already" in await imported(second, text, typed=True)
        await second.says("mira", "keeper open")
        status = [await _told(stage, "keeper status") for stage in (first, second)]
        assert status[0] == status[1]
        assert len(prompts(await passes(second, 2 * WEEK))) == 2
    finally:
        first.close()
        second.close()


async def test_a_charter_that_stands_is_changed_by_its_members_alone() -> None:
    stage = await arrived()
    try:
        await opened(stage)
        text = await exported(stage)
        other = text.replace("Come freely", "Come often")
        assert "it stays as it is" in await imported(stage, other)
        await stage.clicks("mira", "Take it in")
        assert await exported(stage) == text
    finally:
        stage.close()


async def test_a_file_that_nobody_asked_for_is_not_read() -> None:
    stage = await arrived()
    try:
        count = len(stage.chat.lines)
        await stage.gives("mira", "circlekeeper: 1\ncommunity: {zone: UTC}")
        assert len(stage.chat.lines) == count + 1
        await stage.says("mira", "keeper import")
        await stage.gives("mira", "")
        assert "could not read that file" in stage.last("mira").text
        await stage.gives("tom", "circlekeeper: 1\ncommunity: {zone: UTC}")
        assert "could not read" in stage.last("mira").text  # what is not for them is not theirs
        await stage.clicks("mira", "Leave it")
        assert "Nothing was changed" in stage.last("mira").text
    finally:
        stage.close()


async def test_who_is_demoted_before_the_answer_takes_nothing_in() -> None:
    stage = await arrived()
    try:
        await opened(stage)
        before = await exported(stage)
        await imported(stage, "circlekeeper: 1\ncommunity: {zone: UTC}")
        stage.chat.moderators.discard("mira")
        await stage.clicks("mira", "Take it in")
        assert "moderat" in stage.last("mira").text
        stage.chat.moderators.add("mira")
        assert await exported(stage) == before
    finally:
        stage.close()


async def _told(stage: Stage, text: str) -> str:
    await stage.says("mira", text)
    return stage.last("mira").text


async def test_what_cannot_be_taken_in_is_told_and_changes_nothing() -> None:
    stage = await arrived()
    try:
        await opened(stage)
        before = await exported(stage)
        for piece, said in (
            ("circlekeeper: 2\ncommunity: {zone: UTC}", "another version (“2”)"),
            ("community: {zone: UTC}", "another version (“None”)"),
            ("circlekeeper: [", "look at line"),
            ("just words", "look at line 1"),
            ("circlekeeper: 1\nmembers: {}", "I do not know “members”"),
            ("circlekeeper: 1\ncommunity: 7", "I do not know “community”"),
            ("circlekeeper: 1\ncommunity: {zone: Mars/Base}", "cannot use “Mars/Base”"),
            ("circlekeeper: 1\ncommunity: {language: xx}", "cannot use “xx”"),
            ("circlekeeper: 1\ncommunity: {quiet: [{first: soon}]}", "Under “quiet”"),
            ("circlekeeper: 1\ncommunity: {paused: [weather]}", "Under “paused”"),
            ("circlekeeper: 1\nprompts: {schedules: [{when: {cadence: often}}]}", "Under “when”"),
            ("circlekeeper: 1\nprompts: {own: [{text: '{{ 7 * 7 }}'}]}", "this does more"),
            ("circlekeeper: 1\nprompts: {own: [{text: [a]}]}", "Under “text”"),
            ("circlekeeper: 1\nprompts: {own: 3}", "Under “own”"),
            (f"circlekeeper: 1\nprompts: {{schedules: [{LATE}]}}", "Under “late_hours”"),
            ("circlekeeper: 1\ncommunity: {posts_a_day: 0}", "Under “posts_a_day”"),
            ("circlekeeper: 1\ncommunity: {paused: 5}", "Under “paused”"),
            ("circlekeeper: 1\ncommunity: {quiet: 5}", "Under “quiet”"),
            ("circlekeeper: 1\ncommunity: {rooms: [a]}", "Under “rooms”"),
            ("circlekeeper: 1\ncharter: {sections: 3}", "Under “sections”"),
            ("circlekeeper: 1\ncharter: {sections: [{id: A}]}", "Under “id”"),
            ("circlekeeper: 1\ncharter: {sections: [{id: a}]}", "Under “title”"),
            (f"circlekeeper: 1\ncharter: {{sections: [{SECTION}, {SECTION}]}}", "Under “id”"),
            ("circlekeeper: 1\ncharter: {purpose: {en: ''}}", "Under “purpose”"),
            ("circlekeeper: 1\ncharter: {floor: yes}", "I do not know “floor”"),
            ("circlekeeper: 1\ncharter: {amendment: {who: moderator}}", "Under “amendment”"),
        ):
            assert said in await imported(stage, piece), piece
        rooms = "circlekeeper: 1\ncommunity: {rooms: {prompts: cellar}}"
        assert "there is no room “cellar” here" in await imported(stage, rooms)
        await stage.clicks("mira", "Take it in")
        assert await exported(stage) == before
    finally:
        stage.close()


async def test_hunts_and_words_go_to_another_platform_without_a_name() -> None:
    first, second = await arrived(), ReadyStage(FOLDERS, START, seed=2, buttons=False)
    try:
        await opened(first)
        await first.says("mira", "keeper hunt edit first-footsteps")
        await first.clicks("mira", "2. A first sign")
        await first.clicks("mira", "Take it out")
        for text, label in (("harvest: What stays.", "with"), ("harvest: La récolte.", "without")):
            await first.says("tom", f"word add {text}")
            await first.clicks("tom", f"Keep it {label} my name")
            if label == "with":
                await first.says("tom", "Tom Bombadil")
        text = await exported(first)
        assert "What stays." in text
        assert "Bombadil" not in text
        second.chat.moderators.add("ida")
        second.chat.people.update({"ida"})
        await second.chat.add_bot("Grove", {"!1:grove": "hall", "!2:grove": f"#{ROOM}"})
        await second.settle()
        await second.says("ida", "keeper import")
        await second.gives("ida", text)
        said = second.last("ida").text
        assert "The hunt “First footsteps”, in 5 steps, is on offer" in said
        assert "Meanings of words that are added, without a name: 2" in said
        assert "there is no room" not in said
        second.restart()
        await second.says("ida", "1")
        assert "Done" in second.last("ida").text
        await second.says("ida", "keeper export")
        again = second.chat.lines[-1].file or second.last("ida").file
        assert again is not None
        assert again.text.replace(f"'#{ROOM}'", ROOM) == text
        await second.says("ida", "word find harvest")
        assert "La récolte." in second.last("ida").text
        assert "Tom" not in second.last("ida").text
        await second.says("ida", "keeper import")
        await second.gives("ida", text)
        assert "here already" in second.last("ida").text
    finally:
        first.close()
        second.close()


async def test_a_hunt_of_ones_own_stays_and_a_broken_one_is_refused() -> None:
    stage = await arrived()
    try:
        await opened(stage)
        await stage.says("mira", "keeper hunt edit first-footsteps")
        await stage.clicks("mira", "2. A first sign")
        await stage.clicks("mira", "Take it out")
        text = await exported(stage)
        other = text.replace("First footsteps", "Last footsteps")
        assert "There is a “Last footsteps” of your own here already" in await imported(
            stage, other
        )
        await stage.clicks("mira", "Take it in")
        assert await exported(stage) == text
        for piece, said in (
            ("hunts: {own: [{id: a}]}", "Under “"),
            ("hunts: {own: 3}", "Under “own”"),
            ("hunts: {shipped: []}", "I do not know “shipped”"),
            ("lexicon: {words: [{word: ''}]}", "Under “word”"),
            ("lexicon: {words: [{word: a, senses: [{language: qqq, meaning: b}]}]}", "“language”"),
            ("lexicon: {words: [{word: a, senses: [{language: en}]}]}", "Under “meaning”"),
            ("lexicon: {words: [{word: a, author: b}]}", "I do not know “author”"),
        ):
            assert said in await imported(stage, f"circlekeeper: 1\n{piece}"), piece
        assert await exported(stage) == text
    finally:
        stage.close()
