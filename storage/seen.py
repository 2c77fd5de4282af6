"""When a store was last worked on: what the clock shows at a start is held against it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, make_url, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import col

from bot.core.errors import Misconfigured
from storage.engines import make_engine
from storage.facts import set_meta
from storage.schema import revision
from storage.tables import Meta
from storage.transaction import Transaction

# So far from the last time that is known a clock is not believed. A bot may stand still for weeks;
# nothing goes back by more than a clock that was set a little wrong.
AHEAD, BEHIND = timedelta(days=60), timedelta(days=1)
_SEEN = "seen at"
_LAST = text("select value from meta where name = :name")
_DATABASES_NOW = text("select clock_timestamp()")


def is_plausible(now: datetime, known: datetime) -> bool:
    """Tell whether it may be this time, when lately it was that."""
    return -BEHIND <= now - known <= AHEAD


def note_time(tx: Transaction, now: datetime) -> None:
    """Note that the store is worked on."""
    set_meta(tx, _SEEN, now.isoformat())


def forget_time(connection: Connection) -> None:
    """Forget it: what a backup knows is long ago."""
    connection.execute(delete(Meta).where(col(Meta.name) == _SEEN))


def doubts(url: str, now: datetime) -> str | None:
    """Return what is wrong with the clock, the database's where it is a server's; None: nothing.

    What is wrong with a store is left to others to tell.
    """
    parsed = make_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite and not Path(parsed.database or "").exists():
        return None
    engine = make_engine(url, reading=True)
    try:
        if revision(engine) is None:
            return None
        with engine.connect() as connection:
            last = connection.execute(_LAST, {"name": _SEEN}).scalar()
            if not sqlite:
                now = connection.execute(_DATABASES_NOW).scalar_one()
    except DatabaseError:
        return None
    finally:
        engine.dispose()
    if last is None or is_plausible(now, datetime.fromisoformat(last)):
        return None
    whose = "the machine's clock" if sqlite else "the clock of the database's server"
    return f"{whose} shows {_shown(now)}, and the store was last worked on at {_shown(last)}"


def check_clock(url: str, now: datetime) -> None:
    """Refuse to begin with a clock that is out of its mind.

    Raises: `Misconfigured`.
    """
    wrong = doubts(url, now)
    if wrong is not None:
        raise Misconfigured(
            f"{wrong[0].upper()}{wrong[1:]}: one of them is wrong. Nothing was changed. Set the "
            "clock right and start again; if it is right now, start once with `circlekeeper run "
            "--clock-is-right`."
        )


def _shown(moment: datetime | str) -> str:
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
