"""The reference is written from the code: whatever there is, it tells of."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from bot.app import features
from bot.cli import main
from bot.settings import Settings, content_folders
from docs.generator import chat, files, settings, terminal, write


def test_every_word_of_every_feature() -> None:
    page = chat.page()
    everybody, moderators = page.split("## For moderators")
    for feature in features(content_folders(Settings())):
        for command in feature.commands:
            part = moderators if command.audience == "moderator" else everybody
            assert f"| `{command.path}" in part


def test_every_command_and_option_of_the_terminal() -> None:
    page = terminal.page()

    def look(command: click.Command, words: str) -> None:
        assert command is main or f"## {words}\n" in page
        if isinstance(command, click.Group):
            context = command.context_class(command)
            for word in command.list_commands(context):
                below = command.get_command(context, word)
                assert below is not None
                look(below, f"{words} {word}")
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden and command is not main:
                assert option.opts[0] in page

    look(main, "circlekeeper")


def test_every_setting_says_what_it_is_for() -> None:
    page = settings.page()

    def names(model: type[BaseModel], above: str) -> Iterator[str]:
        for name, info in model.model_fields.items():
            found = settings.section_of(info)
            if found is None:
                yield f"{above}{name}".upper()
            else:
                yield from names(found, f"{above}{name}__")

    for name in names(Settings, "CIRCLEKEEPER_"):
        assert f"- Variable: `{name}`\n" in page


def test_a_setting_that_says_nothing_is_named() -> None:
    with pytest.raises(LookupError, match="says nothing of database_url: write one line below it"):
        settings.page("class Settings: database_url: str")


@pytest.mark.parametrize("key", ["`starters`", "`next`", "`emoji`", "`floor`", "`questions`"])
def test_every_kind_of_file(key: str) -> None:
    assert f"| {key} |" in files.page()


def test_a_page_that_did_not_change_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert len(before) == 4
    write(tmp_path)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before
