"""From items to benchmarks: mean score, its standard error, and how much was run."""

from __future__ import annotations

import numpy as np
import polars as pl

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes._check import ITEM
from banzuke.outcomes._outcomes import Outcomes
from banzuke.stats.proportion import unanimous_error


def aggregate(outcomes: Outcomes, by: str = "benchmark") -> Outcomes:
    """Average the items of each benchmark (or task, or category).

    Every item counts the same. A model that was run on part of a benchmark gets the mean
    over that part; the layer ``coverage`` says how large the part is.

    Parameters
    ----------
    outcomes : Outcomes
    by : str, default "benchmark"
        Column of ``outcomes.items`` that groups the items.

    Returns
    -------
    Outcomes
        One item for each group, in order of appearance, NaN where nothing was run.
        ``items`` has ``n_items``; layers ``coverage`` (fraction of the items run, 0 to 1) and
        ``standard_error`` (of the mean over items, sample standard deviation / sqrt(n),
        or `unanimous_error` where all items score 0 or all 1; NaN below two items).

    Raises
    ------
    InvalidInputError
        Where ``items`` has no such column.
    """
    if by not in outcomes.items.columns:
        raise InvalidInputError(
            f"items have no column '{by}' to average over; they have "
            f"{', '.join(outcomes.items.columns)}"
        )
    labels = outcomes.items[by].cast(pl.String).fill_null("(none)")
    groups = labels.unique(maintain_order=True).to_list()
    shape = (outcomes.n_models, len(groups))
    mean, error, coverage = (np.full(shape, np.nan, np.float32) for _ in range(3))
    sizes = []
    for column, group in enumerate(groups):
        members = (labels == group).to_numpy()
        block = outcomes.scores[:, members].astype(np.float64)
        n = outcomes.observed[:, members].sum(axis=1)
        sizes.append(int(members.sum()))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean[:, column] = np.nansum(block, axis=1) / np.where(n > 0, n, np.nan)
            deviation = block - mean[:, column, None]
            variance = np.nansum(deviation**2, axis=1) / np.where(n > 1, n - 1, np.nan)
            error[:, column] = np.sqrt(variance / n)
        alike = (error[:, column] == 0) & np.isin(mean[:, column], (0, 1))
        error[alike, column] = [unanimous_error(count) for count in n[alike].tolist()]
        coverage[:, column] = n / sizes[-1]
    items = pl.DataFrame(
        {ITEM: groups, "benchmark": groups, "n_items": sizes},
        schema={ITEM: pl.String, "benchmark": pl.String, "n_items": pl.Int64},
    )
    return Outcomes(
        np.clip(mean, 0, 1),
        outcomes.models,
        items,
        layers={"coverage": coverage, "standard_error": error},
        provenance={**outcomes.provenance, "aggregated_by": by},
    )
