"""Weekly prompts: what is read, and which mistakes are told."""

import json
from collections import Counter
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from bot.core.content import Folders
from bot.features.prompts.content import check, load_arcs, load_prompts, template_problem
from bot.features.prompts.schema import json_schemas

ROOT = Path(__file__).parents[3]
HEAD = "schema: 1\nkind: story\nprompts:\n"
PROMPT = """\
  - id: ID
    exposed: true
    after: AFTER
    title: {en: A title, fr: Un titre}
    text: {en: 'In {{ community }}, what?', fr: Quoi ?}
    easier: {en: What?, fr: Quoi ?}
    starters:
      en: [One…, Two…, Three…]
      fr: [Un…, Deux…, Trois…]
    intent: {en: To tell., fr: Raconter.}
    note: {en: Begin., fr: Commence.}
"""


def prompt(name: str, after: str = "null") -> str:
    return PROMPT.replace("ID", name).replace("AFTER", after)


def folder(tmp_path: Path, text: str, name: str = "story") -> Folders:
    content = tmp_path / "prompts" / "content"
    content.mkdir(parents=True, exist_ok=True)
    (content / f"{name}.yaml").write_text(text)
    return Folders([tmp_path], tmp_path / "charter.yaml")


def told(folders: Folders) -> list[tuple[int, str, str]]:
    return [(mistake.line, mistake.what, mistake.mend) for mistake in check(folders)]


def test_the_shipped_prompts_have_no_mistake() -> None:
    folders = Folders([ROOT / "prompts"], ROOT / "charter.yaml")
    assert check(folders) == []
    assert load_prompts(folders).value


def test_a_good_file_is_read_with_its_kind(tmp_path: Path) -> None:
    prompts = load_prompts(folder(tmp_path, HEAD + prompt("a") + prompt("b", "a"))).value
    assert prompts is not None
    assert [(one.id, one.kind, one.after) for one in prompts.values()] == [
        ("a", "story", None),
        ("b", "story", "a"),
    ]
    assert prompts["a"].starters["fr"] == ("Un…", "Deux…", "Trois…")


def test_a_host_extends_the_library_and_cannot_replace_a_prompt(tmp_path: Path) -> None:
    shipped = folder(tmp_path / "shipped", HEAD + prompt("a"))
    own = folder(tmp_path / "own", HEAD + prompt("b", "a") + prompt("a"))
    folders = Folders([*shipped.prompts, *own.prompts], shipped.charter)
    (mistake,) = check(folders)
    assert (mistake.file, mistake.line) == (str(tmp_path / "own/prompts/content/story.yaml"), 15)
    assert f"in {tmp_path}/shipped/prompts/content/story.yaml:4." in mistake.what


def test_prompts_that_follow_nothing_or_one_another(tmp_path: Path) -> None:
    text = HEAD + prompt("plan-it", "report-it") + prompt("report-it", "plan-it")
    text += prompt("third", "plan-itt") + prompt("fourth", "fourth") + prompt("fifth", "nowhere")
    assert told(folder(tmp_path, text)) == [
        (
            6,
            "This prompt waits for 'report-it', which in the end waits for this one.",
            "Write 'after: null' at the one that comes first.",
        ),
        (
            17,
            "This prompt waits for 'plan-it', which in the end waits for this one.",
            "Write 'after: null' at the one that comes first.",
        ),
        (
            28,
            "There is no prompt 'plan-itt' to come after.",
            "Write 'plan-it', if you meant that.",
        ),
        (
            39,
            "This prompt waits for 'fourth', which in the end waits for this one.",
            "Write 'after: null' at the one that comes first.",
        ),
        (
            50,
            "There is no prompt 'nowhere' to come after.",
            "Write the id of another prompt, or null.",
        ),
    ]


def test_starters_differ_and_the_kind_is_unknown(tmp_path: Path) -> None:
    text = (HEAD + prompt("a")).replace(", Trois…]", "]").replace("kind: story", "kind: puzle")
    assert told(folder(tmp_path, text)) == [
        (2, "'kind' cannot be 'puzle'.", "Write 'puzzle', if you meant that."),
        (12, "'starters' needs exactly 3 entries, and has 2.", "Add 1."),
    ]


HANDS = "    hands:\n      en: [Here, There]\n      fr: [Ici, Là-bas]\n"


def test_a_show_of_hands_has_the_same_answers_in_each_language(tmp_path: Path) -> None:
    prompts = load_prompts(folder(tmp_path, HEAD + prompt("a") + HANDS + prompt("b"))).value
    assert prompts is not None
    assert (prompts["a"].hands["fr"], prompts["b"].hands) == (("Ici", "Là-bas"), {})
    for wrong, line, what in (
        (HANDS.replace(", Là-bas", ""), 17, "'hands' needs 2 to 6 entries, and has 1."),
        (
            HANDS.replace("There", "a, b, c, d, e, f"),
            16,
            "'hands' needs 2 to 6 entries, and has 7.",
        ),
        (HANDS.replace("There", "There, Where"), 15, "more answers in one language"),
        (HANDS.replace("Là-bas", "ICI"), 17, "The answer 'Ici' stands here twice."),
        (HANDS.replace("Là-bas", "L" * 61), 17, "60"),
        (HANDS.replace("There", "'{{ community }}'"), 16, "contains a template"),
        (HANDS.replace("fr:", "de:"), 15, "fr"),
    ):
        found = told(folder(tmp_path, HEAD + prompt("a") + wrong))
        assert any(what in each[1] for each in found), (what, found)
        assert line in [each[0] for each in found], (line, found)


