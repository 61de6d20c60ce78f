"""Warnings of new models that lie outside what a predictor has seen."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl

__all__ = ["ExtrapolationWarning", "warn_beyond"]


class ExtrapolationWarning(UserWarning):
    """A new model lies outside what the predictor has seen."""


def warn_beyond(models: pl.DataFrame, beyond: np.ndarray, how: str, *, stacklevel: int) -> None:
    """Warn of models whose scores will be predicted too low, if there are any.

    Parameters
    ----------
    models : polars.DataFrame
    beyond : ndarray of shape (n_models,), bool
    how : str
        In which way they are beyond the known ones.
    stacklevel : int
        Of the caller, as in `warnings.warn`.
    """
    names = models["model"].to_numpy()[beyond]
    if len(names):
        warnings.warn(
            f"{len(names)} new model(s), such as {names[0]!r}, are {how}; predictions "
            "do not extrapolate and will be too low if they are stronger",
            ExtrapolationWarning,
            stacklevel=stacklevel + 1,
        )
