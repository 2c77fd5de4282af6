"""Walking: each kind of step is verified by what the bot may hear, and each has a way past it."""

from datetime import timedelta
from pathlib import Path

from bot.adapters.memory import BOT
from bot.core.refs import Direct
from bot.rehearsal.stage import Stage
from tests.features.hunts.places import ROOM, folders, hunt, set_up, walking, welcomed
from tests.rehearsal.community import passes, private
from tests.support.shipped import FOLDERS

RIDDLE = "kind: riddle\nsource: topic\nanswers: {en: [Lanterns]}"


def newest(stage: Stage, name: str) -> str:
    return stage.last(name).text


async def test_finding_voices_is_walked_with_words_alone(tmp_path: Path) -> None:
    stage = await set_up(FOLDERS)
    try:
        await welcomed(stage, "ana")
        await walking(stage, "ana", "Finding voices")
        assert "Step 1 of 6" in newest(stage, "ana")
        await stage.says("ana", "Just a post in the room.", ROOM)
        assert "Step 1 of 6" in newest(stage, "ana")  # no thread, no answer
        await stage.says("ana", "The same here.", ROOM, thread="m1")
        assert "Step 2 of 6" in newest(stage, "ana")
        stage.restart()
        await stage.says("ana", "hunt")
        await stage.says("ana", " POSTING! ")
        assert "Step 3 of 6" in newest(stage, "ana")
        await stage.clicks("ana", "Find me somebody")
        await stage.says("ana", "Ana from the library")
        assert "Step 4 of 6" in newest(stage, "ana")  # it does not wait
        await stage.clicks("ana", "Show me the words")
        await stage.clicks("ana", "Add a word")
        await stage.says("ana", "harvest")
        await stage.says("ana", "What we keep of a talk.")
        await stage.clicks("ana", "Keep it without my name")
        assert "Step 5 of 6" in newest(stage, "ana")
        await stage.says("ana", "What do you do with silence?")
        await stage.clicks("ana", "Nothing to write down")
        end = newest(stage, "ana")
        for told in ("the words of this place", "harvest", "What do you do with silence?"):
            assert told in end
        await stage.says("ana", "start")
        assert "Waiting for you" not in newest(stage, "ana")
    finally:
        stage.close()


async def test_two_hints_then_the_answer_and_then_no_more(tmp_path: Path) -> None:
    stage = await set_up(folders(tmp_path, hunt(("a", RIDDLE))), {ROOM: "Under the lanterns"})
    try:
        await welcomed(stage, "ana")
        await walking(stage, "ana", "A walk")
        for told in ("First hint for a", "Second hint for a", "Answer of a"):
            await stage.clicks("ana", "Hint")
            assert told in newest(stage, "ana")
        assert "Hint" not in stage.last("ana").choices
        await stage.says("ana", "lántern")
        assert "not the word" in newest(stage, "ana")
        await stage.says("ana", "LANTÉRNS")
        assert "all the way through" in newest(stage, "ana")
    finally:
        stage.close()


async def test_a_riddle_whose_source_is_gone_is_left_out(tmp_path: Path) -> None:
    text = hunt(("a", RIDDLE), ("b", "kind: read-and-keep"))
    stage = await set_up(folders(tmp_path, text), {ROOM: "Another topic"})
    try:
        await welcomed(stage, "ana")
        await walking(stage, "ana", "A walk")
        assert "Step 1 of 1: Step b" in newest(stage, "ana")
    finally:
        stage.close()


async def test_a_hunt_of_which_nothing_is_left_says_so(tmp_path: Path) -> None:
    stage = await set_up(folders(tmp_path, hunt(("a", RIDDLE))))
    try:
        await welcomed(stage, "ana")
        await walking(stage, "ana", "A walk")
        assert "cannot be walked here" in newest(stage, "ana")
        await stage.says("ana", "hunt skip")
        assert "You are not on a hunt" in newest(stage, "ana")
    finally:
        stage.close()


