"""What is paused alone, and which question sets are not offered; members' suggestions; what is
shared without a name; bands of a month.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("community", sa.Column("paused", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "community", sa.Column("share_round", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "community", sa.Column("sets_off", sa.String(), nullable=False, server_default="")
    )
    op.create_table(
        "suggestion",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("prompt_id", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_suggestion_community_id_community"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["prompt_id"],
            ["prompt.id"],
            name=op.f("fk_suggestion_prompt_id_prompt"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"],
            ["subject.id"],
            name=op.f("fk_suggestion_subject_id_subject"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
    )
    with op.batch_alter_table("suggestion", schema=None) as batch_op:
        for column in ("subject_id", "community_id", "prompt_id"):
            batch_op.create_index(batch_op.f(f"ix_suggestion_{column}"), [column], unique=False)
    # Without row numbers, so that nothing tells in which order the rows came.
    op.create_table(
        "shared_thought",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_shared_thought_community_id_community"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_shared_thought")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("shared_thought", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_shared_thought_community_id"), ["community_id"], unique=False
        )
    op.create_table(
        "month_band",
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("band", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_month_band_community_id_community"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("community_id", "month", "name", name=op.f("pk_month_band")),
    )


def downgrade() -> None:
    """Refuse: a host goes back by the copy that was made before the upgrade."""
    raise NotImplementedError
