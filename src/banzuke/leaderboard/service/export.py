"""The whole board as Parquet and JSON files that any tool reads."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from banzuke._version import __version__
from banzuke.exceptions import ConflictError, StorageError
from banzuke.leaderboard.service.database import Database, now
from banzuke.leaderboard.service.tables import EventRow, FlagRow, RunRow, SubmissionRow
from banzuke.outcomes import Lake, Outcomes, aggregate
from banzuke.outcomes.files import sync_folder

_PUBLIC_SUBMISSION = (
    "id", "state", "reason", "submitter", "created_at", "updated_at", "started_at",
    "finished_at", "run", "n_items", "n_done", "board",
)  # fmt: skip


def export(lake: Lake, target: Path, database: Database | None = None) -> list[Path]:
    """Write all boards, documents, submissions and flags into a new folder.

    Parameters
    ----------
    lake : Lake
    target : Path
        A folder that does not exist or is empty; it is there whole or not at all.
    database : Database, optional
        Results database of the service. Contacts, tokens and users are left out.

    Returns
    -------
    list of Path
        The files: ``boards/<name>/{scores,models,items}.parquet`` (scores: one row a model
        and item, with answers where there are any), ``boards/<name>/board.json`` (one
        object a model with its means and standard errors), ``documents/<name>.json``,
        ``submissions.json``, ``flags.json`` and ``export.json``.

    Raises
    ------
    ConflictError
        Where the folder holds something.
    StorageError
        Where it cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConflictError(f"{target} holds something already; name a new folder")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
        try:
            files = _write_all(lake, folder, database)
            folder.chmod(0o755)
            if target.exists():
                target.rmdir()
            folder.replace(target)
            sync_folder(target.parent)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    except OSError as error:
        raise StorageError(f"cannot write to {target}: {error}") from error
    return [target / file.relative_to(folder) for file in files]


def _write_all(lake: Lake, folder: Path, database: Database | None) -> list[Path]:
    files: list[Path] = []
    for name in lake.names():
        files += _board(folder / "boards" / _file_name(name), name, lake.read(name))
    for name in lake.document_names():
        path = folder / "documents" / f"{_file_name(name)}.json"
        files.append(_json(path, lake.read_document(name)))
    if database is not None:
        files.append(_json(folder / "submissions.json", database.read(_submissions)))
        files.append(_json(folder / "flags.json", database.read(_flags)))
    facts = {"made": now(), "banzuke": __version__, "version": lake.version()}
    files.append(_json(folder / "export.json", facts))
    return files


def _board(folder: Path, name: str, outcomes: Outcomes) -> list[Path]:
    folder.mkdir(parents=True)
    tables = {"scores": _scores(outcomes), "models": outcomes.models, "items": outcomes.items}
    files = []
    for kind, table in tables.items():
        path = folder / f"{kind}.parquet"
        table.write_parquet(path, compression="zstd")
        _to_disk(path)
        files.append(path)
    rows = _means(outcomes)
    content = {"board": name, "provenance": dict(outcomes.provenance), "models": rows}
    return [*files, _json(folder / "board.json", content)]


def _scores(outcomes: Outcomes) -> pl.DataFrame:
    """Return one row for each model and item that was run."""
    models, items = outcomes.model_names, outcomes.items["item_id"].to_list()
    rows, columns = outcomes.observed.nonzero()
    table = pl.DataFrame(
        {
            "model": pl.Series([models[row] for row in rows], dtype=pl.String),
            "item": pl.Series([items[column] for column in columns], dtype=pl.String),
            "score": outcomes.scores[rows, columns],
        }
    )
    for name, values in outcomes.layers.items():
        kind = pl.String if values.dtype == object else pl.Float32
        column = pl.Series(name, values[rows, columns].tolist(), dtype=kind)
        table = table.with_columns(column)
    return table.with_columns(pl.selectors.float().fill_nan(None))


def _means(outcomes: Outcomes) -> list[dict[str, Any]]:
    means = aggregate(outcomes)
    errors, coverage = means.layers["standard_error"], means.layers["coverage"]
    names = means.items["benchmark"].to_list()
    rows = []
    for index, facts in enumerate(outcomes.models.iter_rows(named=True)):
        benchmarks = {
            name: {
                "score": _number(means.scores[index, column]),
                "standard_error": _number(errors[index, column]),
                "coverage": _number(coverage[index, column]),
            }
            for column, name in enumerate(names)
        }
        rows.append({**facts, "benchmarks": benchmarks})
    return rows


def _number(value: float) -> float | None:
    number = float(value)
    return None if math.isnan(number) else round(number, 6)


def _submissions(session: Session) -> list[dict[str, Any]]:
    events: dict[str, list[dict[str, Any]]] = {}
    for event in session.scalars(select(EventRow).order_by(EventRow.number)):
        shown = {name: getattr(event, name) for name in ("at", "before", "after", "actor")}
        more = {"reason": event.reason, "run": event.run}
        events.setdefault(event.submission, []).append({**shown, **more})
    runs: dict[str, dict[str, Any]] = {}
    for run in session.scalars(select(RunRow)):
        runs.setdefault(run.submission, {})[str(run.run)] = dict(run.facts)
    query = select(SubmissionRow).order_by(SubmissionRow.created_at, SubmissionRow.id)
    return [
        {
            **{name: getattr(row, name) for name in _PUBLIC_SUBMISSION},
            "request": _without(row.request, "contact"),
            "events": events.get(row.id, []),
            "runs": runs.get(row.id, {}),
        }
        for row in session.scalars(query)
    ]


def _flags(session: Session) -> list[dict[str, Any]]:
    names = [column.name for column in FlagRow.__table__.columns]
    query = select(FlagRow).order_by(FlagRow.created_at, FlagRow.id)
    return [{name: getattr(row, name) for name in names} for row in session.scalars(query)]


def _without(facts: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key != name}


def _file_name(name: str) -> str:
    """Names of collections are printable and without '/'; dots alone would leave the folder."""
    return name.replace(".", "_") if name.strip(".") == "" else name.replace("\\", "_")


def _json(path: Path, content: Any) -> Path:
    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(content, option=options))
    _to_disk(path)
    return path


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
