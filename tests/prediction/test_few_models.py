"""Leaderboards with few models, and few results of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from banzuke.outcomes import Outcomes
from banzuke.outcomes.importers import ImportOptions, read
from banzuke.prediction import InductiveKernel, MeanScore
from banzuke.prediction.protocol import ProtocolRow, run_protocol


@pytest.fixture(scope="module")
def few_models(shared_data: Path) -> Outcomes:
    """33 models on 600 items of MMLU-Pro."""
    folder = shared_data / "outcomes" / "mmlu_pro"
    outcomes = next(iter(read("table", [folder], ImportOptions()).collections.values()))
    return outcomes.select(items=np.arange(0, outcomes.n_items, outcomes.n_items // 600)[:600])


def mean_of(rows: list[ProtocolRow], method: str, test: str, name: str) -> float:
    chosen = [row for row in rows if row.method == method and row.test == test]
    return float(np.mean([getattr(row.measures, name) for row in chosen]))


def test_models_with_few_results_are_told_apart(few_models: Outcomes) -> None:
    """Thirty results of each of 16 models: one result or two of an item."""
    methods = {"inductive": InductiveKernel()}
    rows = run_protocol(few_models, methods=methods, observed=(30,), seeds=(0, 1))
    spread = float(np.nanmean(few_models.scores, axis=1).std())
    assert mean_of(rows, "inductive", "A", "rmse_m") < 0.75 * spread


def test_means_of_few_models_are_at_least_as_good_as_plain_ones(few_models: Outcomes) -> None:
    methods = {"inductive": InductiveKernel(), "mean": MeanScore()}
    rows = run_protocol(few_models, methods=methods, observed=(100,), seeds=(0, 1))
    for test in "AB":
        ours, plain = (mean_of(rows, name, test, "rmse_m") for name in ("inductive", "mean"))
        assert ours < plain


def test_cards_of_few_models_do_no_harm(few_models: Outcomes) -> None:
    methods = {"mean": MeanScore(), "inductive": InductiveKernel()}
    rows = run_protocol(few_models, methods=methods, observed=(0.9,), seeds=(0, 1))
    for test in "CD":
        ours, means = (mean_of(rows, name, test, "rmse_p") for name in ("inductive", "mean"))
        assert ours < 1.05 * means
