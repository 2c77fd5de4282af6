"""Settings carried to another community, and everything that cannot be taken in."""

from bot.core.refs import Direct
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import WEEK, arrived, opened, passes, prompts


async def exported(stage: Stage) -> list[str]:
    count = len(stage.chat.lines)
    await stage.says("mira", "keeper export")
    lines = [line for line in stage.chat.lines[count:] if isinstance(line.place, Direct)]
    return [line.text for line in lines if line.text.startswith("circlekeeper:")]


async def imported(stage: Stage, piece: str) -> str:
    await stage.says("mira", "keeper import")
    await stage.says("mira", piece)
    return stage.last("mira").text


async def test_what_one_community_exports_another_takes_in() -> None:
    first, second = await arrived(), await arrived()
    try:
        await opened(first)
        await first.says("mira", "keeper quiet add 2026-12-20 2027-01-03")
        for number in range(4):
            text = f"Question {number}: what is *new* in {{{{ community }}}}? " + "So long. " * 100
            await first.says("mira", f"keeper prompt add {text}")
        await first.says("mira", "keeper pause reflection")
        pieces = await exported(first)
        assert len(pieces) == 4
        assert all(len(piece) < 4000 for piece in pieces)
        for piece in pieces:
            said = await imported(second, piece)
            assert "This would happen" in said
            second.restart()
            await second.clicks("mira", "Take it in")
        for piece in pieces[1:]:
            assert "here already" in await imported(second, f"```yaml\n{piece}\n```")
        await second.says("mira", "keeper open")
        status = [await _told(stage, "keeper status") for stage in (first, second)]
        # The charter is the group's own, and not a setting.
        assert _without(status[0], "Charter:") == _without(status[1], "Charter:")
        assert len(prompts(await passes(second, 2 * WEEK))) == 2
    finally:
        first.close()
        second.close()


def _without(text: str, word: str) -> list[str]:
    return [line for line in text.split("\n") if word not in line]


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
        ):
            assert said in await imported(stage, piece), piece
        rooms = "circlekeeper: 1\ncommunity: {rooms: {prompts: cellar}}"
        assert "there is no room “cellar” here" in await imported(stage, rooms)
        await stage.clicks("mira", "Take it in")
        assert await exported(stage) == before
    finally:
        stage.close()
