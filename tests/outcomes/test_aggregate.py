"""Means over the items of a benchmark, with errors and coverage."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from banzuke import Outcomes, aggregate
from banzuke.exceptions import InvalidInputError

NAN = float("nan")


def test_mean_error_and_coverage_by_hand():
    items = pl.DataFrame({"item_id": list("pqrs"), "benchmark": ["x", "x", "x", "y"]})
    table = aggregate(Outcomes([[1, 0, NAN, 1], [NAN, NAN, NAN, 0]], ["a", "b"], items))
    assert table.item_ids == ["x", "y"]
    assert table.items["n_items"].to_list() == [3, 1]
    np.testing.assert_array_equal(table.scores, [[0.5, 1], [NAN, 0]])
    np.testing.assert_allclose(table.layers["coverage"], [[2 / 3, 1], [0, 1]], rtol=1e-6)
    # sd of (1, 0) with n - 1 is sqrt(.5); / sqrt(2) = .5
    np.testing.assert_array_equal(table.layers["standard_error"], [[0.5, NAN], [NAN, NAN]])


def test_all_right_or_all_wrong_is_no_certainty():
    items = pl.DataFrame({"item_id": list("pqrstuvwxy"), "benchmark": ["x"] * 10})
    table = aggregate(Outcomes([[1] * 10, [0] * 10, [0.5] * 10], list("abc"), items))
    error = (0.75 / (11 * 12)) ** 0.5
    np.testing.assert_allclose(table.layers["standard_error"][:, 0], [error, error, 0], rtol=1e-6)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(InvalidInputError, match="items have no column 'category'"):
        aggregate(Outcomes([[1]], ["a"], ["q"]), by="category")
