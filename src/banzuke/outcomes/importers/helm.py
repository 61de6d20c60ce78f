"""Import ``helm``: run directories of HELM.

A run directory holds ``run_spec.json``, ``stats.json`` and, for single questions,
``per_instance_stats.json`` and ``scenario_state.json``. Collections (default names):
``helm`` with an item for each scenario, metric and number of examples in the prompt
(``mmlu:subject=anatomy:exact_match@5``), layer ``standard_error`` where the question level
gives one; ``helm-items`` with an item for each (instance, perturbation, training trial),
layer ``answer``.

Metrics of quality on a scale of 0 to 1 are read (exact match, F1, ROUGE, ...); efficiency,
calibration, bias and token counts are left out. Of the splits, ``test`` counts before
``valid``. ``helm`` holds unperturbed results only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._gather import (
    Sheet,
    benchmark_id,
    imported,
    integer,
    newest,
    walk,
)
from banzuke.outcomes.importers._read import as_dict, as_list, as_score, read_json, require

_QUALITY = re.compile(
    r"^((quasi_)?(prefix_)?(exact_match|leave_articles_exact_match)(_indicator)?|f1_score|"
    r"f1_set_match|exact_set_match|iou_set_match|rouge_[12l]|bleu_[14]|(classification_)?"
    r"(macro|micro)_f1|classification_(macro|micro)_f1|math_equiv(_chain_of_thought)?|"
    r"code_eval_acc|test_avg|strict_acc|final_number_exact_match|chain_of_thought_correctness|"
    r"ifeval_(strict|loose)_accuracy|omni_math_accuracy|wildbench_score_rescaled|"
    r"execution_accuracy|program_accuracy|logprob_accuracy|ndcg@\d+|rr@\d+|absolute_value_"
    r"difference_accuracy|accuracy|\w+_accuracy)$"
)


@dataclass(frozen=True, kw_only=True)
class _Run:
    spec: Path
    deployment: str | None
    model: str
    scenario: str
    shots: int | None

    def benchmark(self, metric: str) -> str:
        return benchmark_id(self.scenario, metric, None, self.shots)


def read(paths: Sequence[Path], options: ImportOptions) -> Imported:
    """Read every run directory in the folders that are named."""
    specs = walk(paths, lambda path: path.name == "run_spec.json", "run_spec.json of a HELM run")
    sheets = {"": Sheet(), "-items": Sheet()}
    used: list[Path] = []
    runs, notes = newest(
        [_read_spec(spec) for spec in specs],
        key=lambda run: (run.model, run.scenario, run.shots),
        # a run directory carries no date of its own
        stamp=lambda run: f"{run.spec.stat().st_mtime:020.6f}",
        path=lambda run: run.spec,
        content=lambda run: read_json(run.spec.parent / "stats.json"),
    )
    for run in runs:
        stats = run.spec.parent / "stats.json"
        used += [run.spec, stats]
        for sheet in sheets.values():
            sheet.model(run.model, deployment=run.deployment)
        errors = _read_instances(sheets["-items"], run, used)
        _read_stats(sheets[""], run, read_json(stats), errors)
    return imported(sheets, used, options, importer="helm", notes=notes)


def _read_spec(path: Path) -> _Run:
    if path.name != "run_spec.json":
        raise ImportFormatError(path, "name the run directory, or its run_spec.json")
    spec = read_json(path)
    name = str(require(path, spec, "name"))
    model = str(require(path, spec, "adapter_spec", "model"))
    settings = spec["adapter_spec"]
    shots = integer(settings.get("max_train_instances"))
    # the name is "scenario:arg=a,arg=b,model=m"; what is said of the model is not the scenario
    scenario, _, arguments = name.partition(":")
    kept = [a for a in arguments.split(",") if a and not re.match(r"model(_deployment)?=", a)]
    return _Run(
        spec=path,
        deployment=settings.get("model_deployment"),
        model=model,
        scenario=":".join(filter(None, [scenario, ",".join(kept)])),
        shots=shots,
    )


def _stats(path: Path, content: Any, where: str) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Yield (name, stat) of the metrics of quality."""
    if not isinstance(content, list):
        raise ImportFormatError(path, "not a list of statistics", where or None)
    for number_, stat in enumerate(content):
        place = f"{where}, entry {number_}" if where else f"entry {number_}"
        name = stat.get("name") if isinstance(stat, dict) else None
        if not isinstance(name, dict) or "name" not in name:
            raise ImportFormatError(path, "the statistic has no name", place)
        if _QUALITY.match(str(name["name"])) and stat.get("count", 1):
            yield name, stat


