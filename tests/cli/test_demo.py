"""The demo: all steps on the shipped data, and a second run that repeats nothing."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from banzuke import Lake, prediction
from banzuke.cli.app import app
from banzuke.cli.check_pages import request_every_page


@pytest.mark.slow
def test_the_demo_fills_a_directory_and_does_not_repeat_itself(tmp_path, monkeypatch):
    folder = str(tmp_path / "board")
    arguments = ["demo", "--no-serve", "--data", folder, "--json"]
    report = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    assert "open-llm-v2-items-predicted" in report["collections"]
    held_out = report["held_out"]
    assert {"bbh", "gpqa", "mmlu_pro"} <= set(held_out)
    assert held_out["mmlu_pro"]["rmse"] < held_out["mmlu_pro"]["baseline_rmse"]
    ensemble = report["ensemble"]
    assert ensemble["path"][-1]["accuracy"] > ensemble["best_single"]["accuracy"]

    predicted = Lake(folder).read("open-llm-v2-items-predicted")
    column = predicted.item_index["mmlu_pro"]
    assert int(predicted.observed[:, column].sum()) == 432 - 18
    lower, upper = predicted.layers["lower"], predicted.layers["upper"]
    there = predicted.observed
    assert (lower[there] <= predicted.scores[there]).all()
    assert (predicted.scores[there] <= upper[there]).all()

    before = Lake(folder).version()
    again = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    assert again == report
    assert Lake(folder).version() == before

    # a seed is not ignored; the scores that it would predict are not looked at here
    seeds = []
    monkeypatch.setattr(prediction, "fill", lambda _, *, seed: seeds.append(seed) or predicted)
    other = json.loads(
        CliRunner().invoke(app, [*arguments, "--seed", "1"], catch_exceptions=False).stdout
    )
    assert seeds == [1]
    assert other["ensemble"]["path"] != report["ensemble"]["path"]


def test_the_page_check_requests_every_page(tmp_path):
    folder = str(tmp_path / "board")
    runner = CliRunner()
    runner.invoke(app, ["data", "add", "swallow-v1", "--data", folder], catch_exceptions=False)
    found = request_every_page(folder)
    assert found.failed == []
    assert found.requested > 156  # a page for each model, and more
