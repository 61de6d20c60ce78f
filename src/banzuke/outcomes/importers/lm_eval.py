"""Import ``lm-eval``: results_*.json and samples_*.jsonl of lm-evaluation-harness.

Collections (default names): ``lm-eval`` with an item for each task, metric, filter and
number of shots (``gsm8k:exact_match:strict-match@5``) and the layer ``standard_error``;
``lm-eval-groups`` with the averages over tasks that the harness calls groups;
``lm-eval-items`` with an item for each question of a samples file, layer ``answer``. The
column ``benchmark`` of ``lm-eval-items`` holds item names of ``lm-eval``.

The newest run of a model on a task wins. Metrics for which lower is better, and
perplexities, are left out with a note; BLEU, chrF, the ROUGE of TruthfulQA and the metrics of
SQuAD 2, which the harness gives as percentages, are divided by 100 where the file names the
version of the harness or one of them is above 1: other tools that write this format, such as
``banzuke export-run``, give them from 0 to 1. Files of version 0.3 and
of the Japanese fork made from it do not say whether a score is a fraction or a percentage and
mix both: of those, only accuracies are read, and any other metric is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._gather import (
    Sheet,
    as_error,
    benchmark_id,
    imported,
    integer,
    left_out,
    newest,
    number,
    walk,
)
from banzuke.outcomes.importers._lm_eval_samples import (
    Samples,
    is_percentage,
    is_unbounded,
    read_samples,
)
from banzuke.outcomes.importers._read import as_dict, as_score, file_digest, read_json, require

_WANTED = "results_*.json or samples_*.jsonl of lm-evaluation-harness"
_STAMP = re.compile(r"_(\d{4}-\d{2}-\d{2}T[0-9.\-]+)\.jsonl?$")
_SAMPLES = re.compile(r"^samples_(?P<task>.+?)(?:_\d{4}-\d{2}-\d{2}T[0-9.\-]+)?\.jsonl$")
_NOT_METRICS = {"alias", "name", "sample_len", "samples", "sample_count"}
_OF_HARNESS = ("lm_eval_version", "git_hash", "pretty_env_info", "transformers_version")
_FRACTIONS = {"acc", "acc_norm", "acc_mutual_info", "mc1", "mc2", "balanced_acc", "pass@1"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A results file: who was measured, when, and under which settings."""

    path: Path
    stamp: str
    model: str
    content: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def in_percent(self) -> bool:
        """Whether the metrics that the harness gives in percent are so here."""
        if any(key in self.content for key in _OF_HARNESS):
            return True
        return any(
            is_percentage(metric, self.metrics(task)) and (number(value) or 0) > 1
            for task in self.content["results"]
            for metric, value in self.metrics(task).items()
        )

    def metrics(self, task: str) -> dict[str, Any]:
        """Return the metrics of a task, without filters and standard errors."""
        return {
            metric: value
            for key, value in as_dict(self.content["results"].get(task)).items()
            if (metric := key.partition(",")[0]) not in _NOT_METRICS
            and not metric.endswith("_stderr")
        }

    def samples(self, path: Path, task: str) -> Samples:
        """Describe a samples file of this run."""
        metrics = self.metrics(task)
        return Samples(
            path=path,
            model=self.model,
            task=task,
            shots=self.shots(task),
            in_percent=self.in_percent,
            only_metric=next(iter(metrics)) if len(metrics) == 1 else None,
            lower_better=[metric for metric in metrics if _is_lower_better(self, task, metric)],
        )

    def shots(self, task: str) -> int | None:
        """Return the number of examples in the prompt, where the file says it."""
        of_task = self.content["n-shot"].get(task)
        config = as_dict(self.content["configs"].get(task)).get("num_fewshot")
        everywhere = self.content["config"].get("num_fewshot")
        return next((n for n in map(integer, (of_task, config, everywhere)) if n is not None), None)


