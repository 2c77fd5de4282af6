"""Bringing a store to this version's schema, because the host asks for it."""

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError

from bot.core.errors import Misconfigured
from storage.engines import make_engine
from storage.opening import failed_upgrade, open_store
from storage.schema import check_version, newest, pending, revision, upgrade
from storage.trouble import explained


def upgrade_store(url: str, key_path: Path) -> str | None:
    """Upgrade a store; return the schema that it has now, None if it had that before.

    Raises: `Misconfigured` with one sentence for the host.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        open_store(url, key_path).close()
        return newest()
    try:
        engine = make_engine(url)
        try:
            check_version(engine)
            waiting, before = pending(engine), revision(engine)
        finally:
            engine.dispose()
        if waiting and parsed.get_backend_name() == "sqlite":
            # As a start does it: no other process on the file, and after a copy.
            open_store(url, key_path).close()
        elif waiting:
            _bring_up(url, before)
    except DatabaseError as error:
        raise Misconfigured(explained(error, parsed, "upgraded")) from error
    return newest() if waiting else None


def _bring_up(url: str, before: str | None) -> None:
    try:
        upgrade(url)
    except Exception as error:
        if before is None:
            raise
        hint = "Mend it and try again; `circlekeeper backup` makes a copy first."
        raise failed_upgrade(error, before, hint) from error
