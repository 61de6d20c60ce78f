"""What ``banzuke ensemble`` says about pools and prices from which nothing can be chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.exceptions import InvalidInputError

runner = CliRunner()
Codes = np.ndarray
MODELS = ["a", "b", "c"]


def _write(folder: Path, codes: Codes, labels: list[str]) -> str:
    """Write a collection: option indices (n_models, n_items) with -1 unparsed, -2 not run."""
    folder.mkdir()
    ids = {"item_id": [f"q{i}" for i in range(len(labels))]}
    truth = np.array(["ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(label) for label in labels])
    scores = np.where(codes == -2, -1, codes == truth).astype(np.int8)
    pl.DataFrame({**ids, **dict(zip(MODELS, scores, strict=True))}).write_parquet(
        folder / "scores.parquet"
    )
    answers = dict(zip(MODELS, codes.astype(np.int8), strict=True))
    pl.DataFrame({**ids, **answers}).write_parquet(folder / "answers.parquet")
    pl.DataFrame({**ids, "label": labels}).write_parquet(folder / "items.parquet")
    return str(folder)


def _codes() -> Codes:
    random = np.random.default_rng(0)
    truth = np.arange(60) % 3
    return np.where(random.random((3, 60)) < 0.8, truth, random.integers(0, 3, (3, 60)))


def _labels() -> list[str]:
    return ["ABC"[i % 3] for i in range(60)]


def _silent(codes: Codes, labels: list[str]) -> None:
    codes[1] = -1


def _all_equal(codes: Codes, labels: list[str]) -> None:
    codes[:] = codes[0]


def _single_class(codes: Codes, labels: list[str]) -> None:
    labels[:] = ["A"] * 60


def _label_outside(codes: Codes, labels: list[str]) -> None:
    labels[7] = "Z"


BREAKS: list[tuple[Callable[[Codes, list[str]], None], str]] = [
    (_silent, "model 'b' never answers.*--exclude"),
    (_all_equal, "all 3 models give the same answer"),
    (_single_class, "all labels are 'A'"),
    (_label_outside, "label 'Z' is never answered.*--classes"),
]


@pytest.mark.parametrize("command", ["select", "benchmark"])
@pytest.mark.parametrize(("change", "message"), BREAKS, ids=[c.__name__ for c, _ in BREAKS])
def test_pools_from_which_nothing_can_be_chosen_are_refused(
    tmp_path: Path, command: str, change: Callable[[Codes, list[str]], None], message: str
) -> None:
    codes, labels = _codes(), _labels()
    change(codes, labels)
    folder = _write(tmp_path / "quiz", codes, labels)
    with pytest.raises(InvalidInputError, match=message):
        runner.invoke(app, ["ensemble", command, "--outcomes", folder], catch_exceptions=False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (["select", "--budget", "4"], "the budget is 4, but there are 3 models"),
        (["benchmark", "--budgets", "1-4"], "budget 4 must lie between 1 and the 3 models"),
        (["benchmark", "--budgets", "0-99999"], r"budget 0 \(and 99,996 more\) must"),
        (["benchmark", "--budgets", "1-9999999"], "no pool has 9999999 models"),
        (["benchmark", "--budgets", "²"], "'²' is not like 1-8"),
        (["benchmark", "--budgets", "٣"], "is not like 1-8"),
        (["benchmark", "--budgets", "1-"], "'1-' is not like 1-8"),
        (["benchmark", "--budgets", "3-1"], "'3-1' runs backwards"),
        (["select", "--exclude", "x"], "'x': quiz has no such model"),
        (["select", "--method", "x"], "no method 'x'"),
        (["select", "--aggregator", "x"], "no aggregator 'x'"),
        (["benchmark", "--train-items", "59"], "leave at least 10"),
    ],
)
def test_bad_options_are_refused(tmp_path: Path, call: list[str], message: str) -> None:
    folder = _write(tmp_path / "quiz", _codes(), _labels())
    with pytest.raises(InvalidInputError, match=message):
        runner.invoke(app, ["ensemble", *call, "--outcomes", folder], catch_exceptions=False)


@pytest.mark.parametrize("command", ["select", "adaptive"])
@pytest.mark.parametrize("under", ["file", "file/plots"])
def test_a_folder_of_plots_that_cannot_be_is_refused_before_the_work(
    tmp_path: Path, command: str, under: str
) -> None:
    (tmp_path / "file").write_text("kept")
    call = ["ensemble", command, "--outcomes", str(tmp_path / "nope")]
    with pytest.raises(InvalidInputError, match=r"--plots .*there cannot be such a folder"):
        runner.invoke(app, [*call, "--plots", str(tmp_path / under)], catch_exceptions=False)
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model,price\na,1\nb,2\n", "model 'c' has no price"),
        ("model,price\na,1\nb,2\nc,-3\n", "price of model 'c' is -3"),
        ("model,price\na,1\nb,2\nc,\n", "model 'c' has no price"),
        ("model,price\na,1\nb,2\nc,dear\n", "price of model 'c' is 'dear'"),
        ("model,price\na,1\nb,2\nc,3\na,4\n", "names model 'a' more than once"),
        ("model,value\na,1\n", "it needs model and price"),
        ("", "cannot read"),
    ],
)
def test_bad_prices_are_refused(tmp_path: Path, text: str, message: str) -> None:
    folder = _write(tmp_path / "quiz", _codes(), _labels())
    prices = tmp_path / "prices.csv"
    prices.write_text(text)
    call = ["ensemble", "select", "--outcomes", folder, "--prices", str(prices)]
    with pytest.raises(InvalidInputError, match=message):
        runner.invoke(app, call, catch_exceptions=False)


def test_a_silent_model_can_be_left_out_and_classes_be_named(tmp_path: Path) -> None:
    codes, labels = _codes(), _labels()
    _silent(codes, labels)
    folder = _write(tmp_path / "quiz", codes, labels)
    call = ["ensemble", "select", "--outcomes", folder, "--exclude", "b", "--classes", "A,B,C,D"]
    result = runner.invoke(app, call, catch_exceptions=False)
    assert "chosen: " in result.stderr


def test_a_model_that_was_not_run_is_no_candidate(tmp_path: Path) -> None:
    codes = _codes()
    codes[1] = -2
    folder = _write(tmp_path / "quiz", codes, _labels())
    call = ["ensemble", "select", "--outcomes", folder, "--json"]
    result = runner.invoke(app, call, catch_exceptions=False)
    assert '"b"' not in result.stdout


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    call = ["ensemble", "select", "--outcomes", str(tmp_path / "nope")]
    with pytest.raises(InvalidInputError, match="there is no folder"):
        runner.invoke(app, call, catch_exceptions=False)
