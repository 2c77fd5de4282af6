"""Weekly prompts: what is read, and which mistakes are told."""

from pathlib import Path

import pytest

from bot.core.content import Folders
from bot.features.prompts.content import check, load_prompts, template_problem

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
            "only community and purpose can be shown, 'members'.",
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
