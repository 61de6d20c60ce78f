"""The engine vllm, with a small server that stands for vLLM."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from banzuke.evaluation.engines import OpenAICompatible, Request, vllm
from banzuke.evaluation.engines._retry import Retry
from banzuke.evaluation.engines.openai_compatible import API_KEY_VARIABLE, ClientSettings
from banzuke.evaluation.engines.vllm import VllmSettings
from banzuke.exceptions import EngineError, InvalidInputError, NotFoundError
from tests.evaluation.processes import alive, gone

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"
CLIENT = ClientSettings(concurrency=2, retry=Retry(attempts=2, first_seconds=0.01))
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


@pytest.fixture
def python(tmp_path: Path) -> str:
    """A program that is called like a Python with vLLM."""
    path = tmp_path / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{HERE / "fake_vllm.py"}" "$@"\n')
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny-model"
    folder.mkdir()
    config = {"architectures": ["LlamaForCausalLM"], "torch_dtype": "bfloat16"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def ask(engine: OpenAICompatible, n: int = 1) -> list[str]:
    async def all_of_them() -> list[str]:
        async with engine:
            await engine.describe()
            requests = [Request(prompt="hello", max_tokens=5)] * n
            return [a.text for a in await asyncio.gather(*map(engine.answer, requests))]

    return asyncio.run(all_of_them())


@needs_proc
def test_one_server_answers_and_is_gone_afterwards_with_its_children(
    python, model, tmp_path, monkeypatch
) -> None:
    pids = tmp_path / "pids"
    monkeypatch.setenv("FAKE_VLLM_PIDS", str(pids))
    monkeypatch.setenv(API_KEY_VARIABLE, "do-not-tell")
    settings = VllmSettings(python=python, arguments=("--dtype", "bfloat16"), context_tokens=512)
    with vllm.serve(str(model), settings=settings, client=CLIENT) as engine:
        info = asyncio.run(described(engine))
        first, second = (json.loads(text) for text in ask(engine, 2))
        running = [int(pid) for pid in pids.read_text().split()]
        assert all(alive(pid) for pid in running)
    assert gone(running)
    assert first == second
    assert first["key"] is None
    assert first["command"][:2] == ["-m", "vllm.entrypoints.openai.api_server"]
    assert first["command"][-2:] == ["--dtype", "bfloat16"]
    assert (info.name, info.version) == ("vllm", "9.9-fake (--dtype bfloat16)")
    assert (info.model, info.context_tokens, info.endpoint) == ("tiny-model", 512, None)
    assert info.metadata["architecture"] == "LlamaForCausalLM"
    assert info.model_digest == vllm.fingerprint(model)


async def described(engine: OpenAICompatible):
    async with engine:
        return await engine.describe()


def test_a_server_that_dies_at_the_start_gives_its_last_words(python, model, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_VLLM", "die")
    with (
        pytest.raises(
            EngineError,
            match=r"vLLM's server ended with status 3; .*loading weights \| ValueError: this model",
        ),
        vllm.serve(str(model), settings=VllmSettings(python=python)),
    ):
        pass


def test_a_server_that_dies_later_ends_the_questions(python, model, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_VLLM", "die later")
    settings = VllmSettings(python=python)
    with (
        pytest.raises(EngineError, match=r"ended with status 9; .*CUDA out of memory"),
        vllm.serve(str(model), settings=settings, client=CLIENT) as engine,
    ):
        ask(engine)


@needs_proc
def test_a_server_that_never_answers_is_given_up(python, model, tmp_path, monkeypatch) -> None:
    pids = tmp_path / "pids"
    monkeypatch.setenv("FAKE_VLLM", "hang")
    monkeypatch.setenv("FAKE_VLLM_PIDS", str(pids))
    settings = VllmSettings(python=python, start_seconds=1.0)
    with (
        pytest.raises(EngineError, match="did not start in 1 s; it said last"),
        vllm.serve(str(model), settings=settings),
    ):
        pass
    # on a busy machine it may be given up before it began
    assert not pids.exists() or gone([int(pid) for pid in pids.read_text().split()])


@needs_proc
def test_a_killed_banzuke_takes_server_and_children_along(python, model, tmp_path) -> None:
    pids = tmp_path / "pids"
    program = (
        "import time\nfrom banzuke.evaluation.engines import vllm\n"
        f"settings = vllm.VllmSettings(python={python!r})\n"
        f"with vllm.serve({str(model)!r}, settings=settings):\n"
        "    print('up', flush=True)\n    time.sleep(60)\n"
    )
    environment = {"PYTHONPATH": str(SOURCE), "FAKE_VLLM_PIDS": str(pids), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        running = [int(pid) for pid in pids.read_text().split()]
        assert all(alive(pid) for pid in running)
        child.send_signal(signal.SIGKILL)
    assert gone(running)


def test_what_cannot_be_started(python, model, tmp_path) -> None:
    with (
        pytest.raises(NotFoundError, match=r"there is no program '/nowhere/python'"),
        vllm.serve(str(model), settings=VllmSettings(python="/nowhere/python")),
    ):
        pass
    with (
        pytest.raises(InvalidInputError, match=r"holds no config.json"),
        vllm.serve(str(tmp_path), settings=VllmSettings(python=python)),
    ):
        pass
    with (
        pytest.raises(InvalidInputError, match="is no folder"),
        vllm.serve(str(tmp_path / "absent"), settings=VllmSettings(python=python)),
    ):
        pass
    with pytest.raises(InvalidInputError, match=r"banzuke sets --port of vLLM's server itself"):
        VllmSettings(arguments=("--port=80",))


def test_another_file_gives_another_fingerprint(model) -> None:
    before = vllm.fingerprint(model)
    assert vllm.fingerprint(model) == before
    (model / "model.safetensors").write_bytes(b"Weights")
    assert vllm.fingerprint(model) != before


def test_large_files_are_told_apart_by_their_ends(model, monkeypatch) -> None:
    monkeypatch.setattr(vllm, "_WHOLE_BYTES", 100)
    monkeypatch.setattr(vllm, "_END_BYTES", 10)
    weights = model / "model.safetensors"
    seen = set()
    for content in (b"a" * 200, b"b" + b"a" * 199, b"a" * 199 + b"b", b"a" * 201):
        weights.write_bytes(content)
        seen.add(vllm.fingerprint(model))
    assert len(seen) == 4
