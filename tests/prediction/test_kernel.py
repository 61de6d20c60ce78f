from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction import ExtrapolationWarning, InductiveKernel, MeanScore
from banzuke.prediction.kernels import (
    combine,
    inverse_with_noise,
    leave_one_out,
    tune_weights,
)
from banzuke.testing import make_outcomes


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """120 models whose ability follows their size, 90 items."""
    full = make_outcomes(120, 90, seed=2)
    ability = full.models["ability"].to_numpy()
    difficulty = full.items["difficulty"].to_numpy()
    random = np.random.default_rng(0)
    chance = 1 / (1 + np.exp(difficulty - 2 * ability[:, None]))
    scores = (random.random(full.shape) < chance).astype(np.float32)
    return full.replace(scores=scores, models=full.models.drop("ability"))


@pytest.fixture(scope="module")
def fitted(outcomes: Outcomes) -> InductiveKernel:
    return InductiveKernel(4).fit(outcomes.select(models=slice(0, 80)))


def rmse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a - b) ** 2)))


def test_new_models_are_predicted_from_their_size(
    outcomes: Outcomes, fitted: InductiveKernel
) -> None:
    new = outcomes.select(models=slice(80, None))
    known = outcomes.models["params_b"][:80].max()
    inside = new.select(models=pl.col("params_b") <= known)
    predicted = fitted.predict(models=inside.models)
    assert predicted.shape == inside.shape
    blind = outcomes.scores[:80].mean(axis=0)
    assert rmse(predicted, inside.scores) < 0.85 * rmse(blind[None, :], inside.scores)


def test_metadata_in_the_matrix_gives_the_same_as_metadata_alone(outcomes: Outcomes) -> None:
    scores = outcomes.scores.copy()
    scores[80:] = np.nan
    whole = InductiveKernel(4).fit(outcomes.replace(scores=scores))
    part = InductiveKernel(4).fit(outcomes.select(models=slice(0, 80)))
    small = outcomes.models["params_b"] <= outcomes.models["params_b"][:80].max()
    rows = [row for row in range(80, 120) if small[row]]
    with pytest.warns(ExtrapolationWarning, match="larger than every known model"):
        predicted = whole.predict()
    assert len(rows) < 40
    np.testing.assert_allclose(
        predicted[rows], part.predict(models=outcomes.models[rows]), atol=1e-6
    )


def test_a_few_results_pull_a_new_model_to_where_it_belongs(outcomes: Outcomes) -> None:
    nameless = outcomes.replace(models=outcomes.models.select("model"))
    fitted = InductiveKernel(4).fit(nameless.select(models=slice(0, 80)))
    new = outcomes.select(models=np.arange(80, 120))
    results = np.full(new.shape, np.nan)
    results[:, ::3] = new.scores[:, ::3]
    card = new.models.select("model")
    blank = fitted.update(card, np.full(new.shape, np.nan))
    updated = fitted.update(card, results)
    truth = new.scores.mean(axis=1)
    assert rmse(updated.mean(axis=1), truth) < 0.6 * rmse(blank.mean(axis=1), truth)
    with pytest.raises(InvalidInputError, match="a row for each model"):
        fitted.update(card, results[:, :5])


def test_new_items_are_centred_on_the_models_benchmark_means(fitted: InductiveKernel) -> None:
    items = pl.DataFrame({"item_id": ["a", "b", "c"], "benchmark": ["bench0", "bench1", "other"]})
    predicted = fitted.predict(items=items)
    cells = fitted.predict()
    smooth = fitted.cells_
    np.testing.assert_allclose(predicted[:, 0], smooth[:, 0::3].mean(axis=1), atol=0.02)
    np.testing.assert_allclose(predicted[:, 1], smooth[:, 1::3].mean(axis=1), atol=0.02)
    assert predicted.shape == (80, 3)
    assert cells.shape == (80, 90)


def test_text_tells_hard_items_from_easy_ones() -> None:
    random = np.random.default_rng(0)
    full = make_outcomes(80, 160, n_benchmarks=1, seed=1)
    hard = random.random(160) < 0.5
    chance = np.where(hard, 0.2, 0.8)
    scores = (random.random(full.shape) < chance).astype(np.float32)
    text = [
        f"prove the theorem about manifolds number {i}" if h else f"what colour is apple {i}?"
        for i, h in enumerate(hard)
    ]
    outcomes = full.replace(scores=scores, items=full.items.with_columns(text=pl.Series(text)))
    hidden = scores.copy()
    hidden[:, 120:] = np.nan
    predicted = InductiveKernel(2).fit(outcomes.replace(scores=hidden)).predict()[:, 120:]
    blind = MeanScore().fit(outcomes.replace(scores=hidden)).predict()[:, 120:]
    assert rmse(predicted, scores[:, 120:]) < 0.9 * rmse(blind, scores[:, 120:])


