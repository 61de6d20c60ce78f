"""The suite mini: complete, unambiguous for its own metrics, and unlike its shots."""

from __future__ import annotations

from collections import Counter

import pytest

from banzuke.evaluation import SUITES, load_suite
from banzuke.evaluation.metrics import METRICS
from banzuke.exceptions import NotFoundError

CATEGORIES = ["NLI", "QA", "RC", "MC", "EL", "FA", "MR", "MT", "STS", "HE", "SUM", "CG"]


@pytest.fixture(scope="module")
def mini():
    return load_suite("mini")


def test_every_suite_loads_with_unique_ids_and_known_metrics() -> None:
    for name in SUITES:
        suite = load_suite(name)
        ids = [item.item_id for _, item in suite.questions()]
        assert suite.name == name
        assert len(set(ids)) == len(ids)
        assert all(task.benchmark.metric in METRICS for task in suite.tasks)


def test_mini_has_twelve_categories_of_eight_items_and_one_metric_each(mini) -> None:
    counts = Counter(task.benchmark.category for task, _ in mini.questions())
    assert list(counts) == CATEGORIES
    assert set(counts.values()) == {8}
    metrics = {(task.benchmark.category, task.benchmark.metric) for task in mini.tasks}
    assert len(metrics) == 12
    assert all(len(task.shots) == 4 for task in mini.tasks)


def test_every_gold_answer_scores_1(mini) -> None:
    for task in mini.tasks:
        for item in (*task.items, *task.shots):
            for answer in item.answers:
                scored = METRICS[task.benchmark.metric].score(answer, item)
                assert scored == (pytest.approx(1.0), False), (item.item_id, answer)


def test_texts_are_all_different_and_shots_are_no_items(mini) -> None:
    texts = [item.text for task in mini.tasks for item in (*task.items, *task.shots)]
    assert len(set(texts)) == len(texts) == 148


def test_labels_are_balanced(mini) -> None:
    for task in mini.tasks:
        if task.benchmark.labels:
            counts = Counter(item.answers[0] for item in task.items)
            assert set(counts) == set(task.benchmark.labels)
            assert max(counts.values()) - min(counts.values()) <= 1


def test_limit_takes_the_first_items_of_each_benchmark(mini) -> None:
    ids = [item.item_id for _, item in mini.questions(1)]
    assert len(ids) == 13
    assert ids[:2] == ["nli-1", "qa-1"]


def test_unknown_suite() -> None:
    with pytest.raises(
        NotFoundError, match="there is no suite 'maxi'; there is mini, or name a folder"
    ):
        load_suite("maxi")
