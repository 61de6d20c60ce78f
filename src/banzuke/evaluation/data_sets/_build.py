"""Build data sets from raw files into the JSON layout of llm-jp-eval."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from banzuke.evaluation.data_sets._documents import (
    documents_content,
    documents_path,
    samples_digest,
)
from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import SPLITS, DataSet, Part, Sample, Splits
from banzuke.evaluation.data_sets._verify import check, missing
from banzuke.exceptions import BanzukeError, ImportFormatError, NotFoundError, StorageError

N_SHOTS = 8
"""How many samples of the train split stand in every file as shots."""


@dataclass(frozen=True, kw_only=True)
class BuiltSet:
    """What was built of a data set.

    Parameters
    ----------
    name : str
    counts : mapping
        How many samples each split has.
    digests : mapping
        The `sample_digest` of each split.
    missing : mapping
        Why a split could not be built: what is missing and where to get it.
    skipped : sequence of str
        Malformed raw files that were left out on request.
    notes : sequence of str
        What else a user should know.
    changed : bool
        Whether a file was written; False where all were there already.
    """

    name: str
    counts: Mapping[str, int]
    digests: Mapping[str, str]
    missing: Mapping[str, str]
    skipped: Sequence[str]
    notes: Sequence[str]
    changed: bool


def sample_digest(samples: Sequence[Sample]) -> str:
    """Return the sha256 over samples in order, which tells whether two builds agree.

    Each sample contributes its input and output as a compact JSON list, and a line feed.

    Examples
    --------
    >>> sample_digest([Sample("1 + 1", "2")])[:8]
    '45133587'
    """
    return samples_digest((sample.input, sample.output) for sample in samples)


def read(data_set: DataSet, raw: RawFolder) -> tuple[dict[str, list[Sample]], dict[str, str]]:
    """Read the splits whose raw files are there, and say why the others cannot be read.

    Returns
    -------
    dict, dict
        Samples by split, and the reason by split.

    Raises
    ------
    ImportFormatError
        Where a raw file is not the published one, or cannot be understood.
    """
    splits: dict[str, list[Sample]] = {}
    reasons: dict[str, str] = {}
    for part in data_set.parts:
        sources = [data_set.source(path) for path in part.sources]
        absent = [reason for source in sources if (reason := missing(raw, source))]
        if absent:
            reasons.update(dict.fromkeys(part.splits, absent[0]))
            continue
        for source in sources:
            check(raw, source)
        splits.update({split: list(samples) for split, samples in _read(part, raw).items()})
    return splits, reasons


def build(
    data_set: DataSet, raw_root: Path, out: Path, *, skip_malformed: bool = False
) -> BuiltSet:
    """Build the splits of a data set whose raw files are there.

    Parameters
    ----------
    data_set : DataSet
    raw_root : Path
        Holds a folder of raw files for each data set.
    out : Path
        Gets ``<split>/<name>.json``, and ``documents/<split>/<name>.json`` where samples
        share documents.
    skip_malformed : bool, default False
        Leave out raw files that cannot be parsed, and count them in the result.

    Raises
    ------
    NotFoundError
        Where the raw files of no split are there.
    ImportFormatError
        Where a raw file is not the published one, or cannot be understood. Nothing is
        written then.
    """
    raw = RawFolder(raw_root / data_set.folder, skip_malformed=skip_malformed)
    splits, reasons = read(data_set, raw)
    if not splits:
        raise NotFoundError(next(iter(reasons.values())))
    empty = [split for split, samples in splits.items() if not samples]
    if empty:
        raise ImportFormatError(raw.path, f"gives no sample for {data_set.name}, {empty[0]}")
    shots = splits.get("train", [])[:N_SHOTS]
    contents = {
        out / split / f"{data_set.name}.json": _document(data_set, splits[split], shots)
        for split in SPLITS
        if split in splits
    }
    for split, samples in splits.items():
        documents = documents_content(samples)
        if documents is not None:
            contents[documents_path(out, split, data_set.name)] = documents
    return BuiltSet(
        name=data_set.name,
        counts={split: len(splits[split]) for split in SPLITS if split in splits},
        digests={split: sample_digest(splits[split]) for split in SPLITS if split in splits},
        missing=reasons,
        skipped=tuple(raw.skipped),
        notes=tuple(raw.notes),
        changed=_write_together(contents),
    )


def counts(data_set: DataSet, out: Path) -> dict[str, int]:
    """Count the samples of the splits of a data set that were built into a folder."""
    found = {}
    for split in data_set.splits:
        path = out / split / f"{data_set.name}.json"
        if path.is_file():
            try:
                found[split] = len(orjson.loads(path.read_bytes())["samples"])
            except (ValueError, KeyError, TypeError) as error:
                raise ImportFormatError(
                    path, "is not a data set file; delete it, and build it again"
                ) from error
    return found


def _read(part: Part, raw: RawFolder) -> Splits:
    """Read a part; a row of another shape than the reader knows is the file's fault."""
    try:
        return part.read(raw)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, BanzukeError):
            raise
        raise ImportFormatError(
            raw.path / part.sources[0],
            f"holds rows of another shape than expected ({type(error).__name__}: {error})",
        ) from error


def _document(data_set: DataSet, samples: Sequence[Sample], shots: Sequence[Sample]) -> bytes:
    document = {
        "instruction": data_set.instruction,
        "output_length": data_set.output_length,
        "metrics": list(data_set.metrics),
        "few_shots": [{"input": shot.input, "output": shot.output} for shot in shots],
        "samples": [{"input": sample.input, "output": sample.output} for sample in samples],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _write_together(contents: Mapping[Path, bytes]) -> bool:
    """Write all files or, where one cannot be written, none; return whether any changed."""
    changed = {path: data for path, data in contents.items() if not _same(path, data)}
    staged: dict[Path, Path] = {}
    kept: dict[Path, bytes | None] = {}
    try:
        for path, data in changed.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            staged[path] = path.with_name(f".{path.name}.{os.getpid()}.part")
            _write_durably(staged[path], data)
        for path, stage in staged.items():
            kept[path] = path.read_bytes() if path.exists() else None
            stage.replace(path)
    except OSError as error:
        for path, before in kept.items():
            if before is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(before)
        raise StorageError(f"{error.filename} cannot be written: {error.strerror}") from error
    finally:
        for stage in staged.values():
            stage.unlink(missing_ok=True)
    return bool(changed)


def _same(path: Path, data: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