@dataclass(frozen=True, kw_only=True)
class _Result:
    run: Run
    task: str
    metric: str
    variant: str | None
    value: Any
    error: Any
    is_group: bool

    @property
    def item(self) -> str:
        return benchmark_id(self.task, self.metric, self.variant, self.run.shots(self.task))

    @property
    def where(self) -> str:
        return f"key 'results.{self.task}.{self.metric}'"


def read(paths: Sequence[Path], options: ImportOptions) -> Imported:
    """Read results and samples of any number of models."""
    files = walk(paths, _is_ours, _WANTED)
    runs = [_read_run(path) for path in files if path.suffix != ".jsonl"]
    skipped: dict[str, list[str]] = {}
    found = [result for run in runs for result in _results(run, skipped)]
    results, older = newest(
        found,
        key=lambda r: (r.run.model, r.item),
        stamp=lambda r: r.run.stamp,
        path=lambda r: r.run.path,
        content=lambda r: (r.value, r.error),
    )
    sheets = {"": Sheet(), "-groups": Sheet(), "-items": Sheet()}
    for result in results:
        _put(sheets["-groups" if result.is_group else ""], result, options.scale)
    samples = [_sample_file(path, runs) for path in files if path.suffix == ".jsonl"]
    kept, older_samples = newest(
        samples,
        key=lambda s: (s[0].model, s[0].task),
        stamp=lambda s: _stamp(s[0].path),
        path=lambda s: s[0].path,
        content=lambda s: file_digest(s[0].path),
    )
    for part, metadata in kept:
        sheets["-items"].model(part.model, **metadata)
        read_samples(sheets["-items"], part, options.scale)
    return imported(
        sheets,
        files,
        options,
        importer="lm-eval",
        notes=[*left_out(skipped), *older, *older_samples],
    )


def _is_ours(path: Path) -> bool:
    return bool(
        re.match(r"results.*\.json$", path.name) or re.match(r"samples_.+\.jsonl$", path.name)
    )


def _stamp(path: Path) -> str:
    match = _STAMP.search(path.name)
    return match[1] if match else ""


def _as_stamp(date: float | None) -> str:
    """Write the seconds since 1970 as the names of files do, so that the two compare."""
    try:
        return f"{datetime.fromtimestamp(date or 0.0, UTC):%Y-%m-%dT%H-%M-%S.%f}" if date else ""
    except (OverflowError, ValueError, OSError):
        return ""  # no moment in time


def _read_run(path: Path) -> Run:
    content = read_json(path)
    if not isinstance(require(path, content, "results"), dict):
        raise ImportFormatError(path, "not an object of tasks", "key 'results'")
    if "config_general" in content:
        raise ImportFormatError(path, "a lighteval file; import it as 'lighteval'")
    date = number(content.get("date"))
    stamp = _stamp(path) or _as_stamp(date)
    for key in ("config", "configs", "n-shot", "versions", "higher_is_better", "groups"):
        if not isinstance(content.get(key) or {}, dict):
            raise ImportFormatError(path, "not an object", f"key {key!r}")
        content[key] = content.get(key) or {}
    model = _model_name(path, content)
    return Run(path=path, stamp=stamp, model=model, content=content, metadata=_metadata(content))


def _model_name(path: Path, content: Mapping[str, Any]) -> str:
    name = content.get("model_name")
    if isinstance(name, str) and name.strip():
        return name.strip()
    given = _model_args(content["config"].get("model_args"))
    for key in ("peft", "delta", "pretrained", "model", "path", "engine"):
        if given.get(key):
            return given[key]
    raise ImportFormatError(path, "the model's name is missing", "key 'model_name'")


def _model_args(given: Any) -> dict[str, str]:
    if isinstance(given, dict):
        return {str(key): str(value) for key, value in given.items() if value}
    pairs = (part.partition("=") for part in str(given or "").split(","))
    return {key.strip(): value.strip() for key, _, value in pairs}


