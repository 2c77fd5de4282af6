"""One's own receipts, to keep as text or as a file; nobody else is handed one."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.core.refs import Direct
from bot.rehearsal.stage import Stage
from tests.features.charter.deciding import ACK
from tests.rehearsal.community import arrived, opened, welcomed


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an opened community with one member."""
    stage = await arrived()
    await opened(stage)
    await welcomed(stage, "ana")
    yield stage
    stage.close()


@pytest.mark.parametrize(
    ("language", "file", "name", "title"),
    [
        ("", "As a file to keep", "my-receipt.txt", "Come freely"),
        ("Français", "En fichier à garder", "mon-recu.txt", "Venir librement"),
    ],
)
async def test_a_receipt_is_a_file_of_ones_own(
    stage: Stage, language: str, file: str, name: str, title: str
) -> None:
    await stage.says("ana", "charter read")
    await stage.clicks("ana", ACK)
    if language:
        for words in ("my settings", "language", language):
            await stage.says("ana", words)
    await stage.says("ana", "charter history")
    stage.restart()
    await stage.clicks("ana", file)
    given = stage.last("ana").file
    assert given is not None
    assert given.name == name
    days = {line.split("\t")[0] for line in given.text.splitlines()}
    assert days == {f"{stage.clock.now():%Y-%m-%d}"}
    assert [line.split("\t")[1:] for line in given.text.splitlines()][1] == [
        title,
        "come-freely",
        "1",
    ]
    with_file = [each for each in stage.chat.lines if each.file is not None]
    assert [isinstance(each.place, Direct) for each in with_file] == [True]


async def test_a_receipt_is_a_text_to_keep(stage: Stage) -> None:
    await stage.says("ana", "charter history")
    assert "As a file to keep" not in stage.last("ana").choices
    await stage.says("ana", "charter read")
    await stage.clicks("ana", ACK)
    await stage.says("ana", "charter history")
    await stage.clicks("ana", "As text to keep")
    assert "Come freely\tcome-freely\t1" in stage.last("ana").text
    assert stage.last("ana").file is None
