from __future__ import annotations

import numpy as np
import pytest

from banzuke.ensembles import benchmark, encode
from banzuke.ensembles.benchmark import RIVAL_AGGREGATORS, Row, compare
from banzuke.exceptions import InvalidInputError

Letters = tuple[np.ndarray, np.ndarray]


def test_rows_for_each_method_aggregator_budget_and_split(letters: Letters) -> None:
    answers, labels = letters
    pool = encode(answers[:, :300], labels[:300])
    rivals = ("top-k", "greedy-mi")
    rows = benchmark(pool, budgets=[1, 3], n_splits=2, n_train=150, rivals=rivals)
    assert len(rows) == 2 * 2 * (1 + 2 * len(RIVAL_AGGREGATORS))
    assert {row.k for row in rows} == {1, 3}
    assert all(len(row.models) <= row.k and 0 <= row.accuracy <= 1 for row in rows)
    assert rows == benchmark(pool, budgets=[1, 3], n_splits=2, n_train=150, rivals=rivals)


def _row(method: str, split: int, accuracy: float) -> Row:
    return Row(
        method=method, aggregator="majority", k=1, split=split, models=("a",),
        accuracy=accuracy, log_loss=0.5, information=0.1,
    )  # fmt: skip


def test_verdicts() -> None:
    rows = [_row("cross-fitted", s, 0.8 + s / 1000) for s in range(20)]
    rows += [_row("top-k", s, 0.7 + s / 1000 + (s % 2) / 500) for s in range(20)]
    (result,) = compare(rows, test_share=1.0)
    assert (result["verdict"], result["rival"]) == ("win", "top-k + majority")
    equal = [*rows[:20], *(_row("top-k", s, 0.8 + s / 1000) for s in range(20))]
    (result,) = compare(equal, test_share=1.0)
    assert (result["verdict"], result["difference"]) == ("tie", 0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("gap", [-0.1, 0.1])
def test_a_single_split_decides_nothing(gap: float) -> None:
    rows = [_row("cross-fitted", 0, 0.7 + gap), _row("top-k", 0, 0.7)]
    (result,) = compare(rows, test_share=1.0)
    assert result["verdict"] == "tie"
    assert np.isnan([result["p"], result["standard_error"]]).all()


@pytest.mark.parametrize("change", [{"budgets": [9]}, {"budgets": []}, {"n_train": 1195}])
def test_bad_input_is_refused(letters: Letters, change: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        benchmark(encode(*letters), **{"budgets": [1], **change})  # type: ignore[arg-type]