def _read_stats(sheet: Sheet, run: _Run, content: Any, errors: Mapping[str, float | None]) -> None:
    path = run.spec.parent / "stats.json"
    best: dict[str, tuple[int, Any]] = {}
    for name, stat in _stats(path, content, ""):
        if name.get("perturbation") or name.get("sub_split"):
            continue
        rank = {"test": 2, "valid": 1}.get(str(name.get("split")), 0)
        metric = str(name["name"])
        if metric not in best or rank > best[metric][0]:
            best[metric] = rank, stat.get("mean")
    for metric, (_, mean) in best.items():
        where = f"metric {metric!r}"
        score = as_score(path, mean, where, advise=False)
        if score is None:
            continue
        item = run.benchmark(metric)
        sheet.item(item, benchmark=item, task=run.scenario, metric=metric, shots=run.shots)
        error = errors.get(metric)
        sheet.put(path, where, (run.model, item), score, standard_error=error)


def _read_instances(sheet: Sheet, run: _Run, used: list[Path]) -> dict[str, float | None]:
    """Add the questions; return the standard error of each metric over them."""
    path = run.spec.parent / "per_instance_stats.json"
    if not path.exists():
        return {}
    used.append(path)
    content = read_json(path)
    if not isinstance(content, list):
        raise ImportFormatError(path, "not a list of instances")
    texts = _read_states(run.spec.parent / "scenario_state.json", used)
    values: dict[str, list[float]] = {}
    for index, instance in enumerate(content):
        where = f"entry {index}"
        identity = str(require(path, instance, "instance_id"))
        perturbation = _perturbation(instance)
        trial = integer(instance.get("train_trial_index")) or 0
        key = (identity, perturbation, trial)
        for name, stat in _stats(path, require(path, instance, "stats"), where):
            metric = str(name["name"])
            place = f"{where}, metric {metric!r}"
            score = as_score(path, stat.get("mean"), place, advise=False)
            if score is None:
                continue
            if not perturbation:
                values.setdefault(metric, []).append(score)
            _put(sheet, run, (path, where), key, (metric, score), texts.get(key, {}))
    return {metric: _standard_error(scores) for metric, scores in values.items()}


def _put(
    sheet: Sheet,
    run: _Run,
    place: tuple[Path, str],
    key: tuple[str, str, int],
    result: tuple[str, float],
    texts: Mapping[str, str | None],
) -> None:
    (identity, perturbation, trial), (metric, score) = key, result
    benchmark = run.benchmark(metric)
    extras = ([perturbation] if perturbation else []) + ([f"trial {trial}"] if trial else [])
    item = f"{benchmark}#{identity}" + (f" ({', '.join(extras)})" if extras else "")
    sheet.item(
        item,
        # an item of a perturbed or repeated run must not count in the plain benchmark's mean
        benchmark=benchmark + (f" ({perturbation})" if perturbation else ""),
        task=run.scenario,
        metric=metric,
        shots=run.shots,
        perturbation=perturbation or None,
        trial=trial,
        text=texts.get("text"),
        label=texts.get("label"),
    )
    sheet.put(*place, (run.model, item), score, answer=texts.get("answer"))


def _standard_error(scores: list[float]) -> float | None:
    n = len(scores)
    if n < 2:
        return None
    mean = sum(scores) / n
    return float((sum((s - mean) ** 2 for s in scores) / (n - 1) / n) ** 0.5)


def _perturbation(holder: Mapping[str, Any]) -> str:
    given = holder.get("perturbation")
    return str(given.get("name", "perturbed")) if isinstance(given, dict) else str(given or "")


def _read_states(path: Path, used: list[Path]) -> dict[tuple[str, str, int], dict[str, str | None]]:
    """Return text, label and answer of each (instance, perturbation, trial)."""
    if not path.exists():
        return {}
    used.append(path)
    states = require(path, read_json(path), "request_states")
    found: dict[tuple[str, str, int], dict[str, str | None]] = {}
    for state in as_list(states):
        instance = as_dict(require(path, state, "instance"))
        trial = integer(state.get("train_trial_index")) or 0
        key = (str(instance.get("id")), _perturbation(instance), trial)
        known = found.setdefault(key, {"text": None, "label": None, "answer": None})
        text = as_dict(instance.get("input")).get("text")
        known["text"] = None if text is None else str(text)
        known["label"] = _label(instance)
        # with one request for each option the model answers nothing by itself
        if state.get("reference_index") is None:
            known["answer"] = _completion(state)
    return found


def _label(instance: Mapping[str, Any]) -> str | None:
    for reference in as_list(instance.get("references")):
        if "correct" in as_list(as_dict(reference).get("tags")):
            output = reference.get("output")
            return str(output.get("text") if isinstance(output, dict) else output)
    return None


def _completion(state: Mapping[str, Any]) -> str | None:
    completions = as_list(as_dict(state.get("result")).get("completions"))
    if not completions:
        return None
    text = str(as_dict(completions[0]).get("text", "")).strip()
    return str(as_dict(state.get("output_mapping")).get(text, text))
