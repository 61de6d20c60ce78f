"""Runs in the formats of other tools, read back by our importers."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.evaluation import Settings, evaluate, load_suite, suite_scores
from banzuke.evaluation.engines import OpenAICompatible
from banzuke.evaluation.export import export_run
from banzuke.exceptions import InvalidInputError, NotFoundError, StorageError
from banzuke.outcomes.importers import ImportOptions, read
from banzuke.testing.server import Server
from tests.evaluation.conftest import ask, place


def test_llm_jp_eval_result_is_read_back_with_compat_scores(suite_folder, tmp_path) -> None:
    run, _, _ = ask(suite_folder, tmp_path)
    (path,) = export_run(run.path, "llm-jp-eval", tmp_path / "out", model="org/m")
    content = json.loads(path.read_text())
    assert content["scores"]["mawps_exact_match"] == 0
    assert content["scores"]["NLI"] == 0.5
    assert content["outputs"]["mawps"][0] == {
        "input": "0と1？",
        "pred": "1.0個",
        "gold": "1",
        "generated": "1.0個",
    }
    back = read("llm-jp-eval", [path], ImportOptions()).collections
    scores = {one.name: one.score.compat / 100 for one in suite_scores(run.path).data_sets}
    table = back["llm-jp-eval"]
    assert table.model_names == ["org/m"]
    for name, metric in (("jamp", "exact_match"), ("mawps", "exact_match"), ("jsts", "pearson")):
        column = table.item_ids.index(f"{name}_{metric}@1")
        assert table.scores[0, column] == pytest.approx(
            max(0, scores[name])
        )  # a correlation below 0
    answers = back["llm-jp-eval-items"]
    assert answers.shape == (1, 31)
    jamp = (answers.items["task"] == "jamp").to_numpy()
    assert answers.scores[0, jamp].mean() == 0.5


def test_lm_eval_samples_are_read_back_with_strict_scores(suite_folder, tmp_path) -> None:
    run, _, _ = ask(suite_folder, tmp_path)
    files = export_run(run.path, "lm-eval-samples", tmp_path / "out", model="org/m")
    assert [path.name.split("_")[0] for path in files] == ["results", *["samples"] * 3]
    back = read("lm-eval", [tmp_path / "out"], ImportOptions()).collections
    table, items = back["lm-eval"], back["lm-eval-items"]
    assert table.model_names == items.model_names == ["org/m"]
    assert table.scores[0, table.item_ids.index("mawps:number_match@1")] == 1
    mawps = (items.items["task"] == "mawps").to_numpy()
    assert items.scores[0, mawps].tolist() == [1] * 6
    assert items.layers["answer"][0, np.flatnonzero(mawps)[0]] == "1.0個"


def test_samples_of_mini_name_their_metrics_as_the_results_do(tmp_path) -> None:
    with Server() as server:
        engine = OpenAICompatible(server.url, "test-model")
        run = evaluate(load_suite("mini"), engine, runs=tmp_path, settings=Settings(limit=1))
    results, *samples = export_run(run.path, "lm-eval-samples", tmp_path / "out")
    named = json.loads(results.read_text())["results"]
    assert "chrf,none" in named["mt_ja_en"]
    assert len(samples) == len(named) == 13
    for path, (name, measures) in zip(samples, named.items(), strict=True):
        row = json.loads(path.read_text())
        assert path.name.startswith(f"samples_{name}_")
        assert [f"{metric},none" for metric in row["metrics"]] == list(measures)[1:]
        assert row[row["metrics"][0]] == measures[list(measures)[1]]


def test_a_data_set_that_is_asked_without_shots_says_so(suite_folder, tmp_path) -> None:
    place(suite_folder, "xlsum_ja", [("記事", "要約")], ["rouge2"])
    run, _, _ = ask(suite_folder, tmp_path, names=("mawps", "xlsum_ja"))
    results, *_ = export_run(run.path, "lm-eval-samples", tmp_path / "out")
    content = json.loads(results.read_text())
    assert content["n-shot"] == {"mawps": 1, "xlsum_ja": 0}
    assert content["configs"]["xlsum_ja"]["num_fewshot"] == 0
    assert "例の入力" not in next(r.prompt for r in run.records() if r.task == "xlsum_ja")


def test_command_and_what_is_refused(suite_folder, tmp_path) -> None:
    run, _, _ = ask(suite_folder, tmp_path / "runs")
    arguments = ["export-run", run.run_id, "--data", str(tmp_path), "--out", str(tmp_path / "o")]
    result = CliRunner().invoke(app, [*arguments, "--format", "llm-jp-eval", "--json"])
    assert json.loads(result.stdout)["files"]
    (tmp_path / "file").write_text("mine")
    for form in ("llm-jp-eval", "lm-eval-samples"):
        with pytest.raises(StorageError, match="cannot write into the folder"):
            export_run(run.path, form, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"
    with pytest.raises(NotFoundError, match="no folder of a run"):
        CliRunner().invoke(app, ["export-run", "x" * 300], catch_exceptions=False)
    with pytest.raises(NotFoundError, match="there is no format 'xml'"):
        export_run(run.path, "xml", tmp_path)
    with Server() as server:
        engine = OpenAICompatible(server.url, "test-model")
        mini = evaluate(load_suite("mini"), engine, runs=tmp_path, settings=Settings(limit=1))
    with pytest.raises(InvalidInputError, match="which llm-jp-eval does not have"):
        export_run(mini.path, "llm-jp-eval", tmp_path)
    assert export_run(mini.path, "lm-eval-samples", tmp_path / "mini")
