"""What the page of a model says of its place, its family and its runs."""

import numpy as np
import polars as pl
import pytest

from banzuke.leaderboard.board import build_board
from banzuke.leaderboard.catalogue import catalogue
from banzuke.leaderboard.model_charts import radar
from banzuke.leaderboard.rows import BoardRows
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.views.items_page import ItemsQuery, items_page
from banzuke.leaderboard.views.model_page import model_page
from banzuke.outcomes import Outcomes
from banzuke.testing import make_outcomes

SAY = catalogue("en")


def page_of(outcomes, row=0, **options):
    board = build_board("quiz", outcomes)
    snapshot = Snapshot(version="1", boards={"quiz": BoardRows(board)}, documents={})
    return model_page(snapshot, board, row, SAY, **options)


@pytest.fixture(scope="module")
def family():
    outcomes = make_outcomes(5, 60)
    parents = [[], ["org-0/model-0"], ["org-0/model-0"], ["org-1/model-1"], None]
    models = outcomes.models.with_columns(base_models=pl.Series(parents, dtype=pl.List(pl.String)))
    source = {"model": "org-1/model-1", "run": "r1", "seed": 7, "sha256": "ab"}
    other = {"model": "org-2/model-2", "run": "r2"}
    return outcomes.replace(models=models, provenance={"sources": [source, other]})


def test_family_lists_parents_children_and_siblings(family):
    found = {
        heading: [one.name for one in relatives] for heading, relatives in page_of(family, 1).family
    }
    assert found == {
        "Built on": ["org-0/model-0"],
        "Built on it (1)": ["org-3/model-3"],
        "Built on the same (1)": ["org-2/model-2"],
    }


def test_the_runs_of_a_model_are_its_own(family):
    labels = dict(page_of(family, 1).runs)
    assert labels["run"] == ["r1"]
    assert labels["seed"] == ["7"]
    assert page_of(family, 0).runs == []


def test_its_place_has_the_possible_ranks_and_the_tie_group(family):
    page, board = page_of(family, 2), build_board("quiz", family)
    standing = board.standing()
    assert page.standing.lower == standing.rank_lower[2]
    assert page.standing.upper == standing.rank_upper[2]
    assert page.standing.n_tied == (standing.tie == standing.tie[2]).sum()
    assert page.standing.n_ranked == 5


def test_flagging_is_offered_only_where_flags_are_taken(family):
    assert page_of(family).flag_url is None
    page = page_of(family, takes_flags=True)
    assert page.flag_url == "/flags?board=quiz&model=org-0%2Fmodel-0"
    answers = items_page(
        build_board("quiz", family), 0, ItemsQuery.model_validate({}), SAY, takes_flags=True
    )
    assert answers.flag_url == page.flag_url


def test_the_radar_has_the_model_and_the_middle_of_the_board(family):
    board = build_board("quiz", family)
    figure = page_of(family, 1).radar
    assert figure is not None
    names = [SAY("model.radar_median"), "org-1/model-1"]
    middle = np.median(board.scores, axis=0).tolist()
    drawn = radar(board.benchmarks, board.scores[1].tolist(), middle, "org-1/model-1", SAY)
    assert [trace["name"] for trace in drawn["data"]] == names
    assert drawn["data"][0]["r"][:3] == pytest.approx(middle, abs=1e-4)
    assert drawn["data"][1]["r"][0] == drawn["data"][1]["r"][-1]


def test_a_gap_of_the_radar_is_a_gap_and_two_axes_make_none():
    drawn = radar(["a", "b", "<c>"], [0.5, float("nan"), 1.0], [0.1, 0.2, 0.3], "<m>", SAY)
    assert drawn["data"][1]["r"] == [0.5, None, 1.0, 0.5]
    assert drawn["data"][1]["theta"][2] == "&lt;c&gt;"
    assert drawn["data"][1]["name"] == "&lt;m&gt;"
    assert page_of(Outcomes([[0.5, 0.5]], ["m"], ["A", "B"])).radar is None


def test_categories_have_their_own_ranks():
    outcomes = make_outcomes(5, 60)
    names = outcomes.items["benchmark"].to_list()
    category = ["late" if name == "bench2" else "early" for name in names]
    page = page_of(
        outcomes.replace(items=outcomes.items.with_columns(category=pl.Series(category)))
    )
    assert [line.name for line in page.categories] == ["early", "late"]
    assert all(1 <= line.standing.lower <= line.standing.rank for line in page.categories)
