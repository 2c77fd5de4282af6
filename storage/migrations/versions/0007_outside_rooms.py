"""Rooms of a community that the bot is not in, and how it would come in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column(
        "community_room", sa.Column("way", sa.String(), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Refuse: a host goes back by the copy that was made before the upgrade."""
    raise NotImplementedError
