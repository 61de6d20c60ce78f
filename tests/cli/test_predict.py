from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.exceptions import BanzukeError, ImportFormatError
from banzuke.outcomes import Lake, Outcomes
from banzuke.prediction.similarity import _openai
from banzuke.testing import make_outcomes


@pytest.fixture
def lake(tmp_path) -> Lake:
    full = make_outcomes(40, 60, seed=3)
    scores = full.scores.copy()
    scores[::2, 2::3] = np.nan
    lake = Lake(tmp_path)
    lake.write("quiz", full.replace(scores=scores))
    lake.write("whole", full)
    return lake


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["predict", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_fill_stores_predictions_and_prints_both_errors(lake: Lake) -> None:
    report = json.loads(run("fill", "--data", lake.root, "--json"))
    assert report["complete"] == ["whole"]
    (row,) = report["collections"]
    assert (row["of"], row["name"], row["predicted"]) == ("quiz", "quiz-predicted", 20)
    errors = row["held_out"]["bench2"]
    assert errors["rmse"] < errors["baseline_rmse"]
    stored: Outcomes = lake.read("quiz-predicted")
    assert stored.provenance["of"] == "quiz"
    assert set(stored.layers) == {"lower", "upper"}


def test_fill_again_changes_nothing_and_leaves_predictions_alone(lake: Lake) -> None:
    run("fill", "--data", lake.root)
    report = json.loads(run("fill", "--data", lake.root, "--json"))
    assert report["changed"] is False
    assert lake.names() == ["quiz", "quiz-predicted", "whole"]


def test_fill_takes_results_alone(lake: Lake, tmp_path) -> None:
    run("fill", "quiz", "--data", lake.root)
    with pytest.raises(BanzukeError, match="fill measured results, such as 'quiz'"):
        run("fill", "quiz-predicted", "--data", lake.root)
    with pytest.raises(BanzukeError, match="no results to fill"):
        run("fill", "--data", str(tmp_path / "empty"))


def test_held_out_errors_have_the_same_keys_where_nothing_could_be_held_out(tmp_path) -> None:
    full = make_outcomes(3, 20)
    scores = full.scores.copy()
    scores[:2, 0::3] = np.nan
    Lake(tmp_path).write("few", full.replace(scores=scores))
    report = json.loads(run("fill", "few", "--data", str(tmp_path), "--json"))
    keys = {"n", "rmse", "baseline_rmse", "rank_correlation", "coverage"}
    for errors in report["collections"][0]["held_out"].values():
        assert set(errors) == keys


def test_fill_prints_a_table(lake: Lake) -> None:
    assert "bench2" in run("fill", "quiz", "--data", lake.root)


@pytest.fixture
def items(tmp_path) -> Lake:
    """Twenty models on all items, and one on every third."""
    full = make_outcomes(41, 120, seed=5)
    scores = full.scores.copy()
    scores[0, np.arange(120) % 3 > 0] = np.nan
    lake = Lake(tmp_path / "items")
    lake.write("quiz", full.replace(scores=scores))
    return lake


def test_estimate_gives_an_interval(items: Lake) -> None:
    report = json.loads(
        run("estimate", "quiz", "--model", "org-0/model-0", "--data", items.root, "--json")
    )
    assert report["lower"] < report["mean"] < report["upper"]
    assert (report["n_run"], report["n_items"]) == (40, 120)
    assert "mean" in run("estimate", "quiz", "--model", "org-0/model-0", "--data", items.root)


def test_choose_items_names_items_that_were_not_run(items: Lake) -> None:
    arguments = ("choose-items", "quiz", "--data", items.root, "--json", "--n", "5")
    report = json.loads(run(*arguments, "--model", "org-0/model-0"))
    run_already = {f"q{i}" for i in range(0, 120, 3)}
    assert report["reason"] == "adaptive"
    assert len(set(report["items"]) - run_already) == 5
    assert len(report["chances"]) == 5
    picked = json.loads(run(*arguments, "--model", "org-0/model-0", "--method", "informative"))
    assert (picked["reason"], picked["chances"]) == ("informative", None)
    new = json.loads(run(*arguments, "--model", "never/seen", "--benchmark", "bench1"))
    assert new["reason"] == "random"
    assert all(int(item[1:]) % 3 == 1 for item in new["items"])


def test_items_that_no_one_ran_are_not_chosen(tmp_path) -> None:
    full = make_outcomes(20, 40)
    scores = full.scores.copy()
    scores[:, 7] = np.nan
    Lake(tmp_path).write("quiz", full.replace(scores=scores))
    arguments = ("choose-items", "quiz", "--model", "never/seen", "--n", "40", "--json")
    report = json.loads(run(*arguments, "--data", tmp_path))
    assert sorted(report["items"]) == sorted(f"q{i}" for i in range(40) if i != 7)


def test_a_record_leads_from_choosing_to_a_valid_estimate(tmp_path) -> None:
    full = make_outcomes(41, 120, seed=5)
    lake, record = Lake(tmp_path / "items"), tmp_path / "drawn.json"
    scores = full.scores.copy()
    scores[0] = np.nan
    model = full.model_names[0]
    for n in (25, 10):
        lake.write("quiz", full.replace(scores=scores))
        arguments = ("quiz", "--model", model, "--data", lake.root, "--record", str(record))
        report = json.loads(run("choose-items", *arguments, "--n", str(n), "--json"))
        columns = [int(item[1:]) for item in report["items"]]
        scores[0, columns] = full.scores[0, columns]
    assert report["reason"] == "adaptive"
    with pytest.raises(BanzukeError, match="10 of 35 drawn items have no result"):
        run("choose-items", *arguments)
    lake.write("quiz", full.replace(scores=scores))
    found = json.loads(run("estimate", *arguments, "--json"))
    assert (found["n_run"], found["n_items"]) == (35, 120)
    assert found["lower"] < found["mean"] < found["upper"]
    assert json.loads(run("choose-items", *arguments, "--width", "0.9", "--json")) == {
        "model": model, "reason": "narrow enough", "items": [], "chances": [],
    }  # fmt: skip
    weak = full.model_names[int(full.scores.mean(axis=1).argmin())]
    settled = json.loads(run("choose-items", *arguments, "--against", weak, "--json"))
    assert settled["reason"] in {"rank settled", "adaptive"}
    with pytest.raises(BanzukeError, match="picked, not drawn"):
        run("choose-items", *arguments, "--method", "fixed")
    with pytest.raises(ImportFormatError, match=f"is the record of '{model}', not of 'another'"):
        run("choose-items", "quiz", "--model", "another", *arguments[3:])
    scores[0, :80] = full.scores[0, :80]
    lake.write("quiz", full.replace(scores=scores))
    with pytest.raises(BanzukeError, match="but 0 were there before the first draw"):
        run("estimate", *arguments)
    lake.write("quiz", full)
    whole = json.loads(run("estimate", *arguments, "--json"))
    assert whole["lower"] == whole["mean"] == whole["upper"]
    assert whole["mean"] == pytest.approx(full.scores[0].mean())
    assert run("choose-items", *arguments) == ""
    record.write_text("{}")
    with pytest.raises(ImportFormatError, match="no record"):
        run("estimate", *arguments)


def test_item_quality_lists_flagged_items(items: Lake) -> None:
    report = json.loads(run("item-quality", "quiz", "--data", items.root, "--json"))
    assert [row["items"] for row in report["summary"]] == [40, 40, 40]
    assert "bench0" in run("item-quality", "quiz", "--data", items.root)


def test_model_card_gives_expected_scores(items: Lake, tmp_path) -> None:
    card = tmp_path / "card.json"
    card.write_text('{"model": "org-1/new-7b", "params_b": "7B"}')
    arguments = ("model", str(card), "--collection", "quiz", "--data", items.root)
    report = json.loads(run(*arguments, "--json"))
    (row,) = report["models"]
    assert set(row["scores"]) == {"bench0", "bench1", "bench2"}
    for value in row["scores"].values():
        assert value["lower"] <= value["mean"] <= value["upper"]
    assert report["warnings"] == []
    assert "bench2" in run(*arguments)


def test_larger_model_than_all_known_is_warned_about(items: Lake, tmp_path) -> None:
    card = tmp_path / "card.json"
    card.write_text('[{"model": "org-1/huge", "params_b": 9000}]')
    report = json.loads(
        run("model", str(card), "--collection", "quiz", "--data", items.root, "--json")
    )
    assert "larger than every known model" in report["warnings"][0]


def test_readme_and_config_in_a_folder_are_a_card(items: Lake, tmp_path) -> None:
    folder = tmp_path / "org-2--new"
    folder.mkdir()
    (folder / "README.md").write_text("---\nbase_model: org-2/model-2\n---\n# New")
    (folder / "config.json").write_text('{"architectures": ["Arch2ForCausalLM"]}')
    report = json.loads(
        run("model", str(folder), "--collection", "quiz", "--data", items.root, "--json")
    )
    assert report["models"][0]["model"] == "org-2/new"


def test_outcomes_are_refused_as_features(items: Lake, tmp_path) -> None:
    card = tmp_path / "card.json"
    card.write_text('{"model": "org-1/new"}')
    full = items.read("quiz")
    models = full.models.with_columns(depth=pl.Series(np.nanmean(full.scores, axis=1) * 7 + 1))
    items.write("told", full.replace(models=models))
    arguments = ["--collection", "told", "--feature", "depth", "--data", items.root]
    with pytest.raises(BanzukeError, match="orders the models as their scores do"):
        run("model", str(card), *arguments)


@pytest.mark.parametrize("content", ["nonsense", "[]", '{"name": "x"}', "[1]"])
def test_bad_card_is_one_clear_error(items: Lake, tmp_path, content: str) -> None:
    card = tmp_path / "card.json"
    card.write_text(content)
    with pytest.raises(ImportFormatError, match="card"):
        run("model", str(card), "--collection", "quiz", "--data", items.root)


def test_benchmark_reports_every_cell(tmp_path) -> None:
    lake = Lake(tmp_path)
    lake.write("quiz", make_outcomes(30, 30, observed=0.9))
    report = json.loads(
        run("benchmark", "--outcomes", f"{lake.root}:quiz", "--seeds", "2", "--json",
            "--methods", "mean-per-benchmark,inductive", "--observed", "0.9,10",
            "--benchmarks", "bench0,bench1")
    )  # fmt: skip
    assert len(report["rows"]) == 2 * 2 * 2 * 4
    keys = "method test seed observed rmse_p rmse_m rmse_x auc log_loss ece coverage_90"
    assert set(report["rows"][0]) == {*keys.split(), "fit_s", "predict_s", "peak_mb"}
    assert "inductive" in run("benchmark", "--outcomes", f"{lake.root}:quiz", "--seeds", "1",
                              "--methods", "inductive")  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--observed", "many"], "give numbers"),
        (["--observed", "-1"], "T is -1"),
        (["--observed", "0.9,0"], "T is 0"),
        (["--observed", "nan"], "T is nan"),
        (["--observed", "inf"], "T is inf"),
        (["--observed", "1.5"], "T is 1.5"),
        (["--observed", "500"], "T is 500"),
        (["--methods", "magic"], "no method 'magic'"),
        (["--known-models", "99"], "99 known models of 30"),
        (["--benchmarks", "other"], "no benchmark 'other'"),
        (["--hold-out", "nobody"], "no split 'nobody'"),
    ],
)
def test_benchmark_refuses_bad_numbers(tmp_path, arguments: list[str], message: str) -> None:
    lake = Lake(tmp_path)
    lake.write("quiz", make_outcomes(30, 30))
    with pytest.raises(BanzukeError, match=message):
        run("benchmark", "--outcomes", f"{lake.root}:quiz", *arguments)


