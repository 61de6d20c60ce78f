"""``banzuke ensemble``: which models to ask together, and what that brings."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from banzuke import progress
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption, SeedOption
from banzuke.cli.output import print_json, print_note, print_table
from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Lake, Outcomes, importers

if TYPE_CHECKING:
    from banzuke.ensembles import Costs

app = typer.Typer(no_args_is_help=True, help="Choose which models to ask together.")

OutcomesOption = Annotated[
    str,
    typer.Option(
        "--outcomes",
        metavar="DIR|NAME",
        help="A folder with scores.parquet, answers and items.parquet, or a collection's name.",
    ),
]
BenchmarkOption = Annotated[
    str | None,
    typer.Option("--benchmark", help="Use this benchmark only.", show_default="all with answers"),
]


BudgetOption = Annotated[int, typer.Option("--budget", help="Most models to ask.", min=1)]
MethodOption = Annotated[
    str, typer.Option("--method", help="cross-fitted, exhaustive, greedy-mi, top-k, ...")
]
AggregatorOption = Annotated[
    str, typer.Option("--aggregator", help="auto, conditional-logit, majority, ...")
]
PricesOption = Annotated[
    Path | None,
    typer.Option(
        "--prices", help="CSV: model, price of an answer, and perhaps latency in seconds."
    ),
]
MoneyOption = Annotated[
    float | None, typer.Option("--money", help="Most to spend on one item (with --prices).")
]
SecondsOption = Annotated[
    float | None, typer.Option("--seconds", help="Longest wait for an answer (with --prices).")
]
PlotsOption = Annotated[
    Path | None, typer.Option("--plots", help="Folder to write plots into (HTML).")
]
BudgetsOption = Annotated[str, typer.Option("--budgets", help="Such as 1-8, or 1,3,5.")]
SplitsOption = Annotated[int, typer.Option("--splits", help="Random splits.", min=2)]
TrainItemsOption = Annotated[
    int | None, typer.Option("--train-items", help="Questions to choose on.", show_default="half")
]
JobsOption = Annotated[int, typer.Option("--jobs", help="Processes.", min=1)]


@app.command("select")
def select(
    outcomes: OutcomesOption,
    data: DataOption = DEFAULT_DATA,
    *,
    benchmark: BenchmarkOption = None,
    budget: BudgetOption = 5,
    method: MethodOption = "cross-fitted",
    aggregator: AggregatorOption = "auto",
    prices: PricesOption = None,
    money: MoneyOption = None,
    seconds: SecondsOption = None,
    plots: PlotsOption = None,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Choose the best models to ask together, for each budget.

    Sets are chosen on 60 % of the questions and judged on the others. For a collection of
    the data directory the result is also stored there, for the leaderboard.

    JSON keys: collection, n_train, n_test, method, aggregator, chosen [model],
    best_single {model, accuracy}, path [{k, models, aggregator, cost, accuracy, lower,
    upper, information, best_single, top_k}], frontier [as path], all_wrong [{n_models,
    observed, lower, upper, fitted}], error_correlations {models, matrix}; best_single and
    top_k within path are {difference, lower, upper, p}.
    """
    from banzuke.ensembles import summarise

    name, found, stored = load(outcomes, data, benchmark)
    with progress.shown():
        document = summarise(
            found,
            budget=budget,
            seed=seed,
            collection=name,
            method=method,
            aggregator=aggregator,
            costs=read_costs(prices, money, seconds),
        )
    if stored:
        Lake(data).write_document(f"ensemble-{name}", document)
    if plots is not None:
        _write_plots(document, plots)
    if json:
        print_json(document)
        return
    _print_path(document)


