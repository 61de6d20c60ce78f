"""COMET and BERTScore of a finished run, with models that are on the disk already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from banzuke import progress
from banzuke.evaluation.columns import finished
from banzuke.evaluation.records import Record, RunFolder
from banzuke.evaluation.values import keep_values, read_values
from banzuke.exceptions import MissingExtraError, NotFoundError

_BATCH = 32


def compute_values(
    run: Path, *, comet_model: Path | None = None, bert_model: Path | None = None
) -> int:
    """Compute the values of a run that are not there yet, and keep them beside it.

    A killed computation keeps what it had; the same call goes on from there.

    Parameters
    ----------
    run : Path
        Folder of a finished run.
    comet_model : Path, optional
        Checkpoint file of wmt22-comet-da; needs the extra ``comet``.
    bert_model : Path, optional
        Folder of a model for BERTScore; needs the extra ``bertscore``.

    Returns
    -------
    int
        How many values were computed.

    Raises
    ------
    MissingExtraError
        Where the library is not installed.
    NotFoundError
        Where the model is not there.
    """
    wanted: dict[str, Callable[[Sequence[Record]], Sequence[float]]] = {}
    if comet_model is not None:
        wanted["comet_wmt22"] = _comet(_there(comet_model, "--comet-model"))
    if bert_model is not None:
        score = _bert_score(_there(bert_model, "--bert-model"))
        wanted |= {"bert_score_ja": score, "bert_score_en": score}
    manifest = finished(RunFolder(run))
    measures = {task["name"]: task["measures"] for task in manifest["tasks"]}
    return sum(_one(run, measures, name, compute) for name, compute in wanted.items())


def _one(
    run: Path,
    measures: Mapping[str, Sequence[str]],
    name: str,
    compute: Callable[[Sequence[Record]], Sequence[float]],
) -> int:
    have = read_values(run)
    missing = [
        record
        for record in RunFolder(run).records()
        if name in measures[record.task] and name not in have.get(record.item_id, {})
    ]
    starts = range(0, len(missing), _BATCH)
    for start in progress.track(starts, f"computing {name}"):
        batch = missing[start : start + _BATCH]
        scores = (min(1.0, max(0.0, float(value))) for value in compute(batch))
        new = {record.item_id: {name: v} for record, v in zip(batch, scores, strict=True)}
        keep_values(run, new)
    return len(missing)


def _there(path: Path, option: str) -> Path:
    if not path.exists():
        raise NotFoundError(
            f"{option} {path} is not there; download the model first, or import values that were "
            "computed elsewhere with --values FILE"
        )
    return path


def _library(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtraError(
            f"this metric needs the extra {extra}; run: pip install 'banzuke[{extra}]', or import "
            "values that were computed elsewhere with --values FILE"
        ) from None


def _comet(model: Path) -> Callable[[Sequence[Record]], Sequence[float]]:
    loaded = _library("comet", "comet").load_from_checkpoint(str(model))

    def compute(records: Sequence[Record]) -> Sequence[float]:
        rows = [{"src": r.text, "mt": r.compat_answer, "ref": r.gold[0]} for r in records]
        found: Sequence[float] = loaded.predict(
            rows, batch_size=_BATCH, gpus=0, progress_bar=False
        ).scores
        return found

    return compute


def _bert_score(model: Path) -> Callable[[Sequence[Record]], Sequence[float]]:
    scorer = _library("bert_score", "bertscore").BERTScorer(model_type=str(model), num_layers=9)

    def compute(records: Sequence[Record]) -> Sequence[float]:
        _, _, f1 = scorer.score([r.compat_answer for r in records], [r.gold[0] for r in records])
        return [float(value) for value in f1]

    return compute
