"""Results of a run on the suite `mini`: scores of the categories and their average."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from banzuke.evaluation.metrics import METRICS
from banzuke.evaluation.records import Record
from banzuke.evaluation.run import Run
from banzuke.evaluation.tasks import Item, Task
from banzuke.stats.proportion import unanimous_error

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
        Of the score, items taken as a sample: per benchmark s / sqrt(n), or of
        Jeffreys' posterior where all items score 0 or all 1, combined over benchmarks;
        NaN where a benchmark has one item only.
    chance : float
        Score that blind guessing would have on average; NaN where that is not defined.
    near_chance : bool
        True where the score is at most two standard deviations of blind guessing above
        chance: the result does not show that the model does better than guessing.
    parse_failure_rate, truncation_rate : float
        Fractions of the items.
    n_too_long : int
        Items that could not be asked because the prompt is longer than the context; they
        score 0.
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
    n_too_long: int


@dataclass(frozen=True, kw_only=True)
class Average:
    """Plain mean of the categories that count, and its standard error."""

    score: float
    standard_error: float
    categories: Sequence[str]


def category_scores(run: Run) -> list[CategoryScore]:
    """Return the scores of a run's categories, in the order of the suite."""
    groups: dict[str, dict[str, list[tuple[Task, Item]]]] = {}
    for task, item in run.questions():
        tasks = groups.setdefault(task.benchmark.category, {})
        tasks.setdefault(task.benchmark.name, []).append((task, item))
    records = {record.item_id: record for record in run.records()}
    return [_category(name, tasks, records) for name, tasks in groups.items()]


def _category(
    name: str,
    tasks: Mapping[str, list[tuple[Task, Item]]],
    records: Mapping[str, Record],
) -> CategoryScore:
    scores = [[_score(records[item.item_id]) for _, item in pairs] for pairs in tasks.values()]
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
        n_too_long=sum(record.error is not None for record in kept),
    )


def _score(record: Record) -> float:
    return math.nan if record.score is None else record.score


def _standard_error(scores: Sequence[float]) -> float:
    n = len(scores)
    if set(scores) in ({0.0}, {1.0}):
        return unanimous_error(n)
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
