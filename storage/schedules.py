"""What comes due: once, or again and again."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Executable, bindparam, delete, select, update
from sqlmodel import col, func

from bot.core.turn import Plan
from storage.members import Members
from storage.tables import Community, Schedule
from storage.transaction import Transaction

_PAYLOAD = "schedule.payload"


# The statements are built once: to build them anew costs more than to run them. Nobody has objects
# of these rows; what a transaction knows of one are its values.
_ROW: list[Any] = [
    col(column)
    for column in (
        Schedule.id,
        Schedule.kind,
        Schedule.community_id,
        Schedule.subject_id,
        Schedule.rule,
        Schedule.zone,
        Schedule.next_due,
        Schedule.policy,
        Schedule.lateness,
        Schedule.payload,
        Schedule.revision,
    )
]
_OF_ID = col(Schedule.id) == bindparam("of_id")
_BY_ID = select(*_ROW).where(_OF_ID)
# Of these platforms. A scalar subquery is asked row by row, in the order of what is due; anything
# else PostgreSQL may take for a join, and then it sorts all schedules to find the first few.
_SPOKEN = (
    select(col(Community.platform))
    .where(col(Community.id) == col(Schedule.community_id))
    .scalar_subquery()
    .in_(bindparam("platforms", expanding=True))
)
_EARLIEST = (
    select(col(Schedule.next_due))
    .where(col(Schedule.next_due).is_not(None), _SPOKEN)
    .order_by(col(Schedule.next_due))
    .limit(1)
)
_DUE = (
    select(*_ROW)
    .where(col(Schedule.next_due) <= bindparam("now"), _SPOKEN)
    .order_by(col(Schedule.next_due), col(Schedule.id))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=Schedule)
)
_AHEAD = (
    select(*_ROW)
    .where(col(Schedule.advanced_at) > bindparam("of"))
    .order_by(col(Schedule.id))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_ADVANCE = (
    update(Schedule)
    .where(_OF_ID)
    .values(next_due=bindparam("then"), advanced_at=bindparam("found_at"))
)
_MOVE = (
    update(Schedule)
    .where(_OF_ID)
    .values(zone=bindparam("to"), next_due=bindparam("then"), revision=col(Schedule.revision) + 1)
)
_SAVE = (
    update(Schedule)
    .where(_OF_ID)
    .values(
        kind=bindparam("to_kind"),
        community_id=bindparam("to_community_id"),
        subject_id=bindparam("to_subject_id"),
        rule=bindparam("to_rule", type_=JSON),
        zone=bindparam("to_zone"),
        next_due=bindparam("to_next_due"),
        policy=bindparam("to_policy"),
        lateness=bindparam("to_lateness"),
        payload=bindparam("to_payload"),
        revision=bindparam("to_revision"),
        advanced_at=None,
    )
)
_REMOVE = delete(Schedule).where(_OF_ID)


class Schedules:
    """The schedules of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def save(self, plan: Plan) -> None:
        """Add a schedule, or change it by its id."""
        known = self._row(plan.id)
        if plan.next_due is not None:
            self.tx.due = min(plan.next_due, self.tx.due or plan.next_due)
        values: dict[str, Any] = {
            "kind": plan.kind,
            "community_id": plan.community,
            "subject_id": plan.subject,
            "rule": dict(plan.rule) if plan.rule is not None else None,
            "zone": plan.zone,
            "next_due": plan.next_due,
            "policy": plan.policy,
            "lateness": plan.lateness,
            "payload": self.tx.seal(_PAYLOAD, json.dumps(dict(plan.payload)), plan.subject)
            if plan.payload is not None
            else None,
            "revision": known["revision"] + 1 if known else 0,
        }
        if known is None:
            self.tx.add(Schedule, {"id": plan.id, **values})
        else:
            changes = {f"to_{name}": value for name, value in values.items()}
            self.tx.change(Schedule, _SAVE, {"of_id": plan.id, **changes})
        self.tx.known[Schedule, plan.id] = {"id": plan.id, **values}

    def get(self, id_: str, *, sealed: bool = False) -> Plan | None:
        """Return a schedule; `sealed`: without its payload, for who needs its times alone."""
        row = self._row(id_)
        return self._planned(row, sealed=sealed) if row else None

    def of(self, community: str, kind: str | None = None, subject: str | None = None) -> list[Plan]:
        """Return a community's schedules of a kind, a member's where one is named, by what is
        next.
        """
        query = select(*_ROW).where(
            col(Schedule.community_id) == community, col(Schedule.subject_id) == subject
        )
        if kind is not None:
            query = query.where(col(Schedule.kind) == kind)
        # SQLite would show what never comes due first, PostgreSQL last.
        return self._found(query.order_by(col(Schedule.next_due).nulls_last(), col(Schedule.id)))

    def of_all(self, community: str) -> list[Plan]:
        """Return all of a community's schedules, its members' included."""
        query = select(*_ROW).where(col(Schedule.community_id) == community)
        return self._found(query.order_by(col(Schedule.id)))

    def of_member(self, subject: str) -> list[Plan]:
        """Return a member's schedules in all communities."""
        query = select(*_ROW).where(col(Schedule.subject_id) == subject)
        return self._found(query.order_by(col(Schedule.id)))

    def people(self, community: str, kind: str) -> int:
        """Return how many members have a schedule of a kind."""
        query = select(func.count(func.distinct(col(Schedule.subject_id)))).where(
            col(Schedule.community_id) == community, col(Schedule.kind) == kind
        )
        return int(self.tx.execute(query, of=Schedule).scalar_one())

    def due(self, now: datetime, limit: int, platforms: Sequence[str]) -> list[Plan]:
        """Take the schedules of these platforms whose moment has come, the earliest first."""
        values = {"now": now, "most": limit, "platforms": list(platforms)}
        rows = [dict(row) for row in self.tx.execute(_DUE, values, of=Schedule).mappings()]
        self.tx.known.update(((Schedule, row["id"]), row) for row in rows)
        if people := {row["subject_id"] for row in rows if row["subject_id"] is not None}:
            Members(self.tx).fetch(people)  # their keys open what the schedules hold
        return [self._planned(row) for row in rows]

    def ahead(self, of: datetime, limit: int) -> list[Plan]:
        """Take the schedules that were moved on when the clock showed a later time than this."""
        return self._found(_AHEAD, {"of": of, "most": limit})

    def advance(self, id_: str, next_due: datetime | None, at: datetime | None = None) -> None:
        """Note the next moment, and when that was found; None ends what came due once."""
        row = self._row(id_)
        if row is None:
            return
        if next_due is None and row["rule"] is None:
            self.remove(id_)
        else:
            self.tx.change(Schedule, _ADVANCE, {"of_id": id_, "then": next_due, "found_at": at})
            self.tx.known[Schedule, id_] = {**row, "next_due": next_due}

    def move(self, id_: str, zone: str, next_due: datetime | None) -> None:
        """Note another zone, and the next moment in it."""
        self.tx.change(Schedule, _MOVE, {"of_id": id_, "to": zone, "then": next_due})
        self.tx.known.pop((Schedule, id_), None)

    def remove(self, id_: str) -> None:
        """Forget a schedule."""
        self.tx.execute(_REMOVE, {"of_id": id_}, of=Schedule)
        self.tx.known[Schedule, id_] = None

    def earliest(self, platforms: Sequence[str]) -> datetime | None:
        """Return the earliest moment of the schedules of these platforms."""
        values = {"platforms": list(platforms)}
        moment: datetime | None = self.tx.execute(_EARLIEST, values, of=Schedule).scalar()
        return moment

    def _found(self, query: Executable, values: Mapping[str, Any] | None = None) -> list[Plan]:
        rows = self.tx.execute(query, values, of=Schedule).mappings()
        return [self._planned(dict(row)) for row in rows]

    def _row(self, id_: str) -> Mapping[str, Any] | None:
        known, key = self.tx.known, (Schedule, id_)
        if key not in known:
            row = self.tx.execute(_BY_ID, {"of_id": id_}, of=Schedule).mappings().first()
            known[key] = dict(row) if row is not None else None
        found: Mapping[str, Any] | None = known[key]
        return found

    def _planned(self, row: Mapping[str, Any], *, sealed: bool = False) -> Plan:
        payload = (
            json.loads(self.tx.open(_PAYLOAD, row["payload"], row["subject_id"]))
            if row["payload"] and not sealed
            else None
        )
        return Plan(
            id=row["id"],
            kind=row["kind"],
            community=row["community_id"],
            subject=row["subject_id"],
            rule=row["rule"],
            zone=row["zone"],
            next_due=row["next_due"],
            policy=row["policy"],
            lateness=row["lateness"],
            payload=payload,
        )
