"""``banzuke compare``: whether one run is better than another, and on which items."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption, SeedOption
from banzuke.cli.output import one_line, print_json, print_note, print_table

_SHOWN = 20

_Run = Annotated[str, typer.Argument(metavar="RUN", help="Folder of a run, or its name in DATA.")]


def compare(
    first: _Run,
    second: _Run,
    *,
    across_prompts: Annotated[
        bool, typer.Option("--across-prompts", help="Other styles and shots are wanted.")
    ] = False,
    data: DataOption = DEFAULT_DATA,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Compare two runs on the same items: differences, paired tests, and what changed.

    Each data set, category and the average: the strict score of the second run less that
    of the first, with p and 95 % interval from swapping answers between the runs at random,
    passage by passage. Where scores are 0 or 1 and items independent, p is of McNemar's
    exact test. Runs whose manifests differ in what they asked are refused.

    JSON keys: first, second, differences [{name, kind, metric, n_items, first, second,
    difference, standard_error, lower, upper, p, test}] (0 to 100), changed [{item_id,
    data_set, first, second, first_answer, second_answer, gold}] (0 to 1).
    """
    from banzuke.evaluation.compare import compare_runs

    paths = [run_folder(name, data) for name in (first, second)]
    found = compare_runs(*paths, across_prompts=across_prompts, seed=seed)
    report = {"first": str(paths[0]), "second": str(paths[1]), **asdict(found)}
    if json:
        print_json(report)
    else:
        _print(report)


def run_folder(name: str, data: str) -> Path:
    """Return the folder of a run that is named by its path, or by its name in DATA."""
    from banzuke.evaluation._paths import is_there

    path = Path(name)
    return path if is_there(path) and path.is_dir() else Path(data) / "runs" / name


def _print(report: dict[str, Any]) -> None:
    columns = ["name", "items", "first", "second", "difference", "s.e.", "95 % interval", "p"]
    print_table(
        f"{Path(report['second']).name} less {Path(report['first']).name}, 0 to 100",
        [*columns, "test"],
        [_row(one) for one in report["differences"]],
    )
    changed = report["changed"]
    if changed:
        print_table(
            f"items that changed: {len(changed)}, of which the first {_SHOWN}",
            ["item", "first", "second", "gold", "answer of the first", "answer of the second"],
            [_item_row(one) for one in changed[:_SHOWN]],
        )
    else:
        print_note("No item has another score.")


def _row(one: dict[str, Any]) -> list[Any]:
    numbers = [_number(one[key]) for key in ("first", "second", "difference", "standard_error")]
    interval = f"{_number(one['lower'])} to {_number(one['upper'])}"
    p = "-" if math.isnan(one["p"]) else f"{one['p']:.3f}"
    return [one["name"], one["n_items"], *numbers, interval, p, one["test"]]


def _item_row(one: dict[str, Any]) -> list[Any]:
    scores = ["-" if one[key] is None else f"{one[key]:.2f}" for key in ("first", "second")]
    texts = [_short(one[key]) for key in ("gold", "first_answer", "second_answer")]
    return [one["item_id"], *scores, *texts]


def _short(text: str) -> str:
    line = one_line(" ".join(text.split()))  # no control characters of an answer
    return line if len(line) <= 30 else f"{line[:29]}…"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"
