"""The commands with what is said of them, for platforms that show both by themselves."""

from collections.abc import Iterable

from bot.core.commands import Declared, Texts
from bot.core.features import Feature
from bot.core.markup import to_plain
from bot.engine.words import Words


def declare(features: Iterable[Feature], words: Words) -> Declared:
    """Return every command and its descriptions in every language."""
    commands = [command for feature in features for command in feature.commands]
    does: dict[str, Texts] = {}
    for command in commands:
        does[command.path] = _in_each(words, f"guide/does_{_name(command.path)}")
        parts = command.path.split()
        for length in range(1, len(parts)):
            above = " ".join(parts[:length])
            if above not in does:
                does[above] = _in_each(words, f"guide/holds_{_name(above)}")
    names = {option.name for command in commands for option in command.options}
    options = {name: _in_each(words, f"engine/option_{_name(name)}") for name in sorted(names)}
    menus = {
        command.path: _in_each(words, f"guide/menu_{_name(command.path)}")
        for command in commands
        if command.menu
    }
    return Declared(commands, does, options, menus)


def _in_each(words: Words, name: str) -> Texts:
    return {language: to_plain(words.render(language, name, {})) for language in words.languages}


def _name(path: str) -> str:
    return path.replace(" ", "_").replace("-", "_")
