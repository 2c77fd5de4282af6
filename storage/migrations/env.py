"""How Alembic runs our migrations, on either database."""

from alembic import context
from sqlalchemy import text

from storage.engines import make_engine
from storage.registry import METADATA


def run() -> None:
    """Migrate in one transaction.

    On SQLite a table is changed by making it anew, and dropping the old one would delete its
    children: foreign keys are off meanwhile, and checked before the commit.
    """
    engine = make_engine(context.config.attributes["url"])
    try:
        with engine.connect() as connection:
            sqlite = engine.dialect.name == "sqlite"
            if sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            else:
                connection.execute(text("select pg_advisory_lock(4711004711)"))
                connection.commit()
            context.configure(
                connection=connection,
                target_metadata=METADATA,
                render_as_batch=True,
                # Alembic holds SQLite to be unable to, and would commit after each step.
                transactional_ddl=True,
            )
            with context.begin_transaction():
                context.run_migrations()
                if sqlite and connection.execute(text("PRAGMA foreign_key_check")).first():
                    raise RuntimeError("The migration would leave rows without their parents.")
            connection.commit()
    finally:
        engine.dispose()


run()
