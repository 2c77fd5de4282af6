"""What is remembered for adapters, which events were handled, and who holds what."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from itertools import chain

from sqlalchemy import Executable, bindparam
from sqlmodel import col, delete, select

from storage.tables import Fact, Inbox, Lease, Meta
from storage.transaction import Transaction

_AT_ONCE = 500  # keys in one question
KEY_ID, LOOKUP = "key id", "lookup key"  # facts about the store: what it is sealed with


@cache
def _take_in(dialect: str) -> Executable:
    """Build the statement once, since that costs more than to run it.

    A dialect takes two megabytes, so only that of the database at hand is loaded.
    """
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(Inbox).on_conflict_do_nothing().returning(col(Inbox.digest))


_HANDLED = select(Inbox.digest).where(
    col(Inbox.account) == bindparam("account"),
    col(Inbox.digest).in_(bindparam("digests", expanding=True)),
)


class Facts:
    """Adapters' memory, by account and kind."""

    def __init__(self, tx: Transaction, account: str) -> None:
        """Work in this transaction for one account."""
        self.tx = tx
        self.account = account

    def recall(self, kind: str, keys: Collection[str] | None = None) -> dict[str, str]:
        """Return everything of a kind, or what there is under these keys."""
        query = select(Fact).where(Fact.account == self.account, Fact.kind == kind)
        rows: Iterable[Fact] = ()
        if keys is None:
            rows = self.tx.session.exec(query)
        else:
            digests = [self._digest(kind, key) for key in keys]
            parts = [digests[at : at + _AT_ONCE] for at in range(0, len(digests), _AT_ONCE)]
            rows = chain.from_iterable(
                self.tx.session.exec(query.where(col(Fact.digest).in_(part))) for part in parts
            )
        return dict(json.loads(self.tx.open(f"fact.{kind}", row.sealed)) for row in rows)

    def remember(self, kind: str, values: Mapping[str, str | None]) -> None:
        """Keep or (None) forget values by key."""
        for key, value in values.items():
            digest = self._digest(kind, key)
            row = self.tx.session.get(Fact, (self.account, kind, digest))
            if value is None:
                if row is not None:
                    self.tx.session.delete(row)
                continue
            sealed = self.tx.seal(f"fact.{kind}", json.dumps([key, value]))
            if row is None:
                row = Fact(account=self.account, kind=kind, digest=digest, sealed=sealed)
            else:
                row.sealed = sealed
            self.tx.session.add(row)

    def take_in(self, event_id: str, now: datetime) -> bool:
        """Note an event as handled; False when it was before."""
        digest = self._event(event_id)
        row = {"account": self.account, "digest": digest, "received_at": now}
        known, key = self.tx.known, (Inbox, self.account, digest)
        if key in known:
            fresh = not known[key]
            known[key] = True
            if fresh:
                self.tx.add(Inbox, row)
            return fresh
        connection = self.tx.session.connection()
        return connection.execute(_take_in(connection.dialect.name), row).first() is not None

    def fetch(self, event_ids: Collection[str]) -> None:
        """Find out at once which of these events were handled, for a transaction of many."""
        digests = [self._event(each) for each in event_ids]
        values = {"account": self.account, "digests": digests}
        there = set(self.tx.session.scalars(_HANDLED, values))
        known = {(Inbox, self.account, digest): digest in there for digest in digests}
        self.tx.known.update(known)

    def _digest(self, kind: str, key: str) -> str:
        return self.tx.vault.digest(f"fact.{kind}", key)

    def _event(self, event_id: str) -> str:
        return self.tx.vault.digest("event", event_id)


def forget_events(tx: Transaction, before: datetime) -> None:
    """Drop notes of events that were handled long ago."""
    tx.session.exec(delete(Inbox).where(col(Inbox.received_at) < before))


def get_meta(tx: Transaction, name: str) -> str | None:
    """Return a fact about the store itself."""
    row = tx.session.get(Meta, name)
    return row.value if row else None


def set_meta(tx: Transaction, name: str, value: str) -> None:
    """Keep a fact about the store itself."""
    row = tx.session.get(Meta, name) or Meta(name=name, value=value)
    row.value = value
    tx.session.add(row)


def take_lease(
    tx: Transaction, name: str, holder: str, now: datetime, length: timedelta
) -> datetime | None:
    """Take or extend a lease; return until when, or None while another holds it."""
    row = tx.session.get(Lease, name, with_for_update=True)
    if row is not None and row.holder != holder and row.until > now:
        return None
    until = now + length
    if row is None:
        row = Lease(name=name, holder=holder, until=until)
    row.holder, row.until = holder, until
    tx.session.add(row)
    return until


def release_lease(tx: Transaction, name: str, holder: str) -> None:
    """Let go of a lease, if it is held by this one."""
    row = tx.session.get(Lease, name, with_for_update=True)
    if row is not None and row.holder == holder:
        tx.session.delete(row)
