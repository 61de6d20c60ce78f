"""Results of a run as Outcomes, and in the lake."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from banzuke.evaluation.asking import Asking
from banzuke.evaluation.columns import gather
from banzuke.evaluation.measures import Value
from banzuke.evaluation.metrics import METRICS
from banzuke.evaluation.records import Record
from banzuke.evaluation.results import NOT_AVERAGED
from banzuke.evaluation.run import Run
from banzuke.evaluation.scores import Scored, SuiteScores, scores_of
from banzuke.evaluation.tasks import Item, Task
from banzuke.evaluation.values import read_values
from banzuke.outcomes import Lake, Outcomes, merge, standardise_models


def to_outcomes(run: Run, name: str | None = None) -> Outcomes:
    """Turn the answers of a run into one row of Outcomes.

    Parameters
    ----------
    run : Run
    name : str, optional
        Of the model; the engine's name for it by default.

    Returns
    -------
    Outcomes
        ``items``: benchmark (= category), task, metric, chance (mean score of a blind
        guess, null where undefined), averaged (whether it counts), text, label.
        Layers: ``answer`` (raw) and ``prompt`` as text; ``prompt_tokens``,
        ``completion_tokens``, ``truncated`` and ``parse_failure`` (0 or 1) as numbers, NaN
        where the server does not count tokens; ``compat`` for built data sets.
        ``models``: what is known of the model, and suite, suite_version (a digest of the
        items), engine, engine_version, prompt_style, n_shots, run: what tells which rows
        are comparable. An answer without a score of its own (a rating, a translation) has
        score NaN and keeps its layers.
    """
    questions = list(run.questions())
    records = list(run.records())
    items = pl.DataFrame(
        [_item_row(task, item) for task, item in questions],
        schema_overrides={"chance": pl.Float64},
    )
    layers = _layers(records)
    if run.suite.is_built:
        layers["compat"] = _numbers(
            _one(record.compat.get(task.benchmark.metric))
            for (task, _), record in zip(questions, records, strict=True)
        )
    return Outcomes(
        [[np.nan if record.score is None else record.score for record in records]],
        _model_row(run, name),
        items,
        layers=layers,
        provenance=_provenance(run, name),
    )


def _scores(run: Run) -> SuiteScores:
    benchmarks = [task.benchmark for task in run.suite.tasks]
    return scores_of(gather(benchmarks, run.records(), read_values(run.path)))


def scores_to_outcomes(
    run: Run, scores: SuiteScores, name: str | None = None
) -> tuple[Outcomes, Outcomes]:
    """Turn the strict scores of a run into one row of categories, and one of data sets.

    Parameters
    ----------
    run : Run
    scores : SuiteScores
        Of that run.
    name : str, optional
        Of the model.

    Returns
    -------
    Outcomes, Outcomes
        An item for each category, and for each data set; layers ``standard_error`` and
        ``compat``, 0 to 1. A score that is missing is NaN, a correlation below 0 is 0.
    """
    by_name = {one.name: one for one in scores.data_sets}
    categories = [
        {
            "item_id": one.name,
            "benchmark": one.name,
            "n_items": sum(by_name[part].n_items for part in one.parts),
            "chance": _mean_chance([by_name[part].chance for part in one.parts]),
            "averaged": one.name not in NOT_AVERAGED,
            "data_sets": ", ".join(one.parts),
        }
        for one in scores.categories
    ]
    data_sets = [
        {
            "item_id": one.name,
            "benchmark": one.name,
            "category": one.category,
            "metric": one.metric,
            "n_items": one.n_items,
            "chance": _mean_chance([one.chance]),
            "averaged": one.category not in NOT_AVERAGED,
        }
        for one in scores.data_sets
    ]
    return (
        _score_row(run, name, categories, [one.score for one in scores.categories]),
        _score_row(run, name, data_sets, [one.score for one in scores.data_sets]),
    )


def _mean_chance(chances: Sequence[float]) -> float | None:
    """Return the mean chance, 0 to 1; None where one is not defined."""
    return None if any(map(math.isnan, chances)) else float(np.mean(chances)) / 100


def _score_row(
    run: Run, name: str | None, items: Sequence[Mapping[str, Any]], scores: Sequence[Scored]
) -> Outcomes:
    return Outcomes(
        [[_share(one.strict) for one in scores]],
        _model_row(run, name),
        pl.DataFrame(list(items), schema_overrides={"chance": pl.Float64}),
        layers={
            "standard_error": _numbers(one.strict_error / 100 for one in scores),
            "compat": _numbers(_share(one.compat) for one in scores),
        },
        provenance=_provenance(run, name),
    )


def _share(score: float) -> float:
    return float(np.clip(score / 100, 0, 1))


def _one(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _numbers(values: Iterable[float | None]) -> np.ndarray:
    return np.array([[np.nan if v is None else float(v) for v in values]], np.float32)


def _model_row(run: Run, name: str | None) -> pl.DataFrame:
    facts = {key: [value] for key, value in run.info.metadata.items()}
    table = pl.DataFrame({"model": [name or run.info.model], **facts})
    asking = Asking(suite=run.suite, settings=run.settings)
    return standardise_models(table).with_columns(
        suite=pl.lit(run.suite.name),
        suite_version=pl.lit(asking.items_digest()[:12]),
        engine=pl.lit(run.info.name),
        engine_version=pl.lit(run.info.version, dtype=pl.String),
        prompt_style=pl.lit(run.settings.style),
        n_shots=pl.lit(run.settings.n_shots),
        run=pl.lit(run.run_id),
    )


def _item_row(task: Task, item: Item) -> dict[str, Any]:
    return {
        "item_id": item.item_id,
        "benchmark": task.benchmark.category,
        "task": task.benchmark.name,
        "metric": task.benchmark.metric,
        "chance": _chance(task, item),
        "averaged": task.benchmark.category not in NOT_AVERAGED,
        "text": item.text,
        "label": item.answers[0],
    }


def _chance(task: Task, item: Item) -> float | None:
    if task.benchmark.measures:
        return 1 / len(item.labels) if item.labels else None
    guess = METRICS[task.benchmark.metric].guesses
    return None if guess is None else float(np.mean(guess(item)))


def _layers(records: Sequence[Record]) -> dict[str, np.ndarray]:
    layers = {
        name: np.array([[getattr(record, field) for record in records]], dtype=object)
        for name, field in (("answer", "raw"), ("prompt", "prompt"))
    }
    for name in ("prompt_tokens", "completion_tokens", "truncated", "parse_failure"):
        layers[name] = _numbers(getattr(record, name) for record in records)
    return layers


def _provenance(run: Run, name: str | None) -> dict[str, Any]:
    source = {
        "run": run.run_id,
        "model": name or run.info.model,
        "engine": run.info.name,
        "suite": run.suite.name,
    }
    return {"kind": "evaluation", "sources": [source]}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What `store` did: `kept_other` names a stored run that covers more items.

    ``yielded`` says that it was kept because the new run gives way to it.
    """

    collection: str
    changed: bool
    kept_other: str | None
    yielded: bool = False


