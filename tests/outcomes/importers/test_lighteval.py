"""Results and details of lighteval."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes import aggregate, importers
from banzuke.outcomes.importers import ImportOptions

STAMP, LATER = "2026-01-02T03-04-05.000001", "2026-03-02T03-04-05.000001"
TASK = "custom|tides:north|5"
QUESTIONS = [f"Which way does current {number} run?" for number in range(6)]
ORDER_OF_TWO_DEVICES = [0, 2, 4, 1, 3, 5]


def write_results(root: Path, model: str, acc: float = 0.5, stamp: str = STAMP) -> Path:
    folder = root / "results" / model
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "config_general": {"model_name": model, "model_sha": "abc", "model_dtype": "torch.float16"},
        "results": {
            TASK: {"acc": acc, "acc_stderr": 0.2, "perplexity": 9.0},
            "custom|tides:_average|5": {"acc": acc},
            "all": {"acc": acc},
        },
    }
    path = folder / f"results_{stamp}.json"
    path.write_text(json.dumps(content))
    return path


def old_rows(scores: list[float]) -> list[dict[str, Any]]:
    return [
        {
            "example": question,
            "choices": [" north", " south"],
            "gold_index": [1],
            "predictions": [" south" if score else " north"],
            "metrics": {"acc": score},
        }
        for question, score in zip(QUESTIONS, scores, strict=True)
    ]


def new_rows(scores: list[float]) -> list[dict[str, Any]]:
    return [
        {
            "doc": {"query": row["example"], "choices": row["choices"], "gold_index": [1]},
            "model_response": {"text": row["predictions"]},
            "metric": row["metrics"],
        }
        for row in old_rows(scores)
    ]


def write_details(root: Path, model: str, rows: list[dict[str, Any]], stamp: str = STAMP) -> Path:
    folder = root / "details" / model / stamp
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"details_{TASK}_{stamp}.parquet"
    pl.DataFrame(rows).write_parquet(path)
    return path


def test_results_without_averages_and_perplexities(tmp_path: Path) -> None:
    imported = importers.read("lighteval", [write_results(tmp_path, "lab/otter")])
    outcomes = imported.collections["lighteval"]
    assert outcomes.item_ids == ["custom|tides:north:acc@5"]
    assert outcomes.layers["standard_error"].tolist() == [[pytest.approx(0.2)]]
    assert outcomes.models.row(0, named=True)["precision"] == "float16"
    assert any("perplexity" in note for note in imported.notes)


@pytest.mark.parametrize("rows", [old_rows, new_rows])
def test_details_are_aligned_by_content_not_by_row(tmp_path: Path, rows: Any) -> None:
    scores = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    write_results(tmp_path, "lab/one")
    write_results(tmp_path, "lab/two")
    write_details(tmp_path, "lab/one", rows(scores))
    write_details(tmp_path, "lab/two", [rows(scores)[i] for i in ORDER_OF_TWO_DEVICES])
    collections = importers.read("lighteval", [tmp_path]).collections
    items = collections["lighteval-items"]
    assert sorted(items.model_names) == ["lab/one", "lab/two"]
    assert items.shape == (2, 6)
    np.testing.assert_array_equal(items.scores[0], items.scores[1])
    by_text = dict(zip(items.items["text"], items.scores[0].tolist(), strict=True))
    assert by_text == dict(zip(QUESTIONS, scores, strict=True))
    assert set(items.items["label"]) == {"south"}
    assert aggregate(items).item_ids == collections["lighteval"].item_ids


def test_the_scale_is_that_of_the_details_too(tmp_path: Path) -> None:
    path = write_details(tmp_path, "lab/one", old_rows([100.0] * 6))
    options = ImportOptions(scale=100)
    items = importers.read("lighteval", [path], options).collections["lighteval-items"]
    assert items.scores.tolist() == [[1.0] * 6]


def test_the_same_question_twice_stays_two_items(tmp_path: Path) -> None:
    rows = old_rows([1.0] * 6)
    path = write_details(tmp_path, "lab/one", [*rows, rows[0]])
    items = importers.read("lighteval", [path]).collections["lighteval-items"]
    assert items.n_items == 7
    assert items.model_names == ["lab/one"]


def test_nested_columns_written_as_text_are_read(tmp_path: Path) -> None:
    rows = [{key: str(value) for key, value in row.items()} for row in old_rows([1.0] * 6)]
    path = write_details(tmp_path, "lab/one", rows)
    items = importers.read("lighteval", [path]).collections["lighteval-items"]
    assert items.scores.tolist() == [[1.0] * 6]
    assert items.layers["answer"][0, 0] == " south"


def test_log_likelihoods_become_the_option_of_the_largest(tmp_path: Path) -> None:
    rows = [{**row, "predictions": [-4.5, -1.5]} for row in old_rows([1.0] * 6)]
    path = write_details(tmp_path, "lab/one", rows)
    items = importers.read("lighteval", [path]).collections["lighteval-items"]
    assert items.layers["answer"][0].tolist() == ["south"] * 6


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("suite|tides|25|0", "suite|tides:acc@25"),
        ("suite|tides|0", "suite|tides:acc@0"),
        ("tides|3", "tides:acc@3"),
        ("tides", "tides:acc"),
    ],
)
def test_shots_are_read_from_the_task(tmp_path: Path, name: str, item: str) -> None:
    path = write_results(tmp_path, "lab/one")
    path.write_text(path.read_text().replace(TASK, name))
    outcomes = importers.read("lighteval", [path]).collections["lighteval"]
    assert outcomes.item_ids == [item]


def test_details_of_another_model_are_not_taken_for_the_one_that_is_known(tmp_path: Path) -> None:
    write_results(tmp_path, "lab/one")
    write_details(tmp_path, "lab/two", old_rows([1.0] * 6), LATER)
    items = importers.read("lighteval", [tmp_path]).collections["lighteval-items"]
    assert items.model_names == ["lab/two"]


def test_the_newest_run_wins(tmp_path: Path) -> None:
    write_results(tmp_path, "lab/one", 0.25, LATER)
    write_results(tmp_path, "lab/one", 0.75, STAMP)
    write_details(tmp_path, "lab/one", old_rows([0.0] * 6), LATER)
    write_details(tmp_path, "lab/one", old_rows([1.0] * 6), STAMP)
    imported = importers.read("lighteval", [tmp_path])
    assert imported.collections["lighteval"].scores.tolist() == [[0.25]]
    assert imported.collections["lighteval-items"].scores.max() == 0
    assert any("older result" in note for note in imported.notes)


def test_impossible_scores_are_named(tmp_path: Path) -> None:
    with pytest.raises(ImportFormatError, match=r"results.custom\|tides:north\|5.acc"):
        importers.read("lighteval", [write_results(tmp_path, "lab/one", 1.7)])
    path = write_details(tmp_path, "lab/one", old_rows([1.0, 1.7, 0.0, 0.0, 0.0, 0.0]))
    with pytest.raises(ImportFormatError, match=r"row 2, metric 'acc': score 1.7"):
        importers.read("lighteval", [path])


def test_truncated_details_and_other_formats_are_refused(tmp_path: Path) -> None:
    path = write_details(tmp_path, "lab/one", old_rows([1.0] * 6))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ImportFormatError, match="not a whole Parquet file"):
        importers.read("lighteval", [path])
    pl.DataFrame({"a": [1]}).write_parquet(path)
    with pytest.raises(ImportFormatError, match="'metrics' or 'metric'"):
        importers.read("lighteval", [path])
    other = tmp_path / "results_x.json"
    other.write_text('{"results": {}}')
    with pytest.raises(ImportFormatError, match="config_general"):
        importers.read("lighteval", [other])
