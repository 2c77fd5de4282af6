"""The schema's revisions: which this program knows, which a database has, and the way up.

Alembic is loaded only for the way up: a process that runs for months need not hold it in memory.
"""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from bot.core.errors import Misconfigured, StoreTooNew

FOLDER = Path(__file__).parent / "migrations"


def known() -> list[str]:
    """Return the revisions that this program knows, the oldest first; each is a file's number."""
    files = (FOLDER / "versions").glob("[0-9]*_*.py")
    return sorted(path.name.partition("_")[0] for path in files)


def newest() -> str:
    """Return the newest revision that this program knows."""
    return known()[-1]


def revision(engine: Engine) -> str | None:
    """Return the revision of the database; None for one that has none."""
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        found = connection.execute(text("select version_num from alembic_version")).scalar()
    return str(found) if found is not None else None


def pending(engine: Engine) -> bool:
    """Tell whether the database is older than the program."""
    return revision(engine) != newest()


def check_version(engine: Engine) -> None:
    """Refuse a store that a later version wrote, and a database that is not ours.

    Raises: `StoreTooNew`, `Misconfigured`.
    """
    current = revision(engine)
    if current is not None and current not in known():
        raise StoreTooNew(
            f"This store has schema {current}; this program knows up to {newest()}. "
            "Start the newer version of circlekeeper that wrote it, or restore a backup."
        )
    if current is None and inspect(engine).get_table_names():
        shown = engine.url.render_as_string(hide_password=True)
        raise Misconfigured(
            f"{shown} holds another program's tables. Give circlekeeper a database of its own."
        )


def upgrade(url: str, to: str = "head") -> None:
    """Bring a database to a schema, the newest if none is named."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, to)
