"""What every measure takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from banzuke.evaluation.tasks import Item

Value = float | tuple[float, ...] | None
"""What one answer contributes: a score from 0 to 1, the numbers that a score of the whole
data set is made of, or None where the answer is left out or the value is not known."""


class Judged(NamedTuple):
    """A value, whether an answer of the wanted form was found at all, and of programs why.

    Parameters
    ----------
    value : Value
    parse_failure : bool
    verdict : mapping of str to str or None
        ``reason`` and ``detail`` of `banzuke.evaluation.sandbox.Verdict`.
    """

    value: Value
    parse_failure: bool = False
    verdict: Mapping[str, str] | None = None


Combine = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From values, shape (n_items, n_numbers), and weights, shape (n_draws, n_items), to the
score of each draw, shape (n_draws,); NaN where it is not defined."""


def mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted means of the first number, shape (n_draws,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        means: np.ndarray = (weights @ values[:, 0]) / weights.sum(axis=1)
    return means


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A metric of llm-jp-eval with its two definitions.

    Parameters
    ----------
    name : str
        As in the data set files of llm-jp-eval.
    description : str
        What the compat value is, in one line.
    difference : str
        How the strict value differs from it, in one line.
    compat : callable
        ``compat(text, item) -> Value``: llm-jp-eval's definition with its quirks. The text
        is what stands before the first blank line, stripped, in NFKC form.
    strict : callable
        ``strict(answer, item) -> Judged``: what the task means.
    combine_compat, combine_strict : callable
        From the values of the items to the score of the data set.
    imported : bool, default False
        Whether a value comes from a neural model or a file, not from the answer alone.
    whole : bool, default False
        Whether an answer may have several paragraphs: both values take all of it.
    executes : bool, default False
        Whether answers are programs that are run, which needs an isolation.
    signature : str, default ""
        How the library behind the strict value names its settings.
    """

    name: str
    description: str
    difference: str
    compat: Callable[[str, Item], Value]
    strict: Callable[[str, Item], Judged]
    combine_compat: Combine = mean
    combine_strict: Combine = mean
    imported: bool = False
    whole: bool = False
    executes: bool = False
    signature: str = ""