def test_plots_that_have_no_folder_are_an_error_before_the_work(tmp_path) -> None:
    Lake(tmp_path).write("quiz", make_outcomes(30, 30))
    file = tmp_path / "file"
    file.touch()
    for where in (file, file / "inside"):
        with pytest.raises(BanzukeError, match="there cannot be such a folder"):
            run("benchmark", "--outcomes", f"{tmp_path}:quiz", "--plots", str(where))


def test_route_names_a_model_for_each_item(tmp_path) -> None:
    lake = Lake(tmp_path / "data")
    full = make_outcomes(4, 40, seed=2)
    scores = full.scores.copy()
    scores[:, :3] = np.nan  # new items are routed too
    models = full.models.with_columns(price=pl.Series([1.0, 2.0, 3.0, 4.0]))
    lake.write("quiz", full.replace(scores=scores, models=models))
    arguments = ("route", "--outcomes", f"{lake.root}:quiz", "--method", "mf", "--folds", "3")
    found = json.loads(run(*arguments, "--prices", "price", "--budget", "2.5", "--json"))
    assert [row["name"] for row in found["baselines"]] == ["best single", "cheapest", "random"]
    assert len(found["route"]) == 40
    by_name = dict(zip(full.model_names, [1.0, 2.0, 3.0, 4.0], strict=True))
    assert np.mean([by_name[row["model"]] for row in found["route"]]) <= 2.5
    assert {row["n_scored"] for row in found["frontier"]} == {37}
    table = tmp_path / "prices.csv"
    table.write_text("model,price\n" + "".join(f"{m},{p}\n" for m, p in by_name.items()))
    same = json.loads(run(*arguments, "--prices", str(table), "--budget", "2.5", "--json"))
    assert same == found
    assert "best single" in run(*arguments, "--prices", str(table))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("model,price\na,1\n", "has no price"),
        ("name,price\na,1\n", "needs columns"),
        ("model,price\na,cheap\n", "needs columns"),
        ("model,price\na,1\na,2\n", "twice"),
        ("", "needs columns"),
        ("".join(["model,price\n", *(f"org-{i}/model-{i},inf\n" for i in range(4))]), "endless"),
    ],
)
def test_route_refuses_bad_prices(tmp_path, content: str, message: str) -> None:
    lake = Lake(tmp_path / "data")
    lake.write("quiz", make_outcomes(4, 20))
    table = tmp_path / "prices.csv"
    table.write_text(content)
    arguments = ("route", "--outcomes", f"{lake.root}:quiz", "--method", "mean")
    with pytest.raises(BanzukeError, match=message):
        run(*arguments, "--prices", str(table))
    with pytest.raises(BanzukeError, match="neither a file nor a column"):
        run(*arguments, "--prices", "nothing")


