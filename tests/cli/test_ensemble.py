from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.cli.ensemble_input import parse_budgets
from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Lake, importers

runner = CliRunner()


@pytest.fixture
def data(shared_data: Path, tmp_path: Path) -> str:
    folder = shared_data / "outcomes" / "rational_cascades"
    found = importers.read("table", [folder]).collections["rational_cascades"]
    Lake(tmp_path).write("rational_cascades", found)
    return str(tmp_path)


def test_select_prints_json_and_stores_the_document(data: str) -> None:
    call = ["ensemble", "select", "--outcomes", "rational_cascades", "--data", data]
    result = runner.invoke(app, [*call, "--budget", "2", "--json"], catch_exceptions=False)
    document = json.loads(result.stdout)
    assert [step["k"] for step in document["path"]] == [1, 2]
    assert Lake(data).read_document("ensemble-rational_cascades") == document


def test_select_reads_a_folder_and_prints_a_table(shared_data: Path) -> None:
    folder = str(shared_data / "outcomes" / "rational_cascades")
    call = ["ensemble", "select", "--outcomes", folder, "--budget", "2", "--benchmark", "mmlu"]
    result = runner.invoke(app, call, catch_exceptions=False)
    assert "held-out questions" in result.stdout


def test_an_unknown_benchmark_is_refused(data: str) -> None:
    call = ["ensemble", "select", "--outcomes", "rational_cascades", "--data", data]
    with pytest.raises(InvalidInputError, match="no benchmark 'x'"):
        runner.invoke(app, [*call, "--benchmark", "x"], catch_exceptions=False)


def test_prices_limit_the_path_and_plots_are_written(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "outcomes" / "rational_cascades"
    models = importers.read("table", [folder]).collections["rational_cascades"].models
    prices = tmp_path / "prices.csv"
    models.select("model", price="cost", latency="latency_ms").write_csv(prices)
    call = ["ensemble", "select", "--outcomes", str(folder), "--benchmark", "medmcqa", "--json"]
    call += ["--prices", str(prices), "--money", "0.0005", "--plots", str(tmp_path / "plots")]
    document = json.loads(runner.invoke(app, call, catch_exceptions=False).stdout)
    assert all(step["cost"] <= 0.0005 for step in document["path"])
    assert len(document["frontier"]) > 2
    names = {"accuracy", "information", "correlations", "all_wrong", "saturation", "frontier"}
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == names


def test_benchmark_prints_rows(shared_data: Path) -> None:
    folder = str(shared_data / "outcomes" / "rational_cascades")
    call = ["ensemble", "benchmark", "--outcomes", folder, "--benchmark", "medmcqa", "--json"]
    call += ["--budgets", "1,2", "--splits", "2", "--train-items", "200"]
    found = json.loads(runner.invoke(app, call, catch_exceptions=False).stdout)
    keys = {"method", "aggregator", "k", "split", "models", "accuracy", "log_loss", "information"}
    assert set(found["rows"][0]) == keys
    assert [row["k"] for row in found["comparisons"]] == [1, 2]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--money", "1"], "need --prices"),
        (["--prices", "no.csv"], "cannot read no.csv"),
    ],
)
def test_bad_options_are_refused(shared_data: Path, option: list[str], message: str) -> None:
    folder = str(shared_data / "outcomes" / "rational_cascades")
    with pytest.raises(InvalidInputError, match=message):
        runner.invoke(
            app, ["ensemble", "select", "--outcomes", folder, *option], catch_exceptions=False
        )


def test_budgets_are_read_or_refused() -> None:
    assert parse_budgets("1-3,5") == [1, 2, 3, 5]
    with pytest.raises(InvalidInputError, match="not like 1-8"):
        parse_budgets("a-b")


def test_adaptive_compares_with_static_sets_at_equal_cost(
    shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "outcomes" / "rational_cascades"
    models = importers.read("table", [folder]).collections["rational_cascades"].models
    prices = tmp_path / "prices.csv"
    models.select("model", price="cost").write_csv(prices)
    call = ["ensemble", "adaptive", "--outcomes", str(folder), "--benchmark", "medmcqa"]
    call += ["--prices", str(prices), "--budget", "3", "--plots", str(tmp_path / "plots")]
    found = json.loads(runner.invoke(app, [*call, "--json"], catch_exceptions=False).stdout)
    assert len(found["models"]) == 3
    assert len(found["points"]) > 2
    costs = [point["cost"] for point in found["points"]]
    assert costs == sorted(costs)
    assert (tmp_path / "plots" / "adaptive.html").exists()
    printed = runner.invoke(app, [*call, "--reject", "0.2"], catch_exceptions=False).stdout
    assert "held-out questions" in printed
