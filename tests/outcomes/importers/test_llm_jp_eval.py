"""Results and generated files of llm-jp-eval."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes import importers


def result(**changes: Any) -> dict[str, Any]:
    """Make a file of 1.3, where the scores are text."""
    return {
        "scores": {
            "AVG": "0.4",
            "NLI": "0.5000",
            "jamp_exact_match": "0.5000",
            "jsts_pearson": "-0.0231",
            "jsts_spearman": "nan",
            "alt-e-to-j_bleu_ja": "12.5",
            "alt-e-to-j_bert_score_ja_f1": "0.7",
        },
        "outputs": {
            "jamp": [
                {"prompt": "p", "input": "海は青い。", "pred": "entailment ", "gold": "entailment"},
                {"prompt": "p", "input": "船は空だ。", "pred": "neutral", "gold": "entailment"},
            ]
        },
        "config": {
            "metainfo": {"version": "1.3.0", "num_few_shots": 4, "max_num_samples": 100},
            "model": {
                "_target_": "transformers.AutoModelForCausalLM.from_pretrained",
                "pretrained_model_name_or_path": "lab/kamome-3b",
                "torch_dtype": "bfloat16",
            },
        },
        **changes,
    }


def write(folder: Path, content: Any, name: str = "result_20260102_030405.json") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(content, ensure_ascii=False))
    return path


def test_text_scores_of_13_and_numbers_of_14_are_the_same(tmp_path: Path) -> None:
    text = importers.read("llm-jp-eval", [write(tmp_path / "a", result())])
    scores = {key: float(value) for key, value in result()["scores"].items()}
    number = importers.read("llm-jp-eval", [write(tmp_path / "b", result(scores=scores))])
    for name, outcomes in text.collections.items():
        np.testing.assert_array_equal(outcomes.scores, number.collections[name].scores)
    outcomes = text.collections["llm-jp-eval"]
    assert outcomes.model_names == ["lab/kamome-3b"]
    assert dict(zip(outcomes.item_ids, outcomes.scores[0].tolist(), strict=True)) == pytest.approx(
        {
            "jamp_exact_match@4": 0.5,
            "jsts_pearson@4": 0.0,
            "alt-e-to-j_bleu_ja@4": 0.125,
            "alt-e-to-j_bert_score_ja_f1@4": 0.7,
        }
    )
    assert outcomes.items["task"].to_list() == ["jamp", "jsts", "alt-e-to-j", "alt-e-to-j"]
    assert outcomes.items["metric"].to_list()[3] == "bert_score_ja_f1"
    assert text.collections["llm-jp-eval-categories"].item_ids == ["NLI@4"]
    assert any("-0.0231; stored as 0" in note for note in text.notes)
    assert outcomes.models.row(0, named=True)["precision"] == "bfloat16"


def test_questions_are_scored_where_exact_match_explains_the_report(tmp_path: Path) -> None:
    items = importers.read("llm-jp-eval", [write(tmp_path, result())]).collections[
        "llm-jp-eval-items"
    ]
    assert items.scores.tolist() == [[1.0, 0.0]]
    assert items.layers["answer"].tolist() == [["entailment ", "neutral"]]
    assert items.items["text"].to_list() == ["海は青い。", "船は空だ。"]
    assert items.items["label"].to_list() == ["entailment"] * 2
    content = result()
    content["scores"]["jamp_exact_match"] = 1.0  # something else than plain exact match
    items = importers.read("llm-jp-eval", [write(tmp_path, content)]).collections[
        "llm-jp-eval-items"
    ]
    assert np.isnan(items.scores).all()
    assert items.layers["answer"][0, 1] == "neutral"


def test_version_2_has_scores_by_language(tmp_path: Path) -> None:
    content = {
        "evaluation": {
            "scores": {"AVG": 0.3, "NLI": 0.6, "jamp_exact_match": 0.6},
            "lang_scores": {"JA": {"NLI": 0.6, "AVG": 0.6}, "EN": {"HE": 0.2}},
        },
        "config": {
            "num_few_shots": 0,
            "offline_inference": {"model_name": "lab/kamome-3b"},
        },
    }
    collections = importers.read("llm-jp-eval", [write(tmp_path, content)]).collections
    assert collections["llm-jp-eval"].item_ids == ["jamp_exact_match@0"]
    categories = collections["llm-jp-eval-categories"]
    assert categories.item_ids == ["NLI@0", "JA:NLI@0", "EN:HE@0"]
    assert categories.items["language"].to_list() == [None, "JA", "EN"]


def test_generated_files_give_answers_of_the_model_of_their_folder(tmp_path: Path) -> None:
    content = {
        "target_dataset": "niilc",
        "output_length": 64,
        "config": {"metainfo": {"num_few_shots": 4}},
        "samples": [{"input": "北の島は?", "prompt": "...", "generated": "利尻", "gold": "礼文"}],
    }
    path = write(tmp_path / "lab--kamome-3b", content, "niilc.eval-generated.json")
    collections = importers.read("llm-jp-eval", [path]).collections
    assert list(collections) == ["llm-jp-eval-items"]
    items = collections["llm-jp-eval-items"]
    assert items.model_names == ["lab/kamome-3b"]
    assert np.isnan(items.scores).all()
    assert items.layers["answer"][0, 0] == "利尻"


def test_items_are_known_by_content_not_place(tmp_path: Path) -> None:
    other = result()
    other["config"]["model"]["pretrained_model_name_or_path"] = "lab/other"
    other["outputs"]["jamp"].reverse()
    write(tmp_path, result(), "a.json")
    write(tmp_path, other, "b.json")
    items = importers.read("llm-jp-eval", [tmp_path]).collections["llm-jp-eval-items"]
    assert items.shape == (2, 2)
    assert items.scores.tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_the_newest_of_two_runs_wins(tmp_path: Path) -> None:
    newer = result()
    newer["scores"]["NLI"] = 0.75
    write(tmp_path, newer, "result_20260302_030405.json")
    write(tmp_path, result(), "result_20260102_030405.json")
    imported = importers.read("llm-jp-eval", [tmp_path])
    assert imported.collections["llm-jp-eval-categories"].scores.tolist() == [[0.75]]
    assert any("6 older results" in note for note in imported.notes)


def test_an_older_file_with_other_data_sets_is_kept(tmp_path: Path) -> None:
    newer = result(scores={"jcola_exact_match": 0.8, "jsts_pearson": 0.5}, outputs={})
    write(tmp_path, newer, "result_20260302_030405.json")
    write(tmp_path, result(), "result_2026-01-02T03:04:05.json")
    collections = importers.read("llm-jp-eval", [tmp_path]).collections
    outcomes = collections["llm-jp-eval"]
    scores = dict(zip(outcomes.item_ids, outcomes.scores[0].tolist(), strict=True))
    assert scores == pytest.approx(
        {
            "jamp_exact_match@4": 0.5,
            "jsts_pearson@4": 0.5,
            "jcola_exact_match@4": 0.8,
            "alt-e-to-j_bleu_ja@4": 0.125,
            "alt-e-to-j_bert_score_ja_f1@4": 0.7,
        }
    )
    assert collections["llm-jp-eval-items"].scores.tolist() == [[1.0, 0.0]]


def test_answers_of_a_score_that_lost_are_left_out(tmp_path: Path) -> None:
    newer = result(scores={"jamp_exact_match": 0.9}, outputs={})
    write(tmp_path, newer, "result_20260302_030405.json")
    write(tmp_path, result(), "result_20260102_030405.json")
    assert "llm-jp-eval-items" not in importers.read("llm-jp-eval", [tmp_path]).collections


def test_undated_files_that_differ_are_a_conflict(tmp_path: Path) -> None:
    write(tmp_path / "a", result(), "result.json")
    write(tmp_path / "b", result(), "result.json")
    assert not importers.read("llm-jp-eval", [tmp_path]).notes[1:]
    write(tmp_path / "b", result(scores={"NLI": 0.75}), "result.json")
    with pytest.raises(ImportFormatError, match=r"b/result.json: .*a/result.json, and no date"):
        importers.read("llm-jp-eval", [tmp_path])


def test_other_json_in_a_folder_is_passed_over_but_not_when_named(tmp_path: Path) -> None:
    write(tmp_path, result())
    request = write(tmp_path, {"model": "lab/kamome-3b", "status": "PENDING"}, "request.json")
    assert "llm-jp-eval" in importers.read("llm-jp-eval", [tmp_path]).collections
    with pytest.raises(ImportFormatError, match=r"request.json, key 'scores'"):
        importers.read("llm-jp-eval", [request])


def test_a_folder_of_other_json_says_what_was_looked_for(tmp_path: Path) -> None:
    write(tmp_path, {"status": "PENDING"}, "request.json")
    with pytest.raises(ImportFormatError, match="'target_dataset' and 'samples'"):
        importers.read("llm-jp-eval", [tmp_path])
    (tmp_path / "request.json").unlink()
    with pytest.raises(ImportFormatError, match="no JSON file of llm-jp-eval"):
        importers.read("llm-jp-eval", [tmp_path])


@pytest.mark.parametrize("value", ["1.7", "n/a", 1.7, {"a": 1}])
def test_an_impossible_score_names_its_key(tmp_path: Path, value: Any) -> None:
    content = result()
    content["scores"]["jamp_exact_match"] = value
    with pytest.raises(ImportFormatError) as caught:
        importers.read("llm-jp-eval", [write(tmp_path, content)])
    assert caught.value.where == "key 'scores.jamp_exact_match'"


def test_a_correlation_below_minus_one_is_refused(tmp_path: Path) -> None:
    content = result()
    content["scores"]["jsts_pearson"] = -1.5
    with pytest.raises(ImportFormatError, match="jsts_pearson"):
        importers.read("llm-jp-eval", [write(tmp_path, content)])


def test_a_result_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFormatError, match="model's name is missing"):
        importers.read("llm-jp-eval", [write(tmp_path, result(config={}))])
