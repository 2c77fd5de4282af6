"""The role whose members moderate; what the bot lacks in a community."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "community_role",
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_community_role_community_id_community"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("community_id", "external_id", name=op.f("pk_community_role")),
    )
    op.add_column("community", sa.Column("moderator_role", sa.String(), nullable=True))
    op.add_column("community", sa.Column("lacks", sa.JSON(), nullable=True))
    op.add_column("community_room", sa.Column("lacks", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Refuse: a host goes back by the copy that was made before the upgrade."""
    raise NotImplementedError
