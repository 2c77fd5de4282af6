"""The outbox is looked through by indexes of what is not finished."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    unfinished = sa.text("state IN ('pending', 'sending', 'doubt')")
    for name, columns in (
        ("ix_outbox_queue", ["account", "lane", "not_before", "seq"]),
        ("ix_outbox_order", ["destination", "lane", "seq"]),
    ):
        op.drop_index(name, table_name="outbox")
        op.create_index(
            name, "outbox", columns, sqlite_where=unfinished, postgresql_where=unfinished
        )


def downgrade() -> None:
    """Refuse: a host goes back by the copy that was made before the upgrade."""
    raise NotImplementedError