def test_intervals_of_new_models_cover(outcomes: Outcomes, fitted: InductiveKernel) -> None:
    new = outcomes.select(models=np.arange(80, 120))
    largest = outcomes.models["params_b"][:80].max()
    new = new.select(models=pl.col("params_b") <= largest)
    expected = fitted.expected_scores(new.models)
    assert expected.item_ids == ["bench0", "bench1", "bench2"]
    truth = np.stack([new.scores[:, c::3].mean(axis=1) for c in range(3)], axis=1)
    inside = (expected.layers["lower"] <= truth) & (truth <= expected.layers["upper"])
    assert inside.mean() > 0.8
    narrow, wide = (fitted.model_radius(new.models, level=level) for level in (0.8, 0.97))
    assert (narrow < wide).all()
    assert fitted.item_radius() > 0
    with pytest.raises(InvalidInputError, match="no benchmark 'bench9'"):
        fitted.model_radius(new.models, benchmark="bench9")


def test_intervals_are_wider_for_a_new_organisation() -> None:
    """Each organisation's models are alike, so a stranger is harder to place."""
    random = np.random.default_rng(0)
    level = np.repeat(random.uniform(0.2, 0.8, 20), 6)
    scores = (random.random((120, 80)) < level[:, None]).astype(float)
    names = [f"org{i // 6}/m{i}" for i in range(120)]
    fitted = InductiveKernel(2).fit(Outcomes(scores, names, [f"q{i}" for i in range(80)]))
    known, new = fitted.model_radius(pl.DataFrame({"model": ["org3/new", "stranger/new"]}))
    assert new > 1.5 * known


def test_few_results_leave_intervals_wide() -> None:
    full = make_outcomes(160, 90, seed=0)
    logit = 2 * full.models["ability"].to_numpy()[:, None] - full.items["difficulty"].to_numpy()
    random = np.random.default_rng(0)
    scores = (random.random(full.shape) < 1 / (1 + np.exp(-logit))).astype(np.float32)
    cards = full.models.drop("ability")
    radii = []
    for share in (1.0, 0.2):
        seen = np.where(random.random((80, 90)) < share, scores[:80], np.nan)
        known = full.select(models=slice(0, 80)).replace(scores=seen, models=cards[:80])
        fitted = InductiveKernel(4).fit(known)
        inside = cards[80:].filter(~pl.Series(fitted.outside_known_range(cards[80:])))
        largest = np.nanmax(cards["params_b"][:80].to_numpy())
        inside = inside.filter(pl.col("params_b") <= largest)
        rows = np.flatnonzero(cards["model"].is_in(inside["model"].to_list()).to_numpy())
        error = np.abs(fitted.predict(models=inside).mean(axis=1) - scores[rows].mean(axis=1))
        radius = fitted.model_radius(inside)
        assert (error <= radius).mean() > 0.85
        radii.append(radius.mean())
    assert radii[1] > 1.3 * radii[0]


def test_intervals_of_means_over_some_cells(outcomes: Outcomes, fitted: InductiveKernel) -> None:
    """Over all items as without cells; wider over few, and over items that had no result."""
    new = outcomes.models[80:100]
    cells = np.ones((20, 90), dtype=bool)
    usual = fitted.model_radius(new)
    np.testing.assert_allclose(fitted.model_radius(new, cells=cells), usual)
    cells[:, 10:] = False
    assert (fitted.model_radius(new, cells=cells) >= 1.2 * usual).all()
    with pytest.raises(InvalidInputError, match=r"cells have shape \(20, 10\), not \(20, 90\)"):
        fitted.model_radius(new, cells=cells[:, :10])
    hidden = outcomes.scores[:80].copy()
    hidden[:, 60:] = np.nan
    partly = InductiveKernel(4).fit(
        outcomes.select(models=slice(0, 80)).replace(scores=hidden, models=outcomes.models[:80])
    )
    columns = np.tile(np.arange(90) >= 60, (20, 1))
    on_new = partly.model_radius(new, cells=columns)
    assert (on_new > 1.1 * partly.model_radius(new, cells=~columns)).all()


def test_few_models_have_no_bound() -> None:
    small = make_outcomes(3, 20)
    fitted = InductiveKernel(2).fit(small)
    assert np.isinf(fitted.model_radius(small.models)).all()


def test_larger_model_than_all_known_warns(fitted: InductiveKernel) -> None:
    with pytest.warns(ExtrapolationWarning, match="larger than every known model"):
        fitted.predict(models=pl.DataFrame({"model": ["huge"], "params_b": [1e5]}))
    both = pl.DataFrame({"model": ["huge", "usual"], "params_b": [1e5, 7.0]})
    assert fitted.model_radius(both)[0] > 1.2 * fitted.model_radius(both)[1]


