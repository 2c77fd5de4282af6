"""Files in encrypted rooms: what is uploaded says nothing, and what was changed is not opened."""

from typing import Any

import pytest

from bot.adapters.matrix.attachments import Broken, seal, unseal

HELD = "J’ai attendu dix secondes.\n".encode() * 300


def test_a_sealed_file_opens_and_shows_nothing_of_itself() -> None:
    sealed, about = seal(HELD)
    assert len(sealed) == len(HELD)
    assert b"secondes" not in sealed
    assert about["v"] == "v2"
    assert not any(text.endswith("=") for text in (about["iv"], about["key"]["k"]))
    assert unseal(sealed, about) == HELD
    assert seal(HELD)[0] != sealed  # each has a key of its own


@pytest.mark.parametrize(
    "change",
    [
        {"hashes": {"sha256": "AAAA"}},
        {"hashes": {}},
        {"key": {"k": "short"}},
        {"key": None},
        {"iv": 7},
        {"iv": "AA"},
    ],
)
def test_what_is_not_as_it_says_is_not_opened(change: dict[str, Any]) -> None:
    sealed, about = seal(HELD)
    with pytest.raises(Broken):
        unseal(sealed, {**about, **change})


def test_a_file_that_was_changed_on_its_way_is_not_opened() -> None:
    sealed, about = seal(HELD)
    with pytest.raises(Broken):
        unseal(sealed[:-1] + b"x", about)