@app.command("benchmark")
def benchmark_command(
    outcomes: OutcomesOption,
    data: DataOption = DEFAULT_DATA,
    *,
    benchmark: BenchmarkOption = None,
    budgets: BudgetsOption = "1-8",
    splits: SplitsOption = 20,
    train_items: TrainItemsOption = None,
    jobs: JobsOption = 1,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Compare ways to choose and combine models on held-out questions.

    JSON keys: rows [{method, aggregator, k, split, models, accuracy, log_loss,
    information}], comparisons [{k, accuracy, rival, rival_accuracy, difference,
    standard_error, p, verdict}].
    """
    from banzuke.ensembles import benchmark as run
    from banzuke.ensembles import pool_of
    from banzuke.ensembles.benchmark import compare

    name, found, _ = load(outcomes, data, benchmark)
    pool = pool_of(found)
    n_train = pool.n_items // 2 if train_items is None else train_items
    with progress.shown():
        rows = run(
            pool,
            budgets=parse_budgets(budgets),
            n_splits=splits,
            n_train=n_train,
            seed=seed,
            n_jobs=jobs,
        )
    comparisons = compare(rows, test_share=(pool.n_items - n_train) / n_train)
    if json:
        print_json({"rows": [asdict(row) for row in rows], "comparisons": comparisons})
        return
    print_table(
        f"{name}: cross-fitted against the best rival, {splits} splits",
        list(comparisons[0]),
        [list(row.values()) for row in comparisons],
    )


def load(outcomes: str, data: str, benchmark: str | None) -> tuple[str, Outcomes, bool]:
    """Return a name, the Outcomes, and whether it is a whole collection of the lake."""
    folder = Path(outcomes)
    stored = not folder.is_dir()
    if stored:
        name, found = outcomes, Lake(data).read(outcomes)
    else:
        ((name, found),) = importers.read("table", [folder]).collections.items()
    if benchmark is None:
        return name, found, stored
    if benchmark not in found.benchmarks or "benchmark" not in found.items.columns:
        raise InvalidInputError(
            f"{name} has no benchmark {benchmark!r}; it has {', '.join(found.benchmarks[:20])}"
        )
    return f"{name}-{benchmark}", found.select(items=pl.col("benchmark") == benchmark), False


def parse_budgets(text: str) -> list[int]:
    """Read ``1-8``, ``1,3,5`` or a mix."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise InvalidInputError(f"--budgets {text!r} is not like 1-8 or 1,3,5")
        found.update(range(int(first), int(last or first) + 1))
    return sorted(found)


def read_costs(path: Path | None, money: float | None, seconds: float | None) -> Costs | None:
    """Read prices (and latencies) of models from a CSV file."""
    from banzuke.ensembles import Costs

    if path is None:
        if money is not None or seconds is not None:
            raise InvalidInputError("--money and --seconds need --prices, a CSV with model, price")
        return None
    try:
        table = pl.read_csv(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InvalidInputError(f"cannot read {path}: {error}") from None
    if not {"model", "price"} <= set(table.columns):
        raise InvalidInputError(
            f"{path} has the columns {', '.join(table.columns)}; it needs model and price"
        )
    columns = {"prices": "price", "latencies": "latency"}
    known = {
        argument: dict(table.select(pl.col("model").cast(pl.String), column).iter_rows())
        for argument, column in columns.items()
        if column in table.columns
    }
    return Costs(money=money, seconds=seconds, **known)


def _print_path(document: dict[str, Any]) -> None:
    single = document["best_single"]
    columns = [
        "k",
        "accuracy",
        "lower",
        "upper",
        "bits",
        "vs single",
        "p",
        "vs top-k",
        "p ",
        "models",
    ]
    rows = [
        [
            step["k"],
            step["accuracy"],
            step["lower"],
            step["upper"],
            step["information"],
            step["best_single"]["difference"],
            step["best_single"]["p"],
            step["top_k"]["difference"],
            step["top_k"]["p"],
            ", ".join(step["models"]),
        ]
        for step in document["path"]
    ]
    print_table(f"{document['collection']}: {document['n_test']} held-out questions", columns, rows)
    if document["frontier"]:
        frontier = [
            [step["cost"], step["accuracy"], ", ".join(step["models"])]
            for step in document["frontier"]
        ]
        print_table("accuracy for money", ["price", "accuracy", "models"], frontier)
    print_note(
        f"chosen: {', '.join(document['chosen'])}\n"
        f"best single model: {single['model']} ({single['accuracy']:.3f})"
    )


def _write_plots(document: dict[str, Any], folder: Path) -> None:
    from banzuke.ensembles.plots import plot_summary

    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in plot_summary(document).items():
        figure.write_html(folder / f"{name}.html", include_plotlyjs=True)
    print_note(f"plots in {folder}")
