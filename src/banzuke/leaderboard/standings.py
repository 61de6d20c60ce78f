"""Ranks of a board with their uncertainty, among models that can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from banzuke.leaderboard.ranking import Averages, average, competition_ranks
from banzuke.stats.ranks import (
    RankIntervals,
    bootstrap_means,
    normal_rank_intervals,
    paired_rank_intervals,
)

if TYPE_CHECKING:
    from banzuke.leaderboard.board import Board

N_RESAMPLES = 1000
SEED = 0

SETTINGS = (
    ("suite", ("suite",)),
    ("suite_version", ("suite_version",)),
    ("shots", ("n_shots", "n_shot", "num_few_shot", "num_fewshot", "shots")),
    ("prompts", ("prompt_style",)),
    ("engine", ("engine",)),
    ("engine_version", ("engine_version",)),
)
"""What two rows must have alike to be ranked against each other, and the columns that tell it."""


class Standings:
    """Averages over sets of benchmarks, ranked; each is computed once.

    Parameters
    ----------
    board : Board
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._found: dict[tuple[tuple[int, ...], bool, bool], Averages] = {}
        self._replicates: dict[int, np.ndarray] = {}
        self.groups = comparable(board.models)

    def of(
        self, columns: Sequence[int], *, predicted: bool = False, normalised: bool = False
    ) -> Averages:
        """Return the average over some benchmarks, with ranks and rank intervals.

        Parameters
        ----------
        columns : sequence of int
            Benchmarks; a model that lacks one has no average.
        predicted : bool
            Whether predicted cells count.
        normalised : bool
            Whether scores are rescaled so that guessing is 0 and all right is 1.

        Returns
        -------
        Averages
        """
        key = tuple(columns), predicted, normalised
        if key not in self._found:
            self._found[key] = self._compute(*key)
        return self._found[key]

    def _compute(self, columns: tuple[int, ...], predicted: bool, normalised: bool) -> Averages:
        board, at = self._board, list(columns)
        measured = board.is_measured[:, at]
        usable = measured | board.is_predicted[:, at] if predicted else measured
        guess, width = scale_of(board.chance[at], normalised)
        base = average(
            (board.scores[:, at] - guess) / width,
            usable,
            measured=measured,
            lower=(board.lower[:, at] - guess) / width,
            upper=(board.upper[:, at] - guess) / width,
            standard_error=board.standard_error[:, at] / width,
        )
        errors = self._errors(base)
        intervals, method = self._intervals(base, errors, columns, guess, width)
        return base.ranked(self._ranks(base.mean), intervals, method)

    def _errors(self, base: Averages) -> np.ndarray:
        """Return standard errors; of predicted averages from their intervals."""
        level = self._board.prediction.get("level")
        level = level if isinstance(level, float) and 0 < level < 1 else 0.9
        spread = (base.upper - base.lower) / (2 * NormalDist().inv_cdf((1 + level) / 2))
        found: np.ndarray = np.where(base.is_predicted, spread, base.standard_error)
        return found

    def _ranks(self, values: np.ndarray) -> np.ndarray:
        ranks = np.zeros(values.size, np.int64)
        for rows in self._rows():
            ranks[rows] = competition_ranks(values[rows])
        return ranks

    def _rows(self) -> list[np.ndarray]:
        _, index = self.groups
        return [np.flatnonzero(index == group) for group in range(index.max(initial=0) + 1)]

    def _intervals(
        self,
        base: Averages,
        errors: np.ndarray,
        columns: tuple[int, ...],
        guess: np.ndarray,
        width: np.ndarray,
    ) -> tuple[RankIntervals, str]:
        n = base.mean.size
        full = [np.zeros(n, np.int64) for _ in range(3)]
        has_items = self._board.outcomes is not None and bool(columns)
        paired = has_items and not base.is_predicted.any()
        if not paired and np.isnan(errors).all():
            return RankIntervals(lower=full[0], upper=full[1], group=full[2]), "none"
        n_items = [self._board.n_items[column] for column in columns]
        replicates = np.zeros((n, N_RESAMPLES), np.float32)
        if paired:
            for column, low, wide in zip(columns, guess, width, strict=True):
                replicates += (self._resampled(column) - np.float32(low)) / np.float32(wide)
            replicates /= len(columns)
        for rows in self._rows():
            values = base.mean[rows]
            part = (
                paired_rank_intervals(values, replicates[rows], n_items=n_items)
                if paired
                else normal_rank_intervals(values, errors[rows])
            )
            for target, found in zip(full, (part.lower, part.upper, part.group), strict=True):
                target[rows] = found
        intervals = RankIntervals(lower=full[0], upper=full[1], group=full[2])
        return intervals, "paired" if paired else "normal"

    def _resampled(self, column: int) -> np.ndarray:
        if column not in self._replicates:
            outcomes, name = self._board.outcomes, self._board.benchmarks[column]
            if outcomes is None:
                raise RuntimeError("there are no items to resample")
            labels = outcomes.items["benchmark"].cast(pl.String).fill_null("(none)")
            items = outcomes.scores[:, (labels == name).to_numpy()]
            random = np.random.default_rng([SEED, column])
            self._replicates[column] = bootstrap_means(items, N_RESAMPLES, random)
        return self._replicates[column]


def scale_of(chance: np.ndarray, normalised: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return what is taken off each score, and what the rest is divided by.

    Parameters
    ----------
    chance : numpy.ndarray
        Scores of guessing; NaN or 1 where scores keep their scale.
    normalised : bool
        Whether guessing is to be 0.

    Returns
    -------
    tuple of numpy.ndarray
    """
    guess = np.where(np.isnan(chance) | (chance >= 1), 0.0, chance)
    if not normalised:
        guess = np.zeros_like(guess)
    return guess, 1 - guess


def comparable(models: pl.DataFrame) -> tuple[list[str], np.ndarray]:
    """Group models that were measured alike: suite, shots, prompt style, engine, its version.

    Parameters
    ----------
    models : polars.DataFrame

    Returns
    -------
    labels : list of str
        What sets each group apart; one empty label where all are alike.
    index : numpy.ndarray of int64, shape (n_models,)
        Group of each model; the largest group is number 0.

    Examples
    --------
    >>> frame = pl.DataFrame({"model": ["a", "b", "c"], "n_shots": [0, 4, 4]})
    >>> labels, index = comparable(frame)
    >>> labels, index.tolist()
    (['shots 4', 'shots 0'], [1, 0, 0])
    """
    parts: list[tuple[str, list[str]]] = []
    for name, columns in SETTINGS:
        column = next((one for one in columns if one in models.columns), None)
        if column is None or models.schema[column].is_nested():
            continue
        values = [_setting(name, value) for value in models[column].cast(pl.String).to_list()]
        if len(set(values)) > 1:
            parts.append((name.replace("_", " "), values))
    names = [name for name, _ in parts]
    keys = list(zip(*(values for _, values in parts), strict=True)) or [()] * models.height
    counts = {key: keys.count(key) for key in dict.fromkeys(keys)}
    ordered = sorted(counts, key=lambda key: (-counts[key], key))
    labels = [
        ", ".join(f"{name} {value}" for name, value in zip(names, key, strict=True))
        for key in ordered
    ]
    place = {key: index for index, key in enumerate(ordered)}
    return labels, np.array([place[key] for key in keys], np.int64)


def _setting(name: str, value: str | None) -> str:
    if value is None:
        return "unknown"
    if name == "engine_version":  # only the first number counts
        found = re.match(r"\D*(\d+)", value)
        return found[1] if found else value
    return value
