"""The outbox's rows: what is still to be sent, what is in doubt, and what became of the rest.

States: pending → sending → sent | doubt | skipped | dead. What was refused for now goes back from
sending to pending; what is in doubt is claimed like the rest, as sending; what hangs on an action
that was not sent is skipped. Sent, skipped and dead are final.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlmodel import col, func, select

from bot.core.refs import Destination, Direct, Interaction, MessageRef, Room
from storage import outbox_rows as rows
from storage.outbox_lines import BEHIND, CLAIMABLE, NEXT_DUE, UNFINISHED, unfinished
from storage.tables import Outbox
from storage.transaction import Transaction

BODY = "outbox.body"
_MESSAGE = "outbox.message"
NOT_SENT = "what it hangs on was not sent"


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
    line: tuple[str, int, int]  # destination and lane, and its place there
    flow: str = ""
    alone: bool = False  # nothing else is in its line, nor ever will be
    unasked: str | None = None


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
    unasked: str | None = None
    expires_at: datetime | None = None


class Deliveries:
    """The outbox of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def destination(self, to: Destination | Interaction) -> str:
        """Return the keyed hash under which order is kept for a destination.

        What answers an interaction goes by itself, whatever else is on its way to its place.
        """
        match to:
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
            "destination": self.destination(fresh.answers or fresh.to),
            "lane": fresh.lane,
            "kind": fresh.kind,
            "recovery": fresh.recovery,
            "body": self.tx.seal(BODY, fresh.body, fresh.subject),
            "subject_id": fresh.subject,
            "community_id": fresh.community,
            "flow": fresh.flow,
            "gate": fresh.gate,
            "after": fresh.after,
            "unasked": fresh.unasked,
            "state": "pending",
            "holder": None,
            "leased_until": None,
            "attempts": 0,
            "first_attempt_at": None,
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
        values = {"account": account, "now": now, "most": limit}
        found = self.tx.execute(CLAIMABLE, values, of=Outbox).all()
        return self._take(found, holder, now, lease)

    def claim_answer(
        self, interaction: Interaction, holder: str, now: datetime, lease: timedelta
    ) -> Claimed | None:
        """Take an interaction's answer in the transaction that adds it; None if it has to wait.

        It is alone in its line, so nothing has to be looked for: it is written down as taken.
        """
        line = self.destination(interaction)
        added = [row for row in self.tx.added.get(Outbox, ()) if row["destination"] == line]
        if len(added) != 1:
            return None
        (row,) = added
        if row["after"] or row["gate"] or row["expires_at"] or row["not_before"] > now:
            return None
        until = now + lease
        row |= {
            "state": "sending",
            "holder": holder,
            "leased_until": until,
            "attempts": 1,
            "first_attempt_at": now,
        }
        return Claimed(
            key=row["key"],
            body=self.tx.open(BODY, row["body"], row["subject_id"]),
            subject=row["subject_id"],
            community=row["community_id"],
            gate=None,
            doubtful=False,
            attempts=1,
            first_attempt_at=None,
            leased_until=until,
            expires_at=None,
            on=None,
            line=(line, row["lane"], 0),
            alone=True,
        )

    def behind_in_line(
        self, head: Claimed, holder: str, now: datetime, lease: timedelta, most: int
    ) -> list[Claimed]:
        """Take what stands right behind a claimed row in its line, as far as it is plain.

        A row that waits, hangs on another, or has to be checked before it goes ends the run.
        """
        destination, lane, seq = head.line
        line = {"destination": destination, "lane": lane, "seq": seq, "most": most}
        run: list[Row[Any]] = []
        for row in self.tx.execute(BEHIND, line, of=Outbox):
            checked = row.gate or row.expires_at or row.unasked
            plain = row.after is None and not checked
            if row.state != "pending" or row.not_before > now or not plain:
                break
            run.append(row)
        return self._take(run, holder, now, lease)

    def _take(
        self, found: Sequence[Row[Any]], holder: str, now: datetime, lease: timedelta
    ) -> list[Claimed]:
        if not found:
            return []
        until = now + lease
        changes = [
            {
                "of_key": row.key,
                "by": holder,
                "until": until,
                "attempt": row.attempts + 1,
                "first": row.first_attempt_at or now,
            }
            for row in found
        ]
        self.tx.execute(rows.TAKE, changes, of=Outbox)
        return [
            Claimed(
                key=row.key,
                body=self.tx.open(BODY, row.body, row.subject_id),
                subject=row.subject_id,
                community=row.community_id,
                gate=row.gate,
                doubtful=row.state == "doubt",
                attempts=row.attempts + 1,
                first_attempt_at=(row.first_attempt_at or now) if row.attempts else None,
                leased_until=until,
                expires_at=row.expires_at,
                on=self.message(row.after) if row.after else None,
                line=(row.destination, row.lane, row.seq),
                flow=row.flow,
                unasked=row.unasked,
            )
            for row in found
        ]

    def next_due(self, account: str) -> datetime | None:
        """Return when the next row may go; one that waits for another one has no time itself."""
        lanes = self.tx.execute(NEXT_DUE, {"account": account}, of=Outbox).one()
        return min((moment for moment in lanes if moment is not None), default=None)

    def sent(self, key: str, holder: str, now: datetime, message: MessageRef | None) -> bool:
        """Note that an action stands; False when somebody else took it over meanwhile."""
        row = self.held(key, holder)
        if row is not None:
            self._stands(row, now, message)
        return row is not None

    def all_sent(
        self, stands: Iterable[tuple[Claimed, MessageRef | None]], holder: str, now: datetime
    ) -> None:
        """Note that these actions stand, but for those that somebody else took over meanwhile."""
        changes = [
            self._sent(row.key, row.subject if self._here(row.subject) else None, now, message)
            | {"by": holder, "while_in": "sending"}
            for row, message in stands
        ]
        if changes:
            self.tx.execute(rows.SENT_IF_HELD, changes, of=Outbox)

    def _here(self, subject: str | None) -> bool:
        return subject is not None and self.tx.person(subject) is not None

    def recognized(self, key: str, now: datetime, message: MessageRef | None) -> bool:
        """Note that an action was seen to stand whose result nobody knew; False for any other."""
        row = self._row(key)
        if row is None or row.state not in ("sending", "doubt"):
            return False
        self._stands(row, now, message)
        return True

    def _stands(self, row: Row[Any], now: datetime, message: MessageRef | None) -> None:
        values = self._sent(row.key, row.subject_id, now, message)
        self.tx.execute(rows.SENT, values, of=Outbox)

    def _sent(
        self, key: str, subject: str | None, now: datetime, message: MessageRef | None
    ) -> dict[str, Any]:
        ref = encode_ref(message) if message else None
        return {
            "of_key": key,
            "now": now,
            # What stands on the platform needs no second copy here.
            "emptied": self.tx.seal(BODY, "", subject),
            "ref": self.tx.seal(_MESSAGE, ref, subject) if ref else None,
            "digest": self._message_digest(message) if message else None,
        }

    def again(self, key: str, holder: str, not_before: datetime, *, doubt: bool) -> None:
        """Let an action wait: refused for now, or (`doubt`) of unknown result."""
        if self.held(key, holder) is not None:
            becomes = "doubt" if doubt else "pending"
            values = {"of_key": key, "becomes": becomes, "then": not_before}
            self.tx.execute(rows.AGAIN, values, of=Outbox)

    def give_up(
        self, key: str, now: datetime, state: str, reason: str, holder: str | None = None
    ) -> list[str]:
        """End an action as dead or skipped, and all that hang on it; return their keys.

        With a `holder`, only while that one still holds it: it may be another's by now.
        """
        ended: list[str] = []
        if holder is not None and self.held(key, holder) is None:
            return ended
        waiting = [key]
        while waiting:
            current = waiting.pop()
            row = self._row(current)
            if row is None or row.state not in UNFINISHED:
                continue
            emptied = self.tx.seal(BODY, "", row.subject_id)
            values = {"of_key": current, "becomes": state, "why": reason, "now": now}
            self.tx.execute(rows.END, {**values, "emptied": emptied}, of=Outbox)
            ended.append(current)
            hanging = self.tx.execute(rows.HANGING, {"of_key": current}, of=Outbox)
            waiting.extend(key for (key,) in hanging)
            reason, state = NOT_SENT, "skipped"
        return ended

    def message(self, key: str) -> MessageRef | None:
        """Return the message that an action made."""
        row = self.tx.execute(rows.MESSAGE_OF, {"of_key": key}, of=Outbox).first()
        if row is None or row.message is None:
            return None
        return decode_ref(self.tx.open(_MESSAGE, row.message, row.subject_id))

    def behind(self, message: MessageRef) -> str | None:
        """Return the key of the action that made a message."""
        digest = self._message_digest(message)
        key: str | None = self.tx.execute(
            rows.BEHIND_MESSAGE, {"digest": digest}, of=Outbox
        ).scalar()
        return key

    def whose(self, key: str) -> tuple[str, str] | None:
        """Return on whose behalf, and in which community, an action is; None where it is gone."""
        query = select(Outbox.subject_id, Outbox.community_id).where(Outbox.key == key)
        found = self.tx.session.exec(query).first()
        if found is None or found[0] is None or found[1] is None:
            return None
        return found[0], found[1]

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

    def held(self, key: str, holder: str) -> Row[Any] | None:
        """Return an action that this holder is sending: its key, state, holder and subject."""
        row = self._row(key)
        return row if row and row.holder == holder and row.state == "sending" else None

    def _row(self, key: str) -> Row[Any] | None:
        return self.tx.execute(rows.BY_KEY, {"of_key": key}, of=Outbox).first()

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
