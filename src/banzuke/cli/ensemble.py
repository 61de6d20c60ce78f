"""``banzuke ensemble``: which models to ask together, and what that brings."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from banzuke import progress
from banzuke.cli.ensemble_input import (
    AggregatorOption,
    BenchmarkOption,
    BudgetOption,
    BudgetsOption,
    ClassesOption,
    ExcludeOption,
    JobsOption,
    MethodOption,
    MoneyOption,
    OutcomesOption,
    PlotsOption,
    PredictedOption,
    PricesOption,
    RejectOption,
    SecondsOption,
    Source,
    SplitsOption,
    TrainItemsOption,
    parse_budgets,
    read_costs,
)
from banzuke.cli.ensemble_tables import print_path
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption, SeedOption
from banzuke.cli.output import make_folder, print_json, print_note, print_table
from banzuke.outcomes import Lake

app = typer.Typer(no_args_is_help=True, help="Choose which models to ask together.")


@app.command("select")
def select(
    outcomes: OutcomesOption,
    data: DataOption = DEFAULT_DATA,
    *,
    benchmark: BenchmarkOption = None,
    exclude: ExcludeOption = None,
    classes: ClassesOption = None,
    budget: BudgetOption = None,
    predicted: PredictedOption = None,
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
    the data directory the result is also stored there, for the leaderboard. Models that were
    only predicted are marked ≈: their answers are drawn, so run a model before you rely on it.

    JSON keys: collection, of, benchmark, excluded (models), n_train, n_test, method,
    aggregator, chosen (models), best_single {model, accuracy}, path [{k, models, predicted,
    aggregator, cost, accuracy, lower, upper, information, best_single, top_k}], frontier (as
    path), members [{model, accuracy, lower, upper, price, predicted}], predicted (models),
    all_wrong [{n_models, observed, lower, upper, fitted}], saturation [{n_models,
    accuracy}], greedy_ratio [{k, greedy, best, ratio}], error_correlations {models,
    matrix}; best_single and top_k within path are {difference, lower, upper, p}.
    """
    from banzuke.ensembles import summarise

    make_folder(plots)
    source = Source(
        outcomes=outcomes, data=data, benchmark=benchmark, exclude=exclude, classes=classes,
        predicted=predicted,
    )  # fmt: skip
    with progress.shown():
        document = summarise(
            source.pool(),
            budget=budget,
            seed=seed,
            collection=source.name,
            method=method,
            aggregator=aggregator,
            costs=read_costs(prices, money, seconds),
        )
    document["of"] = source.outcomes if source.is_stored else None
    document |= {"benchmark": benchmark, "excluded": sorted(set(exclude or ()))}
    if source.is_stored:
        Lake(data).write_document(f"ensemble-{source.name.replace('/', '-')}", document)
    if plots is not None:
        _write_plots(document, plots)
    if json:
        print_json(document)
        return
    print_path(document)


@app.command("benchmark")
def benchmark_command(
    outcomes: OutcomesOption,
    data: DataOption = DEFAULT_DATA,
    *,
    benchmark: BenchmarkOption = None,
    exclude: ExcludeOption = None,
    classes: ClassesOption = None,
    budgets: BudgetsOption = None,
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
    from banzuke.ensembles.benchmark import compare

    source = Source(
        outcomes=outcomes, data=data, benchmark=benchmark, exclude=exclude, classes=classes
    )
    pool = source.pool()
    wanted = f"1-{min(8, pool.n_models)}" if budgets is None else budgets
    n_train = pool.n_items // 2 if train_items is None else train_items
    with progress.shown():
        rows = run(
            pool,
            budgets=parse_budgets(wanted),
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
        f"{source.name}: cross-fitted against the best rival, {splits} splits",
        ["k", "accuracy", "best rival", "its accuracy", "difference", "SE", "p", "verdict"],
        [list(row.values()) for row in comparisons],
    )


@app.command("adaptive")
def adaptive(
    outcomes: OutcomesOption,
    data: DataOption = DEFAULT_DATA,
    *,
    benchmark: BenchmarkOption = None,
    exclude: ExcludeOption = None,
    classes: ClassesOption = None,
    budget: BudgetOption = None,
    aggregator: AggregatorOption = "auto",
    prices: PricesOption = None,
    reject: RejectOption = None,
    plots: PlotsOption = None,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Ask one model after another, and compare that with a fixed set at the same price.

    Models are chosen and policies learned on 60 % of the questions and judged on the others,
    for several prices that an error may have. Without prices every answer costs 1.

    JSON keys: collection, n_train, n_test, models, aggregator, reject, points [{rate, cost,
    n_asked, coverage, static_coverage, accuracy, static_accuracy, risk, static_risk,
    difference, standard_error, static}]; a difference above 0 is errors saved.
    """
    from banzuke.ensembles.policies import summarise_policies

    make_folder(plots)
    source = Source(
        outcomes=outcomes, data=data, benchmark=benchmark, exclude=exclude, classes=classes
    )
    pool = source.pool()
    with progress.shown():
        document = summarise_policies(
            pool,
            budget=budget,
            costs=read_costs(prices, None, None),
            aggregator=aggregator,
            reject=reject,
            seed=seed,
            collection=source.name,
        )
    if plots is not None:
        _write_policy_plot(document, plots)
    if json:
        print_json(document)
        return
    columns = ["n_asked", "coverage", "accuracy", "static_accuracy", "difference"]
    columns.append("standard_error")
    print_table(
        f"{source.name}: {document['n_test']} held-out questions",
        ["cost", *columns, "static"],
        [
            [
                f"{point['cost']:.4g}",
                *(point[column] for column in columns),
                " or ".join(", ".join(one) for one in point["static"]),
            ]
            for point in document["points"]
        ],
    )
    print_note(f"asked in turn: {', '.join(document['models'])}")


def _write_plots(document: dict[str, Any], folder: Path) -> None:
    from banzuke.ensembles.plots import plot_summary

    for name, figure in plot_summary(document).items():
        figure.write_html(folder / f"{name}.html", include_plotlyjs=True)
    print_note(f"plots in {folder}")


def _write_policy_plot(document: dict[str, Any], folder: Path) -> None:
    from banzuke.ensembles.plots import plot_policies

    plot_policies(document).write_html(folder / "adaptive.html", include_plotlyjs=True)
    print_note(f"plots in {folder}")
