"""When somebody left, and when the bot was taken away: the end of what is kept."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; of those who left before, the time begins now."""
    op.add_column("membership", sa.Column("left_at", UTCDateTime(), nullable=True))
    op.add_column("community", sa.Column("gone_at", UTCDateTime(), nullable=True))
    here, state = sa.column("here", sa.Boolean), sa.column("state", sa.String)
    left, gone = sa.column("left_at", UTCDateTime()), sa.column("gone_at", UTCDateTime())
    now = op.get_bind().execute(sa.select(sa.func.now())).scalar_one()
    moment = _in_utc(now)
    op.execute(sa.update(sa.table("membership", here, left)).where(here.is_(False)).values(left_at=moment))
    op.execute(sa.update(sa.table("community", state, gone)).where(state == "gone").values(gone_at=moment))


def _in_utc(now: datetime) -> datetime:
    """Return the database's time; SQLite's has no zone, and is in UTC."""
    return now if now.tzinfo else now.replace(tzinfo=UTC)


def downgrade() -> None:
    """Refuse: a host goes back by the copy that was made before the upgrade."""
    raise NotImplementedError
