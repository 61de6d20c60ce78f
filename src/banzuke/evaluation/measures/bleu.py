"""BLEU of translations, through sacrebleu."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from banzuke.evaluation.measures._base import Judged, Measure
from banzuke.evaluation.tasks import Item
from banzuke.evaluation.text import normalise

_ORDER = 4
_LOCK = Lock()  # MeCab's tagger serves one thread at a time


@cache
def _sacrebleu(language: str, sentence: bool) -> Any:
    from sacrebleu.metrics.bleu import BLEU  # takes a while to import

    return BLEU(effective_order=sentence, trg_lang=language)


def _compat(language: str, text: str, item: Item) -> float:
    # llm-jp-eval passes a string where a list belongs: each of its characters is a reference
    references = list(normalise(item.answers[0]))
    with _LOCK:
        found = _sacrebleu(language, True).sentence_score(text, references).score
    return min(1.0, float(found) / 100)


def _strict(language: str, answer: str, item: Item) -> Judged:
    """Return the counts that corpus BLEU is made of: right and all n-grams, two lengths."""
    given = normalise(answer)
    golds = [normalise(gold) for gold in item.answers]
    with _LOCK:
        found = _sacrebleu(language, False).corpus_score([given], [[gold] for gold in golds])
    return Judged((*found.counts, *found.totals, found.sys_len, found.ref_len), not given)


def corpus_bleu(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return corpus BLEU with exponential smoothing, 0 to 1, for each draw of items."""
    sums = weights @ values
    right, every = sums[:, :_ORDER], sums[:, _ORDER : 2 * _ORDER]
    length, reference = sums[:, -2], sums[:, -1]
    scores = np.zeros(len(sums))
    for draw in range(len(sums)):
        if length[draw] and right[draw].any():
            brevity = min(0.0, 1 - reference[draw] / length[draw])
            scores[draw] = np.exp(_mean_log_precision(right[draw], every[draw]) + brevity)
    return scores


def _mean_log_precision(right: np.ndarray, every: np.ndarray) -> float:
    smooth, logs = 1.0, []
    for hits, total in zip(right, every, strict=True):
        if total == 0:
            return -np.inf  # no answer is long enough for an n-gram of this order
        if hits == 0:
            smooth *= 2
            hits = 1 / smooth  # noqa: PLW2901 - the smoothed count
        logs.append(np.log(hits / total))
    return float(np.mean(logs))


def _measure(name: str, language: str, signature: str) -> Measure:
    return Measure(
        name=name,
        description="mean of sentence BLEU, each character of the gold answer as a reference",
        difference="corpus BLEU of sacrebleu against the gold answer",
        compat=lambda text, item: _compat(language, text, item),
        strict=lambda answer, item: _strict(language, answer, item),
        combine_strict=corpus_bleu,
        signature=signature,
    )


MEASURES = (
    _measure("bleu_ja", "ja", "nrefs:1|case:mixed|eff:no|tok:ja-mecab|smooth:exp"),
    _measure("bleu_en", "en", "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"),
)
