"""Import ``llm-jp-eval``: result files and generated files of llm-jp-eval 1.x and 2.x.

Collections (default names): ``llm-jp-eval`` with an item for each data set, metric and
number of shots (``jamp_exact_match@4``), ``llm-jp-eval-categories`` with the averages NLI,
QA, RC, ... (``JA:NLI`` where a file of 2.x gives them by language), and
``llm-jp-eval-items`` with an item for each question of ``outputs`` and of
``<dataset>.eval-generated.json``, layer ``answer``. The total AVG is left out.

The files hold no score for a question. Where exact match over the answers gives the score
that the file reports, the questions get it; otherwise they have answers and no score.
BLEU, which the tool gives as a percentage, is divided by 100; a correlation below 0 is
stored as 0 and named in a note. Of several files the newest score of a model on a data set,
metric and number of shots counts, and the answers that came with it; the date is in the name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._gather import (
    Sheet,
    benchmark_id,
    content_key,
    imported,
    integer,
    newest,
    number,
    walk,
)
from banzuke.outcomes.importers._read import as_dict, as_score, read_json

_METRICS = (
    *("exact_match", "char_f1", "set_f1", "pearson", "spearman", "bleu_ja", "bleu_en"),
    *("bert_score_ja_f1", "bert_score_en_f1", "comet_wmt22", "rouge1", "rouge2", "rougeL"),
    *("code_exec_sandbox", "code_exec", "pylint_check", "mathematical_equivalence"),
    *("entity_labeling_acc", "ifeval", "exact_match_figure"),
)
_CATEGORY = re.compile(r"^[A-Z]{2,5}$")
_STAMP = re.compile(r"(\d{8}[_\-]?\d{6}|\d{4}-\d{2}-\d{2}[T_][\d.:\-]+)")
_MODEL_KEYS = ("pretrained_model_name_or_path", "model_name_or_path", "model_name", "model")


@dataclass(frozen=True, kw_only=True)
class _File:
    path: Path
    model: str
    shots: int | None
    content: Mapping[str, Any]
    metadata: Mapping[str, Any]

    @property
    def stamp(self) -> str:
        found = _STAMP.findall(self.path.name)
        # digits only: 20260102_030405 and 2026-01-02T03:04:05 are one moment
        return re.sub(r"\D", "", found[-1])[:14] if found else ""

    @property
    def is_generated(self) -> bool:
        return "samples" in self.content and "target_dataset" in self.content


@dataclass(frozen=True, kw_only=True)
class _Score:
    file: _File
    where: str
    place: int
    language: str | None
    key: str
    value: Any

    @property
    def is_category(self) -> bool:
        return bool(_CATEGORY.match(self.key))

    @property
    def name(self) -> str:
        key = f"{self.language}:{self.key}" if self.language else self.key
        return benchmark_id(key, None, None, self.file.shots)


@dataclass(frozen=True, kw_only=True)
class _Answers:
    file: _File
    dataset: str
    rows: Sequence[Mapping[str, Any]]


def read(paths: Sequence[Path], options: ImportOptions) -> Imported:
    """Read result files and generated files of any number of models."""
    named = {path for path in paths if path.is_file()}
    files = walk(paths, lambda path: path.suffix == ".json", "JSON file of llm-jp-eval")
    opened = [file for path in files if (file := _open(path, path in named)) is not None]
    if not opened:
        raise ImportFormatError(
            paths[0],
            "no JSON file in it is of llm-jp-eval: a result has 'scores' (1.x) or 'evaluation' "
            "(2.x), a generated file 'target_dataset' and 'samples'",
        )
    scores, notes = _newest_scores(opened)
    answers, older = _newest_answers(opened, scores)
    sheets = {"": Sheet(), "-categories": Sheet(), "-items": Sheet()}
    used = [*(score.file for score in scores), *(part.file for part in answers)]
    kept = {file.path: file for file in used}.values()
    # of a model's files the newest last: what it says of the model counts
    for file in sorted(kept, key=lambda file: (file.model, file.stamp, file.path)):
        for sheet in sheets.values():
            sheet.model(file.model, **file.metadata)
    for score in scores:
        _put_score(sheets, score, options.scale, notes)
    for part in answers:
        _put_answers(sheets, part)
    return imported(
        {suffix: _used(sheet) for suffix, sheet in sheets.items()},
        [file.path for file in kept] or [opened[0].path],
        options,
        importer="llm-jp-eval",
        notes=[*notes, *older],
    )


def _newest_scores(files: Sequence[_File]) -> tuple[list[_Score], list[str]]:
    """Return the newest score of each model, data set, metric and number of shots."""
    kept, notes = newest(
        [score for file in files for score in _scores(file)],
        key=lambda score: (score.file.model, score.name),
        stamp=lambda score: score.file.stamp,
        path=lambda score: score.file.path,
        content=lambda score: str(score.value),
    )
    # in the order of a file, whatever the order of files
    kept.sort(key=lambda s: (s.file.model, str(s.file.shots), s.place, s.name))
    return kept, notes


def _newest_answers(
    files: Sequence[_File], scores: Sequence[_Score]
) -> tuple[list[_Answers], list[str]]:
    """Return the newest answers; those of a result go with its scores, or not at all."""
    sources: dict[tuple[str, str], set[Path]] = {}
    for score in scores:
        sources.setdefault((score.file.model, score.name), set()).add(score.file.path)
    given = []
    for answers in (part for file in files for part in _answers(file)):
        scored = sources.get((answers.file.model, _benchmark(answers)), {answers.file.path})
        if answers.file.is_generated or answers.file.path in scored:
            given.append(answers)
    return newest(
        given,
        key=lambda a: (a.file.model, a.dataset, a.file.shots, not a.file.is_generated),
        stamp=lambda a: a.file.stamp,
        path=lambda a: a.file.path,
        content=lambda a: a.rows,
    )


def _used(sheet: Sheet) -> Sheet:
    models = {model for model, _ in sheet.cells}
    return Sheet({m: v for m, v in sheet.models.items() if m in models}, sheet.items, sheet.cells)


def _open(path: Path, must_be_ours: bool) -> _File | None:
    content = read_json(path)
    ours = isinstance(content, dict) and (
        "scores" in content
        or isinstance(content.get("evaluation"), dict)
        or ("target_dataset" in content and "samples" in content)
    )
    if not ours:
        if must_be_ours:
            raise ImportFormatError(
                path,
                "the key is missing; a result of llm-jp-eval has 'scores' (1.x) or 'evaluation' "
                "(2.x), a generated file 'target_dataset'",
                "key 'scores'",
            )
        return None
    settings = content.get("config") or content.get("metadata") or {}
    info = _dig(settings, "metainfo")
    shots = _dig(settings, "num_few_shots")
    return _File(
        path=path,
        model=_model_name(path, content, settings),
        shots=integer(shots) if not isinstance(shots, dict) else None,
        content=content,
        metadata={
            "precision": _precision(settings),
            "harness_version": as_dict(info).get("version"),
        },
    )


def _dig(settings: Any, key: str) -> Any:
    """Return the value of a key at the shallowest level that has it, or None."""
    level = [settings]
    while level:
        for part in level:
            if isinstance(part, dict) and part.get(key) is not None:
                return part[key]
        level = [v for part in level if isinstance(part, dict) for v in part.values()]
    return None


def _model_name(path: Path, content: Mapping[str, Any], settings: Any) -> str:
    for key in _MODEL_KEYS:
        name = _dig(settings, key)
        while isinstance(name, dict):
            name = next((name[k] for k in _MODEL_KEYS if name.get(k)), None)
        if isinstance(name, str) and name.strip():
            return name.strip()
    if "target_dataset" in content:
        # a generated file often keeps the prompts' settings only; its folder has the model's name
        return path.resolve().parent.name.replace("--", "/", 1)
    raise ImportFormatError(
        path, "the model's name is missing", f"key 'config.model.{_MODEL_KEYS[0]}'"
    )


def _precision(settings: Any) -> str | None:
    value = _dig(settings, "torch_dtype") or _dig(settings, "dtype")
    return str(value).removeprefix("torch.") if isinstance(value, str) else None


def _put_score(sheets: Mapping[str, Sheet], given: _Score, scale: float, notes: list[str]) -> None:
    file, key = given.file, given.key
    task, metric = (key, None) if given.is_category else _split(key)
    # the category STS is the mean of correlations, and below 0 where its data set is
    kind = "pearson" if key == "STS" else metric or ""
    score = _checked(file, (given.where, given.value), kind, scale, notes)
    if score is None:
        return
    sheet = sheets["-categories" if given.is_category else ""]
    sheet.item(given.name, benchmark=given.name, task=task, metric=metric, shots=file.shots)
    sheet.item(given.name, language=given.language)
    sheet.put(file.path, given.where, (file.model, given.name), score)


def _scores(file: _File) -> Iterator[_Score]:
    """Yield the scores of data sets and categories, without the total AVG."""
    content, prefix = file.content, ""
    if isinstance(content.get("evaluation"), dict):
        content, prefix = content["evaluation"], "evaluation."
    if "scores" not in content and "target_dataset" in content:
        return
    scores = content.get("scores")
    if not isinstance(scores, dict):
        raise ImportFormatError(file.path, "not an object of scores", f"key '{prefix}scores'")
    parts: dict[tuple[str | None, str], dict[str, Any]] = {(None, "scores"): scores}
    by_language = as_dict(content.get("lang_scores"))
    for name, held in by_language.items():
        parts[str(name), f"lang_scores.{name}"] = as_dict(held)
    entries = [(*where, key, value) for where, held in parts.items() for key, value in held.items()]
    for place, (language, part, key, value) in enumerate(entries):
        score = _Score(
            file=file,
            where=f"key '{prefix}{part}.{key}'",
            place=place,
            language=language,
            key=str(key),
            value=value,
        )
        # the data sets of a language stand in `scores` too
        if key != "AVG" and (score.is_category or not language):
            yield score


def _split(key: str) -> tuple[str, str | None]:
    for metric in sorted(_METRICS, key=len, reverse=True):
        if key.endswith(f"_{metric}"):
            return key.removesuffix(f"_{metric}"), metric
    return key, None


def _checked(
    file: _File, given: tuple[str, Any], metric: str, scale: float, notes: list[str]
) -> float | None:
    where, value = given
    if metric in ("pearson", "spearman"):
        correlation = as_number(file.path, value, where)
        if correlation is not None and -1 <= correlation < 0:
            notes.append(f"{file.path.name}: {where} is {correlation:g}; stored as 0")
            return 0.0
    return as_score(file.path, value, where, scale=100.0 if metric.startswith("bleu") else scale)


def as_number(path: Path, value: Any, where: str) -> float | None:
    """Return a number that may be outside [0, 1]; None where it is missing or NaN."""
    try:
        return None if value is None else number(float(value))
    except (TypeError, ValueError):
        raise ImportFormatError(path, f"{str(value)[:80]!r} is not a number", where) from None


def _answers(file: _File) -> Iterator[_Answers]:
    outputs = file.content.get("outputs") or {}
    if file.is_generated:
        outputs = {str(file.content["target_dataset"]): file.content["samples"]}
    if not isinstance(outputs, dict):
        raise ImportFormatError(file.path, "not an object of data sets", "key 'outputs'")
    for dataset, rows in outputs.items():
        where = f"key 'outputs.{dataset}'" if "outputs" in file.content else "key 'samples'"
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ImportFormatError(file.path, "not a list of questions", where)
        if rows:
            yield _Answers(file=file, dataset=str(dataset), rows=rows)


def _benchmark(answers: _Answers) -> str:
    return benchmark_id(f"{answers.dataset}_exact_match", None, None, answers.file.shots)


def _put_answers(sheets: Mapping[str, Sheet], given: _Answers) -> None:
    file, dataset, rows = given.file, given.dataset, given.rows
    benchmark = _benchmark(given)
    reported = sheets[""].cells.get((file.model, benchmark), {}).get("score")
    answers = [_text(row, "pred", "generated") for row in rows]
    golds = [_text(row, "gold", "output") for row in rows]
    right = [_same(a, g) for a, g in zip(answers, golds, strict=True)]
    explained = reported is not None and abs(sum(right) / len(rows) - reported) < 0.5 / len(rows)
    seen: dict[str, int] = {}
    for row, answer, gold, correct in zip(rows, answers, golds, right, strict=True):
        text = _text(row, "input", "prompt")
        digest = content_key(text, gold)
        seen[digest] = seen.get(digest, 0) + 1
        item = f"{benchmark}#{digest}" + (f"-{seen[digest]}" if seen[digest] > 1 else "")
        sheets["-items"].item(
            item,
            benchmark=benchmark,
            task=dataset,
            metric="exact_match",
            shots=file.shots,
            text=text,
            label=gold,
        )
        cell = (file.model, item)
        if cell in sheets["-items"].cells and not explained:
            continue  # a result's processed answer counts before the raw generated one
        score = float(correct) if explained else None
        sheets["-items"].put(file.path, f"question {item}", cell, score, answer=answer)


def _text(row: Mapping[str, Any], *keys: str) -> str:
    return next((str(row[key]) for key in keys if row.get(key) is not None), "")


def _same(answer: str, gold: str) -> bool:
    return (
        unicodedata.normalize("NFKC", answer).strip() == unicodedata.normalize("NFKC", gold).strip()
    )
