"""Somebody who follows the documents, and does nothing but copy what stands there.

A fenced block is followed if a comment above it says so:

    <!-- follow -->          run it in the shell, and go on when it has ended well
    <!-- follow: secret -->  the same, while typing the secret that it waits for
    <!-- follow: stays -->   start it, and let it run
    <!-- follow: room -->    write it in a room, as a moderator

What stands on a page for the reader's own (an address, a name) is replaced by the test's.
"""

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.bot import BotProcess

ROOT = Path(__file__).parents[2]
ADDRESS = "git+https://git.example.org/circlekeeper.git"
OURS = f"git+file://localhost{ROOT}"  # what is committed there
_BLOCK = re.compile(
    r"^<!-- follow(?:: (?P<how>\w+))? -->\n```\w+\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_PATIENCE = 120


class PageWrong(AssertionError):
    """Who follows the page does not get where it promises."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page that is to be copied; `how` is empty for a command that ends."""

    place: str
    how: str
    text: str


class Reader:
    """Follows pages in a folder.

    Args:
        folder: empty at first; the reader may go into another one.
        replace: what stands on a page, and what is put there; all of it must be there.
        secret: what is typed where a secret is asked for.
        extra: environment that a real reader needs not: where a double is, for example.
    """

    def __init__(
        self,
        folder: Path,
        replace: Mapping[str, str],
        secret: str = "",
        extra: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.printed = ""
        self._replace = dict(replace)
        self._secret = secret
        self._extra = dict(extra or {})

    @property
    def environment(self) -> dict[str, str]:
        """Return a shell's environment in which pip downloads nothing: it finds our packages."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
        return inherited | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": sysconfig.get_path("purelib"),
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip's way to write that there is none
            **self._extra,
        }

    def blocks(self, page: Path) -> list[Block]:
        """Return what is to be copied from a page."""
        text = page.read_text("utf-8")
        missing = [each for each in self._replace if each not in text]
        if missing:
            raise PageWrong(f"{page.name} no longer says {missing[0]}")
        return list(self._found(page.name, text))

    def _found(self, name: str, text: str) -> Iterator[Block]:
        for match in _BLOCK.finditer(text):
            line = text.count("\n", 0, match.start("text")) + 1
            copied = match["text"]
            for theirs, ours in self._replace.items():
                copied = copied.replace(theirs, ours)
            yield Block(f"{name}:{line}", match["how"] or "", copied)

    def runs(self, block: Block) -> str:
        """Run a block to its end, and go where it leads; return what it prints."""
        where = self.folder.parent / "where"
        script = f'{block.text}\npwd >"{where}"'
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            input=f"{self._secret}\n" if block.how == "secret" else "",
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if ended.returncode != 0:
            raise PageWrong(f"{block.place}: {block.text}\n{ended.stdout}{ended.stderr}")
        self.folder = Path(where.read_text().strip())
        self.printed += ended.stdout
        return ended.stdout


class FollowedBot(BotProcess):
    """A bot that somebody started who followed a page: everything up to what stays."""

    def __init__(self, page: Path, reader: Reader) -> None:
        super().__init__({}, reader.folder)
        self._page, self._reader = page, reader
        self.in_the_room: list[str] = []

    def start(self) -> None:
        """Follow the page."""
        for block in self._reader.blocks(self._page):
            match block.how:
                case "room":
                    self.in_the_room.append(block.text.strip())
                case "stays":
                    self._stays(block)
                case _:
                    self._reader.runs(block)
        if self._process is None or not self.in_the_room:
            raise PageWrong(f"{self._page.name} leads to no bot that runs")

    def _stays(self, block: Block) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["bash", "-c", f"exec {block.text}"],
                cwd=self._reader.folder,
                env=self._reader.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


def moderators_answers(page: Path) -> list[str]:
    """Return what the quick start lets a moderator answer in the setup, in its order."""
    return re.findall(r"^\| [^|]+ \| `([^`|]+)` \|", page.read_text("utf-8"), re.MULTILINE)
