"""Items that measure nothing, or the opposite of what they should."""

from __future__ import annotations

import unicodedata

import numpy as np
import polars as pl
from scipy.stats import norm

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes

__all__ = ["FLAGS", "item_quality"]

FLAGS = {
    "negative": "better models miss it more often (negative item-rest correlation)",
    "never_solved": "no model solved it",
    "always_solved": "every model solved it",
    "duplicate": "the same text as an earlier item of the benchmark",
    "wrong_gold": "weak models solve it and strong ones miss it, beyond chance",
}
"""Name of a flag and what it means."""

_Z95 = 1.959964
_FEWEST = 10  # models below which a correlation says nothing
_FALSE_SHARE = 0.01  # of the items called wrong, expected to be called so by chance


def item_quality(outcomes: Outcomes) -> pl.DataFrame:
    """Describe and flag the items.

    Parameters
    ----------
    outcomes : Outcomes
        At least 3 models.

    Returns
    -------
    polars.DataFrame
        One row an item: ``item_id``, ``benchmark`` (null without), ``n`` models, ``mean`` score,
        ``item_rest_correlation`` with the mean over the other items of the benchmark (null
        where it is constant or fewer than 10 models ran it) with its 95 % interval
        ``correlation_lower`` and ``correlation_upper`` (Fisher's transformation), a boolean
        column for each of `FLAGS`, and ``duplicate_of``, the earlier item. ``wrong_gold``: the
        correlation is below zero with a false discovery rate of 1 %. Duplicates need a column
        ``text``; case, spaces and the width of letters do not count.

    Raises
    ------
    InvalidInputError
        With fewer than 3 models.

    References
    ----------
    Benjamini, Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    if outcomes.n_models < 3:
        raise InvalidInputError(
            f"{outcomes.n_models} models cannot tell good items from bad ones; give at least 3"
        )
    scores, known = outcomes.scores.astype(np.float64), outcomes.observed
    benchmarks: list[str | None] = [None] * outcomes.n_items
    if "benchmark" in outcomes.items.columns:
        benchmarks = outcomes.items["benchmark"].to_list()
    n = known.sum(axis=0)
    total = np.where(known, scores, 0.0).sum(axis=0)
    mean = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    correlation = _item_rest(scores, known, benchmarks)
    fisher, error = (
        np.arctanh(np.clip(correlation, -0.999, 0.999)),
        1 / np.sqrt(np.maximum(n, 4) - 3),
    )
    duplicate_of = _duplicates(outcomes.items, benchmarks)
    with np.errstate(invalid="ignore"):
        negative = correlation < 0
    table = pl.DataFrame(
        {
            "item_id": outcomes.item_ids,
            "benchmark": pl.Series(benchmarks, dtype=pl.String),
            "n": n.astype(np.int64),
            "mean": mean,
            "item_rest_correlation": correlation,
            "correlation_lower": np.tanh(fisher - _Z95 * error),
            "correlation_upper": np.tanh(fisher + _Z95 * error),
            "negative": negative,
            "never_solved": (n > 0) & (total == 0),
            "always_solved": (n > 0) & (total == n),
            "duplicate": [other is not None for other in duplicate_of],
            "wrong_gold": _surely_negative(fisher / error),
            "duplicate_of": pl.Series(duplicate_of, dtype=pl.String),
        }
    )
    return table.with_columns(pl.col(pl.Float64).fill_nan(None))


def _surely_negative(z: np.ndarray) -> np.ndarray:
    """Flag by Benjamini and Hochberg which of many standard scores lie below zero."""
    chance = np.where(np.isnan(z), 1.0, norm.cdf(np.nan_to_num(z)))
    order = np.argsort(chance)
    allowed = _FALSE_SHARE * np.arange(1, len(z) + 1) / max(1, (~np.isnan(z)).sum())
    passing = np.flatnonzero(chance[order] <= allowed)
    flags = np.zeros(len(z), dtype=bool)
    if passing.size:
        flags[order[: passing[-1] + 1]] = True
    return flags


def _item_rest(scores: np.ndarray, known: np.ndarray, benchmarks: list[str | None]) -> np.ndarray:
    result = np.full(scores.shape[1], np.nan)
    labels = np.array([str(name) for name in benchmarks])
    for name in np.unique(labels):
        columns = np.flatnonzero(labels == name)
        z, k = np.where(known[:, columns], scores[:, columns], 0.0), known[:, columns]
        others = k.sum(axis=1, keepdims=True) - k
        rest = np.divide(
            z.sum(axis=1, keepdims=True) - z, others, out=np.zeros_like(z), where=others > 0
        )
        result[columns] = _correlations(z, rest, (k & (others > 0)).astype(np.float64))
    return result


def _correlations(a: np.ndarray, b: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Correlation of each column of a with that of b where the weight is 1."""
    n = weight.sum(axis=0)
    safe = np.maximum(n, 1)
    a = (a - (a * weight).sum(axis=0) / safe) * weight
    b = (b - (b * weight).sum(axis=0) / safe) * weight
    length = np.sqrt(np.square(a).sum(axis=0) * np.square(b).sum(axis=0))
    usable = (n >= _FEWEST) & (length > 1e-9)
    empty = np.full(len(n), np.nan)
    return np.asarray(np.divide((a * b).sum(axis=0), length, out=empty, where=usable))


def _duplicates(items: pl.DataFrame, benchmarks: list[str | None]) -> list[str | None]:
    """Return the earlier item of the benchmark with the same text and choices, if any."""
    if "text" not in items.columns:
        return [None] * items.height
    choices = items["choices"].to_list() if "choices" in items.columns else [None] * items.height
    first: dict[tuple[str | None, str, str], str] = {}
    found: list[str | None] = []
    rows = zip(
        items["item_id"].to_list(), benchmarks, items["text"].to_list(), choices, strict=True
    )
    for item, benchmark, text, options in rows:
        plain = " ".join(unicodedata.normalize("NFKC", str(text or "")).split()).casefold()
        earlier = first.setdefault((benchmark, plain, str(options)), item)
        found.append(earlier if plain and earlier != item else None)
    return found
