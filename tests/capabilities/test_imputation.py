from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator

from banzuke.capabilities.imputation import GaussianImputer, MeanImputer, SoftImputer
from banzuke.capabilities.local_imputation import LocalGaussianImputer
from banzuke.exceptions import InvalidInputError

NAN = float("nan")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize(
    "estimator", [GaussianImputer(), LocalGaussianImputer(), SoftImputer(), MeanImputer()]
)
def test_keeps_the_estimator_contract(estimator: GaussianImputer) -> None:
    check_estimator(estimator)


def test_conditional_mean_and_variance_of_a_known_gaussian() -> None:
    random = np.random.default_rng(0)
    covariance = np.array([[1.0, 0.8], [0.8, 1.0]])
    X = random.multivariate_normal([2, 5], covariance, size=20_000)
    X[:10_000, 1] = np.nan
    imputer = GaussianImputer(ridge=0).fit(X)
    probe = [[3.0, NAN]]
    assert imputer.transform(probe)[0, 1] == pytest.approx(5.8, abs=0.05)
    low, high = imputer.intervals(probe, level=0.9)
    half = 1.6449 * np.sqrt(1 - 0.8**2)
    assert high[0, 1] - low[0, 1] == pytest.approx(2 * half, abs=0.05)
    assert np.isnan(low[0, 0])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), shift=st.floats(-50, 50), scale=st.floats(0.1, 100))
def test_units_do_not_matter(seed: int, shift: float, scale: float) -> None:
    random = np.random.default_rng(seed)
    X = random.normal(size=(12, 3)) + random.normal(size=(12, 1))
    X[random.random(X.shape) < 0.2] = np.nan
    X[:2] = random.normal(size=(2, 3))
    plain = GaussianImputer().fit_transform(X)
    moved = GaussianImputer().fit_transform(shift + scale * X)
    np.testing.assert_allclose(moved, shift + scale * plain, rtol=1e-5, atol=1e-5 * scale)
    seen = ~np.isnan(X)
    np.testing.assert_array_equal(plain[seen], X[seen])


def test_similar_models_correct_what_is_not_gaussian() -> None:
    random = np.random.default_rng(0)
    kind = random.integers(2, size=200)  # two recipes, told apart by how A and B differ
    a = random.normal(size=200)
    b = a + 4 * kind + 0.1 * random.normal(size=200)
    c = a * np.where(kind == 1, 1, -1) + 0.1 * random.normal(size=200)
    X = np.stack([a, b, c], axis=1)
    gaps = X.copy()
    gaps[:40, 2] = np.nan
    error = {
        type(imputer).__name__: np.abs(imputer.fit_transform(gaps) - X)[:40, 2].mean()
        for imputer in (GaussianImputer(), LocalGaussianImputer())
    }
    assert error["LocalGaussianImputer"] < 0.6 * error["GaussianImputer"]
    backwards = LocalGaussianImputer().fit_transform(gaps[::-1])[::-1]
    np.testing.assert_allclose(backwards, LocalGaussianImputer().fit_transform(gaps), atol=1e-9)


def test_models_without_any_score_get_the_mean() -> None:
    X = np.array([[0.1, 0.3], [0.3, 0.5], [0.2, 0.4], [NAN, NAN]])
    np.testing.assert_allclose(GaussianImputer().fit_transform(X)[3], [0.2, 0.4], atol=1e-6)


