"""What the bot posted today, unasked, in each room, and what waits there for another day.

A row of the outbox that its room did not ask for says in `unasked` whether it `waits` where the
room had enough for the day, or only `counts`. What waits is in the last lane, with all that hangs
on it, so that it holds up nothing else of its room.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, literal_column, or_
from sqlmodel import col, func, select, update

from bot.core.refs import Room
from storage.outbox import BODY, Deliveries
from storage.outbox_lines import unfinished
from storage.outbox_rows import HANGING, KEY
from storage.tables import Outbox
from storage.transaction import Transaction

LAST = 2  # the lane of what waits for another day
_IS_UNASKED: ColumnElement[bool] = literal_column("outbox.unasked IS NOT NULL")
_OF_ROOM = (col(Outbox.destination) == bindparam("room"), _IS_UNASKED)
_STANDS = col(Outbox.state).in_(["sending", "doubt", "sent"])
_TODAY = col(Outbox.first_attempt_at) >= bindparam("midnight")
_COUNT = select(func.count(col(Outbox.seq)))
_POSTED = _COUNT.where(*_OF_ROOM, _TODAY, _STANDS, col(Outbox.key) != bindparam("besides"))
_MEANT = _COUNT.where(
    *_OF_ROOM, or_(_TODAY & _STANDS, (col(Outbox.state) == "pending") & (col(Outbox.lane) < LAST))
)
_PUT_BY = (col(Outbox.state) == "pending", col(Outbox.lane) == LAST)
_WAITS = (*_PUT_BY, _IS_UNASKED)
_BEHIND = update(Outbox).where(KEY, unfinished()).values(lane=LAST, not_before=bindparam("until"))
_ALSO = (
    update(Outbox)
    .where(
        col(Outbox.destination) == bindparam("room"),
        col(Outbox.lane) == LAST,
        col(Outbox.state) == "pending",
        col(Outbox.not_before) < bindparam("until"),
    )
    .values(not_before=bindparam("until"))
)
_PUT_OFF = (
    update(Outbox)
    .where(KEY)
    .values(
        state="pending",
        lane=LAST,
        not_before=bindparam("until"),
        holder=None,
        leased_until=None,
        attempts=0,  # whatever was refused, nothing of it stands
        first_attempt_at=None,
    )
)


@dataclass(slots=True)
class Waiting:
    """What waits in a room: how much of each flow, and until when."""

    flows: Counter[str]
    until: datetime


class RoomDays:
    """The outbox, as rooms see it."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def posted(self, room: str, midnight: datetime, besides: str = "") -> int:
        """Return how much stands, or may stand, in a room since midnight; one key left out.

        Args:
            room: its destination in the outbox.
            midnight: when the day began.
            besides: the key of what is about to be sent itself.
        """
        values = {"room": room, "midnight": midnight, "besides": besides}
        return int(self.tx.execute(_POSTED, values, of=Outbox).scalar_one())

    def meant(self, room: str, midnight: datetime) -> int:
        """Return the same with what is about to be sent."""
        values = {"room": room, "midnight": midnight}
        return int(self.tx.execute(_MEANT, values, of=Outbox).scalar_one())

    def put_off(self, key: str, room: str, until: datetime) -> None:
        """Let a post wait behind everything else of its room, with what hangs on it, and what was
        put off before.
        """
        self.tx.execute(_PUT_OFF, {"of_key": key, "until": until}, of=Outbox)
        self._behind(key, until)
        self.tx.execute(_ALSO, {"room": room, "until": until}, of=Outbox)

    def put_behind(self, key: str, until: datetime) -> None:
        """Let what hangs on something that waits, and what hangs on that, wait behind it."""
        self.tx.execute(_BEHIND, {"of_key": key, "until": until}, of=Outbox)
        self._behind(key, until)

    def _behind(self, key: str, until: datetime) -> None:
        for (hanging,) in self.tx.execute(HANGING, {"of_key": key}, of=Outbox).all():
            self.put_behind(hanging, until)

    def bring_forward(self, community: str, now: datetime) -> None:
        """Let everything of a community that waits be looked at again now."""
        waits = (col(Outbox.community_id) == community, *_PUT_BY)
        self.tx.session.exec(update(Outbox).where(*waits).values(not_before=now))

    def waiting(self, community: str) -> Mapping[str, Waiting]:
        """Return what waits in the rooms of a community, by destination."""
        query = select(Outbox.destination, Outbox.flow, Outbox.not_before).where(
            col(Outbox.community_id) == community, *_WAITS
        )
        found: dict[str, Waiting] = {}
        for room, flow, until in self.tx.session.exec(query.order_by(col(Outbox.seq))):
            there = found.setdefault(room, Waiting(Counter(), until))
            there.flows[flow] += 1
        return found

    def waits(self, key: str) -> bool:
        """Tell whether something waits for another day, so that nobody has read it."""
        return self.until(key) is not None

    def until(self, key: str) -> datetime | None:
        """Return until when something waits for another day; None for anything else."""
        return self.tx.session.exec(
            select(Outbox.not_before).where(Outbox.key == key, *_WAITS)
        ).first()

    def body(self, key: str) -> str | None:
        """Return what is to be posted, if it waits for another day."""
        query = select(Outbox.body, Outbox.subject_id).where(Outbox.key == key, *_WAITS)
        found = self.tx.session.exec(query).first()
        return self.tx.open(BODY, found[0], found[1]) if found else None

    def waiting_in(self, room: Room) -> Mapping[str, str]:
        """Return what is to be posted in a room on another day, and what hangs on that, by key."""
        here = Deliveries(self.tx).destination(room)
        query = select(Outbox.key, Outbox.body, Outbox.subject_id).where(
            Outbox.destination == here, *_PUT_BY
        )
        return {
            key: self.tx.open(BODY, body, subject)
            for key, body, subject in self.tx.session.exec(query)
        }

    def move(self, key: str, body: str, room: Room) -> None:
        """Let something that waits be posted in another room, in these words."""
        self.rewrite(key, body)
        there = Deliveries(self.tx).destination(room)
        self.tx.session.exec(update(Outbox).where(col(Outbox.key) == key).values(destination=there))

    def rewrite(self, key: str, body: str) -> None:
        """Let something else be posted in its place."""
        sealed = self.tx.seal(BODY, body, None)  # what is for a room is no one person's
        self.tx.session.exec(update(Outbox).where(col(Outbox.key) == key).values(body=sealed))
