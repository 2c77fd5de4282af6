"""Engines: our ways of connecting to either database."""

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

POSTGRES_CONNECTIONS = 4
_POSTGRES = {
    "connect_timeout": 5,  # seconds
    # A server that is gone without a word is noticed, and a process of ours that is stopped in the
    # middle of a transaction does not hold up the others.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
    "options": "-c idle_in_transaction_session_timeout=10s",
}


_SQLITE_WRITES = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON")


def make_engine(url: str | URL, *, reading: bool = False) -> Engine:
    """Make an engine with our ways of connecting for either database.

    `reading`: it changes nothing, and hinders nobody who writes meanwhile.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=POSTGRES_CONNECTIONS,
            connect_args=_POSTGRES,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True} if reading else {},
        )
    engine = create_engine(
        parsed, connect_args={"check_same_thread": False, "timeout": 5, "isolation_level": None}
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _record: object) -> None:
        for pragma in (*(("query_only=ON",) if reading else _SQLITE_WRITES), "cell_size_check=ON"):
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred BEGIN that writes later fails at once when somebody else wrote in between.
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
