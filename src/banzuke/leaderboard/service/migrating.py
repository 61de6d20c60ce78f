"""Bringing the results database to this version's tables, with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from banzuke.exceptions import StorageError
from banzuke.leaderboard.service.database import Database

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
        Where the database was made by a newer banzuke.
    """
    newest = str(_scripts().get_current_head())
    with database.engine.connect() as opened:
        connection = opened.execution_options(banzuke_writes=True)
        with connection.begin():
            if not database.is_sqlite:  # two processes that start together: one upgrades
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            before = _refuse_newer(database, connection)
            if before != newest:
                config = Config()
                config.set_main_option("script_location", str(_FOLDER))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    return before, newest


def require_current(database: Database) -> None:
    """Refuse a database whose tables are not this version's.

    Raises
    ------
    StorageError
        Says which command upgrades.
    """

    def check(connection: Connection) -> str | None:
        return _refuse_newer(database, connection)

    before = database.read(lambda session: check(session.connection()))
    if before != _scripts().get_current_head():
        raise StorageError(
            f"the results database {database.shown} has "
            f"{'no tables yet' if before is None else f'the tables of version {before}'}; "
            "run banzuke database upgrade"
        )


def _refuse_newer(database: Database, connection: Connection) -> str | None:
    version = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in _scripts().walk_revisions()}
    if version is not None and version not in known:
        raise StorageError(
            f"the results database {database.shown} has tables of version {version}, which "
            "this banzuke does not know; upgrade banzuke"
        )
    return version


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_FOLDER))
