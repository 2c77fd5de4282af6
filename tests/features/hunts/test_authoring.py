"""Hunts edited, checked and rehearsed in chat, as a moderator does it."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import func, select

from bot.adapters.memory import BOT
from bot.rehearsal.stage import Stage
from storage.communities import Communities
from storage.hunts import HuntEdition
from storage.tables import Conversation, Question
from storage.transaction import Transaction
from tests.features.hunts.places import ROOM, Places, folders, hunt, set_up, walking, welcomed
from tests.rehearsal.community import private
from tests.support.shipped import FOLDERS


async def test_a_hunt_is_edited_and_who_is_in_the_middle_does_not_notice() -> None:
    stage = await set_up(FOLDERS)
    try:
        for name in ("ana", "eva"):
            await welcomed(stage, name)
        await walking(stage, "ana", "First footsteps")
        await stage.says("mira", "keeper hunt edit first-footsteps")
        await stage.clicks("mira", "2. A first sign")
        await stage.clicks("mira", "Take it out")
        assert "Kept as version 4" in stage.last("mira", "Kept as").text
        await stage.clicks("mira", "1. The way I like it")
        await stage.clicks("mira", "Task")
        await stage.clicks("mira", "English")
        await stage.says("mira", "Look at {{ settings }}.")
        assert "These words cannot be used" in stage.last("mira").text
        await stage.says("mira", "Look at your settings, *slowly*.")
        await stage.clicks("mira", "Add a step")
        await stage.clicks("mira", "Read something, and keep a line of it")
        for words in ("Tea", "Make some tea.", "Water first.", "Then leaves."):
            await stage.says("mira", words)
        await walking(stage, "eva", "First footsteps")
        assert "Step 1 of 6: The way I like it" in stage.last("eva").text
        assert "Look at your settings, slowly." in stage.last("eva").text
        stage.restart()
        await stage.clicks("eva", "Skip")
        assert "Step 2 of 6: A word in the charter" in stage.last("eva").text
        await stage.clicks("ana", "Skip")
        assert "Step 2 of 6: A first sign" in stage.last("ana").text
        await stage.says("mira", "keeper hunt edit first-footsteps")
        assert "6. Tea" in stage.last("mira").choices
        await stage.clicks("mira", "Back to how it was shipped")
        for _ in range(4):
            await stage.clicks("eva", "Skip")
        assert "Step 6 of 6: Tea" in stage.last("eva").text
    finally:
        stage.close()


async def test_a_clue_is_shown_once_a_moderator_has_read_it() -> None:
    stage = await set_up(FOLDERS)
    try:
        for name in ("ana", "eva"):
            await welcomed(stage, name)
        for clue in ("Look behind the clock.", "You fool."):
            await walking(stage, "ana", "First footsteps")
            for _ in range(6):
                await stage.clicks("ana", "Skip")
            await stage.clicks("ana", "Leave a clue for the next person")
            await stage.says("ana", clue)
        await stage.says("mira", "keeper hunt list")
        assert "Clues for the next person that wait for you to read them: 2." in (
            stage.last("mira").text
        )
        await stage.clicks("mira", "Read the clues (2)")
        assert "ana" not in stage.last("mira").text
        await stage.clicks("mira", "Show it")
        await stage.clicks("mira", "Delete it")
        assert "No clue waits" in stage.last("mira").text
        await stage.says("mira", "keeper hunt list")
        assert "for you to read" not in stage.last("mira").text
        await walking(stage, "eva", "First footsteps")
        said = [each.text for each in private(stage.chat.lines, "eva")]
        assert any("Look behind the clock." in text for text in said)
        assert not any("fool" in text for text in said)
        await stage.says("ana", "keeper hunt list")
        assert "for this community’s moderators" in stage.last("ana").text
    finally:
        stage.close()


async def test_what_would_not_work_here_is_named_step_by_step(tmp_path: Path) -> None:
    steps = hunt(
        ("wave", "kind: wave\nroom: newcomers"),
        ("thread", "kind: thread-reply\nroom: prompts"),
        ("clause", "kind: charter-word\nclause: come-freely\nanswers: {en: [nobody]}"),
        ("topic", "kind: riddle\nsource: topic\nanswers: {en: [lantern]}"),
        ("pinned", "kind: riddle\nsource: start-here\nanswers: {en: [xylophone]}"),
    ).replace("minutes: 5\n", "minutes: 5\nnext: finding-voices\nrole: Walker\n")
    content = folders(tmp_path, steps)
    stage: Stage = Places(content)
    try:
        stage.chat.moderators.add("mira")
        await stage.chat.add_bot("Garden", {ROOM: ROOM, "hall": "hall"})
        await stage.settle()
        await stage.says("mira", "keeper hunt check")
        told = stage.last("mira").text
        for fault in (
            "Step 1 (Step wave) leads to a room that is not there",
            "Step 2 (Step thread) leads to a room that is not there",
            "Step 3 (Step clause) asks for a word of the clause “come-freely”",
            "Step 4 (Step topic) leads to a room that is not there",
            "Step 5 (Step pinned) asks for something in Start here, which is not posted yet",
            "Nothing of it can be walked here.",
            "It ends with the role “Walker”, and this platform has no roles.",
        ):
            assert fault in told
    finally:
        stage.close()
    stage = await set_up(content, {ROOM: "Candles"})
    try:
        await stage.says("mira", "keeper hunt check")
        told = stage.last("mira").text
        assert "Step 4 (Step topic): no accepted word stands in the topic any more" in told
        assert "Step 5 (Step pinned): no accepted word stands in Start here." in told
        assert "Step 1" not in told
        await stage.says("mira", "keeper hunt edit walk")
        await stage.clicks("mira", "3. Step clause")
        await stage.clicks("mira", "Accepted words")
        await stage.says("mira", "xylophone, lantern")
        await stage.says("mira", "keeper hunt check")
        told = stage.last("mira").text
        assert "Step 3 (Step clause): no accepted word stands in the clause “come-freely”" in told
    finally:
        stage.close()


async def test_a_room_without_a_topic_and_a_platform_without_reactions(tmp_path: Path) -> None:
    text = hunt(
        ("topic", "kind: riddle\nsource: topic\nanswers: {en: [lantern]}"),
        ("sign", "kind: react\nemoji: 👋"),
        ("thread", "kind: thread-reply\nroom: prompts"),
    )
    stage = await set_up(folders(tmp_path, text))
    try:
        bare = replace(stage.chat.affordances, reactions=False, threads=False)
        stage.chat.affordances = bare
        await stage.says("mira", "keeper hunt check")
        told = stage.last("mira").text
        assert "Step 1 (Step topic) asks for something in a room’s topic" in told
        assert "Step 2 (Step sign) asks for a reaction" in told
        assert "Step 3 (Step thread) asks for an answer in a thread" in told
    finally:
        stage.close()


async def test_what_a_hunt_lost_since_it_was_edited_is_named(tmp_path: Path) -> None:
    """Words that moved away, a language that others have, and where it leads on."""
    word = "kind: charter-word\nclause: come-freely\nanswers: {en: [why, reading]}"
    first = hunt(("clause", word), ("line", "kind: read-and-keep"))
    first = first.replace("minutes: 5\n", "minutes: 5\nnext: second\n")
    second = hunt(("end", "kind: read-and-keep"), id_="second")
    content = folders(tmp_path, first, second)
    stage = await set_up(content)
    try:
        await stage.says("mira", "keeper hunt check")
        assert "Every step of them can be walked here." in stage.last("mira").text
        await stage.says("mira", "my settings")
        await stage.clicks("mira", "Language: English")
        await stage.clicks("mira", "Français")
        await stage.says("mira", "keeper hunt edit walk")
        await stage.clicks("mira", "2. Step line")
        await stage.clicks("mira", "Tâche")
        await stage.clicks("mira", "Français")
        await stage.says("mira", "Lis quelque chose.")
        await stage.says("mira", "my settings")
        await stage.clicks("mira", stage.last("mira").choices[0])
        await stage.clicks("mira", "English")
        await stage.says("mira", "keeper hunt check")
        assert "Step 1 (Step clause) lacks the language “fr”" in stage.last("mira").text

        def speak_slovenian(tx: Transaction) -> None:
            rows = Communities(tx)
            (row,) = rows.all()
            row.locale = "sl"
            rows.save(row)

        stage.opened.store.run(speak_slovenian)
        (tmp_path / "hunts" / "content" / "hunt-1.yaml").unlink()
        alone = first.replace("next: second\n", "")
        folders(tmp_path, alone)
        stage.restart()
        await stage.says("mira", "keeper hunt check")
        told = stage.last("mira").text
        assert "It leads on to a hunt “second”, which is not on offer here." in told
        assert "It does not speak your community’s language (“sl”)." in told
        folders(tmp_path, alone, second.replace("minutes: 5\n", "minutes: 5\nnext: walk\n"))
        stage.restart()
        await stage.says("mira", "keeper hunt check")
        assert "It leads on in a circle: walk, second." in stage.last("mira").text
    finally:
        stage.close()


async def test_a_rehearsal_touches_nobody_and_leaves_no_trace() -> None:
    stage = await set_up(FOLDERS)
    try:

        def rows(tx: Transaction) -> tuple[int, int, int]:
            counts = [
                tx.session.exec(select(func.count()).select_from(table)).one()
                for table in (Conversation, Question)
            ]
            editions = tx.session.exec(select(func.count()).select_from(HuntEdition)).one()
            return counts[0], counts[1], editions

        aloud = len([each for each in stage.chat.seen_by("tom") if each.author == BOT])
        before = stage.opened.store.run(rows)
        await stage.says("mira", "keeper hunt rehearse first-footsteps")
        assert "Step 1 of 6" in stage.last("mira").text
        await stage.clicks("mira", "My settings")
        assert "Here somebody new would go on to “My settings”" in stage.last("mira", "Here").text
        await stage.clicks("mira", "I use another way")
        stage.restart()
        await stage.says("mira", "sketch")
        assert "not the word" in stage.last("mira").text
        await stage.says("mira", "draft")
        await stage.clicks("mira", "Skip")
        await stage.clicks("mira", "Introduce myself")
        await stage.says("mira", "A line that is kept nowhere.")
        assert "This is how First footsteps ends" in stage.last("mira").text
        assert stage.opened.store.run(rows) == before
        assert len([each for each in stage.chat.seen_by("tom") if each.author == BOT]) == aloud
        await stage.says("mira", "hunt")
        assert "Which hunt would you like?" in stage.last("mira").text
        await stage.says("mira", "my data")
        assert "kept nowhere" not in stage.last("mira").text
    finally:
        stage.close()


ADDED = [
    ("Look at one’s settings", "", (), "My settings"),
    ("React with a sign", "", ("👋",), "I use another way"),
    ("Write anything in a room", "Newcomers", (), "I use another way"),
    ("Answer in a thread", "Weekly prompts", (), "I use another way"),
    ("Find a word in the charter", "come-freely", ("owes, nobody",), "I use another way"),
    ("Find a word in a topic or in Start here", "Topic of Newcomers", ("lantern",), "Hint"),
    ("Find a word in a topic or in Start here", "The pinned Start here", ("stop",), "Hint"),
    ("Introduce oneself", "", (), "Introduce myself"),
    ("Meet another member", "", (), "Find me somebody"),
    ("Save a word", "", (), "Show me the words"),
    ("Read something, and keep a line of it", "", (), "Nothing to write down"),
]


@pytest.mark.parametrize(("kind", "place", "more", "way"), ADDED)
async def test_a_step_of_every_kind_is_added_in_chat(
    kind: str, place: str, more: tuple[str, ...], way: str, tmp_path: Path
) -> None:
    content = folders(tmp_path, hunt(("a", "kind: read-and-keep")))
    stage = await set_up(content, {ROOM: "Under the lantern"})
    try:
        await welcomed(stage, "ana")
        await stage.says("mira", "keeper hunt edit walk")
        for label in ("Add a step", kind, *filter(None, [place])):
            await stage.clicks("mira", label)
        stage.restart()
        for words in ("Tea", "Make some tea.", *more, "Water first.", "-"):
            await stage.says("mira", words)
        assert "Kept as version 2" in stage.last("mira", "Kept as").text
        await stage.clicks("mira", "2. Tea")
        assert f"A step of the kind “{kind}”" in stage.last("mira").text
        await walking(stage, "ana", "A walk")
        await stage.clicks("ana", "Skip")
        assert "Step 2 of 2" in stage.last("ana").text
        assert way in stage.last("ana").choices
    finally:
        stage.close()


async def test_a_new_step_without_its_sign_or_its_clause_is_asked_for_again(
    tmp_path: Path,
) -> None:
    stage = await set_up(folders(tmp_path, hunt(("a", "kind: read-and-keep"))))
    try:
        await stage.says("mira", "keeper hunt edit walk")
        await stage.clicks("mira", "Add a step")
        await stage.clicks("mira", "React with a sign")
        for words in ("Tea", "Make some tea.", "wave", "-", "-"):
            await stage.says("mira", words)
        assert stage.last("mira", "not a sign that one can react with").text
        assert "Not now" in stage.last("mira", "The words of the new step").choices
        await stage.says("mira", "keeper hunt edit walk")
        await stage.clicks("mira", "Add a step")
        await stage.clicks("mira", "Find a word in the charter")
        assert "come-freely" in stage.last("mira", "In which clause").text
        await stage.says("mira", "no-such-clause")
        assert stage.last("mira", "no such place or clause").text
        await stage.says("mira", "come-freely")
        assert stage.last("mira", "Several accepted words stand").text
    finally:
        stage.close()


async def test_where_a_step_leads_is_changed_in_chat(tmp_path: Path) -> None:
    """Its room, its clause, its topic, and the sign of a reaction; who is on it goes on."""
    steps = hunt(
        ("wave", "kind: wave\nroom: newcomers"),
        ("clause", "kind: charter-word\nclause: come-freely\nanswers: {en: [nobody]}"),
        ("topic", "kind: riddle\nsource: topic\nanswers: {en: [lantern]}"),
        ("sign", "kind: react\nemoji: 👋"),
    )
    stage = await set_up(folders(tmp_path, steps), {ROOM: "Under the lantern"})
    try:
        await welcomed(stage, "ana")
        await walking(stage, "ana", "A walk")
        await stage.says("mira", "keeper hunt edit walk")
        await stage.clicks("mira", "1. Step wave")
        await stage.clicks("mira", "Where it leads")
        stage.restart()
        await stage.clicks("mira", "Weekly prompts")
        assert "Kept as version 2" in stage.last("mira", "Kept as").text
        await stage.clicks("mira", "2. Step clause")
        await stage.clicks("mira", "Where it leads")
        await stage.says("mira", "nowhere")
        assert "no such place or clause" in stage.last("mira", "no such").text
        await stage.says("mira", "listen-to-understand")
        told = stage.last("mira", "No accepted word of “Step clause” stands where it leads").text
        assert "Accepted words" in told
        await stage.clicks("mira", "2. Step clause")
        await stage.clicks("mira", "Accepted words")
        count = len(private(stage.chat.lines, "mira"))
        await stage.says("mira", "advice")
        later = private(stage.chat.lines, "mira")[count:]
        assert not [each for each in later if "No accepted word" in each.text]
        await stage.clicks("mira", "3. Step topic")
        await stage.clicks("mira", "Where it leads")
        await stage.clicks("mira", "The pinned Start here")
        await stage.clicks("mira", "4. Step sign")
        await stage.clicks("mira", "Sign to react with")
        assert "👋" in stage.last("mira", "Now it says").text
        await stage.says("mira", "wave")
        assert stage.last("mira", "not a sign that one can react with").text
        await stage.says("mira", "🌱")
        await stage.says("mira", "keeper hunt check")
        assert "Step 3 (Step topic): no accepted word stands in Start here." in (
            stage.last("mira").text
        )
        assert "Step 2" not in stage.last("mira").text
        await stage.clicks("ana", "Skip")
        await stage.says("ana", "nobody")
        assert "Step 3 of 4" in stage.last("ana").text
    finally:
        stage.close()


async def test_what_stands_over_the_steps_is_changed_in_chat(tmp_path: Path) -> None:
    """Its title, what it is about, how long it takes, and which hunt may follow."""
    content = folders(
        tmp_path,
        hunt(("a", "kind: read-and-keep")),
        hunt(("b", "kind: read-and-keep"), id_="second").replace("A walk", "A second walk"),
    )
    stage = await set_up(content)
    try:
        await welcomed(stage, "ana")
        await stage.says("mira", "keeper hunt edit walk")
        await stage.clicks("mira", "Title, length, what follows")
        shown = stage.last("mira").text
        for line in ("Title: A walk", "What it is about: Around.", "Minutes: 5", "follow: none"):
            assert line in shown
        await stage.clicks("mira", "Title")
        assert "A walk" in stage.last("mira", "Now it says").text
        stage.restart()
        await stage.says("mira", "Two {{ lines }}")
        assert "These words cannot be used" in stage.last("mira", "cannot be used").text
        await stage.says("mira", "A slow walk")
        assert "Kept as version 2, your community’s own" in stage.last("mira", "Kept as").text
        assert "A slow walk, version 2" in stage.last("mira").text
        await stage.clicks("mira", "Title, length, what follows")
        await stage.clicks("mira", "What it is about")
        await stage.clicks("mira", "Leave it as it is")
        assert "Title: A slow walk" in stage.last("mira").text
        await stage.clicks("mira", "Minutes")
        for no in ("0", "241", "a while", "-5", "½"):
            await stage.says("mira", no)
            assert "a whole number of minutes, from 1 to 240" in stage.last("mira", "whole").text
        await stage.says("mira", "40 minutes")
        await stage.clicks("mira", "Title, length, what follows")
        assert "Minutes: 40" in stage.last("mira").text
        await stage.clicks("mira", "Hunt that may follow")
        assert "A slow walk" not in stage.last("mira").choices
        await stage.clicks("mira", "A second walk")
        assert "Kept as version 4" in stage.last("mira", "Kept as").text
        # The other one cannot lead back, and it may not have begun to.
        await stage.says("mira", "keeper hunt edit second")
        await stage.clicks("mira", "Title, length, what follows")
        await stage.clicks("mira", "Hunt that may follow")
        await stage.clicks("mira", "A slow walk")
        told = stage.last("mira", "in a circle").text
        assert "in a circle: A second walk → A slow walk → A second walk." in told
        await stage.clicks("mira", "Leave it as it is")
        assert "Hunt that may follow: none" in stage.last("mira").text
        await walking(stage, "ana", "A slow walk")
        assert "A slow walk, about 40 minutes: Around." in stage.last("ana", "Which hunt").text
        assert "Many take longer, and your place is kept." in stage.last("ana", "Which hunt").text
        await stage.clicks("ana", "Skip")
        assert "A second walk" in " ".join(stage.last("ana").choices)
        await stage.says("mira", "keeper hunt edit walk")
        await stage.clicks("mira", "Title, length, what follows")
        await stage.clicks("mira", "Hunt that may follow")
        assert "Now “A second walk” may follow." in stage.last("mira").text
        await stage.clicks("mira", "None")
        assert "Kept as version 5" in stage.last("mira", "Kept as").text
        await stage.says("mira", "keeper hunt check")
        assert "Every step of them can be walked here." in stage.last("mira").text
    finally:
        stage.close()


async def test_a_title_has_a_language_and_another_one_may_come_back_meanwhile(
    tmp_path: Path,
) -> None:
    stage = await set_up(FOLDERS)
    try:
        stage.chat.moderators.add("tom")
        for name in ("mira", "tom"):
            await stage.says(name, "keeper hunt edit first-footsteps")
            await stage.clicks(name, "Title, length, what follows")
        await stage.clicks("mira", "Title")
        await stage.clicks("mira", "Français")
        assert "Premiers pas" in stage.last("mira", "Now it says").text
        await stage.says("mira", "Tout premiers pas")
        assert "First footsteps, version 4" in stage.last("mira").text
        await stage.clicks("tom", "Minutes")
        await stage.says("tom", "1")
        # What somebody else changed meanwhile stays.
        assert "Kept as version 5" in stage.last("tom", "Kept as").text
        await stage.says("tom", "my settings")
        await stage.clicks("tom", "Language: English")
        await stage.clicks("tom", "Français")
        await stage.says("tom", "hunt")
        assert "Tout premiers pas, environ une minute\u00a0: Quelques" in stage.last("tom").text
    finally:
        stage.close()
