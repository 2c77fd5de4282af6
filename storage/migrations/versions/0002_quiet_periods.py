"""Quiet periods; when a schedule was moved on."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "quiet_period",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_quiet_period_community_id_community"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiet_period")),
    )
    with op.batch_alter_table("quiet_period", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_quiet_period_community_id"), ["community_id"], unique=False
        )

    op.add_column("schedule", sa.Column("advanced_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    """Refuse: a host goes back by the copy that was made before the upgrade."""
    raise NotImplementedError
