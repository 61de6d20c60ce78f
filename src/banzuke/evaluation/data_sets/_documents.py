"""Which document a sample is from: kept beside the built files, whose layout is not ours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from banzuke.evaluation.data_sets._records import Sample
from banzuke.exceptions import ImportFormatError


def samples_digest(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the sha256 over inputs and outputs in order.

    Each pair contributes a compact JSON list and a line feed.
    """
    digest = hashlib.sha256()
    for pair in pairs:
        text = json.dumps(list(pair), ensure_ascii=False, separators=(",", ":"))
        digest.update(text.encode() + b"\n")
    return digest.hexdigest()


def documents_path(out: Path, split: str, name: str) -> Path:
    """Return where the documents of a built split are kept."""
    return out / "documents" / split / f"{name}.json"


def documents_content(samples: Sequence[Sample]) -> bytes | None:
    """Return the content of that file; None where no sample has a document.

    The digest of the samples ties it to one build: another build numbers others alike.
    """
    if not any(sample.document for sample in samples):
        return None
    content = {
        "samples_sha256": samples_digest((one.input, one.output) for one in samples),
        "documents": [sample.document for sample in samples],
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_documents(
    out: Path, split: str, name: str, samples: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    """Return the document of each sample of a built split, "" where none is known.

    Parameters
    ----------
    out : Path
        The folder of built data sets.
    split, name : str
    samples : sequence of (str, str)
        Inputs and outputs, as the data set file has them.

    Raises
    ------
    ImportFormatError
        Where the file is there and cannot be understood.
    """
    path = documents_path(out, split, name)
    unknown = ("",) * len(samples)
    try:
        content: Any = orjson.loads(path.read_bytes())
        digest, documents = content["samples_sha256"], content["documents"]
    except FileNotFoundError:
        return unknown
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImportFormatError(path, "cannot be read; delete it, and build again") from error
    if digest != samples_digest(samples) or len(documents) != len(samples):
        return unknown  # of another build
    return tuple(str(document) for document in documents)
