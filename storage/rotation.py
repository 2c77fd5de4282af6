"""A new master key: everything that an earlier one sealed is sealed anew, while the bot works.

The key file holds the new key before the earlier ones. Whoever works on the store takes it up from
there (`KeyWatch`), writes with the new key from then on, and still opens what the others sealed.
Members' data keys are wrapped anew, and so is what is sealed for nobody in particular; what members
wrote stays as it is, since their own keys do not change. Nor do digests: the key that makes them is
kept in the store, wrapped.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import LargeBinary, Row, Table, select, tuple_, update

from storage.crypto import KeyFile, Vault
from storage.facts import KEY_ID, LOOKUP, get_meta, set_meta
from storage.registry import METADATA
from storage.store import Store
from storage.transaction import Transaction

log = structlog.get_logger(__name__)

_AT_ONCE = 200  # rows in a transaction
LOOK_EVERY = 2.0  # seconds
_SUBJECT, _DATA_KEY = "subject", "data_key"

Position = tuple[Any, ...] | None


class KeyWatch:
    """Takes a new key up while the bot runs, and seals anew what is still under an earlier one."""

    def __init__(self, store: Store, key_file: KeyFile, pause: float = LOOK_EVERY) -> None:
        """Look every so many seconds."""
        self.store = store
        self.key_file = key_file
        self.pause = pause
        self._seen: int | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self.once()
            except Exception as error:
                # A key file that is gone or broken: what is open goes on with the keys at hand.
                log.error("the new key was not taken up", error=type(error).__name__)
            await asyncio.sleep(self.pause)

    async def once(self) -> bool:
        """Take up what the file holds; tell whether something was sealed anew."""
        changed = await asyncio.to_thread(lambda: self.key_file.path.stat().st_mtime_ns)
        if changed == self._seen:
            return False
        loaded = await asyncio.to_thread(self.key_file.load)
        take_up(self.store, loaded)
        if len(self.store.vault.key_ids) > 1:
            # Who shares the database takes it up as well before the last look.
            if self.store.shared:
                await asyncio.sleep(2 * self.pause)
            await seal_anew(self.store)
        self._seen = changed
        return len(self.store.vault.key_ids) > 1


def take_up(store: Store, loaded: Vault) -> None:
    """Let a store seal with the key that the file holds now."""
    if store.vault.key_id in loaded.key_ids and loaded.key_id != store.vault.key_id:
        first = loaded.of_store(store.vault.key_id, None)
        store.vault = Vault(loaded.master, loaded.retired, store.vault.lookup or first.lookup)


async def seal_anew(store: Store) -> int:
    """Seal with the current key whatever an earlier one sealed; return how many values that were.

    Done again after a crash, it goes on: what is sealed with the current key is passed over.
    """
    if await store.transact(lambda tx: get_meta(tx, KEY_ID), urgent=False) == store.vault.key_id:
        return 0
    count = 0
    while changed := await _pass(store):
        count += changed
    await store.transact(_note, urgent=False)
    log.info("all is sealed with the new key", key=store.vault.key_id, values=count)
    return count


def _note(tx: Transaction) -> None:
    set_meta(tx, LOOKUP, tx.vault.wrapped_lookup())
    set_meta(tx, KEY_ID, tx.vault.key_id)


async def _pass(store: Store) -> int:
    """Go through all tables once."""
    count = 0
    for table in METADATA.sorted_tables:
        sealed = [c.name for c in table.columns if isinstance(c.type, LargeBinary)]
        after: Position = None
        while sealed:
            work = _some(table, sealed, after)
            changed, after = await store.transact(work, urgent=False)
            count += changed
            if after is None:
                break
            await asyncio.sleep(0)
    return count


def _some(
    table: Table, sealed: list[str], after: Position
) -> Callable[[Transaction], tuple[int, Position]]:
    """Return what seals some rows anew, and says behind which to go on."""
    keys = list(table.primary_key.columns)

    def work(tx: Transaction) -> tuple[int, Position]:
        query = select(table).order_by(*keys).limit(_AT_ONCE)
        if after is not None:
            query = query.where(tuple_(*keys) > after)
        connection, changed = tx.session.connection(), 0
        found = connection.execute(query).all()
        for row in found:
            values = _anew(tx.vault, table, sealed, row)
            if values:
                this = [key == row._mapping[key.name] for key in keys]
                connection.execute(update(table).where(*this).values(values))
                changed += len(values)
        if len(found) < _AT_ONCE:
            return changed, None
        return changed, tuple(found[-1]._mapping[key.name] for key in keys)

    return work


def _anew(vault: Vault, table: Table, sealed: list[str], row: Row[Any]) -> dict[str, bytes]:
    """Return what is sealed with an earlier key, sealed with the current one."""
    found: dict[str, bytes] = {}
    for name in sealed:
        value = row._mapping[name]
        if not value:
            continue
        if (table.name, name) == (_SUBJECT, _DATA_KEY):
            anew = vault.rewrap(row._mapping["id"], value)
        else:
            anew = vault.reseal(_place(table.name, name, row), value)
        if anew is not None:
            found[name] = anew
    return found


def _place(table: str, column: str, row: Row[Any]) -> str:
    """Return the place for which something of nobody's is sealed: its table and column."""
    if table == "fact":
        return f"fact.{row._mapping['kind']}:"
    return f"{table}.{column}:"
