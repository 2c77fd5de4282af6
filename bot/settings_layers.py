"""Where settings come from: the environment and a TOML file; every value keeps its place."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.core.content import Mistake
from bot.core.mistyped import nearest

PREFIX = "CIRCLEKEEPER_"
UNREAD = "sqlite:///unread"  # passes for any secret, so that its file alone is told
PLUGGED_IN = "adapters"  # what stands below is another package's to know
Keys = tuple[str, ...]
# Variables of our tests, and those that Kubernetes sets where a service is called circlekeeper.
_OTHERS = re.compile(
    r"(REQUIRE_ALL|DISCORD_OPENAPI|(.*_)?SERVICE_(HOST|PORT.*?)|(.*_)?PORT_\d+_.*)=.*"
    r"|(.*_)?PORT=(tcp|udp|sctp)://.*",
    re.DOTALL,
)


@dataclass
class Layer:
    """The values of one source by their keys, and where each of them stands."""

    file: str
    values: dict[Keys, Any]
    lines: Mapping[Keys, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def tell(self, keys: Keys, what: str, mend: str) -> None:
        """Note a mistake; `what` goes on from the name."""
        line = max((self.lines.get(keys[:n], 0) for n in range(1, len(keys) + 1)), default=0)
        self.mistakes.append(Mistake(self.file, line, f"{self.name(keys)} {what}", mend))

    def name(self, keys: Keys) -> str:
        """Return what the host calls the setting here."""
        in_toml = self.file != "environment"
        return ".".join(keys) if in_toml else PREFIX + "__".join(keys).upper()

    def sort_out(self, known: Mapping[Keys, object], secrets: set[Keys], folder: Path) -> None:
        """Take secrets out of their files, and tell what is unknown."""
        own = {keys for keys in self.values if keys[0] == PLUGGED_IN and len(keys) == 3}
        files = {(*keys[:-1], f"{keys[-1]}_file"): keys for keys in secrets}
        files |= {
            keys: (*keys[:-1], keys[-1].removesuffix("_file"))
            for keys in own
            if keys[-1].endswith("_file")
        }
        names = {self.name(keys): keys for keys in (*known, *files)}
        for keys in list(self.values):
            if keys in files:
                value = self.values.pop(keys)
                if files[keys] in self.values:
                    what = f"and {self.name(files[keys])} are both set."
                    self.tell(keys, what, "Keep one of the two.")
                else:
                    self.values[files[keys]] = self.secret(keys, folder / str(value))
            elif keys not in known and keys not in own:
                near = nearest(self.name(keys), names, alike=75)
                mend = f"Write {near}, if you meant that." if near else "Take it out."
                del self.values[keys]
                self.tell(keys, "is no setting.", mend)

    def secret(self, keys: Keys, file: Path) -> str:
        """Return what a secret's file holds."""
        try:
            text = file.read_text("utf-8").strip() if file.stat().st_size < 100_000 else ""
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            self.tell(keys, f"cannot be read: {reason}.", "Check the file's name and permissions.")
            return UNREAD
        if not text or len(text.splitlines()) > 1:
            self.tell(keys, "must hold one line.", "Write the secret into it, and nothing else.")
        return text or UNREAD


def from_environment(environ: Mapping[str, str]) -> Layer:
    """Return our variables; an empty one is none."""
    ours = {name[len(PREFIX) :]: environ[name] for name in environ if name.startswith(PREFIX)}
    ours = {
        name: value
        for name, value in ours.items()
        if value and not _OTHERS.fullmatch(f"{name}={value}")
    }
    values = {tuple(name.lower().split("__")): value for name, value in ours.items()}
    return Layer("environment", dict(values))


def from_toml(file: Path) -> Layer:
    layer = Layer(str(file), {})
    try:
        text = file.read_text("utf-8")
        layer.lines = dict(_lines(text))
        layer.values = dict(_flat(tomllib.loads(text)))
    except FileNotFoundError:
        pass
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"at line (\d+)", str(error))
        line = int(match[1]) if match else len(text.splitlines())
        what = f"This is not valid TOML: {str(error).split(' (at ')[0][:60]}."
        mend = 'Write each setting as name = "value", in a line of its own.'
        layer.mistakes.append(Mistake(str(file), line, what, mend))
    except (OSError, ValueError):
        mend = "Save it as UTF-8 text that the bot may read."
        layer.mistakes.append(Mistake(str(file), 0, "This file cannot be read.", mend))
    return layer


def _lines(text: str) -> Iterator[tuple[Keys, int]]:
    """Yield the line of each table and key of a TOML text, as far as they stand in lines."""
    word = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
    table: Keys = ()
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(rf"\s*(\[*)\s*({word}(?:\s*\.\s*{word})*)\s*[\]=]", line)
        if match:
            keys = tuple(part.strip("\"'") for part in re.findall(word, match[2]))
            table = keys if match[1] else table
            yield (keys if match[1] else (*table, *keys)), number


def _flat(table: Mapping[str, Any], above: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, (*above, key))
        else:
            yield (*above, key), value


def nested(values: Mapping[Keys, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for keys, value in sorted(values.items()):
        node = whole
        for key in keys[:-1]:
            node = node.setdefault(key, {})
            if not isinstance(node, dict):
                break
        else:
            node[keys[-1]] = value
    return whole
