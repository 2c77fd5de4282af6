"""The page's words: none that it asks for is missing, and none is there for nothing."""

import re
from pathlib import Path

from bot.app import features
from bot.core.content import Folders
from bot.engine.words import Words
from bot.rehearsal.page import PageWords
from tests.playground.conftest import ROOT, SHIPPED

PAGE = ROOT / "bot" / "adapters" / "playground" / "page"
CADENCES = ("daily", "weekly", "fortnightly", "monthly", "nth_weekday", "cron")
ELSEWHERE = re.compile(r"(room|topic|refused|said|due|why|looks|panel)_\w+|circle_name|role_feet")


def used() -> set[str]:
    """Every word that the page asks for by its whole name."""
    code = "\n".join(path.read_text("utf-8") for path in PAGE.glob("*.js"))
    return set(re.findall(r'\bw\(\s*"(\w+)"', code))


def test_every_word_that_is_used_is_there() -> None:
    said = PageWords(Words(SHIPPED.prompts)).said("en")
    assert used() - said.keys() == set()


def test_every_word_that_is_there_is_used() -> None:
    code = "\n".join(path.read_text("utf-8") for path in PAGE.glob("*.js"))
    said = PageWords(Words(SHIPPED.prompts)).said("en").keys() - {"language", "dir"}
    lost = {name for name in said if f'"{name}"' not in code and not ELSEWHERE.fullmatch(name)}
    assert lost == set()


def test_every_refusal_has_words() -> None:
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("adapters/playground", "rehearsal")
        for path in Path(ROOT / "bot" / folder).glob("*.py")
    )
    refused = set(re.findall(r'"(refused_\w+)"', code))
    assert len(refused) > 10
    assert refused - PageWords(Words(SHIPPED.prompts)).said("en").keys() == set()


def test_everything_that_comes_due_has_a_name_and_a_reason() -> None:
    said = PageWords(Words(SHIPPED.prompts)).said("en")
    kinds = {kind for each in features(Folders((), Path())) for kind in each.due}
    assert len(kinds) > 5
    for kind in kinds:
        assert f"due_{re.sub('[.-]', '_', kind)}" in said
    for cadence in CADENCES:
        assert f"why_{cadence}" in said


def test_what_is_filled_in_is_the_same_in_every_language() -> None:
    page = PageWords(Words(SHIPPED.prompts))
    english = page.said("en")
    for language in page.languages:
        for name, text in page.said(language["tag"]).items():
            places = sorted(re.findall(r"\{\w+\}", text))
            assert places == sorted(re.findall(r"\{\w+\}", english[name])), name
