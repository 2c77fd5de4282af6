"""A new master key: all is sealed anew while the bot works, whenever it is interrupted."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import LargeBinary, select

from bot.core.errors import Misconfigured, MissingKey
from bot.core.refs import Member
from storage.crypto import KeyFile, Vault
from storage.facts import KEY_ID, LOOKUP, Facts, get_meta
from storage.members import Members
from storage.opening import open_store
from storage.registry import METADATA
from storage.rotation import KeyWatch, seal_anew, take_up
from storage.store import Store
from storage.transaction import Transaction
from tests.support.circle import opened, welcomed
from tests.support.memory_circle import MemoryCircle

PERSON = Member("memory", "ana")


@pytest_asyncio.fixture
async def circle() -> AsyncIterator[MemoryCircle]:
    """A community in which something of each kind is sealed."""
    made = MemoryCircle(buttons=True)
    await made.begin()
    await opened(made)
    for name in ("ana", "tom"):
        await welcomed(made, name)
    await made.says("ana", "/reflect now")
    await made.says("ana", "A first thought")
    await made.says("ana", "/word add unlearning letting go of what one knew")
    await made.says("mira", "/keeper prompt add What helped you this week?")
    await made.stage.app.hosts[0].remember("probe", {"token": "s123"})
    yield made
    made.stage.close()


def sealed_with(store: Store, master: bytes) -> int:
    """Return how many values a master key alone opens, of those that are not under a member's."""
    alone = Vault(master)

    def look(tx: Transaction) -> int:
        count = 0
        for table in METADATA.sorted_tables:
            names = [c.name for c in table.columns if isinstance(c.type, LargeBinary)]
            for row in tx.session.connection().execute(select(table)).mappings() if names else ():
                for name in names:
                    place = (
                        f"fact.{row['kind']}:" if table.name == "fact" else f"{table.name}.{name}:"
                    )
                    try:
                        if (table.name, name) == ("subject", "data_key"):
                            alone.unwrap(row["id"], row[name])
                        else:
                            alone.open(place, row[name] or b"")
                        count += 1
                    except Misconfigured:
                        pass
        return count

    return store.run(look)


async def test_all_is_sealed_anew_while_people_talk(circle: MemoryCircle) -> None:
    store, key_file = circle.stage.opened.store, circle.stage.opened.key_file
    before = key_file.load()
    count = sealed_with(store, before.master)
    assert count > 10
    vault = key_file.rotate()
    watch = KeyWatch(store, key_file, pause=0.01)
    working = asyncio.ensure_future(watch.once())
    for number in range(10):
        await circle.says("tom", f"/reflect now Thought {number}")
    assert await working
    assert not await watch.once()  # there is no more to do
    assert sealed_with(store, before.master) == 0
    assert sealed_with(store, vault.master) >= count
    # Without the old key everybody is found again, and reads their own.
    key_file.drop_retired()
    circle.stage.restart()
    store = circle.stage.opened.store
    assert store.vault.key_ids == (vault.key_id,)
    assert store.run(lambda tx: Members(tx).find(PERSON)) is not None
    await circle.says("ana", "/reflect look-back")
    await circle.hears("ana", "A first thought")
    assert store.run(lambda tx: Facts(tx, "memory:circlekeeper").recall("probe", ["token"])) == {
        "token": "s123"
    }
    await circle.joins("ana")  # known, and not welcomed twice
    assert store.run(lambda tx: get_meta(tx, KEY_ID)) == vault.key_id


async def test_interrupted_it_goes_on_at_the_next_start(circle: MemoryCircle) -> None:
    store, key_file = circle.stage.opened.store, circle.stage.opened.key_file
    old = key_file.load()
    vault = key_file.rotate()
    take_up(store, key_file.load())
    await circle.says("tom", "/reflect now Under the new key")
    # Killed here: some of it is under the new key, and the store records the old one.
    circle.stage.restart()
    store = circle.stage.opened.store
    assert store.run(lambda tx: get_meta(tx, KEY_ID)) == old.key_id
    await circle.says("ana", "/reflect look-back")
    await circle.hears("ana", "A first thought")
    assert await KeyWatch(store, key_file, pause=0.01).once()
    assert sealed_with(store, old.master) == 0
    assert store.run(lambda tx: get_meta(tx, KEY_ID)) == vault.key_id
    second = key_file.rotate()
    assert await KeyWatch(store, key_file, pause=0.01).once()
    assert sealed_with(store, vault.master) == 0
    key_file.drop_retired()
    circle.stage.restart()
    store = circle.stage.opened.store
    assert store.vault.key_id == second.key_id
    assert store.run(lambda tx: Members(tx).find(PERSON)) is not None


async def test_on_either_database(store: Store, key_file: KeyFile, vault: Vault) -> None:
    key_file.path.write_bytes(base64.b64encode(vault.master))
    store.run(lambda tx: Members(tx).ensure(PERSON, "s1"))
    store.run(lambda tx: Facts(tx, "bot").remember("kind", {"a": "1"}))
    new = key_file.rotate()
    take_up(store, key_file.load())
    assert await seal_anew(store) == 2
    assert await seal_anew(store) == 0
    assert sealed_with(store, vault.master) == 0
    wrapped = store.run(lambda tx: get_meta(tx, LOOKUP))
    alone = Vault(new.master).of_store(new.key_id, wrapped)
    assert alone.digest("member", "x") == vault.digest("member", "x")
    store.vault = alone
    assert store.run(lambda tx: Members(tx).find(PERSON)) == "s1"


async def test_without_the_old_key_an_unfinished_rotation_is_refused(
    circle: MemoryCircle, tmp_path: Path
) -> None:
    key_file = circle.stage.opened.key_file
    old = key_file.load()
    key_file.rotate()
    key_file.drop_retired()
    url = str(circle.stage.opened.store.engine.url)
    circle.stage.opened.close()
    with pytest.raises(MissingKey, match=f"sealed with key {old.key_id}"):
        open_store(url, key_file.path)


def test_a_key_file_with_a_broken_second_line(key_file: KeyFile) -> None:
    key_file.create()
    with key_file.path.open("ab") as file:
        file.write(b"half a k\n")
    with pytest.raises(Misconfigured, match="does not hold a key"):
        key_file.load()
