"""``banzuke predict estimate``, ``choose-items`` and ``item-quality``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import polars as pl
import typer

from banzuke import progress
from banzuke.cli.item_record import read_draws, write_draws
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption, SeedOption
from banzuke.cli.output import one_line, print_json, print_note, print_table
from banzuke.exceptions import InvalidInputError, NotFoundError
from banzuke.outcomes import Lake, Outcomes

if TYPE_CHECKING:
    from banzuke.prediction.response_space import ResponseSpace

CollectionArgument = Annotated[str, typer.Argument(metavar="COLLECTION", help="Item results.")]
ModelOption = Annotated[
    str, typer.Option("--model", help="A model of the collection that was run on a few items.")
]
BenchmarkOption = Annotated[
    str | None, typer.Option("--benchmark", help="Only the items of this benchmark.")
]
RecordOption = Annotated[
    Path | None,
    typer.Option("--record", help="File that keeps which items were drawn with which chance."),
]


def estimate_score(
    collection: CollectionArgument,
    *,
    model: ModelOption,
    benchmark: BenchmarkOption = None,
    record: RecordOption = None,
    data: DataOption = DEFAULT_DATA,
    level: Annotated[float, typer.Option("--level", help="Coverage of the interval.")] = 0.9,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Estimate the full score of a model that was run on some of the items.

    Without --record, those must be a random sample.

    JSON keys: model, mean, lower, upper, predicted_mean, standard_error, n_run, n_items,
    effective_n.
    """
    from banzuke.prediction.few_items import estimate

    outcomes = Lake(data).read(collection)
    known, scores = _known_and_new(outcomes, model, benchmark)
    with progress.shown(), progress.step("estimating"):
        draws = None if record is None else read_draws(record, model, known.item_ids)
        space, position = _before_any_result(known, outcomes.select(models=model), seed)
        found = estimate(space, scores, draws=draws, position=position, level=level, seed=seed)
    if json:
        print_json({"model": model, **asdict(found)})
        return
    row = asdict(found)
    print_table(f"{model}, {level:.0%} interval", list(row), [list(row.values())])


def choose(
    collection: CollectionArgument,
    *,
    model: ModelOption,
    benchmark: BenchmarkOption = None,
    n: Annotated[int, typer.Option("--n", help="Size of the batch.", min=1)] = 10,
    method: Annotated[
        str, typer.Option("--method", help="One of adaptive, informative, fixed, random.")
    ] = "adaptive",
    width: Annotated[
        float, typer.Option("--width", help="Stop once the interval is this narrow.", min=0)
    ] = 0.0,
    against: Annotated[
        list[str] | None,
        typer.Option("--against", help="Stop once the rank against this model is settled; repeat."),
    ] = None,
    record: RecordOption = None,
    data: DataOption = DEFAULT_DATA,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Choose which items to run next, given a model's results so far; random below 25.

    A model that is not in the collection has no results yet. With --record, estimate gives a
    valid interval after adaptive and random choices: repeat choose-items, run, import.

    JSON keys: model, reason, items [item_id], chances [float] (null where items were picked).
    """
    from banzuke.prediction.item_choice import Stop, choose_items

    outcomes = Lake(data).read(collection)
    if model in outcomes.model_index:
        known, scores = _known_and_new(outcomes, model, benchmark)
    else:
        known = _of_benchmark(outcomes, benchmark)
        known = known.select(items=np.flatnonzero(known.observed.any(axis=0)))
        scores = np.full(known.n_items, np.nan)
    stop = Stop(width=width, against=tuple(_mean_of(known, rival) for rival in against or ()))
    with progress.shown(), progress.step("choosing items"):
        past = None if record is None else read_draws(record, model, known.item_ids)
        own = outcomes.select(models=model) if model in outcomes.model_index else None
        space, position = _before_any_result(known, own, seed)
        choice = choose_items(
            space,
            scores,
            n=n,
            method=method,
            stop=stop,
            draws=past,
            position=position,
            seed=seed,
        )
    if record is not None:
        write_draws(record, model, choice, known.item_ids)
    ids = [known.item_ids[item] for item in choice.items]
    chances = None if choice.draws is None else choice.draws.chances[-len(ids) :] if ids else []
    if json:
        print_json({"model": model, "reason": choice.reason, "items": ids, "chances": chances})
        return
    print_note(f"{len(ids)} items for {model}: {choice.reason}")
    for item in ids:
        print(one_line(item))


def _before_any_result(
    known: Outcomes, own: Outcomes | None, seed: int
) -> tuple[ResponseSpace, np.ndarray | None]:
    """Return the space of the known models, and where a model's card places it."""
    from banzuke.prediction.kernel import InductiveKernel

    predictor = InductiveKernel(random_state=seed).fit(known)
    return predictor.space_, None if own is None else predictor.positions(own.models)[0]


def _mean_of(known: Outcomes, rival: str) -> float:
    """Return a rival's mean score; it must have run every item to be compared with."""
    scores = known.select(models=rival).scores[0]
    if np.isnan(scores).any():
        raise InvalidInputError(
            f"{rival!r} ran {int((~np.isnan(scores)).sum())} of {known.n_items} items; compare "
            "with a model that ran them all, or with one benchmark (--benchmark)"
        )
    return float(scores.mean())


def quality(
    collection: CollectionArgument,
    *,
    benchmark: BenchmarkOption = None,
    data: DataOption = DEFAULT_DATA,
    json: JsonOption = False,
) -> None:
    """List items that measure nothing, or the opposite of what they should.

    JSON keys: summary [{benchmark, items, FLAG...}], flagged [{item_id, benchmark, n, mean,
    item_rest_correlation, correlation_lower, correlation_upper, FLAG..., duplicate_of}]; flags:
    negative, never_solved, always_solved, duplicate, wrong_gold.
    """
    from banzuke.prediction.item_quality import FLAGS, item_quality

    table = item_quality(_of_benchmark(Lake(data).read(collection), benchmark))
    flagged = table.filter(pl.any_horizontal(*FLAGS))
    summary = table.group_by("benchmark", maintain_order=True).agg(
        pl.len().alias("items"), pl.col(*FLAGS).sum()
    )
    if json:
        print_json({"summary": summary.to_dicts(), "flagged": flagged.to_dicts()})
        return
    print_table(f"flagged items of {collection}", summary.columns, summary.rows())
    for name, meaning in FLAGS.items():
        print_note(f"{name}: {meaning}")


def _of_benchmark(outcomes: Outcomes, benchmark: str | None) -> Outcomes:
    if benchmark is None:
        return outcomes
    if benchmark not in outcomes.benchmarks:
        known = ", ".join(outcomes.benchmarks)
        raise NotFoundError(f"there is no benchmark {benchmark!r}; there are {known}")
    column = "benchmark" if "benchmark" in outcomes.items.columns else "item_id"
    return outcomes.select(items=pl.col(column) == benchmark)


def _known_and_new(
    outcomes: Outcomes, model: str, benchmark: str | None
) -> tuple[Outcomes, np.ndarray]:
    """Split off one model's results; keep the others that have any, and the items they ran."""
    table = _of_benchmark(outcomes, benchmark)
    chosen = table.select(models=model)  # an unknown name is an error that suggests others
    row = table.model_index[model]
    others = np.setdiff1d(np.flatnonzero(table.observed.any(axis=1)), [row])
    if not others.size:
        raise InvalidInputError(f"no other model has results beside {model!r} to learn from")
    run = np.flatnonzero(table.observed[others].any(axis=0))
    return table.select(models=others, items=run), chosen.scores[0, run]
