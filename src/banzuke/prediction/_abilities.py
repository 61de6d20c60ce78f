"""Abilities of models that ran different items."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve

__all__ = ["abilities"]

_PRIOR = 1.0  # results of the average model that each model is given: few results tell little
_DIGITS = 9  # beyond them is rounding: equal models must not be told apart by it


def abilities(scores: np.ndarray) -> np.ndarray:
    r"""Compare models that ran different items, by least squares.

    .. math:: z_{ij} = a_i + b_j

    over the cells that were run. Where every model ran the same items, the order is that of the
    means. Sets of models that share no item with each other are taken to be equally good.

    Parameters
    ----------
    scores : ndarray of shape (n_models, n_items)
        NaN where not run.

    Returns
    -------
    ndarray of shape (n_models,)
        In units of scores, around 0 for the average model; -inf for a model without results.

    Examples
    --------
    >>> nan = float("nan")
    >>> abilities(np.array([[0.9, 0.2], [0.8, 0.2], [0.6, nan], [0.5, nan]])).argsort().tolist()
    [3, 2, 1, 0]
    """
    run = ~np.isnan(scores)
    some = run.any(axis=0)
    run, filled = run[:, some], np.nan_to_num(scores[:, some].astype(np.float64))
    seen = run.any(axis=1)
    result = np.full(len(scores), -np.inf)
    if not seen.any():
        return result
    run, filled = run[seen], filled[seen]
    if run.all():  # the same in closed form, exactly in the order of means
        mean, n_items = filled.mean(axis=1), run.shape[1]
        result[seen] = (mean - mean.mean()) * n_items / (n_items + _PRIOR)
    else:
        result[seen] = _effects(run.astype(np.float64), filled).round(_DIGITS)
    return result


def _effects(run: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """Solve the normal equations of the models, or of the items where these are fewer."""
    of_models, of_items = run.sum(axis=1) + _PRIOR, run.sum(axis=0)
    by_model, by_item = filled.sum(axis=1), filled.sum(axis=0)
    if len(of_models) <= len(of_items):
        return _without(of_items, by_item, run, of_models, by_model)
    easiness = _without(of_models, by_model, run.T, of_items, by_item)
    return np.asarray((by_model - run @ easiness) / of_models)


def _without(
    count: np.ndarray,
    total: np.ndarray,
    run: np.ndarray,
    own_count: np.ndarray,
    own_total: np.ndarray,
) -> np.ndarray:
    """Eliminate the side of the columns of ``run``, and return the effects of its rows."""
    share = run / count
    matrix = np.diag(own_count) - share @ run.T
    return np.asarray(solve(matrix, own_total - share @ total, assume_a="pos"))
