"""Hunts' editions and clues, buddies, the lexicon; a charter's questions and changes; topics."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _table(name: str, *parts: sa.schema.SchemaItem, indexes: tuple[str, ...] = ()) -> None:
    op.create_table(name, *parts)
    with op.batch_alter_table(name, schema=None) as batch_op:
        for column in indexes:
            batch_op.create_index(batch_op.f(f"ix_{name}_{column}"), [column], unique=False)


def _refers(table: str, column: str, to: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{to}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=ondelete)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=null)


def _sealed(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def upgrade() -> None:
    """Make the change."""
    _table(
        "hunt_edition",
        _text("community_id"),
        _text("digest"),
        _text("hunt_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        _sealed("body"),
        _refers("hunt_edition", "community_id", "community"),
        _key("hunt_edition", "community_id", "digest"),
    )
    _table(
        "hunt_clue",
        sa.Column("seq", sa.Integer(), nullable=False),
        _text("id"),
        _text("community_id"),
        _text("author_id", null=True),
        _text("hunt_id"),
        _text("state"),
        _sealed("text"),
        _refers("hunt_clue", "community_id", "community"),
        _refers("hunt_clue", "author_id", "subject", "SET NULL"),
        _key("hunt_clue", "seq"),
        sa.UniqueConstraint("id", name=op.f("uq_hunt_clue_id")),
        indexes=("author_id", "community_id"),
    )
    _table(
        "buddy_wish",
        sa.Column("seq", sa.Integer(), nullable=False),
        _text("subject_id"),
        _text("community_id"),
        _text("kind"),
        _sealed("body"),
        _refers("buddy_wish", "subject_id", "subject"),
        _refers("buddy_wish", "community_id", "community"),
        _key("buddy_wish", "seq"),
        indexes=("community_id", "subject_id"),
    )
    _table(
        "buddy",
        _text("subject_id"),
        _text("community_id"),
        _text("pair_id"),
        _sealed("body"),
        _refers("buddy", "subject_id", "subject"),
        _refers("buddy", "community_id", "community"),
        _key("buddy", "subject_id", "community_id"),
        indexes=("pair_id",),
    )
    _table(
        "word",
        _text("id"),
        _text("community_id"),
        _sealed("term"),
        _refers("word", "community_id", "community"),
        _key("word", "id"),
        indexes=("community_id",),
    )
    _table(
        "word_sense",
        sa.Column("seq", sa.Integer(), nullable=False),
        _text("id"),
        _text("word_id"),
        _text("author_id", null=True),
        _sealed("body"),
        _refers("word_sense", "word_id", "word"),
        _refers("word_sense", "author_id", "subject", "SET NULL"),
        _key("word_sense", "seq"),
        sa.UniqueConstraint("id", name=op.f("uq_word_sense_id")),
        indexes=("author_id", "word_id"),
    )
    _table(
        "saved_word",
        _text("subject_id"),
        _text("word_id"),
        _refers("saved_word", "subject_id", "subject"),
        _refers("saved_word", "word_id", "word"),
        _key("saved_word", "subject_id", "word_id"),
        indexes=("word_id",),
    )
    _table(
        "charter_question",
        sa.Column("seq", sa.Integer(), nullable=False),
        _text("id"),
        _text("community_id"),
        _text("clause_id"),
        sa.Column("clause_version", sa.Integer(), nullable=False),
        _text("asker_id", null=True),
        _text("answerer_id", null=True),
        _sealed("body"),
        _refers("charter_question", "community_id", "community"),
        _refers("charter_question", "asker_id", "subject", "SET NULL"),
        _refers("charter_question", "answerer_id", "subject", "SET NULL"),
        _key("charter_question", "seq"),
        sa.UniqueConstraint("id", name=op.f("uq_charter_question_id")),
        indexes=("answerer_id", "asker_id", "community_id"),
    )
    _table(
        "proposal",
        sa.Column("seq", sa.Integer(), nullable=False),
        _text("id"),
        _text("community_id"),
        _text("clause_id"),
        _text("lane"),
        _text("state"),
        sa.Column("round", sa.Integer(), nullable=False),
        _text("author_id", null=True),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("review_at", UTCDateTime(), nullable=True),
        _sealed("body"),
        _refers("proposal", "community_id", "community"),
        _refers("proposal", "author_id", "subject", "SET NULL"),
        _key("proposal", "seq"),
        sa.UniqueConstraint("id", name=op.f("uq_proposal_id")),
        indexes=("author_id", "community_id"),
    )
    _table(
        "proposal_voice",
        _text("id"),
        _text("proposal_id"),
        _sealed("body"),
        _refers("proposal_voice", "proposal_id", "proposal"),
        _key("proposal_voice", "id"),
        indexes=("proposal_id",),
    )
    op.add_column("charter", sa.Column("amendment", sa.JSON(), nullable=True))
    op.add_column(
        "community_room", sa.Column("topic", sa.String(), server_default="", nullable=False)
    )


def downgrade() -> None:
    """Refuse: a host goes back by the copy that was made before the upgrade."""
    raise NotImplementedError
