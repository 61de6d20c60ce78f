"""Bringing the results database to this version's tables, with Alembic."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from banzuke.exceptions import StorageError
from banzuke.leaderboard.service.database import Database

NEWEST = "0001"
"""Name of the newest migration; a constant, for reading Alembic's files takes a while."""

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_220_241_117  # any number, the same for all


def upgrade(database: Database) -> tuple[str | None, str]:
    """Upgrade to the newest tables; does nothing where they are there.

    Returns
    -------
    before, after : str or None
        Names of the versions.

    Raises
    ------
    StorageError
        Where the database was made by a newer banzuke, or cannot be reached.
    """
    before = database.read(lambda session: _version(session.connection()))
    if before == NEWEST:
        return before, NEWEST
    return database.write(lambda session: _upgrade(database, session.connection())), NEWEST


def _upgrade(database: Database, connection: Connection) -> str | None:
    from alembic import command
    from alembic.config import Config

    if not database.is_sqlite:  # two processes that start together: one upgrades
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    before = _version(connection)
    _refuse_newer(database, before)
    if before != NEWEST:
        config = Config()
        config.set_main_option("script_location", str(_FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before


def require_current(database: Database) -> None:
    """Refuse a database whose tables are not this version's.

    Raises
    ------
    StorageError
        Says which command upgrades.
    """
    before = database.read(lambda session: _version(session.connection()))
    if before == NEWEST:
        return
    _refuse_newer(database, before)
    state = "no tables yet" if before is None else f"the tables of version {before}"
    raise StorageError(
        f"the results database {database.shown} has {state}; run banzuke database upgrade"
    )


def is_used(url: str) -> bool:
    """Say whether there is a results database at an address, without making one."""
    from sqlalchemy import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return bool(parsed.database) and Path(str(parsed.database)).is_file()
    return True


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _refuse_newer(database: Database, version: str | None) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory(str(_FOLDER)).walk_revisions()}
    if version is not None and version not in known:
        raise StorageError(
            f"the results database {database.shown} has tables of version {version}, which "
            "this banzuke does not know; upgrade banzuke"
        )
