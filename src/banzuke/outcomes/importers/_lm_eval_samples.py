"""The questions of a samples_*.jsonl file of lm-evaluation-harness."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes.importers._gather import Sheet, benchmark_id, number
from banzuke.outcomes.importers._read import as_score, read_json_lines

_PERCENT = re.compile(r"^(bleu|chrf\+*|(bleu|rouge[12L])_max|((Has|No)Ans|best)_(exact|f1))$")
_UNBOUNDED = re.compile(r"perplexity$|^bits_per_byte$|^ter$|_diff$")
_TEXT_KEYS = ("question", "query", "text", "prompt", "input", "problem", "ctx", "sentence")
_NOT_METRICS = {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter"}


@dataclass(frozen=True, kw_only=True)
class Samples:
    """A samples file, and what the results file beside it says of the task.

    Parameters
    ----------
    path : Path
    model, task : str
    shots : int, optional
    in_percent : bool, default False
        Whether the results are known to hold percentages where the harness gives them.
    only_metric : str, optional
        The one metric of the task, which a file of banzuke may call ``score``.
    lower_better : collection of str
        Metrics that are left out.
    """

    path: Path
    model: str
    task: str
    shots: int | None = None
    in_percent: bool = False
    only_metric: str | None = None
    lower_better: Collection[str] = ()

    def metrics(self, row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        """Yield the metrics that are one number; a list is a part of a corpus-level metric."""
        named = row.get("metrics")
        keys = named if isinstance(named, list) else [k for k in row if k not in _NOT_METRICS]
        for key in map(str, keys):
            value = number(row.get(key))
            metric = self.only_metric if key == "score" and self.only_metric else key
            if value is not None and not is_unbounded(metric) and metric not in self.lower_better:
                yield metric, value

    def holds_percentages(self) -> bool:
        """Return whether the results say it, or a value above 1 does."""
        return self.in_percent or any(
            value > 1 and is_percentage(metric, row)
            for _, row in read_json_lines(self.path)
            for metric, value in self.metrics(row)
        )


def is_percentage(metric: str, metrics: Collection[str]) -> bool:
    """Return whether the harness gives a metric in percent, beside others of its task."""
    squad = metric in ("exact", "f1") and "HasAns_exact" in metrics
    return squad or bool(_PERCENT.match(metric))


def is_unbounded(metric: str) -> bool:
    """Return whether a metric is no score between a worst and a best value."""
    return bool(_UNBOUNDED.search(metric))


def read_samples(sheet: Sheet, samples: Samples, scale: float) -> None:
    """Add the questions of one file."""
    path, model, task, shots = samples.path, samples.model, samples.task, samples.shots
    in_percent = samples.holds_percentages()
    for line, row in read_json_lines(path):
        where = f"line {line}"
        if "doc_id" not in row:
            raise ImportFormatError(path, "the key 'doc_id' is missing; not a samples file?", where)
        variant = str(row.get("filter") or "none")
        for metric, value in samples.metrics(row):
            benchmark = benchmark_id(task, metric, None if variant == "none" else variant, shots)
            item = f"{benchmark}#{row['doc_id']}"
            if row.get("doc_hash"):
                # the hash too: another version of the data set numbers other questions alike
                item += f"-{str(row['doc_hash'])[:8]}"
            sheet.item(
                item,
                benchmark=benchmark,
                task=task,
                metric=metric,
                filter=None if variant == "none" else variant,
                shots=shots,
                text=_text(row.get("doc")),
                label=None if row.get("target") is None else str(row["target"]),
            )
            best = 100.0 if in_percent and is_percentage(metric, row) else scale
            score = as_score(path, value, f"{where}, key {metric!r}", scale=best)
            sheet.put(path, where, (model, item), score, answer=_answer(row))


def _text(doc: Any) -> str | None:
    if isinstance(doc, str):
        return doc
    if not isinstance(doc, dict):
        return None
    return next((doc[k] for k in _TEXT_KEYS if isinstance(doc.get(k), str)), None)


def _answer(row: Mapping[str, Any]) -> str | None:
    """Return the answer after the filter; of log-likelihoods, the letter of the largest."""
    given = row.get("filtered_resps")
    if not isinstance(given, list) or not given:
        return given if isinstance(given, str) else None
    firsts = [r[0] if isinstance(r, list) and r else None for r in given]
    values = [_likelihood(first) for first in firsts]
    known = [value for value in values if value is not None]
    if len(known) == len(values) and 1 < len(values) <= len(string.ascii_uppercase):
        return string.ascii_uppercase[known.index(max(known))]
    first = given[0]
    return first if isinstance(first, str) else json.dumps(first, ensure_ascii=False)


def _likelihood(value: Any) -> float | None:
    # the harness writes the pairs (log-likelihood, is greedy) as text in some versions
    try:
        return number(float(value))
    except (TypeError, ValueError):
        return None
