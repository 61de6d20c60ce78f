"""The data sets as inspect_ai tasks, run on its mock model with exact scores."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.conftest import place

pytest.importorskip("inspect_ai", reason="the extra inspect is not installed")

# inspect_ai leaves streams to the garbage collector, and calls what its libraries deprecate
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
OFFLINE = """
import tiktoken
from types import SimpleNamespace
tiktoken.get_encoding = lambda name: SimpleNamespace(encode=lambda text, **options: list(text))
from inspect_ai._cli.main import main
main()
"""
"""The command ``inspect`` with a tokenizer that does not come from the network."""


@pytest.fixture
def folder(tmp_path) -> Path:
    pairs = [(f"質問：{i}\n選択肢：0.a,1.b", str(int(i % 4 == 0))) for i in range(20)]
    place(tmp_path, "jcommonsenseqa", pairs, ["exact_match"])
    ratings = [(f"文1：{i}\n文2：x", str(i / 2)) for i in range(6)]
    place(tmp_path, "jsts", ratings, ["pearson", "spearman"])
    return tmp_path


def results(log) -> dict[str, dict[str, float]]:
    return {
        score.name: {name.split("/")[-1]: m.value for name, m in score.metrics.items()}
        for score in log.results.scores
    }


def test_exact_scores_and_errors_on_the_mock_model(folder, tmp_path) -> None:
    from inspect_ai import eval as run
    from inspect_ai.model import ModelOutput, get_model

    from banzuke.evaluation.inspect_tasks import TASKS

    model = get_model("mockllm/model", custom_outputs=[mock("1")] * 20)
    (log,) = run(
        TASKS["jcommonsenseqa"](suite=str(folder), shots=1),
        model=model,
        log_dir=str(tmp_path / "logs"),
        display="none",
    )
    assert log.status == "success", log.error
    found = results(log)
    assert found["strict"]["score_of_data_set"] == found["compat"]["score_of_data_set"] == 0.25
    scores = np.array([1.0] * 5 + [0.0] * 15)
    assert found["strict"]["clustered_stderr"] == pytest.approx(
        scores.std(ddof=1) / 20**0.5, rel=0.08
    )
    messages = log.samples[0].messages
    assert [m.role for m in messages] == ["user", "assistant", "user", "assistant"]
    assert messages[1].content == "例の答え"
    assert messages[-1].content == "1"
    answers = ["0", "0.5", "?", "1.5", "2", "2.5"]
    model = get_model("mockllm/model", custom_outputs=[mock(a) for a in answers])
    (log,) = run(
        TASKS["jsts"](suite=str(folder)),
        model=model,
        log_dir=str(tmp_path / "logs"),
        display="none",
        max_connections=1,
        max_samples=1,
    )
    found = results(log)
    assert found["strict"]["score_of_data_set"] == pytest.approx(1)
    read = [0, 0.5, -2, 1.5, 2, 2.5]
    expected = np.corrcoef(read, np.arange(6) / 2)[0, 1]
    assert found["compat"]["score_of_data_set"] == pytest.approx(expected)
    assert isinstance(log.samples[0].output, ModelOutput)


def mock(text: str):
    from inspect_ai.model import ModelOutput, ModelUsage

    output = ModelOutput.from_content("mockllm/model", text)
    output.usage = ModelUsage()  # otherwise the mock counts with a tokenizer from the network
    return output


def test_every_data_set_is_a_task() -> None:
    from banzuke.evaluation.data_sets import data_sets
    from banzuke.evaluation.inspect_tasks import TASKS

    assert list(TASKS) == list(data_sets())


@pytest.mark.slow
def test_the_command_finds_the_tasks_by_the_entry_point(folder, tmp_path) -> None:
    if "banzuke" not in {point.name for point in entry_points(group="inspect_ai")}:
        pytest.skip("banzuke was installed before it had the entry point")
    from inspect_ai.log import read_eval_log

    environment = {**os.environ, "BANZUKE_SUITE": str(folder), "INSPECT_LOG_DIR": str(tmp_path)}
    command = [sys.executable, "-c", OFFLINE, "eval", "banzuke/jcommonsenseqa"]
    done = subprocess.run(
        [*command, "--model", "mockllm/model", "--display", "plain", "--limit", "4"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Default output" not in done.stderr
    (log,) = map(read_eval_log, tmp_path.glob("*.eval"))
    assert log.status == "success"
    assert log.eval.task == "banzuke/jcommonsenseqa"
    assert results(log)["strict"]["score_of_data_set"] == 0
    assert results(log)["strict"]["clustered_stderr"] == pytest.approx((0.75 / (5 * 6)) ** 0.5)
