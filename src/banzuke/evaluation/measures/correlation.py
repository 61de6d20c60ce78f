"""Pearson's and Spearman's correlation of ratings with the gold ratings."""

from __future__ import annotations

import re

import numpy as np

from banzuke.evaluation.measures._base import Judged, Measure
from banzuke.evaluation.tasks import Item
from banzuke.evaluation.text import normalise, numbers

_FAILED = -2.0
_HIGHEST = 5.0
_NOT_KEPT = re.compile(r"[^0-9.]")


def compat(text: str, item: Item) -> tuple[float, float]:
    """Return rating and gold; the rating is what remains of the text in ``[0-9.]``.

    A text of which no number remains is the rating -2, as in llm-jp-eval.

    Examples
    --------
    >>> compat("約3.5です", Item(item_id="q", text="", answers=("4.0",)))
    (3.5, 4.0)
    """
    try:
        rating = float(_NOT_KEPT.sub("", text))
    except ValueError:
        rating = _FAILED
    return rating, float(normalise(item.answers[0]))


def strict(answer: str, item: Item) -> Judged:
    """Return the first number of the answer and the gold; None where it is not in 0 to 5."""
    found = numbers(answer)
    if not found or not 0 <= found[0] <= _HIGHEST:
        return Judged(None, True)
    return Judged((found[0], float(normalise(item.answers[0]))))


def pearson(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return weighted correlations of the two columns, shape (n_draws,); NaN if constant."""
    share = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1)
    x, y = values[:, 0], values[:, 1]
    x_mean, y_mean = share @ x, share @ y
    covariance = share @ (x * y) - x_mean * y_mean
    spread = (share @ x**2 - x_mean**2) * (share @ y**2 - y_mean**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = covariance / np.sqrt(spread)
    return np.where(spread > 1e-12, np.clip(found, -1, 1), np.nan)


def spearman(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return correlations of the ranks, shape (n_draws,); weights are whole numbers."""
    from scipy.stats import rankdata  # takes a while to import

    found = np.full(len(weights), np.nan)
    for draw, weight in enumerate(weights):
        drawn = np.repeat(values, weight.astype(int), axis=0)
        if len(drawn) > 1:
            ranks = rankdata(drawn, axis=0)
            found[draw] = pearson(ranks, np.ones((1, len(ranks))))[0]
    return found


MEASURES = tuple(
    Measure(
        name=name,
        description=f"{title}'s correlation; an unreadable rating is -2",
        difference="unreadable ratings, and those outside 0 to 5, are left out and counted",
        compat=compat,
        strict=strict,
        combine_compat=combine,
        combine_strict=combine,
    )
    for name, title, combine in (
        ("pearson", "Pearson", pearson),
        ("spearman", "Spearman", spearman),
    )
)
