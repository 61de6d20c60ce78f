"""Run directories of HELM."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes import importers

SCENARIO = "tides:harbour=north,method=multiple_choice_joint"


def stat(name: str, mean: float, **labels: Any) -> dict[str, Any]:
    return {"name": {"name": name, **labels}, "count": 1, "sum": mean, "mean": mean}


def instance(identity: str, score: float, **changes: Any) -> dict[str, Any]:
    stats = [stat("exact_match", score, split="test"), stat("num_output_tokens", 7.0)]
    return {"instance_id": identity, "train_trial_index": 0, "stats": stats, **changes}


def state(identity: str, text: str, answer: str) -> dict[str, Any]:
    return {
        "instance": {
            "id": identity,
            "input": {"text": text},
            "references": [
                {"output": {"text": "low"}, "tags": []},
                {"output": {"text": "high"}, "tags": ["correct"]},
            ],
        },
        "train_trial_index": 0,
        "output_mapping": {"A": "low", "B": "high"},
        "result": {"completions": [{"text": f" {answer}"}]},
    }


def write_run(folder: Path, model: str = "lab/otter-7b", mean: float = 0.5) -> Path:
    folder.mkdir(parents=True)
    files = {
        "run_spec": {
            "name": f"{SCENARIO},model={model.replace('/', '_')}",
            "adapter_spec": {"model": model, "model_deployment": "x", "max_train_instances": 5},
        },
        "stats": [
            stat("exact_match", 0.9, split="valid"),
            stat("exact_match", mean, split="test"),
            stat("exact_match", 0.1, split="test", perturbation={"name": "typos"}),
            stat("inference_runtime", 3.5, split="test"),
        ],
        "per_instance_stats": [
            instance("id1", 1.0),
            instance("id2", 0.0),
            instance("id2", 1.0, perturbation={"name": "typos"}),
        ],
        "scenario_state": {
            "request_states": [state("id1", "Is it high?", "B"), state("id2", "And now?", "A")]
        },
    }
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def test_the_unperturbed_test_split_is_the_score(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "v1" / "a")
    outcomes = importers.read("helm", [tmp_path]).collections["helm"]
    assert outcomes.model_names == ["lab/otter-7b"]
    assert outcomes.item_ids == [f"{SCENARIO}:exact_match@5"]
    assert outcomes.scores.tolist() == [[0.5]]
    # of 1 and 0: standard deviation sqrt(1/2), over sqrt(2)
    assert outcomes.layers["standard_error"][0, 0] == pytest.approx(0.5)


def test_questions_are_known_by_instance_perturbation_and_trial(tmp_path: Path) -> None:
    items = importers.read("helm", [write_run(tmp_path / "a")]).collections["helm-items"]
    plain = f"{SCENARIO}:exact_match@5"
    assert items.item_ids == [f"{plain}#id1", f"{plain}#id2", f"{plain}#id2 (typos)"]
    assert items.scores.tolist() == [[1.0, 0.0, 1.0]]
    assert items.items["benchmark"].to_list() == [plain, plain, f"{plain} (typos)"]
    assert items.items["text"].to_list()[:2] == ["Is it high?", "And now?"]
    assert items.items["label"].to_list()[:2] == ["high", "high"]
    assert items.layers["answer"][0, :2].tolist() == ["high", "low"]


def test_repeated_trials_are_items_of_their_own(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    rows = [instance("id1", 1.0), instance("id1", 0.0, train_trial_index=1)]
    (folder / "per_instance_stats.json").write_text(json.dumps(rows))
    items = importers.read("helm", [folder]).collections["helm-items"]
    assert [name.split("#")[1] for name in items.item_ids] == ["id1", "id1 (trial 1)"]


def test_the_newest_run_of_a_model_wins(tmp_path: Path) -> None:
    old, new = write_run(tmp_path / "b", mean=0.25), write_run(tmp_path / "a", mean=0.75)
    os.utime(old / "run_spec.json", (1, 1))
    imported = importers.read("helm", [old, new])
    assert imported.collections["helm"].scores.tolist() == [[0.75]]
    assert any("older result" in note for note in imported.notes)


def test_a_run_without_questions_has_benchmarks_only(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    (folder / "per_instance_stats.json").unlink()
    collections = importers.read("helm", [folder]).collections
    assert list(collections) == ["helm"]
    assert "standard_error" not in collections["helm"].layers


def test_two_models_share_items(tmp_path: Path) -> None:
    write_run(tmp_path / "a"), write_run(tmp_path / "b", "lab/seal-1b")
    items = importers.read("helm", [tmp_path]).collections["helm-items"]
    assert items.shape == (2, 3)
    assert np.isfinite(items.scores).all()


@pytest.mark.parametrize("missing", ["stats.json", "run_spec.json"])
def test_a_run_with_a_file_missing_is_refused(tmp_path: Path, missing: str) -> None:
    folder = write_run(tmp_path / "a")
    (folder / missing).unlink()
    with pytest.raises(ImportFormatError, match=r"no such file|no run_spec\.json"):
        importers.read("helm", [folder])


def test_an_impossible_score_names_file_and_metric(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", mean=1.7)
    with pytest.raises(ImportFormatError, match=r"stats.json, metric 'exact_match': score 1.7"):
        importers.read("helm", [folder])


def test_another_format_is_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    (folder / "stats.json").write_text("{}")
    with pytest.raises(ImportFormatError, match="not a list of statistics"):
        importers.read("helm", [folder])
    (folder / "run_spec.json").write_text('{"results": {}}')
    with pytest.raises(ImportFormatError, match="key 'name'"):
        importers.read("helm", [folder])


def test_a_score_out_of_range_advises_nothing_that_would_be_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", mean=50.0)
    with pytest.raises(ImportFormatError, match=r"score 50.0 is outside \[0, 1\]$"):
        importers.read("helm", [run])
