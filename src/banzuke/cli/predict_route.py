"""``banzuke predict route``: the model to ask for each item, under a price."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import polars as pl
import typer

from banzuke import progress
from banzuke.cli.options import JsonOption, SeedOption
from banzuke.cli.output import print_json, print_note, print_table
from banzuke.cli.predict_benchmark import OutcomesOption, read_table
from banzuke.cli.side_information import EmbedOption, ProbeOption, answer_probe, text_encoder
from banzuke.exceptions import ImportFormatError, InvalidInputError
from banzuke.outcomes import Outcomes

_SHOWN = ("name", "cost", "expected_score", "score", "score_error", "gain", "gain_error")


def route_items(
    *,
    outcomes: OutcomesOption,
    prices: Annotated[
        str,
        typer.Option(
            "--prices",
            metavar="FILE|COLUMN",
            help="CSV with model and price of an item, or a column of the models' metadata.",
        ),
    ],
    budget: Annotated[
        float | None, typer.Option("--budget", help="Largest mean price of an item.", min=0)
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="Predictor: inductive, nearest-items, boosting, ...")
    ] = "inductive",
    points: Annotated[int, typer.Option("--points", help="Budgets of the frontier.", min=1)] = 12,
    folds: Annotated[int, typer.Option("--folds", help="Parts of the items.", min=2)] = 5,
    embed: EmbedOption = None,
    probe: ProbeOption = None,
    jobs: Annotated[int, typer.Option("--jobs", help="Fits at a time.", min=1)] = 1,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Choose the model to ask for each item, and show cost against score.

    Each item is predicted from the results of other items, as a new one would be; where its
    results are known, the real score stands beside the expected one. Items without any result
    are routed too. With --budget, names the model for each item.

    JSON keys: baselines [{name, cost, expected_score, score, score_error, gain, gain_error,
    n_scored}], frontier [the same and budget], route [{item_id, model, expected_score}] (with
    --budget).
    """
    from banzuke.prediction.protocol import unfitted
    from banzuke.prediction.route_frontier import baselines, held_out_predictions, route_frontier
    from banzuke.prediction.routing import route

    side: dict[str, Any] = {"encoder": text_encoder(embed), "probe": answer_probe(probe)}
    (predictor,) = unfitted([method], **side).values()
    table = read_table(outcomes)
    table = table.select(models=np.flatnonzero(table.observed.any(axis=1)))
    amounts = _prices(prices, table)
    with progress.shown():
        predicted = held_out_predictions(table, predictor, n_folds=folds, seed=seed, n_jobs=jobs)
    known = baselines(predicted, amounts, table.scores)
    found = route_frontier(predicted, amounts, table.scores, n_points=points)
    report: dict[str, Any] = {
        "baselines": [asdict(point) for point in known],
        "frontier": [{"budget": a.cost, **asdict(point)} for a, point in found],
    }
    if budget is not None:
        asked = route(predicted, amounts, budget=budget)
        report["route"] = [
            {
                "item_id": item,
                "model": table.model_names[model],
                "expected_score": float(predicted[model, column]),
            }
            for column, (item, model) in enumerate(zip(table.item_ids, asked.models, strict=True))
        ]
    if json:
        print_json(report)
        return
    _print(table, report)


def _print(table: Outcomes, report: dict[str, Any]) -> None:
    rows = [*report["baselines"], *report["frontier"]]
    body = [[_plain(row[key]) for key in _SHOWN] for row in rows]
    title = f"{table.n_models} models x {table.n_items} items; gain: over the best single model"
    print_table(title, list(_SHOWN), body)
    if "route" in report:
        models = pl.DataFrame(report["route"])["model"].value_counts(sort=True)
        print_table("items that each model gets", ["model", "items"], models.rows())
        print_note("--json names the model of each item")


def _plain(value: Any) -> Any:
    """Prices may be far below a thousandth: give them as text with three digits."""
    if isinstance(value, str):
        return value
    return None if np.isnan(value) else f"{value:.3g}"


def _prices(prices: str, table: Outcomes) -> np.ndarray:
    path = Path(prices)
    if path.is_file():
        by_name = _read_prices(path)
    elif prices in table.models.columns:
        column = table.models[prices].cast(pl.Float64, strict=False)
        pairs = zip(table.model_names, column.to_list(), strict=True)
        by_name = {name: price for name, price in pairs if price is not None}
    else:
        raise InvalidInputError(
            f"--prices is {prices!r}, which is neither a file nor a column of the models "
            f"({', '.join(table.models.columns)})"
        )
    missing = [name for name in table.model_names if name not in by_name]
    if missing:
        raise InvalidInputError(
            f"model {missing[0]!r} has no price ({len(missing)} such); give one for each model"
        )
    return np.array([by_name[name] for name in table.model_names], dtype=np.float64)


def _read_prices(path: Path) -> dict[str, float]:
    try:
        frame = pl.read_csv(path, infer_schema=False)
        names = frame["model"].to_list()
        amounts = frame["price"].cast(pl.Float64).to_list()
    except (OSError, pl.exceptions.PolarsError) as error:
        first = str(error).splitlines()[0]
        raise ImportFormatError(path, f"needs columns 'model' and 'price': {first}") from None
    found = dict(zip(names, amounts, strict=True))
    if len(found) < len(names):
        raise ImportFormatError(path, "names a model twice")
    return {name: price for name, price in found.items() if price is not None}
