"""How much of the bot a room takes in a day."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("community", sa.Column("room_budget", sa.Integer(), nullable=True))
    op.add_column("outbox", sa.Column("unasked", sa.String(), nullable=True))
    unasked = sa.text("unasked IS NOT NULL")
    op.create_index(
        "ix_outbox_unasked",
        "outbox",
        ["destination", "first_attempt_at"],
        sqlite_where=unasked,
        postgresql_where=unasked,
    )


def downgrade() -> None:
    """Refuse: a host goes back by the copy that was made before the upgrade."""
    raise NotImplementedError
