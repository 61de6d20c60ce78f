"""Models that were only predicted, from the commands that predict to the chosen set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Lake, Outcomes

runner = CliRunner()


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A quiz of 200 questions in two benchmarks; model c was not run on the second."""
    random = np.random.default_rng(0)
    labels = np.array(list("ABC"), dtype=object)[np.arange(200) % 3]
    guess = random.choice(list("ABC"), (3, 200)).astype(object)
    answers = np.where(random.random((3, 200)) < [[0.5], [0.6], [0.95]], labels, guess)
    scores = (answers == labels).astype(float)
    answers[2, 100:], scores[2, 100:] = None, np.nan
    quiz = Outcomes(
        scores=scores,
        models=pl.DataFrame({"model": ["a", "b", "c"]}),
        items=pl.DataFrame(
            {
                "item_id": [f"q{i}" for i in range(200)],
                "benchmark": ["first"] * 100 + ["second"] * 100,
                "label": labels.tolist(),
            }
        ),
        layers={"answer": answers},
    )
    means = Outcomes(
        scores=np.array([[0.95]]),
        models=pl.DataFrame({"model": ["c"]}),
        items=pl.DataFrame({"item_id": ["second"]}),
        provenance={"kind": "prediction", "of": "quiz"},
    )
    lake = Lake(tmp_path / "data")
    lake.write("quiz", quiz)
    lake.write("quiz-predicted", means)
    return str(tmp_path / "data")


def _select(data: str, predicted: str, *more: str) -> str:
    call = ["ensemble", "select", "--outcomes", "quiz", "--benchmark", "second", "--data", data]
    call += ["--predicted", predicted, *more]
    return runner.invoke(app, call, catch_exceptions=False).output


def test_predicted_models_are_marked_in_table_json_and_document(data: str) -> None:
    document = json.loads(_select(data, "quiz-predicted", "--json"))
    assert document["predicted"] == ["c"]
    assert document["path"][0]["models"] == document["path"][0]["predicted"] == ["c"]
    assert document["best_single"]["model"] in {"a", "b"}
    assert {row["model"]: row["predicted"] for row in document["members"]}["c"] is True
    assert document["error_correlations"]["models"] == ["a", "b"]
    assert (document["of"], document["benchmark"]) == ("quiz", "second")
    assert Lake(data).read_document("ensemble-quiz-second") == document
    printed = _select(data, "quiz-predicted")
    assert "≈ c" in printed
    assert "only predicted" in printed


def test_a_card_prediction_can_be_added(data: str, tmp_path: Path) -> None:
    found = {"model": "org/new", "scores": {"second": {"mean": 0.9, "lower": 0.7, "upper": 1.0}}}
    path = tmp_path / "new.json"
    path.write_text(json.dumps({"models": [found], "warnings": []}))
    assert json.loads(_select(data, str(path), "--json"))["predicted"] == ["org/new"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot read"), ("{}", "predict model --json"), ("[1", "predict model --json")],
)
def test_files_of_another_form_are_refused(
    data: str, tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "new.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InvalidInputError, match=message):
        _select(data, str(path))
