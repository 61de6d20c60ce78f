from __future__ import annotations

import numpy as np
import pytest

from banzuke.prediction.plots import plot_protocol
from banzuke.prediction.protocol import ProtocolRow, run_protocol
from banzuke.testing import make_outcomes


@pytest.fixture(scope="module")
def rows() -> list[ProtocolRow]:
    return run_protocol(
        make_outcomes(30, 30), methods=["mean", "mf"], observed=[5, 12], seeds=[0, 1]
    )


def test_rmse_is_the_mean_over_draws_at_each_t(rows: list[ProtocolRow]) -> None:
    figure = plot_protocol(rows)["rmse"]
    lines = [trace for trace in figure.data if trace.name == "mf"]
    assert len(lines) == 4
    expected = [
        np.mean([r.measures.rmse_p for r in rows
                 if (r.method, r.test, r.observed) == ("mf", "C", t)])
        for t in (5, 12)
    ]  # fmt: skip
    np.testing.assert_allclose(lines[2].y, expected)
    assert list(lines[2].x) == [5, 12]
    assert sum(bool(line.showlegend) for line in lines) == 1


def test_calibration_and_means_are_those_of_the_largest_t(rows: list[ProtocolRow]) -> None:
    figures = plot_protocol(rows)
    points = [trace for trace in figures["means"].data if trace.name == "mean"]
    assert [len(trace.x) for trace in points] == [15] * 4
    first = next(r for r in rows if (r.method, r.test, r.seed, r.observed) == ("mean", "D", 0, 12))
    np.testing.assert_allclose(points[3].x, first.curves.means[:, 1])
    bins = [trace for trace in figures["calibration"].data if trace.name == "mf"]
    assert all(np.diff(trace.x).min() >= 0 for trace in bins)


def test_curves_count_every_cell_once(rows: list[ProtocolRow]) -> None:
    row = next(r for r in rows if r.test == "D")
    assert row.curves.calibration[:, 2].sum() == 15 * 9
    assert row.curves.means.shape == (15, 2)
