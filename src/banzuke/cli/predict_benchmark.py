"""``banzuke predict benchmark``: prediction methods side by side on held-out cells."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from banzuke import progress
from banzuke.cli.options import JsonOption
from banzuke.cli.output import make_folder, print_json, print_note, print_table
from banzuke.cli.side_information import (
    EmbedOption,
    FeatureOption,
    ProbeOption,
    answer_probe,
    text_encoder,
)
from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Lake, Outcomes, importers
from banzuke.outcomes.importers import ImportOptions

if TYPE_CHECKING:
    from banzuke.prediction.protocol import ProtocolRow

_METHODS = (
    "mean, mean-per-benchmark, mf, mf-unbiased, simrmf, simrmf-scaled, lrmf, irt-2pl, rasch, "
    "nearest-items, boosting, inductive"
)

_SHOWN = ("rmse_p", "rmse_m", "rmse_x", "auc", "ece", "fit_s")  # fits 80 columns

OutcomesOption = Annotated[
    str,
    typer.Option(
        "--outcomes",
        metavar="DIR",
        help="A folder with scores.parquet, or a data directory and a collection: DIR:NAME.",
    ),
]


def benchmark(
    *,
    outcomes: OutcomesOption,
    methods: Annotated[
        str, typer.Option("--methods", help=f"Comma-separated, of {_METHODS}.")
    ] = "mean,mean-per-benchmark,mf,simrmf,simrmf-scaled,inductive",
    known_models: Annotated[
        int | None, typer.Option("--known-models", help="Models to learn from; default half.")
    ] = None,
    known_items: Annotated[
        int | None, typer.Option("--known-items", help="Items to learn from; default 70 %.")
    ] = None,
    observed: Annotated[
        str,
        typer.Option("--observed", help="T, items a model shows; below 1 a share. Several: 0.9,75"),
    ] = "0.9",
    seeds: Annotated[int, typer.Option("--seeds", help="Number of draws.", min=1)] = 3,
    hold_out: Annotated[
        str,
        typer.Option(
            "--hold-out",
            help="Which models are new: random, organisations (whole ones: about as many models "
            "are known as asked), strongest.",
        ),
    ] = "random",
    benchmarks: Annotated[
        str | None, typer.Option("--benchmarks", help="Keep the items of these; commas between.")
    ] = None,
    complete_models_only: Annotated[
        bool, typer.Option("--complete-models-only", help="Keep models without a gap.")
    ] = False,
    features: FeatureOption = None,
    embed: EmbedOption = None,
    probe: ProbeOption = None,
    plots: Annotated[
        Path | None, typer.Option("--plots", help="Folder to write plots into (HTML).")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", help="Fits at a time.", min=1)] = 1,
    json: JsonOption = False,
) -> None:
    """Compare prediction methods on cells, models and items that they did not see.

    Test A: known model and item; B: new item; C: new model; D: both new.

    JSON keys: rows [{method, test, seed, observed, rmse_p, rmse_m, rmse_x, auc, log_loss, ece,
    coverage_90, fit_s, predict_s, peak_mb}].
    """
    from banzuke.prediction.protocol import run_protocol, unfitted

    names = [name.strip() for name in methods.split(",")]
    predictors = unfitted(names, text_encoder(embed), tuple(features or ()), answer_probe(probe))
    table = read_table(outcomes)
    if benchmarks is not None:
        table = table.select(items=_of_benchmarks(table, benchmarks.split(",")))
    if complete_models_only:
        table = table.select(models=np.flatnonzero(table.observed.all(axis=1)))
        if not table.n_models:
            raise InvalidInputError(f"no model of {outcomes} was run on every item")
    make_folder(plots)
    with progress.shown():
        rows = run_protocol(
            table,
            methods=predictors,
            observed=_numbers(observed),
            known_models=known_models,
            known_items=known_items,
            seeds=range(seeds),
            hold_out=hold_out,
            n_jobs=jobs,
        )
    if plots is not None:
        _write_plots(rows, plots)
    if json:
        print_json({"rows": [row.flat() for row in rows]})
        return
    _print(table, rows)


def _write_plots(rows: list[ProtocolRow], folder: Path) -> None:
    from banzuke.prediction.plots import plot_protocol

    for name, figure in plot_protocol(rows).items():
        # one copy of Plotly beside the pages, so that they work offline
        figure.write_html(folder / f"{name}.html", include_plotlyjs="directory")
        print_note(f"wrote {folder / name}.html")


def read_table(where: str) -> Outcomes:
    """Return the results of a folder, or of a collection in a data directory."""
    folder, _, name = where.rpartition(":")
    if folder and not Path(where).exists():
        return Lake(folder).read(name)
    imported = importers.read("table", [where], ImportOptions())
    (table,) = imported.collections.values()
    return table


def _of_benchmarks(table: Outcomes, names: list[str]) -> np.ndarray:
    for name in names:
        if name not in table.benchmarks:
            known = ", ".join(table.benchmarks)
            raise InvalidInputError(f"there is no benchmark {name!r}; there are {known}")
    column = "benchmark" if "benchmark" in table.items.columns else "item_id"
    return np.flatnonzero(table.items[column].is_in(names).to_numpy())


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InvalidInputError(
            f"--observed is {text!r}; give numbers with commas between, such as 0.9,75"
        ) from None


def _print(table: Outcomes, rows: list[ProtocolRow]) -> None:
    grouped: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.observed, row.test, row.method].append(row.flat())
    body = []
    for (observed, test, method), draws in sorted(grouped.items(), key=lambda kv: kv[0][:2]):
        means = [float(np.mean([draw[key] for draw in draws])) for key in _SHOWN]
        body.append([observed, test, method, *(None if np.isnan(m) else m for m in means)])
    title = f"{table.n_models} models x {table.n_items} items, mean over draws"
    print_table(title, ["T", "test", "method", *_SHOWN], body)
