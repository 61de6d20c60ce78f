"""Import ``lighteval``: results_*.json and details_*.parquet of lighteval.

Collections (default names): ``lighteval`` with an item for each task, metric and number of
shots (``leaderboard|arc:challenge:acc@25``), layer ``standard_error``; ``lighteval-items``
with an item for each question of a details file, layer ``answer``.

Details of a run on several devices are not in the order of the data set: every device
writes its share after the other. A question is therefore known by its content (text,
options and gold answer), never by its row. The newest run of a model on a task wins. The
averages ``all`` and ``task:_average`` are left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._gather import (
    Sheet,
    as_error,
    benchmark_id,
    content_key,
    imported,
    left_out,
    newest,
    number,
    walk,
)
from banzuke.outcomes.importers._read import as_score, file_digest, read_json, read_parquet, require

_WANTED = "results_*.json or details_*.parquet of lighteval"
_STAMP = re.compile(r"_(\d{4}-\d{2}-\d{2}T[0-9.\-]+)\.(json|parquet)$")
_PERCENT = re.compile(r"^(bleu|chrf\+*|sacrebleu)(_\d)?$")
_LOWER_BETTER = re.compile(r"perplexity|^bits_per_byte$|^ter$|_ppl$")
_ERROR = "_stderr"


def read(paths: Sequence[Path], options: ImportOptions) -> Imported:
    """Read results and details of any number of models."""
    files = walk(paths, _is_ours, _WANTED)
    sheets = {"": Sheet(), "-items": Sheet()}
    skipped: dict[str, list[str]] = {}
    results = [_open(path) for path in files if path.suffix == ".json"]
    tasks = [(file, task) for file in results for task in file[2]["results"]]
    kept, older = newest(
        tasks,
        key=lambda t: (t[0][1], t[1]),
        stamp=lambda t: _stamp(t[0][0]),
        path=lambda t: t[0][0],
        content=lambda t: t[0][2]["results"][t[1]],
    )
    for (path, model, content), task in kept:
        sheets[""].model(model, **_metadata(content))
        _read_task(sheets[""], (path, model), (task, content["results"][task]), (options, skipped))
    details = [_details(path, results) for path in files if path.suffix == ".parquet"]
    newer, older_details = newest(
        details,
        key=lambda d: d[1:],
        stamp=lambda d: _stamp(d[0]),
        path=lambda d: d[0],
        content=lambda d: file_digest(d[0]),
    )
    for path, model, task in newer:
        sheets["-items"].model(model, **sheets[""].models.get(model, {}))
        _read_details(sheets["-items"], path, (model, task), options.scale)
    return imported(
        sheets,
        files,
        options,
        importer="lighteval",
        notes=[*left_out(skipped), *older, *older_details],
    )


def _is_ours(path: Path) -> bool:
    return bool(
        re.match(r"results_.*\.json$", path.name) or re.match(r"details_.*\.parquet$", path.name)
    )


def _stamp(path: Path) -> str:
    match = _STAMP.search(path.name)
    return match[1] if match else ""


def _open(path: Path) -> tuple[Path, str, Mapping[str, Any]]:
    content = read_json(path)
    settings = require(path, content, "config_general")
    if not isinstance(require(path, content, "results"), dict):
        raise ImportFormatError(path, "not an object of tasks", "key 'results'")
    model = settings.get("model_name") if isinstance(settings, dict) else None
    if not isinstance(model, str) or not model.strip():
        config = settings.get("model_config") if isinstance(settings, dict) else None
        model = config.get("model_name") if isinstance(config, dict) else None
    if not isinstance(model, str) or not model.strip():
        raise ImportFormatError(
            path, "the model's name is missing", "key 'config_general.model_name'"
        )
    return path, model.strip(), content


def _metadata(content: Mapping[str, Any]) -> dict[str, Any]:
    settings = content["config_general"]
    dtype = settings.get("model_dtype")
    return {
        "precision": str(dtype).removeprefix("torch.") if dtype else None,
        "revision": settings.get("model_sha") or None,
        "harness_version": settings.get("lighteval_sha") or None,
    }


def _shots(task: str) -> tuple[str, int | None]:
    """Split ``suite|task|shots``, with or without a truncation flag, into task and shots."""
    match = re.match(r"^(.+?)\|(\d+)(\|[01])?$", task)
    return (match[1], int(match[2])) if match else (task, None)


def _read_task(
    sheet: Sheet,
    run: tuple[Path, str],
    result: tuple[str, Any],
    context: tuple[ImportOptions, dict[str, list[str]]],
) -> None:
    (path, model), (name, metrics), (options, skipped) = run, result, context
    task, shots = _shots(name)
    if name == "all" or ":_average" in name:
        return
    if not isinstance(metrics, dict):
        raise ImportFormatError(path, "not an object of metrics", f"key 'results.{name}'")
    for metric, value in metrics.items():
        if metric.endswith(_ERROR):
            continue
        where = f"key 'results.{name}.{metric}'"
        if _LOWER_BETTER.search(metric):
            skipped.setdefault(metric, []).append(name)
            continue
        best = 100.0 if _PERCENT.match(metric) else options.scale
        score = as_score(path, value, where, scale=best)
        if score is None:
            continue
        item = benchmark_id(task, metric, None, shots)
        error = as_error(path, metrics.get(metric + _ERROR), where, scale=best)
        sheet.item(item, benchmark=item, task=task, metric=metric, shots=shots)
        sheet.put(path, where, (model, item), score, standard_error=error)


def _details(
    path: Path, results: Sequence[tuple[Path, str, Mapping[str, Any]]]
) -> tuple[Path, str, str]:
    name = re.sub(_STAMP, "", path.name).removeprefix("details_").removesuffix(".parquet")
    # details/<organisation>/<model>/<date>/details_<task>_<date>.parquet
    folders = path.resolve().parts[:-2]
    if "details" in folders:
        place = len(folders) - folders[::-1].index("details")
        return path, "/".join(folders[place:]) or path.parent.name, name
    same = {model for file, model, _ in results if _stamp(file) == _stamp(path) != ""}
    return path, same.pop() if len(same) == 1 else "/".join(folders[-2:]), name


def _read_details(sheet: Sheet, path: Path, run: tuple[str, str], scale: float) -> None:
    model, (task, shots) = run[0], _shots(run[1])
    table = read_parquet(path)
    columns = set(table.columns)
    if not columns & {"metrics", "metric"}:
        raise ImportFormatError(path, "the column is missing", "column 'metrics' or 'metric'")
    seen: dict[tuple[str, ...], int] = {}
    for index, row in enumerate(_rows(table)):
        key = content_key(row["text"], row["choices"], row["label"])
        seen[(key,)] = seen.get((key,), 0) + 1
        suffix = f"-{seen[(key,)]}" if seen[(key,)] > 1 else ""
        metrics = row["metrics"]
        if not isinstance(metrics, dict):
            raise ImportFormatError(path, "not an object of metrics", f"row {index + 1}")
        for metric, value in metrics.items():
            if number(value) is None or _LOWER_BETTER.search(metric) or _PERCENT.match(metric):
                continue
            where = f"row {index + 1}, metric {metric!r}"
            benchmark = benchmark_id(task, metric, None, shots)
            item = f"{benchmark}#{key}{suffix}"
            score = as_score(path, value, where, scale=scale)
            sheet.item(item, benchmark=benchmark, task=task, metric=metric, shots=shots)
            sheet.item(item, text=row["text"], label=row["label"])
            sheet.put(path, where, (model, item), score, answer=row["answer"])


def _rows(table: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield each question alike, from the columns of either layout."""
    for row in table.iter_rows(named=True):
        doc, response = _value(row.get("doc")), _value(row.get("model_response"))
        if not isinstance(doc, dict):
            doc = row
        answers = response.get("text") if isinstance(response, dict) else row.get("predictions")
        choices = _value(doc.get("choices")) or []
        gold = _value(doc.get("gold_index"))
        yield {
            "text": _first(doc, "query", "example", "full_prompt"),
            "choices": choices,
            "label": _label(choices, gold, _value(doc.get("gold"))),
            "answer": _answer(_value(answers), choices),
            "metrics": _value(row.get("metrics", row.get("metric"))),
        }


