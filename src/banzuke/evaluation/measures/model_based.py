"""COMET and BERTScore: values of neural models, computed beside a run or imported."""

from __future__ import annotations

from banzuke.evaluation.measures._base import Judged, Measure
from banzuke.evaluation.tasks import Item


def _later(text: str, item: Item) -> None:
    return None


def _later_strict(answer: str, item: Item) -> Judged:
    return Judged(None, not answer.strip())


MEASURES = tuple(
    Measure(
        name=name,
        description=description,
        difference="the same value; a missing one is missing",
        compat=_later,
        strict=_later_strict,
        imported=True,
    )
    for name, description in (
        ("comet_wmt22", "COMET with the model wmt22-comet-da; a missing value counts as 0"),
        ("bert_score_ja", "F1 of BERTScore in Japanese; a missing value counts as 0"),
        ("bert_score_en", "F1 of BERTScore in English; a missing value counts as 0"),
    )
)
