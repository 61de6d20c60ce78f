"""Import ``inspect``: .eval and .json logs of inspect_ai, read by inspect_ai itself.

Collections (default names): ``inspect`` with an item for each task, scorer and metric
(``arc:choice:accuracy``), layer ``standard_error`` from the metric ``stderr``;
``inspect-items`` with an item for each sample and scorer, layer ``answer``; epochs of one
sample are averaged. Grades become numbers as inspect_ai's own `value_to_float` does it:
C is 1, P is 0.5, I and N are 0. The newest log of a model on a task wins; a log of a run
that did not end well is left out with a note. Needs the extra ``inspect``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from banzuke.exceptions import ImportFormatError, MissingExtraError
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._gather import (
    Sheet,
    as_error,
    benchmark_id,
    imported,
    newest,
    walk,
)
from banzuke.outcomes.importers._read import as_score, existing_file

_NOT_SCORES = {"stderr", "std", "var", "bootstrap_stderr"}


def read(paths: Sequence[Path], options: ImportOptions) -> Imported:
    """Read logs of any number of runs."""
    files = walk(paths, lambda path: path.suffix in (".eval", ".json"), ".eval or .json log")
    logs = [(path, _read_log(path)) for path in files]
    notes = [
        f"left out {path.name}: the run ended with status {log.status!r}"
        for path, log in logs
        if log.status != "success"
    ]
    good = [(path, log) for path, log in logs if log.status == "success"]
    kept, older = newest(
        good,
        key=lambda run: (run[1].eval.model, run[1].eval.task),
        stamp=lambda run: run[1].eval.created,
        path=lambda run: run[0],
        content=lambda run: (run[1].results, run[1].samples),
    )
    sheets = {"": Sheet(), "-items": Sheet()}
    for path, log in kept:
        _read_results(sheets[""], path, log)
        _read_samples(sheets["-items"], path, log)
    if not kept and notes:
        raise ImportFormatError(files[0], f"no finished run to import: {notes[0]}")
    return imported(sheets, files, options, importer="inspect", notes=[*notes, *older])


def _read_log(path: Path) -> Any:
    try:
        from inspect_ai.log import read_eval_log
    except ImportError:
        raise MissingExtraError(
            "logs of inspect_ai are read by inspect_ai, which is not installed; "
            "install it with: pip install 'banzuke[inspect]'"
        ) from None
    existing_file(path)
    try:
        return read_eval_log(str(path))
    except Exception as error:
        # the reader lets through whatever its zip, JSON and schema libraries raise
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise ImportFormatError(path, f"not a whole log of inspect_ai ({reason[:200]})") from None


def _metadata(log: Any) -> dict[str, Any]:
    arguments = log.eval.model_args or {}
    precision = arguments.get("torch_dtype") or arguments.get("dtype")
    return {
        "precision": str(precision).removeprefix("torch.") if precision else None,
        "revision": arguments.get("revision"),
        "harness_version": (log.eval.packages or {}).get("inspect_ai"),
    }


def _shots(log: Any) -> int | None:
    value = (log.eval.task_args or {}).get("fewshot")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _read_results(sheet: Sheet, path: Path, log: Any) -> None:
    task, model, shots = log.eval.task, log.eval.model, _shots(log)
    for score in log.results.scores if log.results else ():
        metrics = {name: metric.value for name, metric in score.metrics.items()}
        error = as_error(path, metrics.get("stderr"), f"key 'results.{score.name}'")
        for name, value in metrics.items():
            if name in _NOT_SCORES or name.endswith("_stderr"):
                continue
            where = f"key 'results.{score.name}.{name}'"
            checked = as_score(path, value, where, advise=False)
            if checked is None:
                continue
            item = benchmark_id(task, score.name, name, shots)
            sheet.model(model, **_metadata(log))
            sheet.item(item, benchmark=item, task=task, metric=name, scorer=score.name, shots=shots)
            sheet.put(path, where, (model, item), checked, standard_error=error)


def _read_samples(sheet: Sheet, path: Path, log: Any) -> None:
    task, model, shots = log.eval.task, log.eval.model, _shots(log)
    values: dict[tuple[str, str], list[float]] = {}
    last: dict[tuple[str, str], tuple[Any, Any]] = {}
    for sample in log.samples or ():
        for scorer, score in (sample.scores or {}).items():
            for name, value in _values(scorer, score.value):
                number_ = _grade(path, value, f"sample {sample.id!r}, scorer {name!r}")
                key = (name, str(sample.id))
                values.setdefault(key, [])
                last[key] = sample, score
                if not math.isnan(number_):
                    values[key].append(number_)
    for (name, sample_id), numbers in values.items():
        sample, score = last[name, sample_id]
        benchmark = benchmark_id(task, name, None, shots)
        item = f"{benchmark}#{sample_id}"
        mean = sum(numbers) / len(numbers) if numbers else None
        where = f"sample {sample_id!r}, scorer {name!r}"
        sheet.model(model, **_metadata(log))
        sheet.item(item, benchmark=benchmark, task=task, metric=name, shots=shots)
        sheet.item(item, text=_text(sample.input), label=_label(sample.target))
        answer = score.answer if score.answer is not None else sample.output.completion or None
        checked = as_score(path, mean, where, advise=False)
        sheet.put(path, where, (model, item), checked, answer=answer)


def _values(scorer: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a scorer's values; one that grades several things gives a value for each."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield f"{scorer}:{key}", part
    else:
        yield scorer, value


def _grade(path: Path, value: Any, where: str) -> float:
    from inspect_ai.scorer import value_to_float

    if isinstance(value, str) and value.upper() not in {"C", "I", "P", "N"}:
        known = value.lower() in {"yes", "no", "true", "false"}
        with suppress(ValueError):
            known = known or math.isfinite(float(value))
        if not known:
            # the reader's own conversion would make it 0, as if the model had failed
            raise ImportFormatError(path, f"grade {value[:80]!r} is not a number", where)
    if isinstance(value, list):
        raise ImportFormatError(path, "the score is a list, not one number", where)
    return math.nan if value is None else float(value_to_float()(value))


def _text(given: Any) -> str:
    if isinstance(given, str):
        return given
    users = [message.text for message in given if message.role == "user"]
    return "\n".join(users or [message.text for message in given])


def _label(target: Any) -> str | None:
    label = target if isinstance(target, str) else "; ".join(target)
    return label or None
