"""A small suite of made-up data sets, and runs on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from banzuke.evaluation import Run, Selection, Settings, evaluate, load_folder
from banzuke.evaluation.engines import OpenAICompatible
from banzuke.testing.server import Server

SETTINGS = Settings(style="alpaca-ja", n_shots=1, limit=100)


def place(folder: Path, name: str, pairs: list[tuple[str, str]], metrics: list[str], **extra):
    """Write the dev split of a data set in the layout of llm-jp-eval."""
    document = {
        "instruction": f"{name}の指示",
        "output_length": 5,
        "metrics": metrics,
        "few_shots": [{"input": "例の入力", "output": "例の答え"}],
        "samples": [{"input": a, "output": b} for a, b in pairs],
        **extra,
    }
    path = folder / "dev" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False))


def question(prompt: str) -> str:
    """Return the input that ends an alpaca-ja prompt."""
    return prompt.rpartition("### 入力:\n")[2].partition("\n\n### 応答")[0]


def respond(prompt: str) -> str:
    """Be right in word problems, wrong in half of the inferences, and mute on one rating."""
    text = question(prompt)
    if text.endswith("と1？"):
        return f"{int(text.split('と')[0]) + 1}.0個"
    if text.startswith("文1"):
        return "わからない" if text[3] == "4" else text[3]
    return "含意"


@pytest.fixture
def suite_folder(tmp_path) -> Path:
    folder = tmp_path / "suite"
    inferences = [(f"前提：p{i // 2}\n仮説：h{i}", "含意" if i % 2 else "矛盾") for i in range(20)]
    place(folder, "jamp", inferences, ["exact_match"])
    place(folder, "mawps", [(f"{i}と1？", str(i + 1)) for i in range(6)], ["exact_match"])
    ratings = [(f"文1：{i}\n文2：x", str(float(i))) for i in range(5)]
    place(folder, "jsts", ratings, ["pearson", "spearman"])
    return folder


def ask(
    folder: Path,
    runs: Path,
    respond: Callable[[str], str] = respond,
    settings: Settings = SETTINGS,
    model: str = "test-model",
    **selection,
) -> tuple[Run, list[str], Server]:
    """Run a suite folder on a test server."""
    suite, notes = load_folder(folder, Selection(n_shots=settings.n_shots, **selection))
    with Server(respond, model=model) as server:
        engine = OpenAICompatible(server.url, model)
        run = evaluate(suite, engine, runs=runs, settings=settings)
        return run, notes, server