def store(
    run: Run,
    lake: Lake,
    name: str | None = None,
    *,
    gives_way: Callable[[Mapping[str, Any]], bool] = lambda facts: False,
) -> Stored:
    """Put a run into the collection named after its suite, as the model's one row.

    A row holds one run, never cells of two: an earlier run of the same model name is
    replaced, unless it covers more items; then nothing is stored. A run on built data sets
    has its categories there, its data sets in ``<suite>-data-sets`` and its answers in
    ``<suite>-items``.

    Parameters
    ----------
    run : Run
    lake : Lake
    name : str, optional
        Of the model; the engine's name for it by default.
    gives_way : callable, optional
        Told the facts of a stored row of this name; where it says True, that row stays and
        nothing is stored.
    """
    suite = run.suite.name
    answers = to_outcomes(run, name)
    new = {suite: answers}
    if run.suite.is_built:
        categories, data_sets = scores_to_outcomes(run, _scores(run), name)
        # the answers first: they tell whether another run covers more
        new = {
            f"{suite}-items": answers,
            suite: categories,
            f"{suite}-data-sets": data_sets,
        }
    with lake.transaction() as change:
        for collection, outcomes in new.items():
            row = outcomes
            if collection in lake.names():
                old = lake.read(collection)
                there = _row_of(old, row.model_names[0])
                yielded = there is not None and gives_way(there)
                if there and (yielded or _covers_more(old, row)):
                    return Stored(
                        collection=suite,
                        changed=False,
                        kept_other=str(there["run"]),
                        yielded=yielded,
                    )
                row = merge(_without_cells(old, row.model_names[0]), row, replace=True)
            change.write(collection, row)
    return Stored(collection=suite, changed=change.changed, kept_other=None)


def _row_of(stored: Outcomes, model: str) -> dict[str, Any] | None:
    """Return the facts of a model's row, where it is one of a run."""
    if model not in stored.model_index or "run" not in stored.models.columns:
        return None
    return stored.models.row(stored.model_index[model], named=True)


def _covers_more(old: Outcomes, new: Outcomes) -> bool:
    row = old.model_index[new.model_names[0]]
    return _n_kept(old, row) > _n_kept(new, 0)


def _n_kept(outcomes: Outcomes, row: int) -> int:
    """Count the cells that hold a score or an answer."""
    kept = np.array(outcomes.observed[row])
    if "answer" in outcomes.layers:
        kept |= np.array([answer is not None for answer in outcomes.layers["answer"][row]])
    return int(kept.sum())


def _without_cells(old: Outcomes, model: str) -> Outcomes:
    """Empty the row of a model, which keeps its place."""
    if model not in old.model_index:
        return old
    row = old.model_index[model]
    scores = np.array(old.scores)
    scores[row] = np.nan
    layers = {key: np.array(values) for key, values in old.layers.items()}
    for values in layers.values():
        values[row] = None if values.dtype == object else np.nan
    return old.replace(scores=scores, layers=layers)