async def test_who_is_in_the_middle_finishes_what_they_began(tmp_path: Path) -> None:
    before = hunt(("a", "kind: read-and-keep"), ("b", "kind: read-and-keep"))
    after = hunt(("c", "kind: read-and-keep"), version=2)
    stage = await set_up(folders(tmp_path / "1", before))
    try:
        for name in ("ana", "eva"):
            await welcomed(stage, name)
        await walking(stage, "ana", "A walk")
        await stage.clicks("ana", "Skip")
        stage.restart(folders(tmp_path / "2", after))
        await passes(stage, timedelta(days=9))
        await stage.says("ana", "hunt")
        assert "Step 2 of 2: Step b" in newest(stage, "ana")
        await walking(stage, "eva", "A walk")
        assert "Step 1 of 1: Step c" in newest(stage, "eva")
        await stage.clicks("ana", "Skip")
        assert "place b" in newest(stage, "ana")
    finally:
        stage.close()


async def test_every_reaction_and_every_step_has_another_way(tmp_path: Path) -> None:
    kinds = (
        "kind: react\nemoji: 👋",
        "kind: wave\nroom: newcomers",
        "kind: thread-reply\nroom: prompts",
        "kind: charter-word\nclause: come-freely\nanswers: {en: [quiet]}",
        "kind: introduce",
        "kind: meet-a-buddy",
        "kind: save-a-word",
    )
    text = hunt(*((f"s{number}", kind) for number, kind in enumerate(kinds)))
    stage = await set_up(folders(tmp_path, text))
    try:
        await welcomed(stage, "ana")
        await walking(stage, "ana", "A walk")
        for number in range(len(kinds)):
            assert f"Step {number + 1} of {len(kinds)}" in newest(stage, "ana")
            assert {"I use another way", "Hint", "Skip", "Pause"} <= set(stage.last("ana").choices)
            await stage.clicks("ana", "I use another way")
        assert "all the way through" in newest(stage, "ana")
        aloud = [each for each in stage.chat.lines if not isinstance(each.place, Direct)]
        assert not any("ana" in each.text.casefold() for each in aloud if each.author == BOT)
    finally:
        stage.close()


async def test_two_who_asked_meet_and_nobody_else_hears_of_it(tmp_path: Path) -> None:
    stage = await set_up(folders(tmp_path, hunt(("a", "kind: meet-a-buddy"))))
    try:
        await welcomed(stage, "ana", "return")
        await welcomed(stage, "eva")
        await stage.says("eva", "hunt buddy")
        await stage.clicks("eva", "I am there for whoever is new")
        await stage.says("eva", "Eva\nof the tower")
        await walking(stage, "ana", "A walk")
        await stage.clicks("ana", "Find me somebody")
        await stage.says("ana", "Ana")
        assert any(
            "Eva of the tower would like" in each.text for each in private(stage.chat.lines, "ana")
        )
        (told,) = private(await passes(stage, timedelta(hours=1)), "eva")
        assert told.text.startswith("Ana would like to meet somebody, too")
        await stage.says("eva", "hunt met")
        assert "When Ana says so, too" in newest(stage, "eva")
        await stage.says("ana", "start")
        assert "Waiting for you: 1" in newest(stage, "ana")
        await stage.clicks("ana", "Your buddy: Eva of the tower")
        await stage.clicks("ana", "We have met")
        assert "You and Eva of the tower have met" in newest(stage, "ana")
        assert private(await passes(stage, timedelta(days=30)), "eva") == []
        await stage.says("mira", "keeper status")
        assert "Eva" not in newest(stage, "mira")
    finally:
        stage.close()


