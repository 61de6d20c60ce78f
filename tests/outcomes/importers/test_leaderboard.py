"""Tables with a row for each model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from banzuke.exceptions import ImportFormatError, InvalidInputError
from banzuke.outcomes import importers
from banzuke.outcomes.importers import ImportOptions

TABLE = """model,tides,sums,likes,generation,training tokens (T),FLOPs,average,params,is_moe,note
lab/otter,0.5,0.25,1200,1,2.0,84.1,0.375,7.2B,True,first
lab/seal,,0.75,3,0,15.5,700,0.75,0,False,
"""


def write(folder: Path, text: str, name: str = "board.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_columns_of_numbers_are_benchmarks_unless_their_name_says_otherwise(tmp_path: Path) -> None:
    imported = importers.read("leaderboard", [write(tmp_path, TABLE)])
    outcomes = imported.collections["board"]
    assert outcomes.item_ids == ["tides", "sums"]
    np.testing.assert_array_equal(outcomes.scores, [[0.5, 0.25], [np.nan, 0.75]])
    assert outcomes.models["params_b"].to_list() == [7.2, None]
    assert outcomes.models["is_moe"].to_list() == [True, False]
    assert outcomes.models["likes"].to_list() == ["1200", "3"]
    assert any("'average', which follows from the rest" in note for note in imported.notes)
    assert any(
        "'likes', 'generation'" in note and "--benchmarks" in note for note in imported.notes
    )


def test_the_user_may_name_the_benchmarks(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE)
    options = ImportOptions(benchmarks=["t*s", "average"])
    outcomes = importers.read("leaderboard", [path], options).collections["board"]
    assert outcomes.item_ids == ["tides", "average"]
    assert "sums" in outcomes.models.columns
    with pytest.raises(ImportFormatError, match="--benchmarks 'tide': no column"):
        importers.read("leaderboard", [path], ImportOptions(benchmarks=["tide"]))


def test_a_benchmark_whose_name_holds_a_metadata_word_stays_one(tmp_path: Path) -> None:
    path = write(tmp_path, "model,bbh_date_understanding,likelihood,size\na,0.5,0.25,7B\n")
    outcomes = importers.read("leaderboard", [path]).collections["board"]
    assert outcomes.item_ids == ["bbh_date_understanding", "likelihood"]
    assert outcomes.models["params_b"].to_list() == [7.0]


def test_a_number_may_mean_not_evaluated(tmp_path: Path) -> None:
    path = write(tmp_path, "model,a,b\nx,-1,0.5\ny,0.5,-1.0\n")
    with pytest.raises(ImportFormatError, match=r"line 2, column 'a': score -1 .*--missing"):
        importers.read("leaderboard", [path])
    outcomes = importers.read("leaderboard", [path], ImportOptions(missing=-1)).collections["board"]
    np.testing.assert_array_equal(outcomes.scores, [[np.nan, 0.5], [0.5, np.nan]])


def test_percentages_need_the_scale(tmp_path: Path) -> None:
    path = write(tmp_path, "model,a\nx,62.5\n")
    with pytest.raises(ImportFormatError, match="--scale 100"):
        importers.read("leaderboard", [path])
    outcomes = importers.read("leaderboard", [path], ImportOptions(scale=100)).collections["board"]
    assert outcomes.scores.tolist() == [[0.625]]


@pytest.mark.parametrize("mark", ["N/A", "NA", "n/a", "-", "nan", "NaN", "null", " ", ""])
def test_marks_of_absence_are_not_evaluated(tmp_path: Path, mark: str) -> None:
    text = f"model,a,b\nw,{mark},0.5\nx,{mark},0.25\ny,{mark},0\nz,0.5,1\n"
    imported = importers.read("leaderboard", [write(tmp_path, text)])
    outcomes = imported.collections["board"]
    assert outcomes.item_ids == ["a", "b"]
    np.testing.assert_array_equal(outcomes.scores[:, 0], [np.nan, np.nan, np.nan, 0.5])
    assert not imported.notes


@pytest.mark.parametrize("scale", [1, 100])
def test_a_column_of_percent_signs_says_its_scale(tmp_path: Path, scale: float) -> None:
    path = write(tmp_path, "model,a,b\nx,81%,0\ny,N/A,1\nz,7.5 %,0.5\n")
    outcomes = importers.read("leaderboard", [path], ImportOptions(scale=scale)).collections[
        "board"
    ]
    np.testing.assert_allclose(outcomes.scores[:, 0], [0.81, np.nan, 0.075], rtol=1e-6)
    np.testing.assert_allclose(outcomes.scores[:, 1], np.array([0, 1, 0.5]) / scale, rtol=1e-6)


def test_text_with_some_numbers_is_named_in_a_note(tmp_path: Path) -> None:
    text = "model,a,b,c,d\nx,0.5,0.5,81%,one\ny,1,failed,late,two\nz,0,crashed,late,three\n"
    imported = importers.read("leaderboard", [write(tmp_path, text)])
    assert imported.collections["board"].item_ids == ["a"]
    assert len(imported.notes) == 1
    assert "'b' (1 of 3 cells), 'c' (1 of 3 cells); --benchmarks" in imported.notes[0]
    with pytest.raises(ImportFormatError, match="line 3, column 'b': 'failed' is not a number"):
        importers.read("leaderboard", [tmp_path / "board.csv"], ImportOptions(benchmarks=["b"]))


def test_rounding_above_one_is_one(tmp_path: Path) -> None:
    path = write(tmp_path, "model,a\nx,1.0000000000000002\n")
    assert importers.read("leaderboard", [path]).collections["board"].scores.tolist() == [[1.0]]


@pytest.mark.parametrize("key", ["model", "Model", "model_id", "fullname", "model_name"])
def test_usual_names_of_the_model_column_are_known(tmp_path: Path, key: str) -> None:
    path = write(tmp_path, f"a,{key}\n0.5,otter\n")
    assert importers.read("leaderboard", [path]).collections["board"].model_names == ["otter"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,a\nx,0.5\n", "no column names the model"),
        ("model,a\n", "no column holds scores"),
        ("model,a\nx,words\n", "no column holds scores"),
        ("model,a\nx,0.5\nx,0.6\n", "line 3, column 'model': model 'x' is there more than once"),
        ("model,a\nx,0.5\n,0.6\n", "line 3, column 'model': the model's name is missing"),
        ("model,a\nx,0.5\ny,1.7\n", "line 3, column 'a': score 1.7 is outside"),
        ("model,a\nx,0.5\ny,?\nz,0.1\n", "line 3, column 'a': '\\?' is not a number"),
        ("model,a\nx,inf\n", "line 2, column 'a': score inf"),
        ("model,a\nx,0.5,0.6\n", "not a CSV table"),
        ("model,a,a\nx,0.5,0.6\n", "line 1: the column 'a' is there more than once"),
        ("model,a\nx,81%\ny,0.5\n", "line 2, column 'a': '81%' has a percent sign"),
        ("model,a\nx,50%\ny,181%\n", "line 3, column 'a': score 181 is outside"),
        ("model,a\nx,N/A\n", "no column holds scores"),
    ],
)
def test_bad_tables_name_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ImportFormatError, match=message):
        importers.read("leaderboard", [write(tmp_path, text)])


def test_the_named_model_column_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ImportFormatError, match="column 'who'"):
        importers.read("leaderboard", [write(tmp_path, TABLE)], ImportOptions(model_column="who"))


def test_files_of_one_name_are_not_mixed(tmp_path: Path) -> None:
    paths = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        paths.append(write(tmp_path / folder, TABLE))
    with pytest.raises(ImportFormatError, match="'board' too"):
        importers.read("leaderboard", paths)
    with pytest.raises(InvalidInputError, match="one at a time"):
        importers.read("leaderboard", paths, ImportOptions(name="x"))


def test_the_swallow_table(shared_data: Path) -> None:
    path = shared_data / "leaderboards" / "swallow" / "swallow_v1_union.parquet"
    with pytest.raises(ImportFormatError, match="--missing"):
        importers.read("leaderboard", [path])
    options = ImportOptions(missing=-0.01)
    outcomes = importers.read("leaderboard", [path], options).collections["swallow_v1_union"]
    assert outcomes.shape == (156, 28)
    given = pl.read_parquet(path)["ja_basic:JComQA"].to_numpy()
    column = outcomes.scores[:, outcomes.item_index["ja_basic:JComQA"]]
    np.testing.assert_allclose(column, np.where(given == -0.01, np.nan, given), rtol=1e-6)
    assert {"params_b", "base_models", "created", "is_base"} <= set(outcomes.models.columns)


def test_the_nejumi_table(shared_data: Path) -> None:
    path = shared_data / "leaderboards" / "nejumi4" / "nejumi4_20250828.csv"
    options = ImportOptions(name="nejumi", benchmarks=["GLP_*", "ALT_*"])
    outcomes = importers.read("leaderboard", [path], options).collections["nejumi"]
    assert outcomes.shape == (59, 23)
    assert "JA" in outcomes.models.columns
    given = pl.read_csv(path)
    sizes = given["model_size"].drop_nulls().to_numpy() / 1e9
    np.testing.assert_allclose(outcomes.models["params_b"].drop_nulls(), sizes)
    assert str(outcomes.models["created"][0]) == "2025-08-06"
