"""How the shipped French is set: no mark stands alone at the beginning of a line."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engine.yaml import Tree, read
from tests.support.shipped import FOLDERS

ALONE = re.compile(r"\S [?!;:»](?!\w)|« ")
(PROMPTS,) = FOLDERS.prompts
FILES = [*PROMPTS.glob("*/content/**/*.yaml"), FOLDERS.charter]


def texts(file: Path) -> Iterator[str]:
    """Yield what a file says in French."""
    yield from _of(read(file).tree, french=False)


def _of(part: object, *, french: bool) -> Iterator[str]:
    if isinstance(part, Tree):
        for key, value in part.items():
            yield from _of(value, french=french or key == "fr")
    elif isinstance(part, list):
        for value in part:
            yield from _of(value, french=french)
    elif isinstance(part, str) and french:
        yield part


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_marks_keep_to_the_word_before_them(file: Path) -> None:
    assert [text for text in texts(file) if ALONE.search(text)] == []
