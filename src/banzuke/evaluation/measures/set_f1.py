"""set_f1: overlap of two sets of lines, or of what else delimits the parts of an answer."""

from __future__ import annotations

import re

from banzuke.evaluation.measures._base import Judged, Measure
from banzuke.evaluation.tasks import Item
from banzuke.evaluation.text import normalise

_ENTITY = re.compile(r"(?<=\))\s+")  # in NFKC form, `（型）` ends in a half-width bracket


def _f1(shared_given: int, n_given: int, shared_gold: int, n_gold: int) -> float:
    if not shared_given or not shared_gold:
        return 0.0
    precision, recall = shared_given / n_given, shared_gold / n_gold
    return 2 * precision * recall / (precision + recall)


def compat(text: str, item: Item) -> float:
    r"""Return the F1 of lines; repeated lines count once in the answer, but each in the gold.

    Examples
    --------
    >>> round(compat("a\na\nb", Item(item_id="q", text="", answers=("a\na\nc",))), 4)
    0.5714
    """
    gold = [line.strip() for line in normalise(item.answers[0]).split("\n")]
    given = {line.strip() for line in text.split("\n")}
    right = sum(line in gold for line in given)
    return _f1(right, len(given), sum(line in given for line in gold), len(gold))


def _set_f1(given: set[str], gold: set[str]) -> float:
    shared = len(given & gold)
    return _f1(shared, len(given), shared, len(gold))


def _lines(text: str) -> set[str]:
    return {line.strip() for line in normalise(text).split("\n") if line.strip()}


def _entities(text: str) -> set[str]:
    return {part.strip() for line in _lines(text) for part in _ENTITY.split(line) if part.strip()}


def strict(answer: str, item: Item) -> Judged:
    """Return the F1 of two sets of lines, empty ones left out."""
    given = _lines(answer)
    if not given:
        return Judged(0.0, True)
    return Judged(max(_set_f1(given, _lines(gold)) for gold in item.answers))


def strict_entities(answer: str, item: Item) -> Judged:
    """Return the F1 of two sets of ``name（type）``, which one space delimits.

    Examples
    --------
    >>> gold = Item(item_id="q", text="", answers=("京都（LOCATION） 桓武天皇（PERSON）",))
    >>> round(strict_entities("京都（LOCATION）", gold).value, 4)
    0.6667
    """
    given = _entities(answer)
    if not given:
        return Judged(0.0, True)
    return Judged(max(_set_f1(given, _entities(gold)) for gold in item.answers))


_DESCRIPTION = "F1 of the lines; repeated lines count once in the answer, but each in the gold"

MEASURES = (
    Measure(
        name="set_f1",
        description=_DESCRIPTION,
        difference="both sides are sets, and empty lines are left out",
        compat=compat,
        strict=strict,
    ),
    Measure(
        name="entity_set_f1",
        description=f"{_DESCRIPTION}, so a line of entities is right as a whole or not at all",
        difference="both sides are sets of entities, delimited by the space between them",
        compat=compat,
        strict=strict_entities,
    ),
)
