"""``banzuke database``, ``backup``, ``restore`` and ``export``: what keeps a board safe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from banzuke import progress
from banzuke.cli.options import JsonOption
from banzuke.cli.output import print_json, print_note
from banzuke.cli.service import ServiceData, service_settings

if TYPE_CHECKING:
    from banzuke.leaderboard.service.archive import Summary

app = typer.Typer(help="The results database of the service.")


@app.command("upgrade")
def upgrade(data: ServiceData = None, json: JsonOption = False) -> None:
    """Make the tables of the results database, or bring them to this version.

    JSON keys: database, before, after; before is null where there were no tables.
    """
    settings = service_settings(data=data)
    from banzuke.leaderboard.service import migrating
    from banzuke.leaderboard.service.database import Database

    database = Database(settings.results_database)
    try:
        before, after = migrating.upgrade(database)
    finally:
        database.close()
    if json:
        print_json({"database": database.shown, "before": before, "after": after})
    elif before == after:
        print_note(f"{database.shown} is at version {after} already")
    else:
        print_note(f"{database.shown} is at version {after} now (before: {before or 'empty'})")


def backup(
    file: Annotated[Path, typer.Argument(help="A new file, such as board.tar.")],
    data: ServiceData = None,
    json: JsonOption = False,
) -> None:
    """Write results database, logs and data directory into one file, while they are in use.

    The file holds contacts of submitters: only its owner may read it.

    JSON keys: file, made, version, tables {name: rows}, n_files, n_bytes.
    """
    settings = service_settings(data=data)
    from banzuke.leaderboard.service.archive import back_up

    with progress.shown(), progress.step(f"writing {file}"):
        summary = back_up(settings, file)
    _report(summary, file, json, "Backed up")


def restore(
    file: Annotated[Path, typer.Argument(help="What banzuke backup wrote.")],
    data: ServiceData = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the board that is there.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Bring a board back, into SQLite or PostgreSQL, whichever the settings name.

    Stop web server and workers before. The file is checked whole first; a board that is
    there is only replaced with --replace. Evaluations that were under way go on.

    JSON keys: file, made, version, tables {name: rows}, n_files, n_bytes.
    """
    settings = service_settings(data=data)
    from banzuke.leaderboard.service import archive

    with progress.shown(), progress.step(f"restoring {file}"):
        summary = archive.restore(settings, file, replace=replace)
    _report(summary, file, json, "Restored")


def export(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    data: ServiceData = None,
    json: JsonOption = False,
) -> None:
    """Write the whole board as Parquet and JSON: boards, analyses, submissions, flags.

    Contacts and tokens are left out. Works for a data directory without a service, too.

    JSON keys: folder, files [path].
    """
    settings = service_settings(data=data)
    from banzuke.leaderboard.service.database import Database
    from banzuke.leaderboard.service.export import export as write
    from banzuke.leaderboard.service.migrating import is_used
    from banzuke.outcomes import Lake

    database = Database(settings.results_database) if is_used(settings.results_database) else None
    try:
        with progress.shown(), progress.step(f"writing {folder}"):
            files = write(Lake(settings.data), folder, database)
    finally:
        if database is not None:
            database.close()
    if json:
        print_json({"folder": str(folder), "files": [str(path) for path in files]})
    else:
        print_note(f"{len(files)} files are in {folder}")


def _report(summary: Summary, file: Path, json: bool, verb: str) -> None:
    facts: dict[str, Any] = {
        "file": str(file),
        "made": summary.made.isoformat(),
        "version": summary.version,
        "tables": dict(summary.tables),
        "n_files": summary.n_files,
        "n_bytes": summary.n_bytes,
    }
    if json:
        print_json(facts)
        return
    submissions = summary.tables.get("submissions", 0)
    print_note(
        f"{verb} {submissions} submissions, {sum(summary.tables.values())} rows and "
        f"{summary.n_files} files ({summary.n_bytes / 1e6:.1f} MB)"
    )