def test_better_than_the_baselines_on_a_real_board(shared_data: Path) -> None:
    table = pl.read_parquet(shared_data / "leaderboards/open_llm_v2_domains/scores.parquet")
    chosen = table.filter(pl.col("paper_base_model") == "qwen2.5-14b")
    X = chosen["IFEval", "BBH", "MATH Lvl 5", "GPQA", "MUSR", "MMLU-PRO"].to_numpy()
    error: dict[tuple[str, float], float] = {}
    covered = []
    # where little is hidden, one mask differs much from another: more of them
    for share, n_masks in ((0.1, 20), (0.5, 5), (0.9, 4)):
        for name, imputer in {
            "gaussian": GaussianImputer(),
            "local": LocalGaussianImputer(),
            "mean": MeanImputer(),
            "uncentred": SoftImputer(centred=False),
        }.items():
            if name == "uncentred" and share < 0.9:
                continue
            squares = []
            for seed in range(1 if name == "uncentred" else n_masks):
                hidden = np.random.default_rng(seed).random(X.shape) < share
                gaps = np.where(hidden, np.nan, X)
                filled = imputer.fit(gaps).transform(gaps)
                squares.append(np.sqrt(((filled - X)[hidden] ** 2).mean()))
                if name == "local" and seed < 1:
                    low, high = imputer.intervals(gaps)
                    covered.append(((low <= X) & (high >= X))[hidden].mean())
            error[name, share] = float(np.mean(squares))
    assert error["gaussian", 0.1] < 0.85 * error["mean", 0.1]
    assert error["local", 0.1] < 6.0
    assert error["local", 0.5] < 7.5
    assert error["local", 0.9] < 8.7
    assert error["gaussian", 0.5] < 7.5
    assert error["gaussian", 0.9] < 8.7
    assert error["uncentred", 0.9] > 30  # the published fill, which collapses
    assert np.mean(covered) == pytest.approx(0.9, abs=0.03)


def _hits(X: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Whether intervals hold the scores that were hidden at random."""
    hidden = np.random.default_rng(seed).random(X.shape) < share
    gaps = np.where(hidden, np.nan, X)
    low, high = LocalGaussianImputer().fit(gaps).intervals(gaps)
    return np.asarray(((low <= X) & (high >= X))[hidden])


@pytest.mark.parametrize(
    ("n_models", "n_benchmarks", "n_draws"), [(8, 6, 6), (14, 8, 3), (60, 6, 3), (400, 6, 1)]
)
def test_intervals_hold_for_few_models_and_for_many(
    n_models: int, n_benchmarks: int, n_draws: int
) -> None:
    hits = []
    for seed in range(n_draws):
        random = np.random.default_rng(seed)
        common = random.normal(size=(n_models, 1))
        noise = random.normal(size=(n_models, n_benchmarks))
        hits.append(_hits(0.9 * common + 0.44 * noise, 0.12, seed))
    assert 0.82 < np.concatenate(hits).mean() < 0.97


def test_intervals_hold_on_real_tables_of_few_models(shared_data: Path) -> None:
    folder = shared_data / "outcomes/mmlu_pro"
    scores = pl.read_parquet(folder / "scores.parquet").drop("item_id").to_numpy().astype(float)
    tasks = pl.read_parquet(folder / "items.parquet")["task"].to_numpy()
    table = np.stack([scores[tasks == task].mean(axis=0) for task in np.unique(tasks)], axis=1)
    assert table.shape == (33, 14)
    some = [np.random.default_rng(seed).permutation(33)[:16] for seed in range(3)]
    hits = [_hits(table, 0.1, 0), *(_hits(table[rows], 0.1, i) for i, rows in enumerate(some))]
    assert 0.82 < np.concatenate(hits).mean() < 0.97


def test_intervals_do_not_depend_on_the_order_of_models_and_widen_with_the_level() -> None:
    random = np.random.default_rng(3)
    X = random.normal(size=(20, 1)) + 0.5 * random.normal(size=(20, 4))
    X[random.random(X.shape) < 0.15] = np.nan
    low, high = LocalGaussianImputer().fit(X).intervals(X)
    backwards = LocalGaussianImputer().fit(X[::-1]).intervals(X[::-1])
    np.testing.assert_allclose(backwards[0][::-1], low, atol=1e-6)
    np.testing.assert_allclose(backwards[1][::-1], high, atol=1e-6)
    widths = [
        np.nanmean(high - low)
        for low, high in (
            LocalGaussianImputer().fit(X).intervals(X, level=level)
            for level in (0.5, 0.9, 0.99, 0.999)
        )
    ]
    assert (np.diff(widths) > 0).all()


def test_bad_input_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="column 1 has fewer than 2 scores"):
        GaussianImputer().fit([[0.1, NAN], [0.2, NAN], [0.3, 0.1]])
    with pytest.raises(NotFittedError):
        GaussianImputer().transform([[0.1, 0.2]])
    with pytest.raises(InvalidInputError, match="expecting 2 features"):
        GaussianImputer().fit([[0.1, 0.2], [0.2, 0.1]]).transform([[0.1]])
