"""Comparing two runs: paired tests by hand, changed items, and what is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.evaluation.compare import compare_runs
from banzuke.exceptions import ConflictError, NotFoundError
from tests.evaluation.conftest import SETTINGS, ask, place, question, respond


def worse(prompt: str) -> str:
    text = question(prompt)
    return "0" if text.endswith("と1？") and int(text.split("と")[0]) < 5 else respond(prompt)


@pytest.fixture
def runs(suite_folder, tmp_path):
    paths = []
    for model, answers in (("strong", respond), ("weak", worse)):
        run, _, _ = ask(suite_folder, tmp_path / "runs", answers, model=model)
        paths.append(run.path)
    return paths


def test_differences_tests_and_changed_items(runs) -> None:
    found = compare_runs(*runs)
    by_name = {one.name: one for one in found.differences}
    mawps = by_name["mawps"]
    assert (mawps.first, round(mawps.second, 6)) == (100, round(100 / 6, 6))
    assert mawps.difference == pytest.approx(-500 / 6)
    assert (mawps.test, mawps.p) == ("McNemar", binomtest(0, 5).pvalue)
    jamp = by_name["jamp"]
    assert (jamp.difference, jamp.p, jamp.test) == (0, 1, "paired bootstrap")  # shared premises
    mean = by_name["mean of MR, NLI"]
    assert mean.difference == pytest.approx(-500 / 12)
    alike = 100 * (0.75 / (11 * 12)) ** 0.5  # no item of ten premises differs: not sure, either
    assert jamp.standard_error == pytest.approx(alike)
    assert jamp.upper == pytest.approx(-jamp.lower) == pytest.approx(1.96 * alike, rel=0.02)
    both = math.hypot(mawps.standard_error, alike) / 2
    assert mean.standard_error == pytest.approx(both, rel=0.05)
    assert mean.lower < mean.difference < mean.upper
    assert [one.data_set for one in found.changed] == ["mawps"] * 5
    assert (found.changed[0].first_answer, found.changed[0].second_answer) == ("1.0個", "0")


def test_the_paired_error_is_that_of_the_differences(suite_folder, tmp_path) -> None:
    place(suite_folder, "aio", [(f"質問：{i}", "ああいい") for i in range(40)], ["char_f1"])

    def answers(prompt: str) -> str:
        return "ああいい"[: 1 + int(question(prompt)[3:]) % 4]

    def shorter(prompt: str) -> str:
        return answers(prompt) if int(question(prompt)[3:]) % 3 else "あ"

    paths = [
        ask(suite_folder, tmp_path / "runs", one, model=f"m{i}", names=("aio",))[0].path
        for i, one in enumerate((answers, shorter))
    ]
    scores = [2 * (1 + i % 4) / (5 + i % 4) for i in range(40)]
    gaps = np.array([(0 if i % 3 else 0.4 - s) for i, s in enumerate(scores)])
    one = compare_runs(*paths).differences[0]
    assert one.difference == pytest.approx(100 * gaps.mean())
    assert one.standard_error == pytest.approx(100 * gaps.std(ddof=1) / 40**0.5, rel=0.06)


def test_runs_that_asked_different_things_are_refused(suite_folder, runs, tmp_path) -> None:
    variants = {
        "items": ask(suite_folder, tmp_path / "runs", settings=replace(SETTINGS, limit=3)),
        "prompt styles": ask(
            suite_folder, tmp_path / "runs", settings=replace(SETTINGS, style="raw")
        ),
        "numbers of shots": ask(
            suite_folder, tmp_path / "runs", settings=replace(SETTINGS, n_shots=0)
        ),
    }
    for words, (other, _, _) in variants.items():
        with pytest.raises(ConflictError, match=f"they have different {words}"):
            compare_runs(runs[0], other.path)
    other = variants["prompt styles"][0].path
    assert compare_runs(runs[0], other, across_prompts=True).differences
    with pytest.raises(NotFoundError, match="no folder of a run"):
        compare_runs(runs[0], tmp_path / "nothing")


def test_command(runs, tmp_path) -> None:
    arguments = ["compare", runs[0].name, str(runs[1]), "--data", str(tmp_path)]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    report = json.loads(result.stdout)
    assert list(report) == ["first", "second", "differences", "changed"]
    assert report["differences"][0]["test"] == "McNemar"
    assert len(report["changed"]) == 5
    shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"}).stdout
    assert "items that changed: 5" in shown
    assert "-83.3" in shown
