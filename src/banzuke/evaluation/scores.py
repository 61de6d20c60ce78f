"""Scores of built data sets, categories and their average: compat and strict, with errors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from banzuke.evaluation.columns import DEFINITIONS, Columns, columns_of
from banzuke.evaluation.drawing import Drawn, draw, mean_of, spread_unanimous
from banzuke.evaluation.measures import MEASURES
from banzuke.stats.bootstrap import standard_error

AVERAGED = ("NLI", "QA", "RC", "MC", "EL", "FA", "MR", "MT", "HE", "CG", "SUM")
"""The categories whose mean is the AVG of the Open Japanese LLM Leaderboard."""

N_DRAWS = 1000


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A score in both definitions, 0 to 100 (a correlation -100 to 100).

    Parameters
    ----------
    strict, compat : float
        NaN where missing.
    strict_error, compat_error : float
        Standard errors: bootstrap over items, clustered where they share a passage; where all
        items score 0, or all 1, of Jeffreys' posterior.
    """

    strict: float
    strict_error: float
    compat: float
    compat_error: float


@dataclass(frozen=True, kw_only=True)
class DataSetScore:
    """How well a model did on one data set.

    Parameters
    ----------
    name, category, metric : str
        The metric is the main one, which counts in the category.
    n_items, n_clusters : int
        How many items, and how many of them are independent.
    score : Scored
        Of the main metric.
    measures : mapping of str to Scored
        Of every metric.
    chance : float
        Score of blind guesses, 0 to 100; NaN where that is not defined.
    near_chance : bool
    parse_failure_rate, truncation_rate : float
        Fractions of the items.
    n_too_long : int
        Items that could not be asked because the prompt is longer than the context.
    zeroed : tuple of str
        Measures whose compat value is not defined and counts as 0, as in llm-jp-eval.
    verdicts : mapping of str to int
        Of programs that were run: how many for each key of `banzuke.evaluation.sandbox.REASONS`.
    """

    name: str
    category: str
    metric: str
    n_items: int
    n_clusters: int
    score: Scored
    measures: Mapping[str, Scored]
    chance: float
    near_chance: bool
    parse_failure_rate: float
    truncation_rate: float
    n_too_long: int
    zeroed: tuple[str, ...]
    verdicts: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class MeanScore:
    """The plain mean of data sets (a category), or of categories (the average).

    Parameters
    ----------
    name : str
    parts : sequence of str
    missing : sequence of str
        Parts without a strict score; then the strict score is NaN.
    score : Scored
    """

    name: str
    parts: Sequence[str]
    missing: Sequence[str]
    score: Scored


@dataclass(frozen=True, kw_only=True)
class SuiteScores:
    """All scores of a run.

    Parameters
    ----------
    data_sets : sequence of DataSetScore
    categories : sequence of MeanScore
    average : MeanScore
        Over `AVERAGED`: NaN unless all eleven are there.
    present : MeanScore
        Over those of `AVERAGED` that are there; not comparable with the leaderboard's.
    """

    data_sets: Sequence[DataSetScore]
    categories: Sequence[MeanScore]
    average: MeanScore
    present: MeanScore


def suite_scores(run: Path, *, n_draws: int = N_DRAWS, seed: int = 0) -> SuiteScores:
    """Compute the scores of a run on built data sets from its folder.

    Parameters
    ----------
    run : Path
    n_draws : int, default 1000
        Of the bootstrap.
    seed : int, default 0
        Of the bootstrap.
    """
    return scores_of(columns_of(run), n_draws=n_draws, seed=seed)


def scores_of(columns: Sequence[Columns], *, n_draws: int = N_DRAWS, seed: int = 0) -> SuiteScores:
    """Compute the scores of data sets, categories and the average from columns."""
    everything = draw(columns, n_draws=n_draws, seed=seed)
    everything = spread_unanimous(columns, everything, seed=seed)
    drawn = {(columns[i].name, measure, kind): d for (i, measure, kind), d in everything.items()}
    data_sets = [_data_set(one, drawn) for one in columns]
    groups: dict[str, list[Columns]] = {}
    for one in columns:
        groups.setdefault(one.category, []).append(one)
    means = {
        category: {
            kind: mean_of([drawn[one.name, one.metric, kind] for one in members])
            for kind in DEFINITIONS
        }
        for category, members in groups.items()
    }
    categories = [
        _mean(name, [one.name for one in groups[name]], means[name], _missing(groups[name], drawn))
        for name in groups
    ]
    return SuiteScores(
        data_sets=data_sets,
        categories=categories,
        average=average("AVG", AVERAGED, means),
        present=average(
            "mean of the categories that are there",
            [c for c in AVERAGED if c in means and math.isfinite(means[c]["strict"].value)],
            means,
        ),
    )


def average(
    name: str, wanted: Sequence[str], means: Mapping[str, Mapping[str, Drawn]]
) -> MeanScore:
    """Average categories: strict is missing where one is, compat takes those that are there."""
    there = [category for category in wanted if category in means]
    missing = [c for c in wanted if c not in means or not math.isfinite(means[c]["strict"].value)]
    nothing = Drawn(math.nan, np.full(1, math.nan))
    strict = mean_of(means[c]["strict"] for c in wanted) if wanted and not missing else nothing
    compat = mean_of(means[c]["compat"] for c in there) if there else nothing
    return _mean(name, list(wanted), {"strict": strict, "compat": compat}, missing)


def _mean(
    name: str, parts: Sequence[str], both: Mapping[str, Drawn], missing: Sequence[str]
) -> MeanScore:
    return MeanScore(name=name, parts=parts, missing=missing, score=_scored(both))


def _missing(members: Iterable[Columns], drawn: Mapping[tuple[str, str, str], Drawn]) -> list[str]:
    return [
        one.name
        for one in members
        if not math.isfinite(drawn[one.name, one.metric, "strict"].value)
    ]


def _scored(both: Mapping[str, Drawn]) -> Scored:
    return Scored(
        strict=100 * both["strict"].value,
        strict_error=100 * standard_error(both["strict"].replicates),
        compat=100 * both["compat"].value,
        compat_error=100 * standard_error(both["compat"].replicates),
    )


def _data_set(one: Columns, drawn: Mapping[tuple[str, str, str], Drawn]) -> DataSetScore:
    measures = {
        measure: _scored({kind: drawn[one.name, measure, kind] for kind in DEFINITIONS})
        for measure in one.measures
    }
    score = measures[one.metric]
    spread = math.sqrt(one.chance * (1 - one.chance) / one.n_items)
    return DataSetScore(
        name=one.name,
        category=one.category,
        metric=one.metric,
        n_items=one.n_items,
        n_clusters=len(set(one.clusters)),
        score=score,
        measures=measures,
        chance=100 * one.chance,
        near_chance=score.strict <= 100 * (one.chance + 2 * spread),
        parse_failure_rate=one.parse_failures / one.n_items,
        truncation_rate=one.truncated / one.n_items,
        n_too_long=one.too_long,
        zeroed=tuple(m for m in one.measures if not math.isfinite(one.value(m, "compat"))),
        verdicts=dict(one.verdicts.most_common()),
    )


def signatures(scores: SuiteScores) -> dict[str, str]:
    """Return how the libraries behind the strict values name their settings."""
    used = {name for one in scores.data_sets for name in one.measures}
    return {name: MEASURES[name].signature for name in sorted(used) if MEASURES[name].signature}
