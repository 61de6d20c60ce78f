"""``banzuke suite``: the data sets on which models are measured, built from raw files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from banzuke import progress
from banzuke.cli.options import JsonOption
from banzuke.cli.output import print_json, print_note, print_table
from banzuke.evaluation import data_sets
from banzuke.evaluation.data_sets import BuiltSet, DataSet, RawFolder
from banzuke.exceptions import BanzukeError, NotFoundError

app = typer.Typer(help="See the data sets of the suites; build them from raw files.")

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Data sets; all without.")
]
RawOption = Annotated[
    Path,
    typer.Option("--raw", metavar="DIR", help="Holds a folder of raw files for each data set."),
]
OutOption = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Gets train/, dev/ and test/NAME.json.")
]


@app.command("list")
def list_suite(
    raw: RawOption = Path("raw"), out: OutOption = Path("suite"), json: JsonOption = False
) -> None:
    """List the data sets: category, licence, whether raw data are here, what was built.

    JSON keys: data_sets [{name, suite, category, metrics, licence, homepage, raw
    (here/partly/missing), missing {split: reason}, counts {split: samples built}}].
    """
    rows = [_row(data_set, raw, out) for data_set in data_sets.data_sets().values()]
    if json:
        print_json({"data_sets": rows})
        return
    shown = ("name", "suite", "category", "licence", "raw")
    print_table(
        f"data sets; raw files in {raw}, built in {out}",
        [*shown, *data_sets.SPLITS],
        [
            [
                *(row[key] for key in shown),
                *(row["counts"].get(split) for split in data_sets.SPLITS),
            ]
            for row in rows
        ],
    )


@app.command("build")
def build_suite(
    names: NamesArgument = None,
    raw: RawOption = Path("raw"),
    out: OutOption = Path("suite"),
    download: Annotated[
        bool, typer.Option("--download", help="Fetch raw files that are not there.")
    ] = False,
    mirror: Annotated[
        str | None,
        typer.Option(
            "--mirror",
            metavar="URL|DIR",
            help="Fetch from here instead of the official addresses; laid out like --raw.",
        ),
    ] = None,
    skip_malformed: Annotated[
        bool,
        typer.Option("--skip-malformed", help="Leave out raw files that cannot be parsed."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Build data sets into the JSON layout of llm-jp-eval.

    A split is built where its raw files are there. A data set whose raw files are all
    missing is an error where it was named, and a remark where all were asked for. Any
    other trouble, such as a wrong digest, leaves that data set as it was, and the command
    ends with status 2 after it has built the others.

    JSON keys: built [{name, counts, digests, missing, skipped, notes, changed}], failed
    [{name, error}], absent [{name, error}].
    """
    if mirror is not None and not download:
        print_note("--mirror has no effect without --download")
    built: list[BuiltSet] = []
    failed: list[dict[str, str]] = []
    absent: list[dict[str, str]] = []
    with progress.shown():
        for data_set in progress.track(data_sets.select(names or ()), "building data sets"):
            try:
                if download:
                    data_sets.fetch(data_set, raw, mirror)
                built.append(data_sets.build(data_set, raw, out, skip_malformed=skip_malformed))
            except BanzukeError as error:
                unasked = isinstance(error, NotFoundError) and not names
                (absent if unasked else failed).append({"name": data_set.name, "error": str(error)})
    if json:
        results = [asdict(one) for one in built]
        print_json({"built": results, "failed": failed, "absent": absent})
    else:
        _show(built, out)
        for trouble in [*absent, *failed]:
            print_note(f"{trouble['name']} was not built: {trouble['error']}")
    if failed:
        raise typer.Exit(2)


def _show(built: Sequence[BuiltSet], out: Path) -> None:
    rows = [
        [one.name, *(one.counts.get(split) for split in data_sets.SPLITS), _remarks(one)]
        for one in built
    ]
    if rows:
        print_table(f"built in {out}", ["name", *data_sets.SPLITS, "remarks"], rows)
    for one in built:
        for reason in dict.fromkeys(one.missing.values()):
            splits = ", ".join(split for split in one.missing if one.missing[split] == reason)
            print_note(f"{one.name}, {splits} not built: {reason}")
        for note in one.notes:
            print_note(f"{one.name}, {note}")


def _remarks(one: BuiltSet) -> str:
    skipped = f"{len(one.skipped)} malformed raw file(s) left out" if one.skipped else ""
    return ", ".join(filter(None, ["" if one.changed else "unchanged", skipped]))


def _row(data_set: DataSet, raw_root: Path, out: Path) -> dict[str, Any]:
    raw = RawFolder(raw_root / data_set.folder)
    missing: dict[str, str] = {}
    for part in data_set.parts:
        for path in part.sources:
            if reason := data_sets.missing(raw, data_set.source(path)):
                missing.update(dict.fromkeys(part.splits, reason))
    state = (
        "here" if not missing else "missing" if len(missing) == len(data_set.splits) else "partly"
    )
    return {
        "name": data_set.name,
        "suite": data_set.suite,
        "category": data_set.category,
        "metrics": list(data_set.metrics),
        "licence": data_set.licence,
        "homepage": data_set.homepage,
        "raw": state,
        "missing": missing,
        "counts": data_sets.counts(data_set, out),
    }