def _metadata(content: Mapping[str, Any]) -> dict[str, Any]:
    config = content["config"]
    given = _model_args(config.get("model_args"))
    dtype = config.get("model_dtype") or given.get("dtype")
    template = content.get("chat_template_sha") or content.get("chat_template")
    said = "chat_template" in content or "chat_template_sha" in content
    return {
        "params_b": number(config.get("model_num_parameters")),
        "precision": str(dtype).removeprefix("torch.") if dtype else None,
        "revision": config.get("model_sha") or config.get("model_revision") or None,
        "has_chat_template": bool(template) if said else None,
        "harness_version": content.get("lm_eval_version") or content.get("git_hash"),
    }


def _results(run: Run, skipped: dict[str, list[str]]) -> Iterator[_Result]:
    groups = {
        name for name, parts in as_dict(run.content.get("group_subtasks")).items() if parts
    } | set(run.content["groups"])
    for task, metrics in run.content["results"].items():
        if not isinstance(metrics, dict):
            raise ImportFormatError(run.path, "not an object of metrics", f"key 'results.{task}'")
        for key, value in metrics.items():
            metric, _, variant = key.partition(",")
            if metric in _NOT_METRICS or metric.endswith("_stderr") or value in ("", " "):
                continue
            if _is_lower_better(run, task, metric):
                skipped.setdefault(metric, []).append(task)
                continue
            if "," not in key:
                _refuse_unknown_scale(run.path, task, metric)
            error = metrics.get(f"{metric}_stderr" + (f",{variant}" if "," in key else ""))
            yield _Result(
                run=run,
                task=task,
                metric=metric,
                variant=None if variant in ("", "none") else variant,
                value=value,
                error=error,
                is_group=task in groups,
            )


def _is_lower_better(run: Run, task: str, metric: str) -> bool:
    said = run.content["higher_is_better"].get(task)
    if isinstance(said, dict) and said.get(metric) is False:
        return True
    return is_unbounded(metric)


def _refuse_unknown_scale(path: Path, task: str, metric: str) -> None:
    if metric not in _FRACTIONS:
        raise ImportFormatError(
            path,
            f"a file of version 0.3 or older does not say whether {metric!r} is 0-1 or 0-100, "
            "and it mixes both; bring all scores to 0-1 and import them as a 'leaderboard' "
            "table, or take this task out of the file",
            f"key 'results.{task}.{metric}'",
        )


def _put(sheet: Sheet, result: _Result, scale: float) -> None:
    in_percent = result.run.in_percent
    metrics = result.run.metrics(result.task)
    best = 100.0 if in_percent and is_percentage(result.metric, metrics) else scale
    score = as_score(result.run.path, result.value, result.where, scale=best)
    if score is None:
        return
    sheet.model(result.run.model, **result.run.metadata)
    sheet.item(
        result.item,
        benchmark=result.item,
        task=result.task,
        metric=result.metric,
        filter=result.variant,
        shots=result.run.shots(result.task),
    )
    sheet.put(
        result.run.path,
        result.where,
        (result.run.model, result.item),
        score,
        standard_error=as_error(result.run.path, result.error, result.where, scale=best),
    )


def _sample_file(path: Path, runs: Sequence[Run]) -> tuple[Samples, Mapping[str, Any]]:
    """Say whose answers a samples file holds: those of the results file beside it."""
    match = _SAMPLES.match(path.name)
    if match is None:
        raise ImportFormatError(path, "not named samples_<task>_<date>.jsonl; rename it so")
    beside = [run for run in runs if run.path.parent == path.parent]
    same = [run for run in beside if run.stamp == _stamp(path)]
    run = next(iter(same), None)
    names = {run.model for run in same or beside}
    if len(names) > 1:
        raise ImportFormatError(
            path, "several models have results in this folder; give each its own folder"
        )
    run = run or next(iter(beside), None)
    if run is not None:
        return run.samples(path, match["task"]), run.metadata
    model = path.resolve().parent.name.replace("__", "/", 1)
    return Samples(path=path, model=model, task=match["task"]), {}
