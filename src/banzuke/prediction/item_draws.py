"""Items drawn with known, unequal chances, and the mean that follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from banzuke.exceptions import InvalidInputError
from banzuke.prediction.response_space import ResponseSpace

__all__ = ["Draws", "item_variance", "of_draws"]

_MODEL_WEIGHT = 25.0  # draws that the predicted variance weighs against the observed one


@dataclass(frozen=True)
class Draws:
    """The record of a sample: one entry for each item, in the order in which they were drawn.

    Parameters
    ----------
    items : tuple of int
        Columns, each at most once.
    chances : tuple of float
        Chance with which each was drawn from those not yet run, above 0 and at most 1.
    equal : tuple of bool
        Whether all items left had the same chance.
    before : int, optional
        Results of other items that were there when the first was drawn; None: not recorded.
    """

    items: tuple[int, ...] = ()
    chances: tuple[float, ...] = ()
    equal: tuple[bool, ...] = ()
    before: int | None = None

    def __post_init__(self) -> None:
        if not len(self.items) == len(self.chances) == len(self.equal):
            raise InvalidInputError("draws need one chance for each item")
        if len(set(self.items)) < len(self.items):
            raise InvalidInputError("draws name an item twice; each item is drawn once")
        if not all(0 < chance <= 1 for chance in self.chances):
            raise InvalidInputError("a chance of a draw is not above 0 and at most 1")

    def then(self, other: Draws) -> Draws:
        """Return these draws followed by others."""
        return Draws(
            self.items + other.items,
            self.chances + other.chances,
            self.equal + other.equal,
            self.before if self.items else other.before,
        )

    def check(self, row: np.ndarray) -> None:
        """Raise where the results are not those that the draws led to.

        Chances are of an item among those without a result when it was drawn, so others must not
        have been run since, unless all were.

        Raises
        ------
        InvalidInputError
            Where a drawn item does not exist or has no result, or others have been run since.
        """
        if any(not 0 <= item < len(row) for item in self.items):
            raise InvalidInputError(f"draws name an item that is not among the {len(row)} items")
        lost = int(np.isnan(row[list(self.items)]).sum())
        if lost:
            raise InvalidInputError(
                f"{lost} of {len(self.items)} drawn items have no result; run them all, since "
                "leaving out those that fail would bias the estimate"
            )
        others = int((~np.isnan(row)).sum()) - len(self.items)
        if self.items and self.before not in (None, others) and np.isnan(row).any():
            raise InvalidInputError(
                f"{others} results are of items that were not drawn, but {self.before} were there "
                "before the first draw; run drawn items alone, or all, or leave the record out "
                "where the others are a random sample too"
            )

    def all_random(self, row: np.ndarray) -> bool:
        """Return whether the results are just these draws, all of them with equal chances."""
        self.check(row)
        return all(self.equal) and len(self.items) == int((~np.isnan(row)).sum())

    def first_random(self, row: np.ndarray) -> np.ndarray | None:
        """Return the results of the leading draws with equal chances, where nothing came before."""
        n = next((at for at, equal in enumerate(self.equal) if not equal), len(self.equal))
        if n < 2 or len(self.items) < int((~np.isnan(row)).sum()):
            return None
        result = np.full(len(row), np.nan)
        first = list(self.items[:n])
        result[first] = row[first]
        return result


def of_draws(
    space: ResponseSpace,
    row: np.ndarray,
    draws: Draws,
    *,
    position: np.ndarray | None = None,
    start: tuple[float, float] | None = None,
    scale: float = 1.0,
) -> tuple[float, float]:
    """Return the mean over all items and its squared standard error.

    Each draw alone gives an unbiased estimate of the mean, given all before it: the scores known
    by then, the predictions of the others from those scores, and the error of the prediction
    of the drawn item over its chance. The estimates are averaged with weights inverse to their
    predicted variance, which is known before the draw; so the sum is a martingale, and the
    interval holds although earlier results decide what is drawn.

    Parameters
    ----------
    space : ResponseSpace
    row : ndarray of shape (n_items,)
        The model's scores, NaN where not run.
    draws : Draws
    position : ndarray of shape (n_components,), optional
        Where the model is expected before any result.
    start : tuple of float, optional
        Estimate and squared standard error from the leading draws with equal chances, which are
        then known rather than drawn.
    scale : float, default 1
        Squared errors of the predictions over those that the model expects, from results before.

    Returns
    -------
    tuple of float

    References
    ----------
    Zrnic, Candes (2024), Active statistical inference, arXiv 2403.03208, section 4.
    """
    draws.check(row)
    if not np.isnan(row).any():
        return float(row.mean()), 0.0
    skipped = 0
    if start is not None:
        skipped = next((at for at, equal in enumerate(draws.equal) if not equal), len(draws.equal))
    known = row.copy()
    known[list(draws.items[skipped:])] = np.nan
    values, variances = _one_by_one(space, row, known, draws, position, skipped)
    if not values.size:
        return start if start is not None else (float(np.mean(row)), 0.0)
    sure = variances <= 0
    if sure.any():  # drawn with certainty: nothing is left to estimate
        return float(values[sure][-1]), 0.0
    weights = 1 / variances
    mean = float(weights @ values / weights.sum())
    surprise = float(np.sum((values - mean) ** 2 / variances))
    scale = (surprise + _MODEL_WEIGHT * scale) / (len(values) - 1 + _MODEL_WEIGHT)
    spread = scale / weights.sum()
    if start is None or start[1] <= 0:
        return mean, float(spread)
    share = (1 / spread) / (1 / spread + 1 / start[1])
    return float(share * mean + (1 - share) * start[0]), float(1 / (1 / spread + 1 / start[1]))


def _one_by_one(
    space: ResponseSpace,
    row: np.ndarray,
    known: np.ndarray,
    draws: Draws,
    position: np.ndarray | None,
    skipped: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return each draw's estimate of the mean and its predicted variance."""
    state = space.posterior(known, position)
    where, covariance = state.position, state.covariance
    total, open_items = len(row), np.isnan(known)
    values, variances = [], []
    for item, chance in zip(draws.items[skipped:], draws.chances[skipped:], strict=True):
        expected = space.expected(where)
        spread = item_variance(space, expected, covariance)
        error = (row[item] - expected[item]) / chance
        values.append((row[~open_items].sum() + expected[open_items].sum() + error) / total)
        # chances of items that were not drawn are not kept: taken to follow the deviation
        base = np.sqrt(spread[open_items])
        by_size = float(base.sum() ** 2)
        variances.append(max(by_size - float(spread[open_items].sum()), 0.0) / total**2)
        open_items[item] = False
        v = space.loadings[item]
        gain = covariance @ v / (v @ covariance @ v + space.noise[item])
        where = where + gain * (row[item] - space.mean[item] - v @ where)
        covariance = covariance - np.outer(gain, v @ covariance)
    return np.array(values), np.array(variances)


def item_variance(space: ResponseSpace, expected: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the expected squared error of each item's prediction, shape (n_items,)."""
    p = np.clip(expected, 0.02, 0.98)
    of_position = ((space.loadings @ covariance) * space.loadings).sum(axis=1)
    return np.asarray(p * (1 - p) + of_position)
