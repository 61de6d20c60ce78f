from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import hypergeom

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.few_items import estimate
from banzuke.prediction.item_choice import METHODS, Stop, choose_items
from banzuke.prediction.item_draws import Draws
from banzuke.prediction.item_quality import FLAGS, item_quality
from banzuke.prediction.response_space import ResponseSpace
from banzuke.testing import make_outcomes

N_KNOWN, N_ITEMS = 150, 400


@pytest.fixture(scope="module")
def full() -> Outcomes:
    return make_outcomes(300, N_ITEMS, seed=4)


@pytest.fixture(scope="module")
def space(full: Outcomes) -> ResponseSpace:
    return ResponseSpace.fit(full.select(models=np.arange(N_KNOWN)))


def sampled(row: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    result = np.full(len(row), np.nan)
    drawn = random.permutation(len(row))[:k]
    result[drawn] = row[drawn]
    return result


def test_interval_covers_and_needs_fewer_items(full: Outcomes, space: ResponseSpace) -> None:
    random = np.random.default_rng(0)
    inside, errors, plain, effective = [], [], [], []
    for row in full.scores[N_KNOWN:]:
        some = sampled(row, 60, random)
        found = estimate(space, some)
        inside.append(found.lower <= row.mean() <= found.upper)
        errors.append(found.mean - row.mean())
        plain.append(np.nanmean(some) - row.mean())
        effective.append(found.effective_n)
    assert 0.83 <= np.mean(inside) <= 0.97
    assert np.mean(np.square(errors)) < 0.9 * np.mean(np.square(plain))
    assert np.mean(effective) > 60


def test_valid_for_a_model_stronger_than_all_known(full: Outcomes, space: ResponseSpace) -> None:
    random = np.random.default_rng(1)
    chance = 1 / (1 + np.exp(full.items["difficulty"].to_numpy() - 5))
    inside = []
    for _ in range(150):
        row = (random.random(N_ITEMS) < chance).astype(float)
        found = estimate(space, sampled(row, 60, random))
        inside.append(found.lower <= row.mean() <= found.upper)
    assert np.mean(inside) >= 0.83


@pytest.mark.parametrize("score", [0.0, 1.0])
@pytest.mark.parametrize("n", [5, 10, 50, 200])
def test_results_all_alike_are_no_certainty(space: ResponseSpace, score: float, n: int) -> None:
    """The interval is the exact one, or longer: the model expects others that differ."""
    some = sampled(np.full(N_ITEMS, score), n, np.random.default_rng(0))
    found = estimate(space, some)
    differ = np.arange(N_ITEMS + 1)
    exact = differ[hypergeom.pmf(0, N_ITEMS, differ, n) >= 0.05].max() / N_ITEMS
    end = found.upper if score == 0 else 1 - found.lower
    assert exact - 1e-9 <= end <= exact + 0.05
    assert found.lower <= score <= found.upper
    assert found.standard_error > end / 6
    assert found.effective_n >= 0.95 * n


def extreme(space: ResponseSpace, random: np.random.Generator, share: float) -> np.ndarray:
    """Return the results of a model of this score, far from the known ones, on all items."""
    ease = np.log(np.clip(space.mean, 0.05, 0.95) / np.clip(1 - space.mean, 0.05, 0.95))
    return (ease + random.logistic(size=N_ITEMS) > -np.log(share / (1 - share))).astype(float)


@pytest.mark.parametrize("share", [0.04, 0.97])
@pytest.mark.parametrize("k", [5, 12, 25])
def test_interval_holds_near_the_ends(space: ResponseSpace, share: float, k: int) -> None:
    random = np.random.default_rng(2)
    inside = []
    for _ in range(150):
        row = extreme(space, random, share)
        found = estimate(space, sampled(row, k, random))
        inside.append(found.lower <= row.mean() <= found.upper)
    assert np.mean(inside) >= 0.84


@pytest.mark.parametrize("k", [3, 5, 9])
def test_no_interval_is_empty_or_leaves_what_is_possible(space: ResponseSpace, k: int) -> None:
    random = np.random.default_rng(3)
    for share in (0.03, 0.5, 0.97):
        for _ in range(40):
            row = extreme(space, random, share)
            some = sampled(row, k, random)
            found = estimate(space, some)
            assert found.upper - found.lower > 0.1
            assert found.lower <= found.mean <= found.upper
            assert found.lower >= np.nansum(some) / N_ITEMS - 1e-9
            assert found.upper <= 1 - np.nansum(1 - some) / N_ITEMS + 1e-9


@pytest.mark.parametrize("adaptive", [False, True])
def test_partial_scores_vary_less_than_right_and_wrong(full: Outcomes, adaptive: bool) -> None:
    random = np.random.default_rng(4)
    scores = np.clip(0.2 + 0.6 * full.scores + random.normal(0, 0.05, full.scores.shape), 0, 1)
    space = ResponseSpace.fit(scores[:N_KNOWN])
    inside, errors, plain, stated, effective = [], [], [], [], []
    for seed, row in enumerate(scores[N_KNOWN:]):
        some, draws = sampled(row, 50, random), None
        plain.append(np.nanmean(some) - row.mean())
        if adaptive:
            some, draws = adaptively(space, row, seed=seed, most=50)
        found = estimate(space, some, draws=draws, level=0.8)
        inside.append(found.lower <= row.mean() <= found.upper)
        errors.append(found.mean - row.mean())
        stated.append(found.standard_error)
        effective.append(found.effective_n)
    assert 0.7 <= np.mean(inside) <= 0.9
    assert np.mean(stated) == pytest.approx(np.std(errors), rel=0.25)
    assert np.median(effective) == pytest.approx(50 * np.var(plain) / np.var(errors), rel=0.4)


def test_everything_run_leaves_no_doubt(full: Outcomes, space: ResponseSpace) -> None:
    found = estimate(space, full.scores[200])
    assert found.standard_error == 0
    assert found.mean == pytest.approx(full.scores[200].mean(), abs=1e-6)
    assert found.predicted_mean == pytest.approx(full.scores[200].mean(), abs=1e-6)
    assert found.lower == found.mean == found.upper
    assert found.effective_n == N_ITEMS


def test_estimate_refuses_what_it_cannot_use(space: ResponseSpace) -> None:
    one = np.full(N_ITEMS, np.nan)
    one[0] = 1.0
    with pytest.raises(InvalidInputError, match="at least 2"):
        estimate(space, one)
    with pytest.raises(InvalidInputError, match="one score for each item"):
        estimate(space, [1.0, 0.0])
    with pytest.raises(InvalidInputError, match="outside"):
        estimate(space, np.full(N_ITEMS, 7.0))
    with pytest.raises(InvalidInputError, match="level"):
        estimate(space, one, level=1.0)


def test_first_items_are_random_and_later_ones_informative(
    full: Outcomes, space: ResponseSpace
) -> None:
    first = choose_items(space, n=20)
    assert first.reason == "random"
    assert first == choose_items(space, n=20)
    assert first != choose_items(space, n=20, seed=1)
    some = sampled(full.scores[200], 40, np.random.default_rng(0))
    later = choose_items(space, some, n=15, method="informative")
    assert later.reason == "informative"
    assert len(set(later.items)) == 15
    assert np.isnan(some[list(later.items)]).all()


def test_informative_items_narrow_the_belief_more_than_random_ones(
    full: Outcomes, space: ResponseSpace
) -> None:
    some = sampled(full.scores[200], 40, np.random.default_rng(0))
    target = space.loadings.mean(axis=0)

    def variance(items: np.ndarray) -> float:
        row = some.copy()
        row[items] = full.scores[200, items]
        return float(target @ space.posterior(row).covariance @ target)

    chosen = variance(np.array(choose_items(space, some, n=30, method="informative").items))
    left = np.flatnonzero(np.isnan(some))
    drawn = [variance(np.random.default_rng(s).permutation(left)[:30]) for s in range(10)]
    assert chosen < min(drawn)


def test_choosing_stops(full: Outcomes, space: ResponseSpace) -> None:
    some = sampled(full.scores[200], 40, np.random.default_rng(0))
    assert choose_items(space, some, stop=Stop(width=0.9)).reason == "narrow enough"
    assert choose_items(space, full.scores[200]).reason == "all run"
    assert choose_items(space, some, stop=Stop(against=(0.01, 0.99))).reason == "rank settled"
    mean = estimate(space, some).mean
    assert choose_items(space, some, stop=Stop(against=(mean,))).reason == "adaptive"
    for rival in (estimate(space, some).lower, estimate(space, some).upper):  # asked more than once
        assert choose_items(space, some, stop=Stop(against=(rival,))).reason == "adaptive"
    with pytest.raises(InvalidInputError, match="at least 1"):
        choose_items(space, n=0)
    with pytest.raises(InvalidInputError, match="no method 'best'"):
        choose_items(space, method="best")


def adaptively(
    space: ResponseSpace, row: np.ndarray, *, seed: int, stop: Stop | None = None, most: int = 60
) -> tuple[np.ndarray, Draws]:
    """Run choose_items until it stops or ``most`` items are run."""
    some, draws = np.full(len(row), np.nan), Draws()
    while len(draws.items) < most:
        size = min(25 if not draws.items else 7, most - len(draws.items))
        choice = choose_items(space, some, n=size, draws=draws, stop=stop, seed=seed)
        assert choice.draws is not None
        if not choice.items:
            break
        draws = choice.draws
        some[list(choice.items)] = row[list(choice.items)]
    return some, draws


def test_interval_covers_after_adaptive_choice(full: Outcomes, space: ResponseSpace) -> None:
    inside, errors, width = [], [], []
    for seed, row in enumerate(full.scores[N_KNOWN:]):
        some, draws = adaptively(space, row, seed=seed)
        found = estimate(space, some, draws=draws)
        inside.append(found.lower <= row.mean() <= found.upper)
        errors.append(found.mean - row.mean())
        width.append(found.upper - found.lower)
    assert 0.83 <= np.mean(inside) <= 0.97
    # unbiased: the mean error is within three of its standard errors
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(len(errors))


def test_interval_covers_after_stopping(full: Outcomes, space: ResponseSpace) -> None:
    inside, run, wrong, settled = [], [], 0, 0
    for seed, row in enumerate(full.scores[N_KNOWN : N_KNOWN + 40]):
        some, draws = adaptively(space, row, seed=seed, stop=Stop(width=0.2), most=120)
        found = estimate(space, some, draws=draws)
        inside.append(found.lower <= row.mean() <= found.upper)
        run.append(len(draws.items))
        rival = 0.5
        some, draws = adaptively(space, row, seed=seed, stop=Stop(against=(rival,)), most=60)
        if len(draws.items) < 60:
            settled += 1
            wrong += (estimate(space, some, draws=draws).mean > rival) != (row.mean() > rival)
    assert np.mean(inside) >= 0.8
    assert np.mean(run) < 110
    assert settled > 12
    assert wrong <= 0.1 * settled


def test_draws_weigh_what_was_seen_by_its_chance() -> None:
    """Without predictions, two draws give Raj's estimator, computed by hand."""
    flat = ResponseSpace(np.zeros(4), np.zeros((4, 1)), np.ones(1), np.full(4, 0.25))
    row = np.array([1.0, np.nan, 0.0, np.nan])
    found = estimate(flat, row, draws=Draws((0, 2), (0.5, 0.25), (False, False)))
    first, second = (0 + 1 / 0.5) / 4, (1 + 0 / 0.25) / 4
    # predicted variances: (sum of deviations)^2 - sum of variances, over 4, then 3 items
    p = 0.02 * 0.98
    variance = np.array([(16 - 4) * p, (9 - 3) * p])
    assert found.mean == pytest.approx((first / variance[0] + second / variance[1])
                                       / (1 / variance).sum())  # fmt: skip


def test_draws_are_checked(space: ResponseSpace) -> None:
    some = np.full(N_ITEMS, np.nan)
    some[:5] = 1.0
    with pytest.raises(InvalidInputError, match="1 of 2 drawn items have no result"):
        estimate(space, some, draws=Draws((0, 9), (0.1, 0.1), (True, True)))
    with pytest.raises(InvalidInputError, match="not among"):
        estimate(space, some, draws=Draws((N_ITEMS,), (0.1,), (True,)))
    for broken, message in (
        (((0, 0), (0.1, 0.1), (True, True)), "twice"),
        (((0,), (0.0,), (True,)), "above 0"),
        (((0,), (), (True,)), "one chance"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            Draws(*broken)


def test_fixed_subset_ignores_results(full: Outcomes, space: ResponseSpace) -> None:
    nothing = choose_items(space, n=10, method="fixed")
    one = np.full(N_ITEMS, np.nan)
    one[nothing.items[0]] = 1.0
    assert choose_items(space, one, n=9, method="fixed").items == nothing.items[1:]
    assert {choose_items(space, one, n=3, method=m).reason for m in METHODS} == {"random", "fixed"}


def test_flags_find_what_was_planted() -> None:
    outcomes = make_outcomes(200, 60, n_benchmarks=2, seed=3)
    scores = outcomes.scores.copy()
    ability = outcomes.models["ability"].to_numpy()
    scores[:, 0], scores[:, 1] = 0, 1
    scores[:, 2] = ability < np.median(ability)
    text = [f"question {i}" for i in range(60)]
    text[12] = "  Question   １０ "
    items = outcomes.items.with_columns(text=pl.Series(text))
    table = item_quality(outcomes.replace(scores=scores, items=items))
    flagged = {name: table.filter(pl.col(name))["item_id"].to_list() for name in FLAGS}
    assert flagged["never_solved"] == ["q0"]
    assert flagged["always_solved"] == ["q1"]
    assert flagged["wrong_gold"] == ["q2"]
    assert "q2" in flagged["negative"]
    assert flagged["duplicate"] == ["q12"]
    assert table["duplicate_of"][12] == "q10"
    sure = table.filter(pl.col("wrong_gold"))
    assert (sure["correlation_upper"] < 0).all()
    known = table.drop_nulls("item_rest_correlation")
    assert (known["correlation_lower"] < known["item_rest_correlation"]).all()
    assert table["item_rest_correlation"][0] is None


def test_few_sound_items_are_called_wrong() -> None:
    table = item_quality(make_outcomes(60, 900, n_benchmarks=1, seed=3))
    assert table["wrong_gold"].sum() <= 1


def test_item_rest_correlation_with_gaps_agrees_with_the_plain_formula() -> None:
    outcomes = make_outcomes(50, 12, n_benchmarks=1, observed=0.7, seed=3)
    table = item_quality(outcomes)
    for item in (0, 5):
        run = outcomes.observed[:, item]
        rest = np.nanmean(np.delete(outcomes.scores, item, axis=1), axis=1)
        expected = np.corrcoef(outcomes.scores[run, item], rest[run])[0, 1]
        assert table["item_rest_correlation"][item] == pytest.approx(expected, abs=1e-6)


def test_two_models_are_too_few() -> None:
    with pytest.raises(InvalidInputError, match="at least 3"):
        item_quality(make_outcomes(2, 5))
