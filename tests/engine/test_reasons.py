"""Why something was not delivered is said to moderators in their language."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import features
from bot.core.content import Folders
from bot.engine.words import Words

_BOT = Path(__file__).parents[2] / "bot"
_WORDS = Words([_BOT.parent / "prompts"])


def _texts(node: ast.expr, named: dict[str, str]) -> Iterator[str]:
    """Yield what a reason begins with: all of it, or what stands before a platform's number."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Name(id=name) if name in named:
            yield named[name]
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            if text != "unreachable: ":  # of one person: moderators do not read it
                yield text.partition(":")[0] + "."


def _reasons(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if node.func.id == "Undeliverable":
                yield from _texts(node.args[0], named)
            if node.func.id == "Outcome":
                for each in node.keywords:
                    if each.arg == "reason":
                        yield from _texts(each.value, named)


def reasons() -> list[str]:
    real = [_BOT / "adapters" / name for name in ("discord", "matrix")]
    files = [path for folder in real for path in sorted(folder.rglob("*.py"))]
    files += [_BOT / "engine" / "attempt.py"]
    return sorted({each for path in files for each in _reasons(path)})


def test_there_are_reasons() -> None:
    assert len(reasons()) > 10
    assert "The bot may not post in this channel, or it is gone." in reasons()


@pytest.mark.parametrize("english", reasons())
def test_each_reason_is_said_in_french(english: str) -> None:
    assert _WORDS.said("fr", english) != english
    assert _WORDS.said("en", english) == english


@pytest.mark.parametrize("name", sorted(feature.name for feature in features(Folders((), Path()))))
def test_each_part_has_a_name_for_moderators(name: str) -> None:
    assert _WORDS.said("fr", name) != name
