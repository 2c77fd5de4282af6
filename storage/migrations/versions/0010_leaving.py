"""When somebody left, and when the bot was taken away: the end of what is kept."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# As the store itself writes a moment.
_NOW = {"sqlite": "strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now')", "postgresql": "now()"}


def upgrade() -> None:
    """Make the change; of those who left before, the time begins now."""
    op.add_column("membership", sa.Column("left_at", UTCDateTime(), nullable=True))
    op.add_column("community", sa.Column("gone_at", UTCDateTime(), nullable=True))
    now = _NOW[op.get_context().dialect.name]
    op.execute(f"update membership set left_at = {now} where not here")  # noqa: S608 - our own
    op.execute(f"update community set gone_at = {now} where state = 'gone'")  # noqa: S608


def downgrade() -> None:
    """Refuse: a host goes back by the copy that was made before the upgrade."""
    raise NotImplementedError
