"""Results and samples of lm-evaluation-harness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes import aggregate, importers
from banzuke.outcomes.importers import ImportOptions
from banzuke.testing import assert_outcomes_equal

OLD, NEW = "2026-01-02T03-04-05.000001", "2026-02-03T04-05-06.000001"


def results(**changes: Any) -> dict[str, Any]:
    return {
        "results": {
            "tides": {
                "alias": "tides",
                "acc,none": 0.5,
                "acc_stderr,none": 0.25,
                "word_perplexity,none": 12.5,
                "word_perplexity_stderr,none": "N/A",
            },
            "sums": {
                "exact_match,strict-match": 0.25,
                "exact_match_stderr,strict-match": 0.1,
                "exact_match,flexible-extract": 0.75,
            },
            "letters": {"bleu,none": 30.0, "loss,none": 0.4},
            "sea": {"acc,none": 0.375, "alias": "sea"},
        },
        "groups": {"sea": {"acc,none": 0.375}},
        "group_subtasks": {"sea": ["tides", "waves"], "tides": []},
        "n-shot": {"tides": 0, "sums": 5},
        "configs": {"letters": {"num_fewshot": 2}},
        "higher_is_better": {"letters": {"bleu": True, "loss": False}},
        "config": {
            "model": "hf",
            "model_args": "pretrained=lab/otter-7b,dtype=bfloat16",
            "model_num_parameters": 7_240_000_000,
            "model_dtype": "torch.bfloat16",
            "model_sha": "abc123",
        },
        "chat_template_sha": None,
        "model_name": "lab/otter-7b",
        **changes,
    }


def sample(doc_id: int, variant: str, score: float, **changes: Any) -> dict[str, Any]:
    return {
        "doc_id": doc_id,
        "doc": {"question": f"How many shells are in basket {doc_id}?"},
        "target": str(doc_id),
        "resps": [["4"]],
        "filtered_resps": ["4"],
        "filter": variant,
        "metrics": ["exact_match"],
        "doc_hash": f"{doc_id:064x}",
        "exact_match": score,
        **changes,
    }


def write(folder: Path, content: Any, stamp: str = OLD) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"results_{stamp}.json"
    path.write_text(json.dumps(content))
    return path


def write_samples(folder: Path, rows: list[dict[str, Any]], stamp: str = OLD) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"samples_sums_{stamp}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_every_metric_and_filter_is_an_item_of_its_own(tmp_path: Path) -> None:
    imported = importers.read("lm-eval", [write(tmp_path, results())])
    outcomes = imported.collections["lm-eval"]
    scores = dict(zip(outcomes.item_ids, outcomes.scores[0].tolist(), strict=True))
    assert scores == pytest.approx(
        {
            "letters:bleu@2": 0.3,
            "sums:exact_match:flexible-extract@5": 0.75,
            "sums:exact_match:strict-match@5": 0.25,
            "tides:acc@0": 0.5,
        }
    )
    errors = dict(zip(outcomes.item_ids, outcomes.layers["standard_error"][0], strict=True))
    assert errors["tides:acc@0"] == 0.25
    assert np.isnan(errors["sums:exact_match:flexible-extract@5"])
    assert imported.collections["lm-eval-groups"].item_ids == ["sea:acc"]
    assert any("word_perplexity of 'tides'" in note for note in imported.notes)
    assert any("loss of 'letters'" in note for note in imported.notes)


def test_metadata_of_the_model_is_standard(tmp_path: Path) -> None:
    imported = importers.read("lm-eval", [write(tmp_path, results())])
    model = imported.collections["lm-eval"].models.row(0, named=True)
    assert model["model"] == "lab/otter-7b"
    assert model["params_b"] == pytest.approx(7.24)
    assert (model["precision"], model["revision"]) == ("bfloat16", "abc123")
    assert model["has_chat_template"] is False


def test_the_model_is_found_in_the_arguments(tmp_path: Path) -> None:
    content = results(model_name=None)
    content["config"]["model_args"] = {"pretrained": "lab/seal-1b", "trust_remote_code": True}
    imported = importers.read("lm-eval", [write(tmp_path, content)])
    assert imported.collections["lm-eval"].model_names == ["lab/seal-1b"]
    content["config"]["model_args"] = ""
    with pytest.raises(ImportFormatError, match="model's name is missing"):
        importers.read("lm-eval", [write(tmp_path, content)])


def test_samples_have_a_row_for_each_filter_and_average_to_the_results(tmp_path: Path) -> None:
    folder = tmp_path / "lab__otter-7b"
    write(folder, results())
    strict = [sample(i, "strict-match", float(i == 0)) for i in range(4)]
    flexible = [sample(i, "flexible-extract", float(i != 0)) for i in range(4)]
    write_samples(folder, [*strict, *flexible, strict[0]])
    imported = importers.read("lm-eval", [tmp_path])
    items = imported.collections["lm-eval-items"]
    assert items.shape == (1, 8)
    first = items.items.row(0, named=True)
    assert first["text"] == "How many shells are in basket 0?"
    assert (first["label"], first["shots"], first["task"]) == ("0", 5, "sums")
    assert items.layers["answer"][0, 0] == "4"
    means, whole = aggregate(items), imported.collections["lm-eval"]
    for name in means.item_ids:
        column = whole.item_index[name]
        assert means.scores[0, means.item_index[name]] == pytest.approx(whole.scores[0, column])


def test_log_likelihoods_become_the_letter_of_the_largest(tmp_path: Path) -> None:
    row = sample(0, "none", 1.0, filtered_resps=[[-3.5, False], [-1.25, True], [-9.0, False]])
    imported = importers.read("lm-eval", [write_samples(tmp_path / "lab__seal", [row])])
    items = imported.collections["lm-eval-items"]
    assert items.layers["answer"][0, 0] == "B"
    assert items.model_names == ["lab/seal"]


def test_rows_that_disagree_about_one_question_are_an_error(tmp_path: Path) -> None:
    path = write_samples(tmp_path, [sample(0, "none", 1.0), sample(0, "none", 0.0)])
    with pytest.raises(ImportFormatError, match=r"line 2: .*two results"):
        importers.read("lm-eval", [path])


def test_the_newest_run_wins_whatever_the_order_of_files(tmp_path: Path) -> None:
    content = results()
    new = write(tmp_path / "b", content, NEW)
    content["results"]["tides"]["acc,none"] = 0.125
    old = write(tmp_path / "a", content, OLD)
    forward, backward = (importers.read("lm-eval", paths) for paths in ([old, new], [new, old]))
    for imported in (forward, backward):
        outcomes = imported.collections["lm-eval"]
        assert outcomes.scores[0, outcomes.item_index["tides:acc@0"]] == 0.5
        assert any("older result" in note for note in imported.notes)
    assert_outcomes_equal(forward.collections["lm-eval"], backward.collections["lm-eval"])


@pytest.mark.parametrize("other", ["b", OLD])
def test_runs_that_differ_without_a_date_are_a_conflict(tmp_path: Path, other: str) -> None:
    write(tmp_path, results(), "a")
    write(tmp_path, results(), other)
    imported = importers.read("lm-eval", [tmp_path])
    assert imported.collections["lm-eval"].n_models == 1
    assert not any("older" in note for note in imported.notes)
    content = results()
    content["results"]["tides"]["acc,none"] = 0.125
    write(tmp_path, content, other)
    names = sorted(["results_a.json", f"results_{other}.json"], reverse=True)
    with pytest.raises(ImportFormatError) as caught:
        importers.read("lm-eval", [tmp_path])
    assert "'lab/otter-7b', 'tides:acc@0'" in str(caught.value)
    assert "no date says which is newer" in str(caught.value)
    assert all(name in str(caught.value) for name in names)


def test_the_date_in_a_file_compares_with_that_in_a_name(tmp_path: Path) -> None:
    write(tmp_path, results(), OLD)
    content = results(date=1_800_000_000.5)
    content["results"]["tides"]["acc,none"] = 0.125
    write(tmp_path, content, "later")
    outcomes = importers.read("lm-eval", [tmp_path]).collections["lm-eval"]
    assert outcomes.scores[0, outcomes.item_index["tides:acc@0"]] == 0.125


def test_undated_samples_that_differ_are_a_conflict(tmp_path: Path) -> None:
    for folder, score in (("a", 1.0), ("b", 0.0)):
        (tmp_path / folder / "lab__seal").mkdir(parents=True)
        path = tmp_path / folder / "lab__seal" / "samples_sums.jsonl"
        path.write_text(json.dumps(sample(0, "none", score)))
    with pytest.raises(ImportFormatError, match=r"'lab/seal', 'sums' differs"):
        importers.read("lm-eval", [tmp_path])


def test_two_models_stand_side_by_side(tmp_path: Path) -> None:
    write(tmp_path / "a", results())
    write(tmp_path / "b", results(model_name="lab/seal-1b"))
    outcomes = importers.read("lm-eval", [tmp_path]).collections["lm-eval"]
    assert sorted(outcomes.model_names) == ["lab/otter-7b", "lab/seal-1b"]
    assert outcomes.observed.all()


def test_an_old_file_of_mixed_scales_is_refused_with_advice(tmp_path: Path) -> None:
    content = {
        "results": {
            "waves-1.1-0.3": {"acc": 0.71, "acc_stderr": 0.01},
            "news_ja-1.0-0.3": {"rouge2": 12.8, "rouge2_stderr": 0.2},
        },
        "config": {"model_args": "pretrained=lab/otter-7b", "num_fewshot": 3},
    }
    path = write(tmp_path, content)
    with pytest.raises(ImportFormatError, match="'rouge2' is 0-1 or 0-100") as caught:
        importers.read("lm-eval", [path])
    assert caught.value.where == "key 'results.news_ja-1.0-0.3.rouge2'"
    # a low percentage is not mistaken for a fraction either
    content["results"]["news_ja-1.0-0.3"]["rouge2"] = 0.8
    with pytest.raises(ImportFormatError, match="'leaderboard'"):
        importers.read("lm-eval", [write(tmp_path, content)])
    del content["results"]["news_ja-1.0-0.3"]
    outcomes = importers.read("lm-eval", [write(tmp_path, content)]).collections["lm-eval"]
    assert outcomes.item_ids == ["waves-1.1-0.3:acc@3"]


def test_percentages_of_the_harness_become_fractions(tmp_path: Path) -> None:
    content = results(groups={}, group_subtasks={})
    content["results"] = {
        "squadv2": {"exact,none": 40.0, "f1,none": 55.0, "HasAns_exact,none": 30.0},
        "quiz": {"exact,none": 0.5, "f1,none": 0.75},
        "truthful": {"bleu_max,none": 25.0, "bleu_acc,none": 0.5, "bleu_diff,none": -3.0},
    }
    outcomes = importers.read("lm-eval", [write(tmp_path, content)]).collections["lm-eval"]
    scores = dict(zip(outcomes.item_ids, outcomes.scores[0].tolist(), strict=True))
    assert scores == pytest.approx(
        {
            "quiz:exact": 0.5,
            "quiz:f1": 0.75,
            "squadv2:HasAns_exact": 0.3,
            "squadv2:exact": 0.4,
            "squadv2:f1": 0.55,
            "truthful:bleu_acc": 0.5,
            "truthful:bleu_max": 0.25,
        }
    )
    row = sample(0, "none", 1.0, metrics=["bleu_max", "bleu_diff"], bleu_max=25.0, bleu_diff=-3.0)
    path = write_samples(tmp_path, [row])
    items = importers.read("lm-eval", [path]).collections["lm-eval-items"]
    assert items.scores.tolist() == [[0.25]]


@pytest.mark.parametrize("metric", ["chrf", "score"])
def test_fractions_of_another_tool_stay_fractions(tmp_path: Path, metric: str) -> None:
    """As banzuke export-run writes them: chrF from 0 to 1, and once called score."""
    content = {
        "model_name": "lab/otter-7b",
        "results": {"sums": {"alias": "sums", "chrf,none": 0.75}},
        "n-shot": {"sums": 0},
    }
    folder = tmp_path / "lab__otter-7b"
    write(folder, content)
    rows = [
        {**sample(i, "none", 0.0, metrics=[metric]), metric: value}
        for i, value in enumerate((1.0, 0.5))
    ]
    write_samples(folder, rows)
    collections = importers.read("lm-eval", [tmp_path]).collections
    table, items = collections["lm-eval"], collections["lm-eval-items"]
    assert table.scores.tolist() == [[0.75]]
    assert items.scores.tolist() == [[1.0, 0.5]]
    assert set(items.items["benchmark"]) == set(table.item_ids) == {"sums:chrf@0"}
    assert aggregate(items).scores.tolist() == table.scores.tolist()


@pytest.mark.parametrize(
    "changes", [{"lm_eval_version": "0.4.9"}, {"git_hash": None}, {"date": 1_800_000_000.0}]
)
def test_low_percentages_are_told_from_fractions(tmp_path: Path, changes: dict[str, Any]) -> None:
    # the date says nothing, but a percentage above 1 of another task does
    content = results(groups={}, group_subtasks={}, **changes)
    content["results"] = {"letters": {"bleu,none": 0.5}, "words": {"chrf,none": 30.0}}
    if "date" not in changes:
        del content["results"]["words"]
    folder = tmp_path / "lab__otter-7b"
    write(folder, content)
    rows = [sample(i, "none", 0.0, metrics=["bleu"], bleu=score) for i, score in ((0, 0.5), (1, 1))]
    write_samples(folder, rows).rename(folder / f"samples_letters_{OLD}.jsonl")
    collections = importers.read("lm-eval", [tmp_path]).collections
    table = collections["lm-eval"]
    assert table.scores[0, table.item_index["letters:bleu@2"]] == pytest.approx(0.005)
    np.testing.assert_allclose(collections["lm-eval-items"].scores, [[0.005, 0.01]])


def test_samples_alone_are_percentages_where_one_is_above_1(tmp_path: Path) -> None:
    for folder, top, expected in (("a", 40.0, 0.4), ("b", 1.0, 1.0)):
        rows = [sample(i, "none", 0.0, metrics=["chrf"], chrf=v) for i, v in ((0, 0.0), (1, top))]
        path = write_samples(tmp_path / folder, rows)
        items = importers.read("lm-eval", [path]).collections["lm-eval-items"]
        np.testing.assert_allclose(items.scores, [[0, expected]])


def test_the_scale_is_that_of_the_samples_too(tmp_path: Path) -> None:
    path = write_samples(tmp_path, [sample(0, "none", 50.0)])
    options = ImportOptions(scale=100)
    items = importers.read("lm-eval", [path], options).collections["lm-eval-items"]
    assert items.scores.tolist() == [[0.5]]


def test_samples_of_metrics_where_less_is_better_are_left_out(tmp_path: Path) -> None:
    content = results(higher_is_better={"sums": {"exact_match": True, "loss": False}})
    content["results"]["sums"]["loss,none"] = 0.4
    write(tmp_path, content)
    rows = [sample(0, "strict-match", 1.0, metrics=["exact_match", "loss"], loss=0.4)]
    write_samples(tmp_path, rows)
    collections = importers.read("lm-eval", [tmp_path]).collections
    benchmarks = set(collections["lm-eval-items"].items["benchmark"])
    assert benchmarks == {"sums:exact_match:strict-match@5"}
    assert benchmarks <= set(collections["lm-eval"].item_ids)


@pytest.mark.parametrize("value", [1.7, -0.2, "n/a", float("inf"), [0.5]])
def test_an_impossible_score_names_its_key(tmp_path: Path, value: Any) -> None:
    content = results()
    content["results"]["tides"]["acc,none"] = value
    with pytest.raises(ImportFormatError) as caught:
        importers.read("lm-eval", [write(tmp_path, content)])
    assert caught.value.where == "key 'results.tides.acc'"


def test_a_sample_out_of_range_names_its_line(tmp_path: Path) -> None:
    path = write_samples(tmp_path, [sample(0, "none", 1.0), sample(1, "none", 1.7)])
    with pytest.raises(ImportFormatError, match=r"line 2, key 'exact_match': score 1.7"):
        importers.read("lm-eval", [path])


def test_a_folder_without_results_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(ImportFormatError, match=r"no results_\*\.json or samples_\*\.jsonl"):
        importers.read("lm-eval", [tmp_path])


@pytest.mark.parametrize("content", [{"scores": {"AVG": 1}}, [], {"results": [1]}, "text"])
def test_another_format_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(ImportFormatError, match="results"):
        importers.read("lm-eval", [write(tmp_path, content)])