def families(n: int) -> Outcomes:
    """Models of eight families, each better than the one before."""
    random = np.random.default_rng(3)
    family = np.arange(n) % 8
    level = np.clip(0.15 + 0.08 * family + 0.1 * random.normal(size=n), 0.02, 0.98)
    scores = (random.random((n, 60)) < level[:, None]).astype(float)
    names = [f"org{f}/m{i}" for i, f in enumerate(family)]
    return Outcomes(scores, names, [f"q{i}" for i in range(60)])


def test_stronger_models_as_a_group_warn_and_get_wider_intervals() -> None:
    whole = families(240)
    place = np.arange(240)
    known = whole.select(models=np.flatnonzero(place < 160))
    new = whole.select(models=np.flatnonzero((place >= 160) & (place % 8 >= 5)))
    fitted = InductiveKernel(4).fit(known)
    assert fitted.outside_known_range(new.models).all()
    with pytest.warns(ExtrapolationWarning, match="predicted stronger than the known models"):
        predicted = fitted.predict(models=new.models)
    radius, alone = (fitted.model_radius(frame) for frame in (new.models, new.models[[0]]))
    assert radius[0] > 1.3 * alone[0]
    assert (np.abs(predicted.mean(axis=1) - new.scores.mean(axis=1)) <= radius).mean() > 0.9
    assert (predicted.mean(axis=1) + radius <= 1 + 1e-6).all()


def test_new_models_like_the_known_ones_are_inside_the_known_range() -> None:
    whole = families(240)
    fitted = InductiveKernel(4).fit(whole.select(models=slice(0, 160)))
    assert not fitted.outside_known_range(whole.models[160:]).any()


@pytest.mark.parametrize("frame", [pl.DataFrame({"name": ["x"]}), pl.DataFrame({"item": ["x"]})])
def test_frame_without_a_key_is_refused(fitted: InductiveKernel, frame: pl.DataFrame) -> None:
    with pytest.raises(InvalidInputError, match="no column"):
        fitted.predict(models=frame)
    with pytest.raises(InvalidInputError, match="no column"):
        fitted.predict(items=frame)


@pytest.mark.parametrize(
    ("column", "message"),
    [("mmlu_score", "holds outcomes"), ("missing", "no column"), ("architecture", "numeric")],
)
def test_feature_columns_are_checked(outcomes: Outcomes, column: str, message: str) -> None:
    models = outcomes.models.with_columns(mmlu_score=pl.lit(0.5))
    with pytest.raises(InvalidInputError, match=message):
        InductiveKernel(columns=(column,)).fit(outcomes.replace(models=models))


def test_gaps_in_features_are_no_obstacle(outcomes: Outcomes) -> None:
    models = outcomes.models.with_columns(
        params_b=pl.Series([float("nan"), None, -1.0, 0.0] * 30),
        context=pl.Series([float("nan"), 4096.0, None, float("inf")] * 30),
    )
    predicted = InductiveKernel(2, columns=("context",)).fit(outcomes.replace(models=models))
    assert np.isfinite(predicted.predict()).all()


def test_tuned_weights_find_the_kernel_that_matters() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(120, 2))
    target = (2 * np.sin(2 * x[:, 0]) + 0.3 * random.normal(size=120))[:, None]
    kernels = [np.exp(-np.square(x[:, k, None] - x[:, k])) for k in (0, 1)]
    weights = tune_weights(kernels, target)
    assert weights[0] > weights[1] + 2


def test_closed_form_leave_one_out_equals_leaving_out() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(30, 3)), random.normal(size=(30, 2))
    kernel = combine({"x": x @ x.T, "unused": np.ones((30, 30))}, {"x": 0.5})
    np.testing.assert_allclose(kernel, np.exp(0.5) * x @ x.T)
    residual = leave_one_out(inverse_with_noise(kernel), y)
    for case in (0, 7, 29):
        rest = np.setdiff1d(np.arange(30), [case])
        noisy = kernel[np.ix_(rest, rest)] + np.eye(29)
        predicted = kernel[case, rest] @ np.linalg.solve(noisy, y[rest])
        np.testing.assert_allclose(residual[case], y[case] - predicted, atol=1e-9)


def test_tuning_starts_even_where_little_can_be_learned() -> None:
    """Pairs of relatives share a tenth of what is noise otherwise: the slope is faint."""
    random = np.random.default_rng(0)
    related = np.kron(np.eye(100), np.ones((2, 2)))
    shared = np.repeat(random.normal(size=(100, 60)), 2, axis=0)
    targets = np.sqrt(0.1) * shared + np.sqrt(0.9) * random.normal(size=(200, 60))
    found = tune_weights([related], targets, start=-4.0, stages=((200, 20),))
    # the two parts are known, so the best weight is: a ninth
    assert found == pytest.approx([np.log(1 / 9)], abs=0.15)
