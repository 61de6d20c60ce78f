"""``banzuke export-run``: a finished run as files of another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from banzuke.cli.compare import run_folder
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption
from banzuke.cli.output import print_json, print_note


def export_run(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Folder of a run, or its name in DATA.")
    ],
    *,
    form: Annotated[
        str, typer.Option("--format", help="llm-jp-eval or lm-eval-samples.")
    ] = "llm-jp-eval",
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Gets the files.")] = Path(),
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the model.", show_default="from engine")
    ] = None,
    data: DataOption = DEFAULT_DATA,
    json: JsonOption = False,
) -> None:
    """Write a finished run as a result of llm-jp-eval or samples of lm-evaluation-harness.

    llm-jp-eval: one result JSON of version 1.x with compat scores and outputs.
    lm-eval-samples: results_*.json and a samples_*.jsonl for each data set, strict scores.
    Both are read back by banzuke import.

    JSON keys: run, format, files.
    """
    from banzuke.evaluation.export import export_run as export

    folder = run_folder(run, data)
    files = [str(path) for path in export(folder, form, out, model=name)]
    if json:
        print_json({"run": str(folder), "format": form, "files": files})
    else:
        for file in files:
            print_note(file)
