"""An outbox to try things on: rows named by a letter, in rooms named by a word."""

from datetime import UTC, datetime, timedelta
from typing import TypedDict, Unpack

from sqlmodel import col, select

from bot.core.refs import (
    Community,
    Destination,
    Direct,
    Interaction,
    Member,
    MessageRef,
    Room,
)
from storage.communities import Communities
from storage.members import Members
from storage.outbox import Claimed, Deliveries, Fresh
from storage.outbox_upkeep import OutboxUpkeep
from storage.store import Store
from storage.tables import Outbox
from storage.transaction import Transaction

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
HALL = Room("memory", "hall")
ANA = Member("memory", "@ana")
TO_ANA = Direct(ANA)


def ref(id_: str) -> MessageRef:
    return MessageRef(HALL, id_)


class Wanted(TypedDict, total=False):
    """What may be said of an action, where it matters."""

    to: Destination
    lane: int
    after: str
    not_before: datetime
    subject: str
    community: str
    account: str


def fresh(key: str, answers: Interaction | None = None, **wanted: Unpack[Wanted]) -> Fresh:
    """Return what is wanted."""
    return Fresh(
        key=key,
        account=wanted.get("account", "memory"),
        to=wanted.get("to", HALL),
        answers=answers,
        lane=wanted.get("lane", 1),
        kind="say",
        recovery="readable",
        body=f"body of {key}",
        subject=wanted.get("subject"),
        community=wanted.get("community"),
        flow="hunts",
        after=wanted.get("after"),
        not_before=wanted.get("not_before", NOW),
        created_at=NOW,
    )


class Sending:
    """The outbox of one account, as its worker uses it; each call is a transaction of its own."""

    def __init__(self, store: Store) -> None:
        """Use this store."""
        self.store = store

    def put(self, key: str, **wanted: Unpack[Wanted]) -> None:
        """Want something sent."""
        self.store.run(lambda tx: Deliveries(tx).put(fresh(key, **wanted)))

    def answer(
        self, key: str, interaction: Interaction, **wanted: Unpack[Wanted]
    ) -> Claimed | None:
        """Want an interaction answered, and take the answer in the same transaction."""

        def work(tx: Transaction) -> Claimed | None:
            deliveries = Deliveries(tx)
            deliveries.put(fresh(key, interaction, **wanted))
            return deliveries.claim_answer(interaction, "one", NOW, LEASE)

        return self.store.run(work)

    def take(
        self, at: datetime = NOW, holder: str = "one", limit: int = 16, account: str = "memory"
    ) -> list[Claimed]:
        """Claim what may go now."""
        return self.store.run(lambda tx: Deliveries(tx).claim(account, holder, at, LEASE, limit))

    def keys(self, at: datetime = NOW, limit: int = 16) -> list[str]:
        """Claim what may go now; return the keys."""
        return [row.key for row in self.take(at, limit=limit)]

    def sent(
        self, key: str, message: MessageRef | None = None, at: datetime = NOW, holder: str = "one"
    ) -> bool:
        """Note that it stands."""
        return self.store.run(lambda tx: Deliveries(tx).sent(key, holder, at, message))

    def again(self, key: str, at: datetime, *, doubt: bool = False, holder: str = "one") -> None:
        """Let it wait."""
        self.store.run(lambda tx: Deliveries(tx).again(key, holder, at, doubt=doubt))

    def give_up(self, key: str, state: str = "dead", at: datetime = NOW) -> list[str]:
        """End it."""
        return self.store.run(lambda tx: Deliveries(tx).give_up(key, at, state, "the room is gone"))

    def abandoned(self, at: datetime, holder: str) -> int:
        """Put in doubt what others left behind."""
        wait = timedelta(seconds=30)
        return self.store.run(
            lambda tx: OutboxUpkeep(tx).doubt_abandoned("memory", holder, at, wait)
        )

    def end_stranded(self) -> None:
        """End what would wait for ever."""
        self.store.run(lambda tx: OutboxUpkeep(tx).end_stranded("memory", NOW))

    def states(self) -> dict[str, str]:
        """Return every row's state, in the order in which they were wanted."""
        query = select(Outbox.key, Outbox.state).order_by(col(Outbox.seq))
        return dict(self.store.run(lambda tx: tx.session.exec(query).all()))

    def meet(self) -> None:
        """Let Ana, and a community, be known."""

        def work(tx: Transaction) -> None:
            Members(tx).ensure(ANA, "ana")
            Communities(tx).add(Community("memory", "garden"), "Garden", "garden", "en", "UTC")

        self.store.run(work)
