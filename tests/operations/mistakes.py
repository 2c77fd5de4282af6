"""Folders with mistakes in them, and what `check` tells of them."""

from pathlib import Path

from bot.core.content import Folders
from bot.operations.check import check

HEADER = (
    'msgid ""\nmsgstr ""\n"Language: fr\\n"\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
)


def write(folder: Path, files: dict[str, str]) -> Folders:
    """Write files by their path; return the folders that hold them."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Folders([folder / "prompts"], folder / "charter.yaml")


def told(folder: Path, files: dict[str, str]) -> list[tuple[str, int, str, str]]:
    found = check(write(folder, files))
    return [(str(Path(m.file).relative_to(folder)), m.line, m.what, m.mend) for m in found]


def entry(text: str, translation: str, flag: str = "") -> str:
    return f'{flag}msgid "{text}"\nmsgstr "{translation}"\n\n'
