"""A pasted charter: headings and lists become sections and clauses, whatever the text is like."""

import pytest

from bot.features.charter.pasting import MOST_CLAUSES, TooMuch, read, slug
from tests.rehearsal.community import ROOM, arrived

OURS = """\
# Our charter

We learn from one another.

## Talking

- **Listen first.** We ask before we answer.
- Be brief: A slow answer is fine.

## Leaving

Anybody may go at any time. Nobody asks why.
"""


def titles(text: str) -> list[tuple[str, list[str]]]:
    return [(each.title, [one.title for one in each.clauses]) for each in read(text).sections]


def test_headings_lists_and_paragraphs() -> None:
    pasted = read(OURS)
    assert pasted.purpose == "We learn from one another."
    assert titles(OURS) == [
        ("Talking", ["Listen first", "Be brief"]),
        ("Leaving", ["Anybody may go at any time"]),
    ]
    assert [each.text for each in pasted.clauses] == [
        "We ask before we answer.",
        "A slow answer is fine.",
        "Anybody may go at any time. Nobody asks why.",
    ]


def test_twenty_thousand_characters_without_a_heading() -> None:
    text = ("A sentence of a few words. " * 800)[:20_000]
    pasted = read(text)
    assert len(pasted.sections) == 1
    assert all(0 < len(each.text) <= 1500 for each in pasted.clauses)
    assert " ".join(each.text for each in pasted.clauses) == text.strip()
    assert read("x" * 20_000).clauses
    with pytest.raises(TooMuch):
        read("x" * 20_001)
    with pytest.raises(TooMuch):
        read("- a\n" * (MOST_CLAUSES + 1))