def test_a_template_may_show_little(tmp_path: Path) -> None:
    text = (HEAD + prompt("a")).replace("{{ community }}", "{{ members }}")
    text = text.replace("{en: What?", "{en: 'What {{'").replace("A title", "'{{ community }}'")
    assert told(folder(tmp_path, text)) == [
        (
            7,
            "'title.en' contains a template.",
            "Take {{ … }}, {% … %} and {# … #} out; this text is plain Markdown.",
        ),
        (
            8,
            "'text.en' contains a template that cannot be used: "
            "only community, purpose, words and harvest can be shown, 'members'.",
            "Change what stands in braces, or take it out.",
        ),
        (
            9,
            "'easier.en' contains a template that cannot be used: it is unfinished or misspelt, "
            "'unexpected 'end of template''.",
            "Change what stands in braces, or take it out.",
        ),
    ]


@pytest.mark.parametrize("text", ["plain", "{{ community }}", "100 %", "{{ purpose | upper }}"])
def test_templates_that_can_be_used(text: str) -> None:
    assert template_problem(text) is None


# --- what ships ------------------------------------------------------------------------------

SHIPPED = Folders([ROOT / "prompts"], ROOT / "charter.yaml")
KINDS = {
    "story": 7,
    "puzzle": 6,
    "values-gap": 5,
    "perspective": 7,
    "experiment": 8,
    "words": 6,
    "basic": 4,
    "difference": 4,
    "us": 5,
}


def test_the_library_has_what_the_product_promises() -> None:
    prompts = load_prompts(SHIPPED).value or {}
    assert Counter(prompt.kind for prompt in prompts.values()) == KINDS
    pairs = [prompt for prompt in prompts.values() if prompt.after]
    assert len(pairs) == 4
    assert {prompt.kind for prompt in pairs} == {"experiment"}
    assert all(p.exposed for p in prompts.values() if p.kind == "values-gap")
    for prompt in prompts.values():
        for tag in ("en", "fr"):
            assert len(prompt.easier[tag]) < len(prompt.text[tag])
            assert len(prompt.text[tag]) < 700, prompt.id
            assert "!" not in prompt.text[tag], prompt.id


def test_four_arcs_ship() -> None:
    arcs = load_arcs(SHIPPED).value or {}
    assert sorted(arcs) == ["arriving", "listening", "taking-stock", "trying"]


@pytest.mark.parametrize("name", ["prompts.schema.json", "arc.schema.json"])
def test_the_published_schema_is_that_of_the_code_and_fits_what_ships(name: str) -> None:
    schema = json_schemas()[name]
    folder = ROOT / "prompts" / "prompts"
    assert json.loads((folder / name).read_text()) == schema, "see CONTRIBUTING.md to renew it"
    judge = Draft202012Validator(schema)
    arcs = "arcs/*.yaml" if name.startswith("arc") else "*.yaml"
    files = sorted((folder / "content").glob(arcs))
    assert files
    for file in files:
        judge.validate(YAML(typ="safe").load(file.read_text()))
    assert not judge.is_valid({"schema": 1})


ARC = """\
schema: 1
id: walk
title: {en: A walk}
about: {en: About.}
prompts: [STEPS]
"""


@pytest.mark.parametrize(
    ("steps", "line", "what", "mend"),
    [
        ("a, other, aa, other", 5, "There is no prompt 'aa'.", "Write 'a', if you meant that."),
        (
            "a, b, other, c",
            5,
            "'b' is of the kind 'story', as the one before it is.",
            "Put one of another kind between them.",
        ),
        (
            "b, other, a, other",
            5,
            "'b' comes back to 'a', which does not stand before it.",
            "Put 'a' further up.",
        ),
        ("a, other", 5, "'prompts' needs exactly 4 entries, and has 2.", "Add 2."),
    ],
)
def test_arcs_that_cannot_be(tmp_path: Path, steps: str, line: int, what: str, mend: str) -> None:
    folder(tmp_path, HEAD + prompt("a") + prompt("b", "a") + prompt("c"))
    folders = folder(tmp_path, HEAD.replace("story", "us") + prompt("other"), "us")
    arcs = tmp_path / "prompts" / "content" / "arcs"
    arcs.mkdir()
    (arcs / "walk.yaml").write_text(ARC.replace("STEPS", steps))
    assert (line, what, mend) in told(folders)
