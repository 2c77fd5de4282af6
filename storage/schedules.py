"""What comes due: once, or again and again."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col, func, select

from bot.core.turn import Plan
from storage.members import Members
from storage.store import Transaction
from storage.tables import Community, Schedule

_PAYLOAD = "schedule.payload"


# Of these platforms. A scalar subquery is asked row by row, in the order of what is due; anything
# else PostgreSQL may take for a join, and then it sorts all schedules to find the first few.
# The statements are built once: to build them anew costs more than to run them.
_SPOKEN = (
    select(Community.platform)
    .where(col(Community.id) == col(Schedule.community_id))
    .scalar_subquery()
    .in_(bindparam("platforms", expanding=True))
)
_EARLIEST = (
    select(Schedule.next_due)
    .where(col(Schedule.next_due).is_not(None), _SPOKEN)
    .order_by(col(Schedule.next_due))
    .limit(1)
)
_DUE = (
    select(Schedule)
    .where(col(Schedule.next_due) <= bindparam("now"), _SPOKEN)
    .order_by(col(Schedule.next_due), col(Schedule.id))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=Schedule)
)


class Schedules:
    """The schedules of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def save(self, plan: Plan) -> None:
        """Add a schedule, or change it by its id."""
        row = self.tx.session.get(Schedule, plan.id)
        values: dict[str, Any] = {
            "kind": plan.kind,
            "community_id": plan.community,
            "subject_id": plan.subject,
            "rule": dict(plan.rule) if plan.rule is not None else None,
            "zone": plan.zone,
            "next_due": plan.next_due,
            "policy": plan.policy,
            "lateness": plan.lateness,
            "advanced_at": None,
            "payload": self.tx.seal(_PAYLOAD, json.dumps(dict(plan.payload)), plan.subject)
            if plan.payload is not None
            else None,
        }
        if row is None:
            row = Schedule(id=plan.id, **values)
        else:
            for name, value in values.items():
                setattr(row, name, value)
            row.revision += 1
        self.tx.session.add(row)
        self.tx.session.flush()

    def get(self, id_: str, *, sealed: bool = False) -> Plan | None:
        """Return a schedule; `sealed`: without its payload, for who needs its times alone."""
        row = self.tx.session.get(Schedule, id_)
        return self._planned(row, sealed=sealed) if row else None

    def of(self, community: str, kind: str | None = None, subject: str | None = None) -> list[Plan]:
        """Return a community's schedules of a kind, a member's where one is named, by what is
        next.
        """
        query = select(Schedule).where(
            Schedule.community_id == community, Schedule.subject_id == subject
        )
        if kind is not None:
            query = query.where(Schedule.kind == kind)
        # SQLite would show what never comes due first, PostgreSQL last.
        query = query.order_by(col(Schedule.next_due).nulls_last(), Schedule.id)
        return [self._planned(row) for row in self.tx.session.exec(query)]

    def of_all(self, community: str) -> list[Plan]:
        """Return all of a community's schedules, its members' included."""
        query = select(Schedule).where(Schedule.community_id == community)
        return [self._planned(row) for row in self.tx.session.exec(query.order_by(Schedule.id))]

    def of_member(self, subject: str) -> list[Plan]:
        """Return a member's schedules in all communities."""
        query = select(Schedule).where(Schedule.subject_id == subject)
        return [self._planned(row) for row in self.tx.session.exec(query.order_by(Schedule.id))]

    def people(self, community: str, kind: str) -> int:
        """Return how many members have a schedule of a kind."""
        query = select(func.count(func.distinct(col(Schedule.subject_id)))).where(
            Schedule.community_id == community, Schedule.kind == kind
        )
        return self.tx.session.exec(query).one()

    def due(self, now: datetime, limit: int, platforms: Sequence[str]) -> list[Plan]:
        """Take the schedules of these platforms whose moment has come, the earliest first."""
        values = {"now": now, "most": limit, "platforms": list(platforms)}
        rows = self.tx.session.scalars(_DUE, values).all()
        if people := {row.subject_id for row in rows if row.subject_id is not None}:
            Members(self.tx).fetch(people)  # their keys open what the schedules hold
        return [self._planned(row) for row in rows]

    def ahead(self, of: datetime, limit: int) -> list[Plan]:
        """Take the schedules that were moved on when the clock showed a later time than this."""
        query = (
            select(Schedule)
            .where(col(Schedule.advanced_at) > of)
            .order_by(Schedule.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [self._planned(row) for row in self.tx.session.exec(query)]

    def advance(self, id_: str, next_due: datetime | None, at: datetime | None = None) -> None:
        """Note the next moment, and when that was found; None ends what came due once."""
        row = self.tx.session.get(Schedule, id_)
        if row is None:
            return
        if next_due is None and row.rule is None:
            self.tx.session.delete(row)
        else:
            row.next_due, row.advanced_at = next_due, at
            self.tx.session.add(row)

    def move(self, id_: str, zone: str, next_due: datetime | None) -> None:
        """Note another zone, and the next moment in it."""
        row = self.tx.session.get_one(Schedule, id_)
        row.zone, row.next_due = zone, next_due
        row.revision += 1
        self.tx.session.add(row)
        self.tx.session.flush()

    def remove(self, id_: str) -> None:
        """Forget a schedule."""
        row = self.tx.session.get(Schedule, id_)
        if row is not None:
            self.tx.session.delete(row)
            self.tx.session.flush()

    def earliest(self, platforms: Sequence[str]) -> datetime | None:
        """Return the earliest moment of the schedules of these platforms."""
        return self.tx.session.scalar(_EARLIEST, {"platforms": list(platforms)})

    def _planned(self, row: Schedule, *, sealed: bool = False) -> Plan:
        payload = (
            json.loads(self.tx.open(_PAYLOAD, row.payload, row.subject_id))
            if row.payload and not sealed
            else None
        )
        return Plan(
            id=row.id,
            kind=row.kind,
            community=row.community_id,
            subject=row.subject_id,
            rule=row.rule,
            zone=row.zone,
            next_due=row.next_due,
            policy=row.policy,
            lateness=row.lateness,
            payload=payload,
        )
