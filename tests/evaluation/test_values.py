"""Values of neural metrics: imported, computed by a stand-in, missing."""

from __future__ import annotations

import json
import math
import sys
from types import SimpleNamespace

import pytest

from banzuke.evaluation import suite_scores
from banzuke.evaluation.neural import compute_values
from banzuke.evaluation.values import import_values, read_values
from banzuke.exceptions import (
    ImportFormatError,
    InvalidInputError,
    MissingExtraError,
    NotFoundError,
)
from tests.evaluation.conftest import ask, place

METRICS = ["comet_wmt22", "bleu", "bert_score"]


@pytest.fixture
def run(suite_folder, tmp_path):
    pairs = [(f"The cat {i}.", f"猫{i}。") for i in range(3)]
    place(suite_folder, "alt-e-to-j", pairs, METRICS)
    return ask(suite_folder, tmp_path, lambda p: "猫。", names=("alt-e-to-j",))[0]


def rows(run, values) -> list[str]:
    ids = [record.item_id for record in run.records()]
    return [
        json.dumps({"item_id": i, "metric": "comet_wmt22", "value": v})
        for i, v in zip(ids, values, strict=False)
    ]


def test_missing_is_missing_and_compat_says_that_it_counts_0(run) -> None:
    (one,) = suite_scores(run.path).data_sets
    assert math.isnan(one.score.strict)
    assert one.score.compat == 0
    assert one.zeroed == ("comet_wmt22", "bert_score_ja")
    assert one.measures["bleu_ja"].strict >= 0


def test_imported_values_count_when_all_are_there(run, tmp_path) -> None:
    path = tmp_path / "values.jsonl"
    path.write_text("\n".join(rows(run, [0.9, 0.8])))
    assert import_values(run.path, path) == 2
    assert math.isnan(suite_scores(run.path).data_sets[0].score.strict)
    path.write_text("\n".join(rows(run, [0.9, 0.8, 0.4])))
    import_values(run.path, path)
    (one,) = suite_scores(run.path).data_sets
    assert one.score.strict == pytest.approx(70)
    assert one.score.compat == pytest.approx(70)
    table = tmp_path / "values.csv"
    first = next(run.records()).item_id
    table.write_text(f"item_id,metric,value\n{first},comet_wmt22,0.6\n")
    import_values(run.path, table)
    assert suite_scores(run.path).data_sets[0].score.strict == pytest.approx(60)


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("{", ImportFormatError, "line 1: is no JSON"),
        ('{"item_id": "x"}', ImportFormatError, "needs item_id, metric and a number"),
        ('{"item_id": "x", "metric": "bleu_ja", "value": 1}', ImportFormatError, "not imported"),
        (
            '{"item_id": "x", "metric": "comet_wmt22", "value": 87}',
            ImportFormatError,
            "from 0 to 1",
        ),
        (
            '{"item_id": "x", "metric": "comet_wmt22", "value": 0.1}',
            InvalidInputError,
            "no item of",
        ),
    ],
)
def test_damaged_values_are_refused_whole(run, tmp_path, line, error, message) -> None:
    path = tmp_path / "values.jsonl"
    path.write_text(line)
    with pytest.raises(error, match=message):
        import_values(run.path, path)
    assert read_values(run.path) == {}


def test_models_compute_what_is_missing(run, tmp_path, monkeypatch) -> None:
    asked: list[int] = []

    def predict(data, **options):
        asked.append(len(data))
        return SimpleNamespace(scores=[len(row["ref"]) / 4 for row in data])

    comet = SimpleNamespace(load_from_checkpoint=lambda path: SimpleNamespace(predict=predict))
    scorer = SimpleNamespace(score=lambda given, gold: (None, None, [0.5] * len(given)))
    bert = SimpleNamespace(BERTScorer=lambda **options: scorer)
    monkeypatch.setitem(sys.modules, "comet", comet)
    monkeypatch.setitem(sys.modules, "bert_score", bert)
    assert compute_values(run.path, comet_model=tmp_path, bert_model=tmp_path) == 6
    assert compute_values(run.path, comet_model=tmp_path) == 0
    assert asked == [3]
    (one,) = suite_scores(run.path).data_sets
    assert one.score.strict == pytest.approx(75)
    assert one.measures["bert_score_ja"].strict == pytest.approx(50)


def test_what_is_not_there_is_said(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "comet", None)
    with pytest.raises(MissingExtraError, match=r"needs the extra comet.*--values FILE"):
        compute_values(run.path, comet_model=tmp_path)
    with pytest.raises(NotFoundError, match=r"is not there; download the model first"):
        compute_values(run.path, comet_model=tmp_path / "model.ckpt")
