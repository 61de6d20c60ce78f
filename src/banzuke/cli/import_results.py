"""``banzuke import``: results of other tools in."""

from __future__ import annotations

from typing import Annotated

import typer

from banzuke import progress
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption
from banzuke.cli.output import print_json, print_note, print_table
from banzuke.outcomes import Lake, importers
from banzuke.outcomes.importers import ImportOptions

_FORMAT_HELP = "What the files are: " + "; ".join(
    f"[bold]{name}[/] ({what})" for name, what in importers.FORMATS.items()
)


def _formats(option: str) -> str:
    return f"formats: {', '.join(importers.TAKES[option])}"


def import_results(  # noqa: PLR0917 - each option is an argument
    format_name: Annotated[str, typer.Argument(metavar="FORMAT", help=_FORMAT_HELP)],
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files or folders.")],
    data: DataOption = DEFAULT_DATA,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Collection to import into.", show_default="by format"),
    ] = None,
    scale: Annotated[
        float,
        typer.Option(
            "--scale",
            help="Best possible score in the files, such as 100; scores that a file or the format "
            f"gives as percentages stay so ({_formats('scale')}).",
        ),
    ] = 1.0,
    model_column: Annotated[
        str | None,
        typer.Option(
            "--model-column",
            help=f"Column that names the model ({_formats('model_column')}).",
            show_default="model",
        ),
    ] = None,
    benchmarks: Annotated[
        list[str] | None,
        typer.Option(
            "--benchmarks",
            metavar="COLUMN",
            help="Column of a table that holds scores; may be repeated, and * stands for "
            f"anything. The other columns are metadata ({_formats('benchmarks')}).",
            show_default="columns of numbers",
        ),
    ] = None,
    missing: Annotated[
        float | None,
        typer.Option(
            "--missing",
            help=f"A number that means 'not evaluated', such as -1 ({_formats('missing')}).",
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Let new scores overwrite different old ones, with what was known of those.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Import results of other tools into the data directory.

    All files are read and checked before anything is stored; a file that cannot be read
    leaves the data directory as it was. Importing the same file twice changes nothing.

    JSON keys: collections [{name, models, items, cells}], changed, notes.
    """
    options = ImportOptions(
        name=name,
        scale=scale,
        model_column=model_column,
        benchmarks=benchmarks or (),
        missing=missing,
    )
    with progress.shown(), progress.step(f"importing {format_name}"):
        imported = importers.read(format_name, paths, options)
        with Lake(data).transaction() as change:
            for collection, outcomes in imported.collections.items():
                change.merge(collection, outcomes, replace=replace)
    rows = [
        {
            "name": collection,
            "models": outcomes.n_models,
            "items": outcomes.n_items,
            "cells": int(outcomes.observed.sum()),
        }
        for collection, outcomes in imported.collections.items()
    ]
    if json:
        print_json({"collections": rows, "changed": change.changed, "notes": list(imported.notes)})
        return
    for note in imported.notes:
        print_note(note)
    state = "imported into" if change.changed else "already in"
    print_table(f"{state} {data}", list(rows[0]), [list(row.values()) for row in rows])
