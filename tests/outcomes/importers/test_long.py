"""Tables with a row for each result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from banzuke.exceptions import ImportFormatError, InvalidInputError
from banzuke.outcomes import importers
from banzuke.outcomes.importers import ImportOptions


def write(folder: Path, text: str, name: str = "quiz.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_rows_become_cells(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "model,item,score,answer,confidence,benchmark\n"
        "otter,q1,1,A,0.9,quiz\notter,q2,0,,0.5,quiz\nseal,q1,,B,,quiz\n",
    )
    outcomes = importers.read("long", [path]).collections["quiz"]
    np.testing.assert_array_equal(outcomes.scores, [[1, 0], [np.nan, np.nan]])
    assert outcomes.layers["answer"].tolist() == [["A", None], ["B", None]]
    assert outcomes.layers["confidence"][0].tolist() == pytest.approx([0.9, 0.5])
    assert outcomes.benchmarks == ["quiz"]


def test_percentages_and_other_column_names(tmp_path: Path) -> None:
    path = write(tmp_path, "who,benchmark,score\notter,tides,62.5\n")
    options = ImportOptions(scale=100, model_column="who")
    outcomes = importers.read("long", [path], options).collections["quiz"]
    assert outcomes.scores.tolist() == [[0.625]]


def test_a_standard_error_has_the_scale_of_the_score(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "model,item,score,standard_error,confidence\na,q,62.5,2.5,90\na,r,50,,\na,s,50,nan,nan\n",
    )
    outcomes = importers.read("long", [path], ImportOptions(scale=100)).collections["quiz"]
    np.testing.assert_allclose(outcomes.layers["standard_error"], [[0.025, np.nan, np.nan]])
    np.testing.assert_allclose(outcomes.layers["confidence"], [[90, np.nan, np.nan]])


def test_a_number_may_mean_not_evaluated(tmp_path: Path) -> None:
    path = write(tmp_path, "model,item,score\na,q,-1\na,r,0.5\n")
    outcomes = importers.read("long", [path], ImportOptions(missing=-1)).collections["quiz"]
    np.testing.assert_array_equal(outcomes.scores, [[np.nan, 0.5]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("item,score\nq1,1\n", "column 'model'"),
        ("model,score\na,1\n", "column 'item'"),
        ("model,item\na,q1\n", "column 'score'"),
        ("model,item,score\n", "no rows"),
        ("model,item,score\na,q1,1\na,q2,1.7\n", "line 3, column 'score': score 1.7"),
        ("model,item,score\na,q1,n/a\n", "line 2, column 'score': 'n/a' is not a number"),
        ("model,item,score\n,q1,1\n", "line 2, column 'model': the name is missing"),
        ("model,item,score\na,q1,1\na,q1,0\n", "line 3, column 'score': .*two results"),
        ("model,item,score,confidence\na,q1,1,high\n", "line 2, column 'confidence'"),
        ("model,item,score,confidence\na,q1,1,inf\n", "column 'confidence': inf is infinite"),
        ("model,item,score,confidence\na,q1,1,1e300\n", "column 'confidence': 1e300 is infinite"),
        (
            "model,item,score,standard_error\na,q1,1,-0.1\n",
            r"line 2, column 'standard_error': standard error -0.1 is outside \[0, 1\]",
        ),
        ("model,item,score,standard_error\na,q1,1,inf\n", "column 'standard_error': inf is inf"),
    ],
)
def test_bad_tables_name_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ImportFormatError, match=message):
        importers.read("long", [write(tmp_path, text)])


def test_one_name_for_two_files_is_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path, "model,item,score\na,q,1\n", name) for name in ("a.csv", "b.csv")]
    with pytest.raises(InvalidInputError, match="one at a time"):
        importers.read("long", paths, ImportOptions(name="x"))
    assert list(importers.read("long", paths).collections) == ["a", "b"]
