"""What a database's errors mean: somebody was quicker, it cannot work for now, or we are wrong."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

# PostgreSQL's words for "somebody else was quicker": a serialization failure, a deadlock, and a row
# that was not there when this transaction began to look.
_COLLISIONS = ("40001", "40P01", "23505")
# Classes of PostgreSQL's states that pass: connection, resources (a full disk, too many
# connections), and an operator who stops or starts the server.
_PASSING_CLASSES = ("08", "53", "57P", "58")
_READ_ONLY = "25006"  # the server is a standby, or has been made read-only
_ENDED = "25P03"  # we were stopped in the middle of a transaction, for too long
_SQLITE = {
    sqlite3.SQLITE_FULL: "its disk is full; make room",
    sqlite3.SQLITE_READONLY: "it may not be written; give this user the right to write it",
    sqlite3.SQLITE_BUSY: "another program holds it; close that one",
    sqlite3.SQLITE_LOCKED: "another program holds it; close that one",
    sqlite3.SQLITE_IOERR: "its disk does not work; look at the machine's own messages",
    sqlite3.SQLITE_CANTOPEN: "its file or folder cannot be opened; put it back",
}
# What quotas and limits to a file's size come to, beside disks that fail.
_NO_MORE = "its disk takes no more; look whether that, or a quota, is full, and make room"
_PRIMARY = 0xFF  # SQLite's extended codes carry the primary one in the lowest byte


def collided(error: BaseException) -> bool:
    """Tell whether somebody else was quicker: the same work may go well at once."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _COLLISIONS


def hindrance(error: BaseException) -> str | None:
    """Return what keeps the database from working for now, and what to do; None for our mistakes.

    Whatever was asked of it may be asked again later: it was not done, or it was and says so.
    """
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(error.orig, sqlite3.OperationalError):
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_IOERR_WRITE:
            return _NO_MORE
        return None if code is None else _SQLITE.get(code & _PRIMARY)
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        # No state: the server was not reached, or the connection broke.
        lost = error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
        return "it does not answer; look whether its server runs" if lost else None
    if state.startswith("53"):
        return "its server has no room or no connection left; make some"
    if state == _READ_ONLY:
        return "its server takes no changes for now"
    if state == _ENDED or state.startswith(_PASSING_CLASSES):
        return "its server is stopped or starting"
    return None


def explained(error: DBAPIError, url: URL, doing: str) -> str:
    """Return for the host why a database cannot be opened or read, and what to do.

    A server's own words say what it was; SQLite's are few.
    """
    why = str(error.orig).partition("\n")[0].rstrip(".")
    if url.get_backend_name() == "sqlite":
        shown, hint = str(Path(url.database or "").resolve()), hindrance(error)
        more = hint or "it is no store, or is damaged; put a backup in its place"
        return f"The database {shown} cannot be {doing}: {why} ({more})."
    shown = url.set(query={}).render_as_string()  # a password may stand in the query as well
    return (
        f"The database {shown} cannot be {doing}: {why}. See that its server runs, and that "
        "CIRCLEKEEPER_DATABASE_URL is right."
    )


def ends_transaction(error: BaseException) -> bool:
    """Tell whether an error is no fault of the work: the transaction is to be tried as a whole."""
    return collided(error) or hindrance(error) is not None
