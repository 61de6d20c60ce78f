from __future__ import annotations

import numpy as np
import pytest

from banzuke.ensembles import AGGREGATORS, ConfusionLogit
from banzuke.ensembles.aggregation import log_loss
from banzuke.ensembles.aggregators import make_aggregator
from banzuke.ensembles.bayes import PatternMap
from banzuke.ensembles.pool import NOT_ASKED, UNPARSED
from banzuke.ensembles.voting import MajorityVote
from banzuke.exceptions import InvalidInputError


def _biased(n_items: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """Return votes of two models of which the second says class 1 whenever in doubt."""
    random = np.random.default_rng(3)
    labels = random.integers(0, 3, n_items)
    good = np.where(random.random(n_items) < 0.6, labels, random.integers(0, 3, n_items))
    yes = np.where(random.random(n_items) < 0.5, labels, 1)
    return np.column_stack([good, yes]), labels


@pytest.mark.parametrize("name", AGGREGATORS)
def test_every_aggregator_gives_posteriors_and_beats_chance(name: str) -> None:
    votes, labels = _biased()
    votes[::17, 0], votes[::13, 1] = -1, -2
    fitted = make_aggregator(name).fit(votes[:1000], labels[:1000], 3)
    proba = fitted.predict_proba(votes[1000:])
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert (fitted.predict(votes[1000:]) == labels[1000:]).mean() > 0.6
    again = make_aggregator(name).fit(votes[:1000], labels[:1000], 3)
    np.testing.assert_array_equal(proba, again.predict_proba(votes[1000:]))


@pytest.mark.parametrize("name", AGGREGATORS)
def test_no_aggregator_minds_a_class_or_pattern_it_never_saw(name: str) -> None:
    fitted = make_aggregator(name).fit(np.array([[0], [1], [0], [1]]), np.array([0, 1, 0, 1]), 3)
    proba = fitted.predict_proba(np.array([[2], [-1], [-2]]))
    assert np.isfinite(proba).all()


def test_confusions_see_a_yes_bias_that_votes_do_not() -> None:
    votes, labels = _biased()
    fitted = [
        make_aggregator(name).fit(votes[:1000], labels[:1000], 3)
        for name in ("confusion-logit", "conditional-logit")
    ]
    by_confusion, by_vote = (
        log_loss(model.predict_proba(votes[1000:]), labels[1000:]).mean() for model in fitted
    )
    assert by_confusion < by_vote - 0.05


def test_confusion_logit_cross_fit_equals_a_fit_for_each_fold() -> None:
    votes, labels = _biased(300)
    folds = np.arange(300) % 5
    model = ConfusionLogit()
    slow = super(ConfusionLogit, model).cross_fit(votes, labels, 3, folds)
    np.testing.assert_allclose(model.cross_fit(votes, labels, 3, folds), slow, atol=2e-3)


def test_plug_in_map_follows_the_counts() -> None:
    votes = np.array([[0, 1]] * 5 + [[1, 0]] * 4)
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 1, 0])
    fitted = PatternMap(strength=1e-9).fit(votes, labels, 2)
    proba = fitted.predict_proba(np.array([[0, 1], [1, 0]]))
    np.testing.assert_allclose(proba[:, 0], [0.6, 0.25], atol=1e-6)


def test_majority_counts_heads() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 400)
    votes = np.where(
        random.random((400, 5)) < 0.6, labels[:, None], random.integers(0, 4, (400, 5))
    )
    predicted = MajorityVote().fit(votes, labels, 4).predict(votes)
    counts = (votes[:, :, None] == np.arange(4)).sum(axis=1)
    assert (counts[np.arange(400), predicted] == counts.max(axis=1)).all()


def test_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no aggregator 'x'"):
        make_aggregator("x")


@pytest.mark.parametrize("name", ["naive-bayes", "confusion-logit", "map", "map-back-off"])
@pytest.mark.parametrize("code", [NOT_ASKED, UNPARSED])
def test_an_answer_never_seen_says_nothing_about_a_rare_class(name: str, code: int) -> None:
    random = np.random.default_rng(0)
    labels = (random.random(3000) < 0.1).astype(int)
    right = random.random((3000, 3)) < [0.97, 0.96, 0.95]
    votes = np.where(right, labels[:, None], 1 - labels[:, None])
    aggregator = make_aggregator(name).fit(votes[:2000], labels[:2000], 2)
    fewer = votes[2000:].copy()
    fewer[:, 0] = code
    two = make_aggregator(name).fit(votes[:2000, 1:], labels[:2000], 2)
    accuracy = (aggregator.predict(fewer) == labels[2000:]).mean()
    assert accuracy == pytest.approx((two.predict(fewer[:, 1:]) == labels[2000:]).mean(), abs=0.01)
    nothing = aggregator.predict_proba(np.full((1, 3), code))[0]
    assert nothing == pytest.approx([0.9, 0.1], abs=0.06)
