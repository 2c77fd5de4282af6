"""JSON as it comes from a homeserver, and from whoever wrote into it."""

from __future__ import annotations

import json

import pytest

from bot.adapters.matrix.transport import read_json
from tests.adapters.matrix.key_double import KeyDouble, somebody

PLAIN = ["", "é", "👋🏽", "\\u0000", "a \\ud83d in words", "👋" * 3]


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("escaped", [True, False])
def test_what_people_write_arrives_as_it_is(text: str, escaped: bool) -> None:
    raw = json.dumps({"body": [text]}, ensure_ascii=escaped).encode()
    assert read_json(raw) == {"body": [text]}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"a\u0000b", "ab"),
        (r"half \ud83d of it", "half ? of it"),
        (r"the other \udc4b half", "the other ? half"),
        (r"\uDC4B\uD83D", "??"),
        (r"\ud83d\ud83d\udc4b", "?👋"),
        (r"\\\u0000 \\u0000", r"\ \u0000"),
        (r"\\\\ud83d", r"\\ud83d"),
    ],
)
def test_what_no_database_could_hold_is_left_out(written: str, read: str) -> None:
    raw = f'{{"{written}": [{{"name": "{written}"}}]}}'.encode()
    found = read_json(raw)
    assert found == {read: [{"name": read}]}
    str(found).encode()


async def test_nor_does_it_come_in_under_the_cover_of_encryption() -> None:
    double = KeyDouble()
    keeper, anna = await somebody(double, "keeper"), await somebody(double, "anna")
    event = await anna.says("nothing: \x00", keeper)
    await keeper.sync()
    assert await keeper.reads(event) == "nothing: "


def test_nor_as_bytes_that_are_no_text() -> None:
    assert read_json('["\ud83d"]'.encode(errors="surrogatepass")) == ["?"]


def test_what_is_nested_too_deeply_is_refused_as_all_that_is_no_json() -> None:
    """So that it is one unreadable event, where it comes in encrypted."""
    for raw in (b"[" * 30_000, b'{"a":' * 30_000, b"[" * 30_000 + rb'"\u0000"', b"nothing"):
        with pytest.raises(ValueError, match=r"deep|Expecting"):
            read_json(raw)
