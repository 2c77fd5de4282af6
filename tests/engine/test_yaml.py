"""Reading YAML files."""

from pathlib import Path

from bot.engine.yaml import read, reading_once


def test_a_file_is_read_once_while_many_ask_and_anew_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("kind: sentence\n")
    with reading_once():
        assert read(file).value == {"kind": "sentence"}
        file.write_text("kind: door\n")
        with reading_once():
            assert read(file).value == {"kind": "sentence"}
        assert read(file).value == {"kind": "sentence"}
    assert read(file).value == {"kind": "door"}
