"""The outbox's rows: what is still to be sent, what is in doubt, and what became of the rest.

States: pending → sending → sent | doubt | skipped | dead. What was refused for now goes back from
sending to pending; what is in doubt is claimed like the rest, as sending; what hangs on an action
that was not sent is skipped. Sent, skipped and dead are final.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, literal, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, delete, func, select, update

from bot.core.refs import Destination, Direct, Interaction, MessageRef, Room
from storage.outbox_lines import (
    BEHIND,
    BY_KEY,
    CLAIMABLE,
    NEXT_DUE,
    UNFINISHED,
    WAITING,
    unfinished,
)
from storage.store import Transaction
from storage.tables import Outbox

_BODY = "outbox.body"
_MESSAGE = "outbox.message"
KEPT = timedelta(days=30)  # for so long an answer waits for its member
_NOT_SENT = "what it hangs on was not sent"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that this process may send now."""

    key: str
    body: str
    subject: str | None
    community: str | None
    gate: str | None
    doubtful: bool
    attempts: int
    first_attempt_at: datetime | None
    leased_until: datetime
    expires_at: datetime | None
    on: MessageRef | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An action that is to be sent; `body` is sealed for the person it is for (`subject`)."""

    key: str
    account: str
    to: Destination
    answers: Interaction | None = None
    lane: int
    kind: str
    recovery: str
    body: str
    flow: str
    not_before: datetime
    created_at: datetime
    subject: str | None = None
    community: str | None = None
    gate: str | None = None
    after: str | None = None
    expires_at: datetime | None = None


class Deliveries:
    """The outbox of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def destination(self, to: Destination, answers: Interaction | None = None) -> str:
        """Return the keyed hash under which order is kept for a destination.

        What answers an interaction goes by itself, whatever else is on its way to its place.
        """
        match answers or to:
            case Interaction(id_):
                text = f"interaction\0{id_}"
            case Direct(member):
                text = f"direct\0{member.platform}\0{member.id}"
            case Room(platform, id_, _):
                text = f"room\0{platform}\0{id_}"
        return self.tx.vault.digest("destination", text)

    def put(self, fresh: Fresh) -> None:
        """Add an action."""
        values = {
            "key": fresh.key,
            "account": fresh.account,
            "destination": self.destination(fresh.to, fresh.answers),
            "lane": fresh.lane,
            "kind": fresh.kind,
            "recovery": fresh.recovery,
            "body": self.tx.seal(_BODY, fresh.body, fresh.subject),
            "subject_id": fresh.subject,
            "community_id": fresh.community,
            "flow": fresh.flow,
            "gate": fresh.gate,
            "after": fresh.after,
            "state": "pending",
            "not_before": fresh.not_before,
            "expires_at": fresh.expires_at,
            "created_at": fresh.created_at,
        }
        self.tx.add(Outbox, values)

    def claim(
        self, account: str, holder: str, now: datetime, lease: timedelta, limit: int
    ) -> list[Claimed]:
        """Take the next rows to send: at most one per (destination, lane), its oldest.

        Earlier lanes come first, and in a lane what has been due longest. A row waits for the one
        that it names in `after`; `holder` has them until the lease ends.
        """
        found = self.tx.session.scalars(CLAIMABLE, {"account": account, "now": now, "most": limit})
        return [self._take(row, holder, now, lease) for row in found]

    def _take(self, row: Outbox, holder: str, now: datetime, lease: timedelta) -> Claimed:
        doubtful = row.state == "doubt"
        row.state, row.holder, row.leased_until = "sending", holder, now + lease
        row.attempts += 1
        row.first_attempt_at = row.first_attempt_at or now
        self.tx.session.add(row)
        return Claimed(
            key=row.key,
            body=self.tx.open(_BODY, row.body, row.subject_id),
            subject=row.subject_id,
            community=row.community_id,
            gate=row.gate,
            doubtful=doubtful,
            attempts=row.attempts,
            first_attempt_at=row.first_attempt_at if row.attempts > 1 else None,
            leased_until=row.leased_until,
            expires_at=row.expires_at,
            on=self.message(row.after) if row.after else None,
        )

    def behind_in_line(
        self, key: str, holder: str, now: datetime, lease: timedelta, most: int
    ) -> list[Claimed]:
        """Take what stands right behind a claimed row in its line, as far as it is plain.

        A row that waits, hangs on another, or has to be checked before it goes ends the run.
        """
        head = self._row(key)
        if head is None:
            return []
        line = {"destination": head.destination, "lane": head.lane, "seq": head.seq, "most": most}
        run: list[Claimed] = []
        for row in self.tx.session.scalars(BEHIND, line):
            plain = row.after is None and row.gate is None and row.expires_at is None
            if row.state != "pending" or row.not_before > now or not plain:
                break
            run.append(self._take(row, holder, now, lease))
        return run

    def next_due(self, account: str) -> datetime | None:
        """Return when the next row may go; one that waits for another one has no time itself."""
        lanes = self.tx.session.execute(NEXT_DUE, {"account": account}).one()
        return min((moment for moment in lanes if moment is not None), default=None)

    def sent(self, key: str, holder: str, now: datetime, message: MessageRef | None) -> bool:
        """Note that an action stands; False when somebody else took it over meanwhile."""
        row = self._held(key, holder)
        if row is None:
            return False
        row.state, row.finished_at = "sent", now
        if message is not None:
            row.message = self.tx.seal(_MESSAGE, encode_ref(message), row.subject_id)
            row.message_digest = self._message_digest(message)
        # What stands on the platform needs no second copy here.
        row.body = self.tx.seal(_BODY, "", row.subject_id)
        self.tx.session.add(row)
        return True

    def recognized(self, key: str, now: datetime, message: MessageRef | None) -> bool:
        """Note that an action was seen to stand whose result nobody knew; False for any other."""
        row = self._row(key)
        if row is None or row.state not in ("sending", "doubt"):
            return False
        row.state, row.holder = "sending", row.holder or ""
        return self.sent(key, row.holder, now, message)

    def again(self, key: str, holder: str, not_before: datetime, *, doubt: bool) -> None:
        """Let an action wait: refused for now, or (`doubt`) of unknown result."""
        row = self._held(key, holder)
        if row is not None:
            row.state = "doubt" if doubt else "pending"
            row.not_before = not_before
            row.holder = row.leased_until = None
            self.tx.session.add(row)

    def keep(self, key: str, holder: str, until: datetime, reason: str) -> None:
        """Keep an answer that came too late for its interaction, for the member's next one."""
        row = self._held(key, holder)
        if row is not None:
            row.state, row.reason = "pending", reason
            row.not_before = row.expires_at = until
            row.holder = row.leased_until = None
            self.tx.session.add(row)

    def kept(self, account: str, subject: str) -> list[tuple[str, str]]:
        """Return key and body of a member's answers that wait for their next interaction."""
        query = select(Outbox).where(
            Outbox.account == account,
            Outbox.subject_id == subject,
            Outbox.state == "pending",
            col(Outbox.reason).is_not(None),
        )
        return [
            (row.key, self.tx.open(_BODY, row.body, subject))
            for row in self.tx.session.exec(query.order_by(col(Outbox.seq)))
        ]

    def readdress(self, key: str, body: str, to: str, now: datetime) -> None:
        """Let a kept answer go now, to another destination."""
        row = self._row(key)
        if row is not None:
            row.body = self.tx.seal(_BODY, body, row.subject_id)
            row.destination, row.not_before, row.created_at = to, now, now
            row.expires_at = row.reason = row.first_attempt_at = None
            row.attempts = 0
            self.tx.session.add(row)
            self.tx.session.flush()

    def give_up(
        self, key: str, now: datetime, state: str, reason: str, holder: str | None = None
    ) -> list[str]:
        """End an action as dead or skipped, and all that hang on it; return their keys.

        With a `holder`, only while that one still holds it: it may be another's by now.
        """
        ended: list[str] = []
        if holder is not None and self._held(key, holder) is None:
            return ended
        waiting = [key]
        while waiting:
            current = waiting.pop()
            row = self._row(current)
            if row is None or row.state not in UNFINISHED:
                continue
            row.state, row.reason, row.finished_at = state, reason, now
            row.body = self.tx.seal(_BODY, "", row.subject_id)
            self.tx.session.add(row)
            self.tx.session.flush()
            ended.append(current)
            waiting.extend(self.tx.session.exec(select(Outbox.key).where(Outbox.after == current)))
            reason, state = _NOT_SENT, "skipped"
        return ended

    def doubt_abandoned(self, account: str, holder: str, now: datetime, wait: timedelta) -> int:
        """Put in doubt what another run, or an ended lease, left in the middle of sending."""
        result = self.tx.session.exec(
            update(Outbox)
            .where(
                col(Outbox.account) == account,
                unfinished(),
                col(Outbox.state) == "sending",
                or_(
                    and_(
                        col(Outbox.holder) != holder,
                        literal(self.tx.session.get_bind().dialect.name == "sqlite"),
                    ),
                    col(Outbox.leased_until) < now,
                ),
            )
            .values(state="doubt", not_before=now + wait, holder=None, leased_until=None)
        )
        return result.rowcount

    def message(self, key: str) -> MessageRef | None:
        """Return the message that an action made."""
        row = self._row(key)
        if row is None or row.message is None:
            return None
        return decode_ref(self.tx.open(_MESSAGE, row.message, row.subject_id))

    def behind(self, message: MessageRef) -> str | None:
        """Return the key of the action that made a message."""
        query = select(Outbox.key).where(Outbox.message_digest == self._message_digest(message))
        return self.tx.session.exec(query).first()

    def state(self, key: str) -> str | None:
        """Return an action's state."""
        row = self._row(key)
        return row.state if row else None

    def dead(self, community: str, since: datetime) -> list[tuple[str, str, datetime]]:
        """Return flow, reason and time of the public actions that could not be delivered."""
        query = (
            select(Outbox.flow, Outbox.reason, Outbox.finished_at)
            .where(
                Outbox.community_id == community,
                col(Outbox.subject_id).is_(None),
                Outbox.state == "dead",
                col(Outbox.finished_at) >= since,
            )
            .order_by(col(Outbox.seq))
        )
        return [
            (flow, reason or "", at or since) for flow, reason, at in self.tx.session.exec(query)
        ]

    def waiting(self, account: str) -> int:
        """Return how many actions are not finished."""
        query = select(func.count(col(Outbox.seq))).where(Outbox.account == account, unfinished())
        return self.tx.session.exec(query).one()

    def prune(self, before: datetime) -> None:
        """Drop rows of one person that were finished long ago, farewells to the erased included."""
        personal = or_(col(Outbox.subject_id).is_not(None), col(Outbox.flow) == "privacy")
        self.tx.session.exec(delete(Outbox).where(col(Outbox.finished_at) < before, personal))

    def end_stranded(self, account: str, now: datetime) -> None:
        """End what hangs on an action that was dead before, pruned or erased."""
        base = aliased(Outbox)
        query = select(Outbox.key).where(
            Outbox.account == account,
            col(Outbox.state).in_(WAITING),
            col(Outbox.after).is_not(None),
            ~exists().where(
                col(base.key) == col(Outbox.after), col(base.state).in_((*UNFINISHED, "sent"))
            ),
        )
        for key in self.tx.session.exec(query).all():
            self.give_up(key, now, "skipped", _NOT_SENT)

    def _row(self, key: str) -> Outbox | None:
        return self.tx.session.scalar(BY_KEY, {"key": key})

    def _held(self, key: str, holder: str) -> Outbox | None:
        row = self._row(key)
        return row if row and row.holder == holder and row.state == "sending" else None

    def _message_digest(self, message: MessageRef) -> str:
        return self.tx.vault.digest(
            "message", f"{message.room.platform}\0{message.room.id}\0{message.id}"
        )


def encode_ref(ref: MessageRef) -> str:
    """Write a reference down."""
    return json.dumps([ref.room.platform, ref.room.id, ref.room.thread, ref.id])


def decode_ref(text: str) -> MessageRef:
    """Read a reference back."""
    parts: Sequence[str] = json.loads(text)
    platform, room, thread, message = parts
    return MessageRef(Room(platform, room, thread), message)