def test_help_names_every_choice_though_it_does_not_load_the_room() -> None:
    from banzuke.cli.app import app as whole
    from banzuke.prediction import protocol, splits
    from banzuke.prediction.fill import METHODS as FILL_METHODS

    def shown(*arguments: str) -> str:
        text = CliRunner().invoke(whole, [*arguments, "--help"], env={"COLUMNS": "300"}).stdout
        return " ".join(text.split())

    named = shown("predict", "benchmark")
    assert all(name in named for name in (*protocol.METHODS, *splits.HOLD_OUT))
    assert all(name in shown("predict", "fill") for name in FILL_METHODS)


def test_fill_with_embeddings_needs_the_method_that_reads_texts(lake: Lake) -> None:
    for option in ("--embed", "--probe"):
        with pytest.raises(BanzukeError, match=f"--method inductive with {option}"):
            run("fill", "--data", lake.root, option, "e5")
    report = json.loads(run("fill", "--data", lake.root, "--method", "inductive", "--json"))
    errors = report["collections"][0]["held_out"]["bench2"]
    assert errors["rmse"] < errors["baseline_rmse"]


@pytest.mark.parametrize(
    "command",
    [
        ("benchmark", "--methods", "inductive", "--seeds", "1", "--outcomes"),
        ("benchmark", "--methods", "boosting", "--seeds", "1", "--outcomes"),
        ("route", "--prices", "price", "--folds", "2", "--outcomes"),
        ("fill", "--method", "inductive", "--data"),
    ],
)
def test_a_probe_is_asked_for_items_with_options(
    tmp_path, monkeypatch, command: tuple[str, ...]
) -> None:
    """Nothing listens there, so the first question ends the run."""
    monkeypatch.setattr(_openai, "_WAITS", ())
    monkeypatch.setenv("BANZUKE_CACHE", str(tmp_path / "cache"))
    full = make_outcomes(12, 30, observed=0.8)
    items = full.items.with_columns(
        text=pl.lit("Which?"), choices=pl.lit(["one", "two"]), label=pl.lit("A")
    )
    models = full.models.with_columns(price=pl.lit(1.0))
    lake = Lake(tmp_path / "lake")
    lake.write("quiz", full.replace(items=items, models=models))
    where = lake.root if command[0] == "fill" else f"{lake.root}:quiz"
    with pytest.raises(BanzukeError, match=r"server http://127\.0\.0\.1:9/v1 does not answer"):
        run(*command, where, "--probe", "http://127.0.0.1:9/v1#nothing")
