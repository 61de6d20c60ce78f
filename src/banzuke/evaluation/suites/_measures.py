"""From the metrics that a data set declares to measures, labels and tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from banzuke.evaluation.measures import MEASURES
from banzuke.evaluation.tasks import Benchmark

_MAX_LABELS = 12
_MAX_LABEL_CHARACTERS = 16
_ITEMS_PER_LABEL = 5

_OWN: Mapping[tuple[str, str], str] = {
    ("mawps", "exact_match"): "number_match",
    ("mgsm", "exact_match"): "number_match",
    ("wiki_ner", "set_f1"): "entity_set_f1",
}
"""Where the task means something else than the metric of that name usually does."""

_ALIASES = {"bert_score_ja_f1": "bert_score_ja", "bert_score_en_f1": "bert_score_en"}
_TOGETHER = {
    "instruction_following": (
        "instruction_following",
        "instructions_followed",
        "instruction_following_loose",
        "instructions_followed_loose",
    )
}
"""Measures that are always reported together."""

_BY_LANGUAGE = ("bleu", "bert_score")


def measures_of(name: str, metrics: Sequence[str]) -> tuple[str, ...]:
    """Return the known measures of a data set, in the order of its metrics."""
    language = "en" if name.endswith("-j-to-e") else "ja"
    found = []
    for metric in metrics:
        plain = f"{metric}_{language}" if metric in _BY_LANGUAGE else metric
        measure = _OWN.get((name, plain), _ALIASES.get(plain, plain))
        found += [one for one in _TOGETHER.get(measure, (measure,)) if one in MEASURES]
    return tuple(dict.fromkeys(found))


def labels_of(benchmark: Benchmark, golds: Sequence[str]) -> tuple[str, ...]:
    """Return what an answer may be where that is a short list; empty for free text."""
    if benchmark.measures[0] != "exact_match":
        return ()
    counted = Counter(golds)
    few = len(counted) <= min(_MAX_LABELS, max(2, len(golds) // _ITEMS_PER_LABEL))
    short = all(len(label) <= _MAX_LABEL_CHARACTERS for label in counted)
    return tuple(sorted(counted)) if few and short and len(counted) > 1 else ()


def tests_of(benchmark: Benchmark, text: str, gold: str) -> tuple[Mapping[str, Any], ...]:
    """Return the program that tests an answer, and the code that comes before it.

    In MBPP the tests stand below the task; in HumanEval the output is the test program and
    the input is the beginning of the function.
    """
    if "code_exec" not in benchmark.measures:
        return ()
    if "check(" in gold:
        return ({"program": gold, "given": text},)
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.startswith("assert ")), len(lines))
    return ({"program": "\n".join(lines[start:]), "given": ""},)
