"""The tables of the migrations are those of the code, and old or new ones are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from banzuke.exceptions import StorageError
from banzuke.leaderboard.service import migrating
from banzuke.leaderboard.service.database import Database
from banzuke.leaderboard.service.migrating import require_current, upgrade
from banzuke.leaderboard.service.tables import Base


def test_migrations_make_exactly_the_tables_of_the_code(database):
    folder = Path(migrating.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == migrating.NEWEST
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_only_its_owner_may_read_the_file(tmp_path):
    file = tmp_path / "board" / "results.sqlite"
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.execute(text("select 1"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert modes["results.sqlite"] == 0o600
    assert set(modes.values()) == {0o600}


def test_an_upgrade_again_changes_nothing(database):
    before, after = upgrade(database)
    assert before == after
    require_current(database)


def test_a_database_without_tables_names_the_command(tmp_path):
    empty = Database(f"sqlite:///{tmp_path}/empty.sqlite")
    with pytest.raises(StorageError, match="banzuke database upgrade"):
        require_current(empty)
    empty.close()


def test_tables_of_a_newer_version_are_left_alone(database):
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="upgrade banzuke"):
        upgrade(database)


def test_a_server_that_is_away_is_named_without_its_password():
    away = Database("postgresql+psycopg://me:hush@127.0.0.1:1/board", patience_seconds=0)
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:1/board") as error:
        away.read(lambda session: session.execute(text("SELECT 1")))
    assert "hush" not in str(error.value)
    away.close()