async def test_a_buddy_who_may_not_be_written_to_finds_it_and_a_week_ends_it(
    tmp_path: Path,
) -> None:
    stage = await set_up(folders(tmp_path, hunt(("a", "kind: meet-a-buddy"))))
    try:
        for name in ("ana", "eva"):
            await welcomed(stage, name, "never")
            await stage.says(name, "hunt buddy")
            await stage.clicks(name, "I would like to meet one person")
            await stage.says(name, name)
        assert private(await passes(stage, timedelta(days=1)), "ana") == []
        await stage.says("ana", "start")
        assert "Your buddy: eva" in stage.last("ana").choices
        assert private(await passes(stage, timedelta(days=7)), "ana") == []
        await stage.says("ana", "hunt buddy")
        assert "Meeting somebody." in newest(stage, "ana")
        await stage.says("eva", "my data")
        assert "Whom I told you of" not in newest(stage, "eva")
    finally:
        stage.close()


async def test_a_clue_is_shown_to_nobody_before_it_was_read(tmp_path: Path) -> None:
    stage = await set_up(folders(tmp_path, hunt(("a", "kind: read-and-keep"))))
    try:
        for name in ("ana", "eva"):
            await welcomed(stage, name)
        await walking(stage, "ana", "A walk")
        await stage.clicks("ana", "Skip")
        await stage.clicks("ana", "Leave a clue for the next person")
        await stage.says("ana", "Look behind the clock.")
        assert "Thank you" in newest(stage, "ana")
        await walking(stage, "eva", "A walk")
        assert not any("clock" in each.text for each in private(stage.chat.lines, "eva"))
    finally:
        stage.close()


async def test_after_the_event_in_french_with_words_alone() -> None:
    """Somebody comes from a course, meets nobody yet, and takes a question and a plan along."""
    stage = await set_up(FOLDERS)
    try:
        await stage.joins("ines")
        for label in ("Start", "Français", "Jamais", "Continuer", "Je regarde de mon côté"):
            await stage.says("ines", label)
        await stage.says("ines", "hunt")
        await stage.says("ines", "apres l'evenement")
        assert "Étape 1 sur 5 : À tes conditions" in newest(stage, "ines").replace("\u00a0", " ")
        await stage.says("ines", "rien a changer")
        await stage.says("ines", "indice")
        await stage.says("ines", "Indice")
        await stage.says("ines", "hint")
        assert "Rien à noter" in newest(stage, "ines")
        assert "Indice" not in stage.last("ines").choices
        await stage.says("ines", "Que faire du silence ?")
        await stage.says("ines", "trouve-moi quelqu'un")
        await stage.says("ines", "Inès")
        assert "Étape 4 sur 5" in newest(stage, "ines")
        await stage.says("ines", "pause")
        assert private(await passes(stage, timedelta(days=20)), "ines") == []
        stage.restart()
        await stage.says("ines", "hunt")
        await stage.says("ines", "Moi aussi.", ROOM, thread="m1")
        assert "Étape 5 sur 5" in newest(stage, "ines")
        await stage.says("ines", "Quand personne ne parle, alors je compte jusqu’à dix.")
        end = newest(stage, "ines")
        for kept in ("Après l’événement", "Que faire du silence ?", "je compte jusqu’à dix"):
            assert kept in end
        await stage.says("ines", "start")
        assert "binôme" not in newest(stage, "ines")
    finally:
        stage.close()


async def test_an_accepted_word_may_have_signs_around_it(tmp_path: Path) -> None:
    riddle = "kind: riddle\nsource: topic\nanswers: {en: ['Stop!', '?!']}"
    stage = await set_up(folders(tmp_path, hunt(("a", riddle), ("b", riddle))), {ROOM: "Stop! ?!"})
    try:
        await welcomed(stage, "ana")
        await walking(stage, "ana", "A walk")
        for typed in ("…", "stopp"):
            await stage.says("ana", typed)
            assert "not the word" in newest(stage, "ana")
        await stage.says("ana", "“STOP”")
        assert "Step 2 of 2" in newest(stage, "ana")
        await stage.says("ana", "?!")
        assert "all the way through" in newest(stage, "ana")
    finally:
        stage.close()
