"""Content that people write as files (charter, weekly prompts, hunts, reflection sets), and
mistakes in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LocaleMap = Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Something that a person has to mend: where (`line` counts from 1, 0 for the whole file),
    what, and how.
    """

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        """Return one line for a terminal."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.what} {self.mend}"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where content lies: the shipped `prompts/`, then the host's own folders that extend it; and
    the charter file.
    """

    prompts: Sequence[Path]
    charter: Path

    def files(self, feature: str, pattern: str = "*.yaml") -> Iterator[Path]:
        """Yield a feature's content files, the shipped ones first, each folder's by name."""
        for folder in self.prompts:
            yield from sorted((folder / feature / "content").glob(pattern))


def in_locale(texts: LocaleMap, locale: str) -> str:
    """Return the text in this language (BCP 47), else its base language, else English, else any."""
    for tag in (locale, locale.split("-")[0].split("_")[0], "en"):
        if tag in texts:
            return texts[tag]
    return next(iter(texts.values()), "")
