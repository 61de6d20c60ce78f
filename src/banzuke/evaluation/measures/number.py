"""Answers of word problems: llm-jp-eval compares strings, the task means numbers."""

from __future__ import annotations

import math

from banzuke.evaluation.measures._base import Judged, Measure
from banzuke.evaluation.measures.exact_match import compat
from banzuke.evaluation.metrics.number import read_number
from banzuke.evaluation.tasks import Item
from banzuke.evaluation.text import numbers


def strict(answer: str, item: Item) -> Judged:
    """Return 1 where the number in the answer equals the gold number to 1 in 10**9.

    Examples
    --------
    >>> strict("12.0", Item(item_id="q", text="", answers=("12",))).value
    1.0
    """
    given = read_number(answer)
    if given is None:
        return Judged(0.0, True)
    golds = [number for gold in item.answers for number in numbers(gold)[:1]]
    return Judged(float(any(math.isclose(given, g, rel_tol=1e-9, abs_tol=1e-9) for g in golds)))


MEASURES = (
    Measure(
        name="number_match",
        description="1 where the answer equals the gold answer as a string",
        difference="numbers are compared: 12, 12.0, １２ and 12個 are equal",
        compat=compat,
        strict=strict,
    ),
)
