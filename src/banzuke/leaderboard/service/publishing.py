"""Putting a finished run on the board, with the facts that say what it compares with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import polars as pl

from banzuke.evaluation.asking import Asking
from banzuke.evaluation.engines import EngineInfo
from banzuke.evaluation.records import RECORDS, Record
from banzuke.evaluation.run import Run
from banzuke.evaluation.store import Stored, store
from banzuke.evaluation.values import Values, keep_values
from banzuke.leaderboard.service.schemas import SubmissionRequest
from banzuke.outcomes import Lake

_COMMON_PRECISION = "bfloat16"
_DECLARED = ("params_b", "architecture", "type", "license", "precision", "revision")


def row_name(request: SubmissionRequest, apart: str = "") -> str:
    """Name the row of a submission: its model, and what differs from the usual settings.

    Submissions of a model with other settings are other rows, for their scores do not
    compare.

    Parameters
    ----------
    request : SubmissionRequest
    apart : str, default ""
        What tells it from a row of the same name.

    Examples
    --------
    >>> row_name(SubmissionRequest(model="org/model", shots=4, prompt_style="base"))
    'org/model (4-shot, base)'
    """
    parts = []
    if request.revision != "main":
        parts.append(request.revision)
    if request.precision != _COMMON_PRECISION:
        parts.append(request.precision)
    if request.shots:
        parts.append(f"{request.shots}-shot")
    if request.prompt_style != "chat":
        parts.append(request.prompt_style)
    if apart:
        parts.append(apart)
    return f"{request.model} ({', '.join(parts)})" if parts else request.model


@dataclass(frozen=True, kw_only=True)
class Published:
    """What goes on the board.

    Attributes
    ----------
    run_id : str
        Shown as the row's run.
    submission : str
    request : SubmissionRequest
    asking : Asking
        The suite and how it was asked.
    facts : mapping
        What `run_facts` returned when the run began.
    """

    run_id: str
    submission: str
    request: SubmissionRequest
    asking: Asking
    facts: Mapping[str, Any]

    def put(self, lake: Lake, records: Iterable[Record], values: Values | None = None) -> Stored:
        """Write the row; an earlier one of the submission is replaced.

        A row of another submission stays: the same model at another endpoint is told apart
        by that endpoint's host. One of `banzuke evaluate` is replaced, as it does itself.

        Parameters
        ----------
        lake : Lake
        records : iterable of Record
            In the order of the suite.
        values : mapping, optional
            Of neural metrics, by item and measure.
        """
        with tempfile.TemporaryDirectory(prefix="banzuke-publish-") as folder:
            path = Path(folder)
            write_records(path, records)
            if values:
                keep_values(path, values)
            run = Run(
                run_id=self.run_id,
                path=path,
                info=self._info(),
                settings=self.asking.settings,
                suite=self.asking.suite,
                n_new=0,
            )
            for name in self._names(lake):
                stored = store(run, lake, name, gives_way=self._is_others)
                if not stored.yielded:
                    break
            return stored

    def _names(self, lake: Lake) -> Iterator[str]:
        """Yield names for the row; the last one is nobody else's."""
        own = self._own_row(lake)
        if own is not None:
            yield own
        yield row_name(self.request)
        if self.request.endpoint is not None:
            yield row_name(self.request, f"at {urlsplit(self.request.endpoint).netloc}")
        yield row_name(self.request, f"submission {self.submission}")

    def _own_row(self, lake: Lake) -> str | None:
        board = self.asking.suite.name
        return (
            submitted_row(lake.read(board).models, self.submission)
            if board in lake.names()
            else None
        )

    def _is_others(self, row: Mapping[str, Any]) -> bool:
        return row.get("submission") not in (None, self.submission)

    def _info(self) -> EngineInfo:
        engine = self.facts["identity"]["engine"]
        return EngineInfo(
            name=engine["name"],
            version=engine["version"],
            model=self.request.model,
            model_digest=self.facts["identity"]["model"]["sha256"],
            metadata={name: value for name, value in self._columns().items() if value is not None},
        )

    def _columns(self) -> dict[str, Any]:
        """Return what the board shows of a model and of how it was measured."""
        request, identity = self.request, self.facts["identity"]
        declared = {name: getattr(request, name) for name in _DECLARED}
        return {
            **self.facts.get("model", {}),
            **{name: value for name, value in declared.items() if value is not None},
            "name": request.model,
            "base_models": request.base_model,
            "submission": self.submission,
            "submitted": self.facts["submitted"],
            "suite": identity["suite"],
            "seed": identity["sampling"]["seed"],
            "items_sha256": identity["items_sha256"],
            "prompts_sha256": identity["prompt"]["sha256"],
            "model_sha256": identity["model"]["sha256"],
            "banzuke_version": identity["banzuke"],
            "hardware": _hardware_text(self.facts["hardware"]),
        }


def write_records(folder: Path, records: Iterable[Record]) -> None:
    """Write records as those of a run."""
    with (folder / RECORDS).open("wb") as file:
        for record in records:
            file.write(orjson.dumps(asdict(record), option=orjson.OPT_APPEND_NEWLINE))


def submitted_row(models: pl.DataFrame, submission: str) -> str | None:
    """Return the name of a submission's row among the models of a board."""
    if "submission" not in models.columns:
        return None
    found = models.filter(pl.col("submission") == submission)["model"]
    return str(found[0]) if len(found) else None


def unpublish(lake: Lake, board: str, submission: str) -> bool:
    """Take the row of a submission off its board, with its data sets and its answers.

    Returns
    -------
    bool
        Whether there was one.
    """
    changed = False
    with lake.transaction() as change:
        for collection in (board, f"{board}-data-sets", f"{board}-items"):
            if collection not in lake.names():
                continue
            old = lake.read(collection)
            if "submission" not in old.models.columns:
                continue
            theirs = (old.models["submission"] == submission).fill_null(value=False)
            if not theirs.any():
                continue
            changed = True
            if theirs.all():
                change.remove(collection)
            else:
                change.write(collection, old.select(models=~theirs))
    return changed


def _hardware_text(facts: Mapping[str, Any]) -> str:
    memory = facts.get("memory_gb")
    size = f", {memory} GB" if memory else ""
    return f"{facts.get('processor')}, {facts.get('cpus')} CPUs{size}"
