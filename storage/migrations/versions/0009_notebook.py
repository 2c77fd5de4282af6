"""The notebook: harvests, their versions, the words in them, and what is questioned."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _foreign(table: str, column: str, referred: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{referred}")
    return sa.ForeignKeyConstraint([column], [f"{referred}.id"], name=name, ondelete=ondelete)


def _indexes(table: str, *columns: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        for column in columns:
            batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column], unique=False)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "harvest",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("talk_id", sa.String(), nullable=False),
        sa.Column("delivery_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("steward_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("kept_at", UTCDateTime(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _foreign("harvest", "community_id", "community", "CASCADE"),
        _foreign("harvest", "steward_id", "subject", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_harvest")),
        sa.UniqueConstraint(
            "community_id", "talk_id", name=op.f("uq_harvest_community_id_talk_id")
        ),
    )
    _indexes("harvest", "community_id", "steward_id")
    op.create_table(
        "harvest_version",
        sa.Column("harvest_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        _foreign("harvest_version", "harvest_id", "harvest", "CASCADE"),
        _foreign("harvest_version", "author_id", "subject", "SET NULL"),
        sa.PrimaryKeyConstraint("harvest_id", "version", name=op.f("pk_harvest_version")),
    )
    _indexes("harvest_version", "author_id")
    op.create_table(
        "harvest_words",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("harvest_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _foreign("harvest_words", "harvest_id", "harvest", "CASCADE"),
        _foreign("harvest_words", "subject_id", "subject", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_harvest_words")),
        sa.UniqueConstraint(
            "harvest_id", "message", name=op.f("uq_harvest_words_harvest_id_message")
        ),
    )
    _indexes("harvest_words", "subject_id")
    op.create_table(
        "harvest_doubt",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("harvest_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _foreign("harvest_doubt", "harvest_id", "harvest", "CASCADE"),
        _foreign("harvest_doubt", "subject_id", "subject", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_harvest_doubt")),
    )
    _indexes("harvest_doubt", "harvest_id", "subject_id")


def downgrade() -> None:
    """Refuse: a host goes back by the copy that was made before the upgrade."""
    raise NotImplementedError
