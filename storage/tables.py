"""The shared rows. A feature's own rows stand in its own module; both kinds are made by the
migrations.

People appear here by a random subject id alone. What is sealed is `bytes`; see `storage.crypto`.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def _of_unfinished(name: str, *columns: str) -> Index:
    """Make an index that holds only what is still to be sent.

    So it is on PostgreSQL, by the migration; to say it here would load that dialect everywhere.
    """
    return Index(name, *columns, sqlite_where=text("state IN ('pending', 'sending', 'doubt')"))


class Meta(SQLModel, table=True):
    """A fact about the store itself, such as the id of the key that it is sealed with."""

    __tablename__ = "meta"
    name: str = Field(primary_key=True)
    value: str


class Lease(SQLModel, table=True):
    """Who holds an account, and until when."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    holder: str
    until: datetime


class Fact(SQLModel, table=True):
    """Something that an adapter remembers: a sync token, a room's facts."""

    __tablename__ = "fact"
    account: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    sealed: bytes


class Inbox(SQLModel, table=True):
    """An event that was handled; a second one with the same id stops here."""

    __tablename__ = "inbox"
    account: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    received_at: datetime = Field(index=True)


class Community(SQLModel, table=True):
    """A community and what its moderators set; rooms and the role are platform ids.

    `lacks` are needs of the bot that its platform does not meet (see `core.refs.Need`).
    """

    __tablename__ = "community"
    __table_args__ = (UniqueConstraint("platform", "external_id"),)
    id: str = Field(primary_key=True)
    platform: str
    external_id: str
    name: str
    state: str  # new, open, paused, gone
    locale: str
    zone: str
    newcomers_room: str | None = None
    prompts_room: str | None = None
    charter_room: str | None = None
    moderators_room: str | None = None
    moderator_role: str | None = None
    lacks: list[str] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    opened_at: datetime | None = None
    gone_at: datetime | None = None  # when the bot was taken away, for the retention
    paused: str = ""  # features that are paused alone, with spaces between
    sets_off: str = ""  # reflection sets that are not offered, with spaces between
    room_budget: int | None = None  # posts that nobody asked for, a room a day; else the usual
    share_round: int = 0  # how often thoughts that were shared without a name were released


class CommunityRoom(SQLModel, table=True):
    """A room of a community, and what the bot may do there; `way` is how it would come into one
    that it is not in (see `core.refs.Way`).
    """

    __tablename__ = "community_room"
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    external_id: str = Field(primary_key=True, index=True)
    name: str
    can_post: bool
    can_pin: bool
    lacks: list[str] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    topic: str = Field(default="", sa_column_kwargs={"server_default": ""})
    way: str = Field(default="", sa_column_kwargs={"server_default": ""})


class CommunityRole(SQLModel, table=True):
    """A role of a community; the highest has rank 0."""

    __tablename__ = "community_role"
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    external_id: str = Field(primary_key=True)
    name: str
    rank: int


class QuietPeriod(SQLModel, table=True):
    """Days on the community's wall clock in which nothing comes by itself, both ends included."""

    __tablename__ = "quiet_period"
    id: str = Field(primary_key=True)
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    first_day: date
    last_day: date


class Subject(SQLModel, table=True):
    """A person: the random id that all other rows use, and once, sealed, who it is on the
    platform.
    """

    __tablename__ = "subject"
    id: str = Field(primary_key=True)
    platform: str
    lookup: str = Field(unique=True)
    member: bytes
    data_key: bytes
    settings: bytes | None = None


class Membership(SQLModel, table=True):
    """Somebody is, or was, in a community; `greeted` so that nobody is welcomed twice."""

    __tablename__ = "membership"
    subject_id: str = Field(primary_key=True, foreign_key="subject.id", ondelete="CASCADE")
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    here: bool
    greeted: bool
    left_at: datetime | None = None  # when they left, for the retention


class Conversation(SQLModel, table=True):
    """Where somebody is in a flow; the step is part of the sealed state."""

    __tablename__ = "conversation"
    subject_id: str = Field(primary_key=True, foreign_key="subject.id", ondelete="CASCADE")
    community_id: str = Field(primary_key=True, foreign_key="community.id", ondelete="CASCADE")
    flow: str = Field(primary_key=True)
    state: bytes
    revision: int


class Question(SQLModel, table=True):
    """A question that waits for an answer: one member's, or (without a subject) anybody's."""

    __tablename__ = "question"
    seq: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    subject_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="CASCADE", index=True
    )
    community_id: str | None = Field(
        default=None, foreign_key="community.id", ondelete="CASCADE", index=True
    )
    purpose: str
    kind: str  # choice, form, react, post, reply
    spec: bytes
    delivery_key: str | None = Field(default=None, index=True)
    room_digest: str | None = Field(default=None, index=True)


class Outbox(SQLModel, table=True):
    """An action on its way; the states are pending, sending, sent, doubt, skipped, dead."""

    __tablename__ = "outbox"
    __table_args__ = (
        _of_unfinished("ix_outbox_queue", "account", "lane", "not_before", "seq"),
        _of_unfinished("ix_outbox_order", "destination", "lane", "seq"),
        Index(
            "ix_outbox_unasked",
            "destination",
            "first_attempt_at",
            sqlite_where=text("unasked IS NOT NULL"),
        ),
    )
    seq: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    account: str
    destination: str  # keyed hash of where it goes: order is kept within (destination, lane)
    lane: int
    kind: str
    recovery: str
    body: bytes
    subject_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="CASCADE", index=True
    )
    community_id: str | None = Field(
        default=None, foreign_key="community.id", ondelete="CASCADE", index=True
    )
    flow: str
    gate: str | None = None  # what to check just before sending: a feature's consent check
    after: str | None = Field(default=None, index=True)
    unasked: str | None = None  # a post that its room did not ask for (see `room_days`)
    state: str
    attempts: int = 0
    not_before: datetime
    expires_at: datetime | None = None
    first_attempt_at: datetime | None = None
    holder: str | None = None
    leased_until: datetime | None = None
    message: bytes | None = None  # sealed reference to the message that stands
    message_digest: str | None = Field(default=None, index=True)
    reason: str | None = None
    created_at: datetime
    finished_at: datetime | None = None


class Schedule(SQLModel, table=True):
    """Something that comes due: once, or by a rule on the wall clock of its zone."""

    __tablename__ = "schedule"
    id: str = Field(primary_key=True)
    kind: str
    community_id: str = Field(foreign_key="community.id", ondelete="CASCADE", index=True)
    subject_id: str | None = Field(
        default=None, foreign_key="subject.id", ondelete="CASCADE", index=True
    )
    rule: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    zone: str
    next_due: datetime | None = Field(default=None, index=True)
    policy: str  # skip, late once, coalesce
    lateness: int  # seconds
    payload: bytes | None = None
    revision: int = 0
    advanced_at: datetime | None = None  # when the tick last moved it on, by the clock of then
