"""Comparing two runs: paired tests by hand, changed items, and what is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.evaluation.columns import Columns
from banzuke.evaluation.compare import compare_runs
from banzuke.evaluation.swapping import mean_of_swapped, swap
from banzuke.evaluation.tasks import Benchmark
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
    assert (jamp.difference, jamp.p, jamp.test) == (0, 1, "random swaps")  # shared premises
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


def test_a_run_compared_with_itself_does_not_differ(suite_folder, tmp_path) -> None:
    for name in ("aio", "niilc"):
        place(suite_folder, name, [(f"質問：{name}{i}", "含む") for i in range(8)], ["char_f1"])
    names = ("jamp", "mawps", "aio", "niilc")
    run, _, _ = ask(suite_folder, tmp_path / "runs", names=names)
    found = compare_runs(run.path, run.path)
    assert {one.kind for one in found.differences} == {"data set", "category", "average"}
    for one in found.differences:
        assert (one.difference, one.p) == (0, 1)
        assert one.lower == pytest.approx(-one.upper, rel=0.05)
        assert one.lower < 0 < one.upper
    assert not found.changed


def test_the_mean_of_one_data_set_has_its_test_and_interval(suite_folder, tmp_path) -> None:
    place(suite_folder, "mawps", [(f"{i}と1？", str(i + 1)) for i in range(8)], ["exact_match"])

    def four_wrong(prompt: str) -> str:
        return "0" if question(prompt)[0] in "0246" else respond(prompt)

    paths = [
        ask(suite_folder, tmp_path / "runs", answers, model=f"m{i}", names=("mawps",))[0].path
        for i, answers in enumerate((four_wrong, respond))
    ]
    for one in compare_runs(*paths).differences:  # data set, category, mean of categories
        assert (one.test, one.p) == ("McNemar", binomtest(0, 4).pvalue)
        assert one.lower <= 0 < one.difference == 50 < one.upper


@pytest.mark.parametrize("n_different", [5, 6, 7])
def test_p_of_graded_scores_counts_all_swaps_and_the_interval_agrees(
    suite_folder, tmp_path, n_different
) -> None:
    place(suite_folder, "aio", [(f"質問：{i}", "ああいい") for i in range(12)], ["char_f1"])

    def answers(prompt: str) -> str:
        return "ああ" if int(question(prompt)[3:]) < n_different else "ああい"

    paths = [
        ask(suite_folder, tmp_path / "runs", one, model=f"m{i}", names=("aio",))[0].path
        for i, one in enumerate((answers, lambda prompt: "ああい"))
    ]
    one = compare_runs(*paths).differences[0]
    assert one.test == "random swaps"
    assert one.p == pytest.approx(2 / 2**n_different, abs=0.01)
    assert (one.lower > 0) == (one.p < 0.05) == (n_different > 5)


@pytest.mark.parametrize(
    ("n_items", "share", "n_pairs"), [(8, 0.7, 100), (20, 0.9, 60), (100, 0.7, 30)]
)
def test_equal_models_rarely_differ(n_items, share, n_pairs) -> None:
    """The mean of three data sets: p below .05 in 5 % of pairs of equal models, or less."""
    random, found = np.random.default_rng(n_items), 0
    for _ in range(n_pairs):
        ours, theirs = (
            [made_up(f"d{i}", (random.random(n_items) < share).astype(float)) for i in range(3)]
            for _ in range(2)
        )
        mean = mean_of_swapped(swap(ours, theirs, seed=0))
        p = mean.p()
        lower, upper = mean.interval(p)
        assert (lower <= 0 <= upper) == (p > 0.05)
        found += p < 0.05
    assert found <= binom(n_pairs, 0.05).isf(0.01)


def made_up(name: str, scores: np.ndarray) -> Columns:
    """Return the columns of a data set without a run."""
    benchmark = Benchmark(
        name=name, category="QA", metric="score", instruction="", layout="", output_tokens=1
    )
    item_ids = [f"{name}-{i}" for i in range(len(scores))]
    values = {("score", "strict"): scores.tolist()}
    return Columns(benchmark=benchmark, item_ids=item_ids, clusters=item_ids, values=values)


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
    with pytest.raises(NotFoundError, match="no folder of a run"):
        CliRunner().invoke(app, ["compare", "x" * 300, "y"], catch_exceptions=False)


def test_control_characters_of_answers_do_not_reach_the_terminal(suite_folder, tmp_path) -> None:
    paths = [
        ask(suite_folder, tmp_path, one, model=f"m{i}", names=("mawps",))[0].path
        for i, one in enumerate((respond, lambda prompt: "\x1b[2J9"))
    ]
    result = CliRunner().invoke(app, ["compare", *map(str, paths)], env={"COLUMNS": "200"})
    assert "\x1b" not in result.output
    assert "\\x1b[2J9" in result.output


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
