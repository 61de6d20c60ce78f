"""The numbers of a run, data set by data set, read from the records one at a time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from banzuke.evaluation._paths import is_there
from banzuke.evaluation.measures import MEASURES, Value, mean
from banzuke.evaluation.records import Record, RunFolder
from banzuke.evaluation.tasks import Benchmark
from banzuke.evaluation.values import read_values
from banzuke.exceptions import ConflictError, NotFoundError

DEFINITIONS = ("strict", "compat")
"""The two definitions of a score."""


@dataclass
class Columns:
    """What the answers to one data set contribute to its scores.

    Parameters
    ----------
    benchmark : Benchmark
    item_ids, clusters : list of str
        In the order of the items; ``#...`` is the cluster of an item of its own.
    values : dict
        By definition and measure, the value of each item.
    parse_failures, truncated, too_long : int
    verdicts : counter of str
        Of programs that were run: how often each reason was given.
    """

    benchmark: Benchmark
    item_ids: list[str] = field(default_factory=list)
    clusters: list[str] = field(default_factory=list)
    values: dict[tuple[str, str], list[Value]] = field(default_factory=dict)
    parse_failures: int = 0
    truncated: int = 0
    too_long: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """Name of the data set."""
        return self.benchmark.name

    @property
    def category(self) -> str:
        """Category of the data set."""
        return self.benchmark.category

    @property
    def measures(self) -> Sequence[str]:
        """Measures, the main one first."""
        return self.benchmark.measures or (self.benchmark.metric,)

    @property
    def definitions(self) -> Sequence[str]:
        """The definitions in which there is a score; a metric of our own has one."""
        return DEFINITIONS if self.benchmark.measures else DEFINITIONS[:1]

    @property
    def metric(self) -> str:
        """The main measure."""
        return self.benchmark.metric

    @property
    def n_items(self) -> int:
        """How many items were asked."""
        return len(self.item_ids)

    @property
    def chance(self) -> float:
        """Score of a blind guess among the labels, 0 to 1; NaN for free text."""
        labels = len(self.benchmark.labels)
        return 1 / labels if labels else math.nan

    def add(self, record: Record, values: Mapping[str, float] | None = None) -> None:
        """Take the numbers of one record, and the values of models that were imported."""
        self.item_ids.append(record.item_id)
        self.clusters.append(record.cluster or f"#{record.item_id}")
        for kind in self.definitions:
            given: Mapping[str, Value] = getattr(record, kind)
            if not self.benchmark.measures:
                given = {self.metric: record.score}
            given = {**given, **(values or {})}
            for measure in self.measures:
                self.values.setdefault((measure, kind), []).append(given.get(measure))
        self.parse_failures += record.parse_failure
        self.truncated += record.truncated
        self.too_long += record.error is not None
        self.verdicts.update([record.verdict["reason"]] if record.verdict else [])

    def value(self, measure: str, kind: str) -> float:
        """Return the score of the data set, about 0 to 1; NaN where it is not defined."""
        values = self._array(measure, kind)
        if not len(values):
            return math.nan
        return float(_combine(measure, kind)(values, np.ones((1, len(values))))[0])

    def statistic(self, measure: str, kind: str) -> Callable[[np.ndarray], np.ndarray]:
        """Return the score as a function of weights of the items that count."""
        values, combine = self._array(measure, kind), _combine(measure, kind)
        return lambda weights: combine(values, weights)

    def change(self, other: Columns) -> Callable[[np.ndarray], np.ndarray]:
        """Return the main strict score of another run less this one, after swaps of answers.

        It is a function of which items keep their run (1) or swap it (0), shape
        (n_draws, n_items).
        """
        key = self.metric, "strict"
        here, there = self.counted(*key), other.counted(*key)
        combine = _combine(*key)

        def difference(kept: np.ndarray) -> np.ndarray:
            if not here or not there:
                return np.full(len(kept), np.nan)
            values = np.concatenate([self._array(*key), other._array(*key)])
            swapped = 1 - kept
            first = combine(values, np.hstack([kept[:, here], swapped[:, there]]))
            second = combine(values, np.hstack([swapped[:, here], kept[:, there]]))
            change: np.ndarray = second - first
            return change

        return difference

    def clusters_of(self, measure: str, kind: str) -> list[str]:
        """Return the clusters of the items that count."""
        return [self.clusters[i] for i in self.counted(measure, kind)]

    def counted(self, measure: str, kind: str) -> list[int]:
        """Return the places of the items that count in a score.

        An unreadable rating is left out. Where values of a model are missing, none counts:
        the mean over some items is no score of the data set.
        """
        values = self.values.get((measure, kind), [])
        places = [i for i, value in enumerate(values) if value is not None]
        if _is_imported(measure) and len(places) < len(values):
            return []
        return places

    def _array(self, measure: str, kind: str) -> np.ndarray:
        values = self.values.get((measure, kind), [])
        kept = [values[i] for i in self.counted(measure, kind)]
        return np.array([v if isinstance(v, (list, tuple)) else (v,) for v in kept], dtype=float)


def _is_imported(measure: str) -> bool:
    return measure in MEASURES and MEASURES[measure].imported


def _combine(measure: str, kind: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    found = MEASURES.get(measure)
    if found is None:
        return mean
    return found.combine_strict if kind == "strict" else found.combine_compat


def columns_of(path: Path) -> list[Columns]:
    """Read the columns of a finished run from its folder, in the order of its suite.

    Raises
    ------
    NotFoundError
        Where the folder holds no run.
    ConflictError
        Where the run has not been finished.
    """
    folder = RunFolder(path)
    tasks = finished(folder)["tasks"]
    return gather([Benchmark(**task) for task in tasks], folder.records(), read_values(path))


def gather(
    benchmarks: Iterable[Benchmark],
    records: Iterable[Record],
    values: Mapping[str, Mapping[str, float]] | None = None,
) -> list[Columns]:
    """Sort records into columns; benchmarks without a record are left out."""
    found = {one.name: Columns(benchmark=one) for one in benchmarks}
    for record in records:
        found[record.task].add(record, (values or {}).get(record.item_id))
    return [one for one in found.values() if one.n_items]


def finished(folder: RunFolder) -> dict[str, Any]:
    """Return the manifest of a finished run."""
    there = is_there(folder.path) and folder.path.is_dir()
    manifest = folder.manifest() if there else None
    if manifest is None or "tasks" not in manifest:
        raise NotFoundError(
            f"{folder.path} is no folder of a run; runs are in the folder runs of the data "
            "directory, and banzuke evaluate prints where"
        )
    if manifest["finished"] is None:
        raise ConflictError(
            f"the run in {folder.path} is not finished; the command that started it continues it"
        )
    return manifest
