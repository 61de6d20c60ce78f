"""Results of a run: scores of the categories, and Outcomes in the lake."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from banzuke.evaluation.metrics import METRICS
from banzuke.evaluation.records import Record
from banzuke.evaluation.run import Run
from banzuke.evaluation.tasks import Item, Task
from banzuke.outcomes import Lake, Outcomes, merge, standardise_models

NOT_AVERAGED = ("STS",)
"""Categories that are shown but do not count in the average, as on the Open Japanese LLM
Leaderboard."""


@dataclass(frozen=True, kw_only=True)
class CategoryScore:
    """How well a model did in one category.

    Parameters
    ----------
    category : str
    metric : str
        Of its first benchmark.
    n_items : int
    score : float
        Mean over its benchmarks of the mean over their items, 0 to 1.
    standard_error : float
        Of the score, items taken as a sample: per benchmark s / sqrt(n), combined over
        benchmarks; NaN where a benchmark has one item only.
    chance : float
        Score that blind guessing would have on average; NaN where that is not defined.
    near_chance : bool
        True where the score is at most two standard deviations of blind guessing above
        chance: the result does not show that the model does better than guessing.
    parse_failure_rate, truncation_rate : float
        Fractions of the items.
    """

    category: str
    metric: str
    n_items: int
    score: float
    standard_error: float
    chance: float
    near_chance: bool
    parse_failure_rate: float
    truncation_rate: float


@dataclass(frozen=True, kw_only=True)
class Average:
    """Plain mean of the categories that count, and its standard error."""

    score: float
    standard_error: float
    categories: Sequence[str]


def category_scores(run: Run) -> list[CategoryScore]:
    """Return the scores of a run's categories, in the order of the suite."""
    groups: dict[str, dict[str, list[tuple[Task, Item]]]] = {}
    for task, item in run.questions:
        tasks = groups.setdefault(task.benchmark.category, {})
        tasks.setdefault(task.benchmark.name, []).append((task, item))
    return [_category(name, tasks, run.records) for name, tasks in groups.items()]


def _category(
    name: str,
    tasks: Mapping[str, list[tuple[Task, Item]]],
    records: Mapping[str, Record],
) -> CategoryScore:
    scores = [[records[item.item_id].score for _, item in pairs] for pairs in tasks.values()]
    everything = [pair for pairs in tasks.values() for pair in pairs]
    kept = [records[item.item_id] for _, item in everything]
    score = float(np.mean([np.mean(part) for part in scores]))
    chance, deviation = _guessing(everything)
    return CategoryScore(
        category=name,
        metric=everything[0][0].benchmark.metric,
        n_items=len(everything),
        score=score,
        standard_error=_combined([_standard_error(part) for part in scores]),
        chance=chance,
        near_chance=score <= chance + 2 * deviation,
        parse_failure_rate=float(np.mean([record.parse_failure for record in kept])),
        truncation_rate=float(np.mean([record.truncated for record in kept])),
    )


def _standard_error(scores: Sequence[float]) -> float:
    n = len(scores)
    return float(np.std(scores, ddof=1)) / math.sqrt(n) if n > 1 else math.nan


def _combined(errors: Iterable[float]) -> float:
    """Return the standard error of the plain mean of independent means."""
    parts = list(errors)
    return math.sqrt(sum(part**2 for part in parts)) / len(parts)


def _guessing(questions: Iterable[tuple[Task, Item]]) -> tuple[float, float]:
    """Return mean and standard deviation of the mean score of blind guesses."""
    guesses = []
    for task, item in questions:
        guess = METRICS[task.benchmark.metric].guesses
        if guess is None:
            return math.nan, math.nan
        guesses.append(guess(item))
    variance = sum(float(np.var(scores)) for scores in guesses)
    mean = float(np.mean([np.mean(scores) for scores in guesses]))
    return mean, math.sqrt(variance) / len(guesses)


def average(scores: Iterable[CategoryScore]) -> Average:
    """Average the categories, all but `NOT_AVERAGED`."""
    counted = [score for score in scores if score.category not in NOT_AVERAGED]
    if not counted:
        return Average(score=math.nan, standard_error=math.nan, categories=())
    return Average(
        score=float(np.mean([score.score for score in counted])),
        standard_error=_combined([score.standard_error for score in counted]),
        categories=tuple(score.category for score in counted),
    )


def to_outcomes(run: Run, name: str | None = None) -> Outcomes:
    """Turn a run into one row of Outcomes.

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
        where the server does not count tokens.
        ``models``: what is known of the model, and engine, prompt_style, n_shots, run.
    """
    model = name or run.info.model
    records = [run.records[item.item_id] for _, item in run.questions]
    rows = [_item_row(task, item) for task, item in run.questions]
    items = pl.DataFrame(rows, schema_overrides={"chance": pl.Float64})
    facts = {key: [value] for key, value in run.info.metadata.items()}
    models = standardise_models(pl.DataFrame({"model": [model], **facts})).with_columns(
        engine=pl.lit(run.info.name),
        prompt_style=pl.lit(run.settings.style),
        n_shots=pl.lit(run.settings.n_shots),
        run=pl.lit(run.run_id),
    )
    return Outcomes(
        [[record.score for record in records]],
        models,
        items,
        layers=_layers(records),
        provenance={"kind": "evaluation", "sources": [_source(run, model)]},
    )


def _item_row(task: Task, item: Item) -> dict[str, Any]:
    guess = METRICS[task.benchmark.metric].guesses
    return {
        "item_id": item.item_id,
        "benchmark": task.benchmark.category,
        "task": task.benchmark.name,
        "metric": task.benchmark.metric,
        "chance": None if guess is None else float(np.mean(guess(item))),
        "averaged": task.benchmark.category not in NOT_AVERAGED,
        "text": item.text,
        "label": item.answers[0],
    }


def _layers(records: Sequence[Record]) -> dict[str, np.ndarray]:
    layers = {
        name: np.array([[getattr(record, field) for record in records]], dtype=object)
        for name, field in (("answer", "raw"), ("prompt", "prompt"))
    }
    for name in ("prompt_tokens", "completion_tokens", "truncated", "parse_failure"):
        values = [getattr(record, name) for record in records]
        layers[name] = np.array([[np.nan if v is None else float(v) for v in values]], np.float32)
    return layers


def _source(run: Run, model: str) -> dict[str, Any]:
    return {"run": run.run_id, "model": model, "engine": run.info.name, "suite": run.suite}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What `store` did: `kept_other` names a stored run that covers more items."""

    collection: str
    changed: bool
    kept_other: str | None


def store(run: Run, lake: Lake, name: str | None = None) -> Stored:
    """Put a run into the collection named after its suite, as the model's one row.

    A row holds one run, never cells of two: an earlier run of the same model name is
    replaced, unless it covers more items; then nothing is stored.
    """
    new = to_outcomes(run, name)
    model = new.model_names[0]
    with lake.transaction() as change:
        if run.suite in lake.names():
            old = lake.read(run.suite)
            other = _covers_more(old, new, model)
            if other is not None:
                return Stored(collection=run.suite, changed=False, kept_other=other)
            new = merge(_without_cells(old, model), new, replace=True)
        change.write(run.suite, new)
    return Stored(collection=run.suite, changed=change.changed, kept_other=None)


def _covers_more(old: Outcomes, new: Outcomes, model: str) -> str | None:
    if model not in old.model_index or "run" not in old.models.columns:
        return None
    row = old.model_index[model]
    larger = int(old.observed[row].sum()) > new.n_items
    return str(old.models["run"][row]) if larger else None


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
