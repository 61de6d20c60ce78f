"""ROUGE-2 of summaries, over the words that MeCab finds."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

from banzuke.evaluation.measures._base import Judged, Measure
from banzuke.evaluation.tasks import Item
from banzuke.evaluation.text import normalise


class _Words:
    """Words of MeCab with the ipadic dictionary, for rouge-score."""

    def __init__(self) -> None:
        import ipadic
        import MeCab

        self._tagger = MeCab.Tagger(f"{ipadic.MECAB_ARGS} -Owakati")
        self._lock = Lock()  # the tagger serves one thread at a time

    def tokenize(self, text: str) -> list[str]:
        with self._lock:
            return str(self._tagger.parse(text)).split()


@cache
def _rouge() -> Any:
    from rouge_score.rouge_scorer import RougeScorer  # takes over a second to import

    return RougeScorer(["rouge2"], tokenizer=_Words())


def compat(text: str, item: Item) -> float:
    """Return the F1 of pairs of neighbouring words, 0 to 1.

    Examples
    --------
    >>> round(compat("猫が寝た", Item(item_id="q", text="", answers=("猫が寝ている",))), 4)
    0.5714
    """
    return float(_rouge().score(normalise(item.answers[0]), text)["rouge2"].fmeasure)


def strict(answer: str, item: Item) -> Judged:
    """Return the best value over the gold summaries; an empty answer is unreadable."""
    given = normalise(answer)
    if not given:
        return Judged(0.0, True)
    scores = (_rouge().score(normalise(gold), given) for gold in item.answers)
    return Judged(max(float(score["rouge2"].fmeasure) for score in scores))


MEASURES = (
    Measure(
        name="rouge2",
        description="F1 of pairs of words, segmented by MeCab with ipadic",
        difference="the same value, of the whole answer rather than of its first paragraph",
        compat=compat,
        strict=strict,
    ),
)
