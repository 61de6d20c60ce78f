"""Bootstrap draws of data sets together, so that what shares a passage is drawn together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from banzuke.evaluation.columns import Columns
from banzuke.stats.bootstrap import cluster_replicates, unanimous_replicates


@dataclass(frozen=True)
class Drawn:
    """A value with its bootstrap replicates.

    Parameters
    ----------
    value : float
    replicates : numpy.ndarray, shape (n_draws,)
    by_rule : bool, default False
        Whether the value is 0 because llm-jp-eval makes that of one that is not defined.
    """

    value: float
    replicates: np.ndarray
    by_rule: bool = False


Key = tuple[int, str, str]
"""Place of the data set in the list, measure, and definition."""


def draw(
    columns: Sequence[Columns], *, n_draws: int, seed: int, main_only: bool = False
) -> dict[Key, Drawn]:
    """Return value and replicates of every data set, measure and definition.

    Parameters
    ----------
    columns : sequence of Columns
        Of one run, or of several runs on the same items: these see the same draws.
    n_draws, seed : int
    main_only : bool, default False
        Leave out all but the main measures.
    """
    found: dict[Key, Drawn] = {}
    for group in linked(columns):
        keys = [
            (place, measure, kind)
            for place in group
            for measure in (columns[place].measures[:1] if main_only else columns[place].measures)
            for kind in columns[place].definitions
        ]
        codes = cluster_codes([columns[i].clusters_of(measure, kind) for i, measure, kind in keys])
        statistics = [columns[i].statistic(measure, kind) for i, measure, kind in keys]
        replicates = cluster_replicates(statistics, codes, n_draws=n_draws, seed=seed)
        for (place, measure, kind), row in zip(keys, replicates, strict=True):
            found[place, measure, kind] = _settled(columns[place], measure, kind, row)
    return found


def _settled(one: Columns, measure: str, kind: str, replicates: np.ndarray) -> Drawn:
    value = one.value(measure, kind)
    if kind == "compat" and not math.isfinite(value):
        return Drawn(0.0, np.zeros_like(replicates), by_rule=True)
    return Drawn(value, replicates if math.isfinite(value) else np.full_like(replicates, np.nan))


def spread_unanimous(
    columns: Sequence[Columns], drawn: Mapping[Key, Drawn], *, seed: int
) -> dict[Key, Drawn]:
    """Give scores, or differences of scores, an error where no item differs from the rest.

    Data sets that share clusters go up and down together, so that their mean is not more
    certain than they are.

    Parameters
    ----------
    columns : sequence of Columns
    drawn : mapping
        From `draw`, of the same columns.
    seed : int
    """
    group_of = {place: n for n, group in enumerate(linked(columns)) for place in group}
    return {
        (place, measure, kind): _spread(
            one, columns[place].clusters_of(measure, kind), seed=(seed, group_of[place])
        )
        for (place, measure, kind), one in drawn.items()
    }


def _spread(one: Drawn, clusters: Sequence[str], *, seed: Sequence[int]) -> Drawn:
    if one.by_rule:
        return one
    (codes,) = cluster_codes([clusters])
    return replace(
        one, replicates=unanimous_replicates(one.value, one.replicates, codes, seed=seed)
    )


def linked(columns: Sequence[Columns]) -> list[list[int]]:
    """Group the places of data sets that share clusters.

    These are both directions of a translation, tasks on the same documents, and the same
    data set of two runs.
    """
    groups: list[tuple[set[str], list[int]]] = []
    for place, one in enumerate(columns):
        keys = set(one.clusters)
        touching = [group for group in groups if group[0] & keys]
        merged: tuple[set[str], list[int]] = (keys.union(*(g[0] for g in touching)), [])
        for group in touching:
            merged[1].extend(group[1])
            groups.remove(group)
        merged[1].append(place)
        groups.append(merged)
    return [members for _, members in groups]


def cluster_codes(names: Sequence[Sequence[str]]) -> list[np.ndarray]:
    """Give clusters numbers from 0, the same number for the same name."""
    numbers: dict[str, int] = {}
    return [
        np.array([numbers.setdefault(name, len(numbers)) for name in part], dtype=np.intp)
        for part in names
    ]


def mean_of(parts: Iterable[Drawn]) -> Drawn:
    """Return the plain mean; NaN where a part is."""
    known = list(parts)
    value = float(np.mean([part.value for part in known]))
    return Drawn(value, np.mean([part.replicates for part in known], axis=0))