def _value(value: Any) -> Any:
    """Undo the text form that the writer falls back to when a nested column has mixed types."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return value
    return value


def _first(doc: Mapping[str, Any], *keys: str) -> str:
    return next((str(doc[key]) for key in keys if doc.get(key)), "")


def _label(choices: Any, gold_index: Any, gold: Any) -> str | None:
    places = gold_index if isinstance(gold_index, list) else [gold_index]
    if isinstance(choices, list):
        texts = [
            str(choices[place])
            for place in places
            if isinstance(place, int) and 0 <= place < len(choices)
        ]
        if texts:
            return texts[0].strip()
    first = gold[0] if isinstance(gold, list) and gold else gold
    return None if first in (None, []) else str(first)


def _answer(answers: Any, choices: Any) -> str | None:
    """Return the text of an answer; of log-likelihoods, the option of the largest."""
    if isinstance(answers, list) and isinstance(choices, list) and len(answers) == len(choices) > 1:
        values = [number(a[0] if isinstance(a, list) and a else a) for a in answers]
        known = [value for value in values if value is not None]
        if len(known) == len(choices):
            return str(choices[known.index(max(known))]).strip()
    first = answers[0] if isinstance(answers, list) and answers else answers
    if isinstance(first, list):
        first = first[0] if first else None
    return None if first in (None, []) else str(first)
