"""The radar chart: where its points lie, and what is missing."""

import math
import re

import numpy as np
import pytest

from banzuke.leaderboard.radar import radar


def test_points_lie_on_their_spokes_in_proportion_to_the_score():
    found = radar(["a", "b", "c", "d"], np.array([[0.5, 1.0, 0.25, 0.0]]), np.zeros((1, 4), bool))
    centre_x, centre_y = found.centre
    radius = [math.hypot(m.x - centre_x, m.y - centre_y) for m in found.outlines[0].marks]
    full = math.hypot(found.axes[0].x - centre_x, found.axes[0].y - centre_y)
    assert [r / full for r in radius] == pytest.approx([0.5, 1, 0.25, 0], abs=2e-3)
    assert found.outlines[0].marks[0].x == centre_x  # the first spoke points up
    assert found.outlines[0].marks[0].y < centre_y
    assert found.outlines[0].is_closed
    assert found.outlines[0].path.endswith("Z")


def test_the_rim_is_a_round_score_above_the_highest():
    low = radar(["a", "b", "c"], np.array([[0.1, 0.33, 0.4]]), np.zeros((1, 3), bool))
    assert (low.top, [label for _, label in low.rings]) == (0.4, [".2", ".4"])
    high = radar(["a", "b", "c"], np.array([[0.1, 0.33, 0.81]]), np.zeros((1, 3), bool))
    assert (high.top, high.rings[-1][1]) == (1.0, "1")


def test_a_missing_score_breaks_the_outline():
    scores = np.array([[0.5, np.nan, 0.5, 0.5, 0.5]])
    found = radar(list("abcde"), scores, np.array([[False, False, True, False, False]]))
    outline = found.outlines[0]
    assert not outline.is_closed
    assert re.sub(r"[\d. ]", "", outline.path) == "MMLLL"  # the last goes back to the first
    assert [mark.is_hollow for mark in outline.marks] == [False, True, False, False]


@pytest.mark.parametrize("scores", [np.ones((1, 2)), np.ones((1, 25)), np.full((2, 3), np.nan)])
def test_too_few_or_too_many_spokes_give_no_chart(scores):
    labels = [str(i) for i in range(scores.shape[1])]
    assert radar(labels, scores, np.zeros(scores.shape, bool)) is None
