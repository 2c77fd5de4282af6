"""Each kind of step is verified from what the bot may hear, with what each platform affords."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.discord.adapter import AFFORDANCES as DISCORD
from bot.adapters.matrix.adapter import AFFORDANCES as MATRIX
from bot.core.actions import Affordances
from bot.features.hunts.composing import NAMES
from bot.rehearsal.stage import Stage
from tests.features.hunts.places import ROOM, folders, hunt, set_up, welcomed

# How a step is done, by its kind: what its file says besides, and what somebody does; a text is
# written in private, one with a `#` in the room, `#>` in a thread, `+` reacts, `[` chooses.
DEEDS = {
    "settings": ("", ("[My settings", "[Language: English", "[English")),
    "react": ("emoji: 👋", ("+👋",)),
    "wave": ("room: newcomers", ("#Good morning.",)),
    "thread-reply": ("room: prompts", ("#>The same here.",)),
    "charter-word": ("clause: come-freely\nanswers: {en: [nobody]}", ("Nobody",)),
    "riddle": ("source: topic\nanswers: {en: [lantern]}", ("lantern",)),
    "introduce": (
        "",
        ("[Introduce myself", "[An object on my desk", "A timer.", "Ana", "[Post it"),
    ),
    "meet-a-buddy": ("", ("[Find me somebody", "Ana from the library")),
    "save-a-word": ("", ("[Show me the words", "word save harvest")),
    "read-and-keep": ("", ("A line to keep.",)),
}
OTHER_WAYS = {
    "settings": "Nothing to change",
    "read-and-keep": "Nothing to write down",
}
MEMORY: Affordances | None = None
PLATFORMS = pytest.mark.parametrize(
    "can", [DISCORD, MATRIX, MEMORY], ids=["discord", "matrix", "memory"]
)
KINDS = pytest.mark.parametrize("kind", NAMES)


async def on_the_way(folder: Path, kind: str, can: Affordances | None) -> Stage:
    """Return a community where Ana stands before two steps of this kind."""
    more = DEEDS[kind][0]
    step = f"kind: {kind}\n{more}".strip()
    text = hunt(("it", step), ("again", step), ("end", "kind: read-and-keep"))
    stage = await set_up(folders(folder, text), {ROOM: "Under the lantern"})
    for words in ("word add", "harvest", "What we keep of a talk."):
        await stage.says("mira", words)
    await stage.clicks("mira", "Keep it without my name")
    await welcomed(stage, "ana")
    if can is not None:
        here = stage.chat.affordances
        # What the memory platform cannot show is left out: forms, asides, menus of rooms. So is how
        # its links are written.
        stage.chat.affordances = replace(
            here,
            buttons=can.buttons,
            threads=can.threads,
            reactions=can.reactions,
            pins=can.pins,
            roles=can.roles,
            reads=can.reads,
            text_limit=can.text_limit,
            direct_unasked=can.direct_unasked,
            one_answer=can.one_answer,
        )
    await stage.says("ana", "hunt")
    await chooses(stage, "A walk")
    assert "Step 1 of 3" in stage.last("ana").text
    return stage


async def chooses(stage: Stage, label: str) -> None:
    """Click, or write the label where there are no buttons."""
    if stage.chat.affordances.buttons:
        await stage.clicks("ana", label)
    else:
        await stage.says("ana", label)


async def does(stage: Stage, deed: str) -> None:
    ways: dict[str, Callable[[str], Awaitable[None]]] = {
        "#>": lambda text: stage.says("ana", text, ROOM, thread="m1"),
        "#": lambda text: stage.says("ana", text, ROOM),
        "+": lambda sign: stage.reacts("ana", sign, stage.last("ana", "Step 1 of 3")),
        "[": lambda label: chooses(stage, label),
        "": lambda text: stage.says("ana", text),
    }
    mark = next(each for each in ways if deed.startswith(each))
    await ways[mark](deed.removeprefix(mark))


@KINDS
@PLATFORMS
async def test_a_step_is_done_by_doing_it_or_in_another_way(
    kind: str, can: Affordances | None, tmp_path: Path
) -> None:
    stage = await on_the_way(tmp_path, kind, can)
    try:
        for deed in DEEDS[kind][1]:
            assert "Step 2 of 3" not in stage.last("ana").text
            await does(stage, deed)
        assert "Step 2 of 3" in stage.last("ana").text
        await chooses(stage, OTHER_WAYS.get(kind, "I use another way"))
        assert "Step 3 of 3" in stage.last("ana").text
    finally:
        stage.close()
