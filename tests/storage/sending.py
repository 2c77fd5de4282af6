"""An outbox to try things on: rows named by a letter, in rooms named by a word."""

from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from bot.core.refs import Community, Destination, Direct, Member, MessageRef, Room
from storage.communities import Communities
from storage.members import Members
from storage.outbox import Claimed, Deliveries, Fresh
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


class Sending:
    """The outbox of one account, as its worker uses it; each call is a transaction of its own."""

    def __init__(self, store: Store) -> None:
        """Use this store."""
        self.store = store

    def put(
        self,
        key: str,
        *,
        to: Destination = HALL,
        lane: int = 1,
        after: str | None = None,
        at: datetime = NOW,
        subject: str | None = None,
        community: str | None = None,
        account: str = "memory",
    ) -> None:
        """Want something sent."""

        def work(tx: Transaction) -> None:
            Deliveries(tx).put(
                Fresh(
                    key=key,
                    account=account,
                    to=to,
                    lane=lane,
                    kind="say",
                    recovery="readable",
                    body=f"body of {key}",
                    subject=subject,
                    community=community,
                    flow="hunts",
                    after=after,
                    not_before=at,
                    created_at=NOW,
                )
            )

        self.store.run(work)

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
        return self.store.run(lambda tx: Deliveries(tx).doubt_abandoned("memory", holder, at, wait))

    def end_stranded(self) -> None:
        """End what would wait for ever."""
        self.store.run(lambda tx: Deliveries(tx).end_stranded("memory", NOW))

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
