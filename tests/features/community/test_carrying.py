"""Settings carried to another community, and everything that cannot be taken in."""

from bot.rehearsal.stage import Stage
from tests.rehearsal.community import WEEK, arrived, opened, passes, prompts

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
