"""What the translation sets share: both directions of the same pairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from banzuke.evaluation.data_sets._records import Sample

METRICS = ("comet_wmt22", "bleu", "bert_score")


@dataclass(frozen=True, kw_only=True)
class Direction:
    """One direction of translation, with how the model is told about it."""

    suffix: str
    instruction: str
    from_japanese: bool

    def samples(self, pairs: Iterable[tuple[str, str, str]]) -> list[Sample]:
        """Turn Japanese, English and their document into samples of this direction."""
        return [
            Sample(*((ja, en) if self.from_japanese else (en, ja)), document=document)
            for ja, en, document in pairs
        ]


J_TO_E = Direction(
    suffix="j-to-e",
    instruction="日本語の文を英語に訳しなさい。訳文だけを書きなさい。",
    from_japanese=True,
)
E_TO_J = Direction(
    suffix="e-to-j",
    instruction="英語の文を日本語に訳しなさい。訳文だけを書きなさい。",
    from_japanese=False,
)
