"""The results database: short transactions, tried again where the server went away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from banzuke.exceptions import StorageError

T = TypeVar("T")
_FROZEN_SECONDS = 60
_BUSY_SECONDS = 30
_WRITES = "banzuke_writes"


class Database:
    """Transactions on the results database.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of SQLite or PostgreSQL.
    patience_seconds : float, default 5
        How long a transaction is tried again while the server cannot be reached. What it
        does must be harmless when done twice: a commit may have arrived whose answer
        did not.

    Notes
    -----
    Safe to share among threads. On SQLite a writing transaction takes the write lock at
    its start, so it never fails in the middle because another process wrote.
    """

    def __init__(self, url: str, *, patience_seconds: float = 5.0) -> None:
        self.url = make_url(url)
        self.patience_seconds = patience_seconds
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine; made on first use."""
        with self._lock:
            if self._engine is None:
                self._engine = _sqlite(self.url) if self.is_sqlite else _postgresql(self.url)
            return self._engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open one transaction that only reads."""
        with self.engine.connect() as connection, Session(connection) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open one transaction; all of it is stored at the end, or nothing."""
        with self.engine.connect() as connection:
            writes = connection.execution_options(**{_WRITES: True})
            with Session(writes) as session, session.begin():
                yield session

    def read(self, work: Callable[[Session], T]) -> T:
        """Return what `work` reads, trying again while the server is away."""
        return self._patiently(self.reading, work)

    def write(self, work: Callable[[Session], T]) -> T:
        """Return what `work` returns once its writes are stored."""
        return self._patiently(self.writing, work)

    def _patiently(self, opened: Callable[[], Any], work: Callable[[Session], T]) -> T:
        until = time.monotonic() + self.patience_seconds
        wait = 0.05
        while True:
            try:
                with opened() as session:
                    return work(session)
            except (OperationalError, InterfaceError, DBAPIError) as error:
                if not is_outage(error):
                    raise
                if time.monotonic() > until:
                    raise StorageError(
                        f"the results database {self.shown} cannot be used: {_first_line(error)}; "
                        "see that it runs and that banzuke database upgrade was run"
                    ) from error
            time.sleep(wait)
            wait = min(wait * 2, 1.0)

    @property
    def shown(self) -> str:
        """The address without its password."""
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None


def is_outage(error: DBAPIError) -> bool:
    """Say whether an error means that the server is away or busy, not that a query is wrong."""
    if isinstance(error, InterfaceError) or error.connection_invalidated:
        return True
    # psycopg raises AdminShutdown and its like as OperationalError without "invalidated"
    text = str(error.orig).lower()
    missing = "no such table" in text or "no such column" in text
    return isinstance(error, OperationalError) and not missing


def clock(session: Session) -> float:
    """Return the database's seconds since 1970: machines need not agree on the time."""
    if session.get_bind().dialect.name == "sqlite":
        return time.time()
    return float(session.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0.0)


def now() -> datetime:
    """Return the present time, aware and in UTC."""
    return datetime.now(UTC)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0][:200] if str(error.orig).strip() else "no answer"


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            # contacts of submitters are in it; the journals beside it get the same mode
            Path(url.database).touch(mode=0o600)
        except OSError as error:
            raise StorageError(f"cannot make the folder of {url.database}: {error}") from error
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=10,
        connect_args={
            "connect_timeout": 5,
            "application_name": "banzuke",
            # a process that freezes within a transaction must not hold its locks for ever
            "options": f"-c idle_in_transaction_session_timeout={_FROZEN_SECONDS}s",
        },
    )
