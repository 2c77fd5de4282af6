"""What a community keeps of its conversations: harvests with their versions.

The words in them that are their authors' own, and what is questioned, are `contributions`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel, col, func, select, update

from storage.personal import Personal
from storage.transaction import Transaction

_BODY, _VERSION, _NAME = "harvest.body", "harvest_version.body", "harvest_version.name"


class Harvest(SQLModel, table=True):
    """What is, or will be, kept of one conversation; `version` is the one that is kept, 0 for none.

    States: gathering (its steward writes), checking (those whose words are in it have their say),
    kept.
    """

    __tablename__ = "harvest"
    __table_args__ = (UniqueConstraint("community_id", "talk_id"),)
    id: str = Field(primary_key=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    talk_id: str
    delivery_key: str
    state: str
    since: datetime
    steward_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="SET NULL", index=True
    )
    version: int = 0
    number: int | None = None  # under which it stands in the notebook, from its first keeping on
    kept_at: datetime | None = None
    body: bytes


class HarvestVersion(SQLModel, table=True):
    """One version: what its author wrote, and which words stand in it; a draft until it is kept.

    The name that it is signed with is sealed for its author, and goes with them.
    """

    __tablename__ = "harvest_version"
    harvest_id: str = Field(primary_key=True, foreign_key="harvest.id", ondelete="CASCADE")
    version: int = Field(primary_key=True)
    author_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="SET NULL", index=True
    )
    at: datetime
    kept: bool
    body: bytes
    name: bytes | None = None


class Notebook:
    """The notebook's rows."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    # Harvests

    def of(self, community: str) -> list[Harvest]:
        """Return a community's harvests, those that came last first."""
        query = select(Harvest).where(Harvest.community_id == community)
        return list(self.tx.session.exec(query.order_by(col(Harvest.since).desc(), Harvest.id)))

    def kept(self, community: str) -> list[Harvest]:
        """Return what the notebook holds, the newest first."""
        return sorted(
            (row for row in self.of(community) if row.number is not None),
            key=lambda row: -(row.number or 0),
        )

    def last(self, community: str) -> Harvest | None:
        """Return the harvest that was kept last."""
        query = select(Harvest).where(
            Harvest.community_id == community, col(Harvest.kept_at).is_not(None)
        )
        return self.tx.session.exec(query.order_by(col(Harvest.kept_at).desc()).limit(1)).first()

    def get(self, id_: str) -> Harvest | None:
        """Return one."""
        return self.tx.session.get(Harvest, id_)

    def of_talk(self, community: str, talk: str) -> Harvest | None:
        """Return what is gathered of a conversation."""
        query = select(Harvest).where(Harvest.community_id == community, Harvest.talk_id == talk)
        return self.tx.session.exec(query).first()

    def save(self, row: Harvest, body: Mapping[str, Any] | None = None) -> None:
        """Keep a changed harvest, with another `title` or other `remarks` where they are given."""
        if body is not None:
            row.body = self.tx.seal(_BODY, json.dumps(dict(body)))
        self.tx.session.add(row)
        self.tx.session.flush()

    def body(self, row: Harvest) -> dict[str, Any]:
        """Return the `title` of its conversation, and the `remarks` that wait for its steward."""
        body: dict[str, Any] = json.loads(self.tx.open(_BODY, row.body))
        return body

    def next_number(self, community: str) -> int:
        """Return the number of the next one that is kept."""
        query = select(func.max(Harvest.number)).where(Harvest.community_id == community)
        return (self.tx.session.exec(query).one() or 0) + 1

    def leave(self, subject: str, community: str) -> None:
        """Let go of what somebody looked after here."""
        self.tx.session.flush()
        self.tx.session.exec(
            update(Harvest)
            .where(col(Harvest.steward_id) == subject, col(Harvest.community_id) == community)
            .values(steward_id=None)
        )

    # Versions

    def write(
        self, row: HarvestVersion, body: Mapping[str, Any] | None = None, name: str | None = None
    ) -> None:
        """Keep a version: `heard`, `differ`, `question`, the ids of the `words` in it and of those
        `left` out, and the `stance` in which it is signed.
        """
        if body is not None:
            row.body = self.tx.seal(_VERSION, json.dumps(dict(body)))
        if name is not None:
            row.name = self.tx.seal(_NAME, name, row.author_id) if name else None
        self.tx.session.add(row)
        self.tx.session.flush()

    def version(self, harvest: str, version: int) -> HarvestVersion | None:
        """Return one version."""
        return self.tx.session.get(HarvestVersion, (harvest, version))

    def draft(self, row: Harvest) -> HarvestVersion | None:
        """Return the version that is on its way."""
        return self.version(row.id, row.version + 1)

    def written(self, row: HarvestVersion) -> dict[str, Any]:
        """Return what its author wrote."""
        body: dict[str, Any] = json.loads(self.tx.open(_VERSION, row.body))
        return body

    def signed(self, row: HarvestVersion) -> str:
        """Return the name that it is signed with; "" for none, or once its author was erased."""
        if row.name is None or row.author_id is None:
            return ""
        return self.tx.open(_NAME, row.name, row.author_id)


def _export_steward(tx: Transaction, row: Harvest) -> dict[str, Any]:
    title = Notebook(tx).body(row)["title"]
    return {"community": row.community_id, "about": title, "state": row.state}


def _export_version(tx: Transaction, row: HarvestVersion) -> dict[str, Any]:
    rows = Notebook(tx)
    written = rows.written(row)
    harvest = tx.session.get_one(Harvest, row.harvest_id)
    return {
        "community": harvest.community_id,
        "about": rows.body(harvest)["title"],
        "version": row.version,
        "kept": row.kept,
        "name": rows.signed(row),
        **{part: written[part] for part in ("heard", "differ", "question", "stance")},
    }


PERSONAL = (
    Personal(
        Harvest, "harvests looked after", _export_steward, column="steward_id", keep="unnamed"
    ),
    Personal(HarvestVersion, "harvests written", _export_version, "author_id", keep="unnamed"),
)
