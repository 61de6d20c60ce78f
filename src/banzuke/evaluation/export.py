"""A finished run in the formats of other tools: llm-jp-eval and lm-evaluation-harness."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from banzuke.evaluation.columns import columns_of, finished
from banzuke.evaluation.records import Record, RunFolder
from banzuke.evaluation.scores import SuiteScores, suite_scores
from banzuke.exceptions import BanzukeError, InvalidInputError, NotFoundError, StorageError
from banzuke.outcomes.files import replacing, write_atomic

_NAMES = {
    "number_match": "exact_match",
    "entity_set_f1": "set_f1",
    "bert_score_ja": "bert_score_ja_f1",
    "bert_score_en": "bert_score_en_f1",
}
"""Our names of measures, and those of llm-jp-eval."""

_PERCENT = ("bleu_ja", "bleu_en")


def export_run(run: Path, form: str, target: Path, *, model: str | None = None) -> list[Path]:
    """Write a run as the files of another tool.

    Parameters
    ----------
    run : Path
        Folder of a finished run.
    form : str
        A key of `FORMATS`.
    target : Path
        Folder that gets the files; made where missing.
    model : str, optional
        Name of the model; the engine's by default.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    NotFoundError
        Where there is no such format or run.
    StorageError
        Where the folder cannot be written.
    """
    if form not in FORMATS:
        raise NotFoundError(f"there is no format '{form}'; there are {', '.join(FORMATS)}")
    manifest = finished(RunFolder(run))
    try:
        return FORMATS[form](run, manifest, target, model or manifest["identity"]["model"]["name"])
    except BanzukeError:
        raise
    except OSError as error:
        raise StorageError(
            f"cannot write into the folder {target}: {error}; name another one"
        ) from error


def _llm_jp_eval(run: Path, manifest: Mapping[str, Any], target: Path, model: str) -> list[Path]:
    """Write a result file of llm-jp-eval 1.x: compat scores, and what stood before scoring."""
    if not any(task["measures"] for task in manifest["tasks"]):
        raise InvalidInputError(
            f"{run.name} is of the suite {manifest['identity']['suite']}, which llm-jp-eval does "
            "not have; a run on built data sets can be exported to it"
        )
    path = target / f"result_{_safe(model)}_{_stamp(manifest)}.json"
    document = {
        "scores": _scores(suite_scores(run)),
        "config": _config(manifest, model),
        "outputs": _outputs(run),
    }
    write_atomic(path, orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return [path]


def _scores(scores: SuiteScores) -> dict[str, float]:
    found = {"AVG": scores.average.score.compat / 100}
    found |= {one.name: one.score.compat / 100 for one in scores.categories}
    for one in scores.data_sets:
        for measure, score in one.measures.items():
            name = _NAMES.get(measure, measure)
            percent = 1 if name in _PERCENT else 100
            found[f"{one.name}_{name}"] = score.compat / percent
    return {key: value for key, value in found.items() if math.isfinite(value)}


def _config(manifest: Mapping[str, Any], model: str) -> dict[str, Any]:
    identity = manifest["identity"]
    return {
        "model": {"pretrained_model_name_or_path": model},
        "metainfo": {
            "version": "1.4.1",
            "num_few_shots": identity["prompt"]["shots"],
            "max_num_samples": manifest["limit"] or -1,
            "produced_by": f"banzuke {identity['banzuke']}",
        },
        "generator": {"temperature": identity["sampling"]["temperature"]},
    }


def _outputs(run: Path) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for record in RunFolder(run).records():
        row = {
            "input": record.text,
            "pred": record.compat_answer,
            "gold": record.gold[0],
            "generated": record.raw,
        }
        found.setdefault(record.task, []).append(row)
    return found


def _lm_eval(run: Path, manifest: Mapping[str, Any], target: Path, model: str) -> list[Path]:
    """Write results_*.json and a samples_*.jsonl for each data set: strict scores."""
    folder, stamp = target / _safe(model), _stamp(manifest)
    columns = columns_of(run)
    results = {
        one.name: {
            "alias": one.name,
            **{f"{m},none": one.value(m, "strict") for m in one.measures if _known(one, m)},
        }
        for one in columns
    }
    given = manifest["identity"]["prompt"]["shots"]
    shots = {one.name: 0 if one.benchmark.zero_shot else given for one in columns}
    document = {
        "results": results,
        "configs": {name: {"task": name, "num_fewshot": n} for name, n in shots.items()},
        "n-shot": shots,
        "config": {"model": manifest["identity"]["engine"]["name"]},
        "model_name": model,
    }
    written = [folder / f"results_{stamp}.json"]
    write_atomic(written[0], orjson.dumps(document, option=orjson.OPT_INDENT_2))
    for one in columns:
        path = folder / f"samples_{one.name}_{stamp}.jsonl"
        with replacing(path) as file:
            for number, record in enumerate(_of_task(run, one.name)):
                sample = _sample(number, record, one.metric)
                file.write(orjson.dumps(sample, option=orjson.OPT_APPEND_NEWLINE))
        written.append(path)
    return written


def _known(one: Any, measure: str) -> bool:
    return math.isfinite(one.value(measure, "strict"))


def _of_task(run: Path, name: str) -> Iterator[Record]:
    return (record for record in RunFolder(run).records() if record.task == name)


def _sample(number: int, record: Record, metric: str) -> dict[str, Any]:
    scores = {name: value for name, value in record.strict.items() if isinstance(value, float)}
    if not record.strict and record.score is not None:
        scores = {metric: record.score}
    return {
        "doc_id": number,
        "doc": {"input": record.text, "item_id": record.item_id},
        "target": record.gold[0],
        "arguments": {"gen_args_0": {"arg_0": record.prompt}},
        "resps": [[record.raw]],
        "filtered_resps": [record.answer],
        "filter": "none",
        "metrics": list(scores),
        "doc_hash": hashlib.sha256(record.item_id.encode()).hexdigest(),
        "prompt_hash": hashlib.sha256(record.prompt.encode()).hexdigest(),
        **scores,
    }


def _safe(model: str) -> str:
    """Return a model's name as one part of a path, as the harness writes it."""
    kept = "".join(c if c.isalnum() or c in "._-" else "_" for c in model.replace("/", "__"))
    return kept.lstrip(".") or "model"


def _stamp(manifest: Mapping[str, Any]) -> str:
    return str(manifest["finished"]).split("+")[0].replace(":", "-")


Writer = Callable[[Path, Mapping[str, Any], Path, str], list[Path]]

FORMATS: Mapping[str, Writer] = {"llm-jp-eval": _llm_jp_eval, "lm-eval-samples": _lm_eval}
"""Name of each format, and what writes it."""
