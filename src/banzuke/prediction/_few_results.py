"""Rows of new models after a few of their results, without another fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from banzuke.prediction._model_side import NewRows
from banzuke.prediction.response_space import ResponseSpace

__all__ = ["after_results", "with_new_items"]

_LEAST, _MOST = 0.01, 0.25  # variance of a result around its expectation


def with_new_items(space: ResponseSpace, loadings: np.ndarray, noise: np.ndarray) -> ResponseSpace:
    """Return a space that has further items, whose results tell of a model too.

    Parameters
    ----------
    space : ResponseSpace
    loadings : ndarray of shape (n_new, n_components)
        What the prediction of each new item makes of the space's components.
    noise : ndarray of shape (n_new,)
        Variance of a result on it around its prediction; NaN where nothing is known of it.
    """
    unknown = np.where(np.isnan(noise), _MOST, np.maximum(noise, _LEAST))
    return ResponseSpace(
        mean=np.concatenate([space.mean, np.zeros(len(loadings))]),
        loadings=np.vstack([space.loadings, loadings]),
        variance=space.variance,
        noise=np.concatenate([space.noise, unknown]),
    )


def after_results(
    rows: NewRows, expected: np.ndarray, results: np.ndarray, space: ResponseSpace
) -> NewRows:
    """Move the rows of new models along the space's components, as far as results tell.

    Parameters
    ----------
    rows : NewRows
        Before any result.
    expected : ndarray of shape (n_models, n_items)
        What is expected of the items of ``space`` then; those of ``rows`` come first.
    results : ndarray of shape (n_models, n_items)
        NaN where not run.
    space : ResponseSpace

    Returns
    -------
    NewRows
        The same where a model has no results.
    """
    pairs = zip(expected, results, strict=True)
    moved = [replace(space, mean=own).posterior(result).position for own, result in pairs]
    n_known = rows.full.shape[1]
    move = np.reshape(moved, (len(results), len(space.variance))) @ space.loadings[:n_known].T
    smooth, full = (np.clip(part + move, 0.0, 1.0) for part in (rows.smooth, rows.full))
    return NewRows(smooth, full, rows.pull)
