"""char_f1: in llm-jp-eval a similarity of sorted words, here the overlap of characters."""

from __future__ import annotations

from banzuke.evaluation.measures._base import Judged, Measure
from banzuke.evaluation.metrics.char_f1 import character_f1
from banzuke.evaluation.tasks import Item
from banzuke.evaluation.text import normalise


def compat(text: str, item: Item) -> float:
    """Return the token sort ratio: an indel similarity of the sorted words, in hundredths.

    llm-jp-eval takes it from a library under the GPL; rapidfuzz with its own processor,
    rounded, gives the same number.

    Examples
    --------
    >>> compat("東京 都", Item(item_id="q", text="", answers=("都 東京",)))
    1.0
    """
    from rapidfuzz import fuzz, utils

    gold = normalise(item.answers[0])
    return round(fuzz.token_sort_ratio(text, gold, processor=utils.default_process)) / 100


def strict(answer: str, item: Item) -> Judged:
    """Return the best F1 of shared characters over the gold answers."""
    if not normalise(answer):
        return Judged(0.0, True)
    return Judged(max(character_f1(answer, gold) for gold in item.answers))


MEASURES = (
    Measure(
        name="char_f1",
        description="token sort ratio of fuzzywuzzy: an indel similarity, no F1",
        difference="F1 of the two bags of characters",
        compat=compat,
        strict=strict,
    ),
)