SHAPES = {
    "lines below for headings": (
        "Ours\n====\n\nTalking\n-------\n\nWe listen.",
        "Talking: We listen",
    ),
    "rules between": ("# A\n\n- One\n\n---\n\n***\n\n- Two", "A: One, Two"),
    "a quote": ("> We meet.\n> We listen.\n\n> We part.", ": We meet, We part"),
    "a table": (
        "| what | how |\n|---|---|\n| Be kind | always |\n| Ask | first |",
        ": Be kind, Ask",
    ),
    "a fence": ("```\n- One\n- Two\n```", ": One, Two"),
    "boxes to tick": ("- [ ] One\n- [x] Two", ": One, Two"),
    "a word processor": ("• Écouter\n– Demander", ": Écouter, Demander"),
    "a file's head": ("---\ntitle: Ours\n---\n\n# A\n- One", "A: One"),
    "headings in bold": ("**A**\n\nOne.\n\n**B**\n\n- Two", "A: One / B: Two"),
    "headings of clauses": ("# Ours\n## A\n### One\nWe ask.\n\nWait.\n### Two", "A: One, Two"),
    "all headings alike": ("# A\n\nOne.\n\n# B\n\nTwo.", "A: One / B: Two"),
    "remarks and tags": (
        "<h1>Ours</h1>\n<!-- not this -->\n\n- One <!-- nor -->",
        ": Ours, One",
    ),
    "a link": ("- Our [policy](https://example.org/p) and ![us](a.png)", ": Our policy and us"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_charter_in_any_shape_of_markdown(shape: str) -> None:
    text, wanted = SHAPES[shape]
    read_as = [f"{title}: {', '.join(clauses)}" for title, clauses in titles(text)]
    assert " / ".join(read_as) == wanted


def test_what_stands_below_an_entry_or_a_heading_belongs_to_it() -> None:
    nested = read("- Be kind\n  - to new people;\n  - to old ones\n- Ask.\n  - Always.").clauses
    assert [(each.title, each.text) for each in nested] == [
        ("Be kind", "to new people; to old ones"),
        ("Ask", "Ask. Always."),
    ]
    clause, _ = read("## A\n\n### One\nWe ask.\n\nWe wait.\n\n## B\n- Two").clauses
    assert (clause.title, clause.text) == ("One", "We ask. We wait.")


def test_a_purpose_stands_before_the_parts() -> None:
    assert read("We learn together.\n\n# A\n- One").purpose == "We learn together."
    assert read("# Ours\n\nWe learn.\n\n## A\n- One").purpose == "We learn."
    assert read("# A\n\nOne.\n\n# B\n\nTwo.").purpose == ""
    assert read("# A\n\n**Listen.** We ask.\n\n- Two").purpose == ""


async def test_a_clause_that_is_its_own_title_is_read_once_in_the_rooms_language() -> None:
    stage = await arrived()
    try:
        await stage.says("mira", "my settings")
        await stage.clicks("mira", "Language: English")
        await stage.clicks("mira", "Français")
        await stage.says("mira", "!keeper setup", ROOM)
        await stage.clicks("mira", "English")
        await stage.says("mira", "Ljubljana")
        await stage.clicks("mira", "Coller la nôtre, comme première version")
        await stage.says("mira", "Be kind.")
        await stage.clicks("mira", "La fonder sur cette seule clause")
        assert "version 1.0.0, une clause" in stage.last("mira", "1.0.0").text
        await stage.says("mira", "charter read")
        assert stage.last("mira").text == "Partie 1 sur 1\u00a0: What we agreed on\n\nBe kind"
    finally:
        stage.close()


@pytest.mark.parametrize("text", ["", "\n\n", "# Only a heading", "## A\n## B"])
def test_nothing_to_found_on(text: str) -> None:
    assert read(text).clauses == []


def test_ids_are_unique_in_every_script() -> None:
    taken: set[str] = set()
    names = [slug(each, taken, n) for n, each in enumerate(("Écoute !", "Ecoute", "Слушай", "9 a"))]
    assert names == ["ecoute", "ecoute-2", "clause-2", "clause-3"]


@pytest.mark.parametrize("text", ["... and then?", "***", "— Listen.", ". . ."])
def test_every_clause_has_a_title(text: str) -> None:
    assert all(each.title.strip() for each in read(text).clauses)


async def test_a_community_is_founded_on_its_own_charter() -> None:
    stage = await arrived()
    try:
        await stage.says("mira", "!keeper setup", ROOM)
        await stage.clicks("mira", "English")
        await stage.says("mira", "Ljubljana")
        await stage.clicks("mira", "Paste ours, as a founding draft")
        await stage.says("mira", "# Only a heading")
        assert "There are no words in that" in stage.last("mira", "no words").text
        await stage.says("mira", OURS)
        assert "Listen first" in stage.last("mira").text
        await stage.clicks("mira", "There is more to paste")
        stage.restart()
        await stage.says("mira", "## More\n\n- {{ 7 * 7 }} <b>stays</b> @room")
        await stage.clicks("mira", "Found it on these 4 clauses")
        assert "Weekly prompts" in stage.last("mira").text
        await stage.says("mira", "charter read")
        assert "We learn from one another." in stage.last("mira", "version 1.0.0").text
        for _ in range(2):
            await stage.clicks("mira", "Next part")
        assert "{{ 7 * 7 }} <b>stays</b> @room" in stage.last("mira").text
    finally:
        stage.close()


async def test_twenty_thousand_characters_are_founded_and_read_to_their_end() -> None:
    """In parts that a message holds, so that nobody acknowledges what they could not read."""
    stage = await arrived()
    try:
        await stage.says("mira", "!keeper setup", ROOM)
        await stage.clicks("mira", "English")
        await stage.says("mira", "Ljubljana")
        await stage.clicks("mira", "Paste ours, as a founding draft")
        sentence = "We write number {} down so that everybody can look it up one day. "
        whole = "".join(sentence.format(n) for n in range(290))
        assert len(whole) > 19_000
        for text in (whole[:9000], whole[9000:]):
            await stage.says("mira", text)
            if text != whole[9000:]:
                await stage.clicks("mira", "There is more to paste")
        assert len(stage.last("mira").text) < 4000
        use = next(each for each in stage.last("mira").choices if each.startswith("Found it on"))
        await stage.clicks("mira", use)
        await stage.says("mira", "charter read")
        read_ = ""
        while "Later" in stage.last("mira").choices:
            assert len(stage.last("mira").text) < 4000
            read_ += stage.last("mira").text
            await stage.clicks("mira", "I have read it and will try")
        assert "number 0 " in read_
        assert "number 289 " in read_
        assert "You have read these and will try" in stage.last("mira").text
        assert len(stage.last("mira").text) < 4000
    finally:
        stage.close()
