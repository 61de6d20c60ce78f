"""Exact match: the whole answer is the gold answer."""

from __future__ import annotations

from banzuke.evaluation.measures._base import Judged, Measure
from banzuke.evaluation.tasks import Item
from banzuke.evaluation.text import normalise


def compat(text: str, item: Item) -> float:
    """Return 1 where the text equals the gold answer, both in NFKC form."""
    return float(text == normalise(item.answers[0]))


def strict(answer: str, item: Item) -> Judged:
    """Return 1 where the answer equals a gold answer; one outside the labels is unreadable.

    Examples
    --------
    >>> item = Item(item_id="q", text="", answers=("Ａ",), labels=("A", "B"))
    >>> strict("A", item)[:2], strict("E", item)[:2]
    ((1.0, False), (0.0, True))
    """
    given = normalise(answer)
    readable = bool(given) and (not item.labels or given in map(normalise, item.labels))
    right = readable and any(given == normalise(gold) for gold in item.answers)
    return Judged(float(right), not readable)


MEASURES = (
    Measure(
        name="exact_match",
        description="1 where the answer equals the gold answer as a string",
        difference="the same value; an answer that is none of the labels counts as unreadable",
        compat=compat,
        strict=strict,
    ),
)
