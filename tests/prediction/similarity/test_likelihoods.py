from __future__ import annotations

import importlib.util
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from banzuke.exceptions import EngineError, InvalidInputError, MissingExtraError
from banzuke.outcomes import Outcomes
from banzuke.prediction import InductiveKernel
from banzuke.prediction.similarity import AnswerLikelihoods, ItemFeatures
from banzuke.prediction.similarity._language_models import Continuation, language_model
from tests.prediction.similarity.fake_server import FakeServer

ITEMS = pl.DataFrame(
    {
        "item_id": ["capital", "sum", "blank", "open", "no label"],
        "benchmark": ["mc", "math", "blanks", "mc", "mc"],
        "text": ["Capital?", "1 + 1?", "The _ is red.", "Why?", "Who?"],
        "choices": [["oslo", "zz top"], None, ["car", "zoo"], None, ["a", "b"]],
        "label": ["A", None, "B", None, None],
        "answer": [None, "1 and 1 is 2", None, None, None],
    },
    schema_overrides={"choices": pl.List(pl.String)},
)


def letters(costly: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A language model of letters, after one that begins; costly ones have 3 nats, others 1."""

    def choice(index: int, text: str) -> dict[str, Any]:
        values = [None, *(-3.0 if letter in costly else -1.0 for letter in text)]
        return {"index": index, "text": text, "logprobs": {"token_logprobs": values}}

    return lambda body: {
        "choices": [choice(i, text) for i, text in enumerate(body["prompt"])][::-1]
    }


@pytest.fixture
def fake(server: FakeServer) -> FakeServer:
    server.answer = letters("z")
    return server


def test_a_server_gives_sum_number_and_least_of_the_text_alone(fake: FakeServer) -> None:
    model = language_model(fake.model)
    pairs = [Continuation("zz", "az"), Continuation("\n", "pizza"), Continuation("", "ab")]
    np.testing.assert_allclose(
        model.log_likelihoods(pairs), [[-4, 2, -3], [-9, 5, -3], [-2, 2, -1]]
    )


def test_of_what_is_too_long_for_a_server_the_beginning_is_left_out(fake: FakeServer) -> None:
    model = language_model(fake.model)
    fake.most_letters = 300
    pairs = [Continuation("a" * 1000, "zz"), Continuation("a", "zzz"), Continuation("", "ab" * 400)]
    found = model.log_likelihoods(pairs)
    np.testing.assert_allclose(found, [[-6, 2, -3], [-9, 3, -3], [-200, 200, -1]])


def test_right_options_stand_against_the_others(fake: FakeServer, tmp_path: Path) -> None:
    found = AnswerLikelihoods(fake.model, cache=tmp_path).fit(ITEMS).transform(ITEMS)
    assert found.shape == (5, 20)
    # oslo: 4 tokens of 1 nat; zz top: 6 tokens, 10 nats; the same on their own
    margins = [6.0, 6.0, 0.0, 1 / (1 + np.exp(-6))]
    np.testing.assert_allclose(found[0, :4], margins)
    np.testing.assert_allclose(found[0, 5:7], [10 / 6 - 1] * 2)
    np.testing.assert_allclose(found[0, 10:14], [0, 0, 0, 0.5])
    assert found[0, 15] == 1.0
    assert not found[0, 16:].any()
    # a solution: per token, in all, its least likely token; and the question per token
    np.testing.assert_allclose(found[1, 16:], [1.0, 12.0, 1.0, 1.0])
    # in a sentence with a blank, what follows is read: the same after each option
    np.testing.assert_allclose(found[2, :4], [0, 0, 0, 0.5])
    assert "The zoo is red." in fake.asked("prompt")
    assert not found[3:].any()
    assert not any("Who?" in text for text in fake.asked("prompt"))


def test_each_text_is_read_once_whoever_asks(
    fake: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANZUKE_PROBE_API_KEY", "secret")
    first = AnswerLikelihoods(fake.model, cache=tmp_path).fit(ITEMS)
    values = first.transform(ITEMS)
    asked = len(fake.asked("prompt"))
    assert set(fake.keys) == {"Bearer secret"}
    travelled = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(travelled.transform(ITEMS), values)
    assert len(fake.asked("prompt")) == asked


def test_what_came_before_a_failure_is_kept(fake: FakeServer, tmp_path: Path) -> None:
    AnswerLikelihoods(fake.model, cache=tmp_path).fit(ITEMS).transform(ITEMS[:1])
    fake.failures = [400]
    with pytest.raises(EngineError, match="answers 400"):
        AnswerLikelihoods(fake.model, cache=tmp_path).fit(ITEMS).transform(ITEMS)
    AnswerLikelihoods(fake.model, cache=tmp_path).fit(ITEMS).transform(ITEMS)
    texts = [text for text in fake.asked("prompt") if len(text.strip()) and text != "Capital?\n"]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"choices": [{"index": 0, "logprobs": None}]},
        {"choices": []},
        [1, 2],
    ],
)
def test_a_server_without_an_echo_is_told_what_it_lacks(
    fake: FakeServer, tmp_path: Path, answer: Any
) -> None:
    fake.answer = lambda _: answer
    with pytest.raises(EngineError, match=r"no log-probabilities of the prompt.*'echo'"):
        AnswerLikelihoods(fake.model, cache=tmp_path).fit(ITEMS).transform(ITEMS)


def test_probabilities_that_are_not_numbers_are_no_answer(server: FakeServer) -> None:
    model = language_model(server.model)
    echo: dict[str, list[float | None]] = {"token_logprobs": [None, float("-inf")]}
    start = {"index": 0, "logprobs": {"token_logprobs": [None]}}
    server.answer = lambda _: {"choices": [start, {"index": 1, "logprobs": echo}]}
    ruled_out = model.log_likelihoods([Continuation("a", "b")])
    assert ruled_out.tolist() == [[-100.0, 1.0, -100.0]]
    echo["token_logprobs"] = [None, float("nan")]
    with pytest.raises(EngineError, match="no log-probabilities"):
        model.log_likelihoods([Continuation("a", "b")])


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        ("", InvalidInputError, "has no name"),
        ("http://127.0.0.1:1/v1", InvalidInputError, "names no model"),
    ],
)
def test_impossible_models_are_errors_at_once(
    model: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        AnswerLikelihoods(model).fit(ITEMS)


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed")
def test_without_its_libraries_the_packaged_model_says_what_to_install() -> None:
    with pytest.raises(MissingExtraError, match="pip install transformers torch gguf accelerate"):
        AnswerLikelihoods("smollm2").fit(ITEMS)


def test_nothing_to_read_is_no_question(fake: FakeServer, tmp_path: Path) -> None:
    probe = AnswerLikelihoods(fake.model, cache=tmp_path).fit(ITEMS)
    assert not probe.transform(ITEMS[3:]).any()
    assert probe.transform(ITEMS[:0]).shape == (0, 20)
    assert not fake.bodies


def hard_items(n: int = 160) -> Outcomes:
    """Items whose difficulty is how many letters of the right option are of n to z."""
    random = np.random.default_rng(0)
    costs = random.integers(0, 8, n)
    logit = random.normal(size=(60, 1)) + 2 - 0.6 * costs
    scores = (random.random(logit.shape) < 1 / (1 + np.exp(-logit))).astype(np.float32)
    easy, hard = list("abcdefghijklm"), list("nopqrstuvwxyz")
    letters = [[*random.choice(hard, k), *random.choice(easy, 8 - k)] for k in costs]
    words = ["".join(random.permutation(word)) for word in letters]
    items = pl.DataFrame(
        {
            "item_id": [str(i) for i in range(n)],
            "benchmark": "one",
            "text": [f"Which is {'abcdefgh'[i % 8]}?" for i in range(n)],
            "choices": [[word, "abcdefgh"] for word in words],
            "label": ["A"] * n,
        }
    )
    return Outcomes(scores, [f"#{i}" for i in range(60)], items)


def test_a_probe_tells_which_new_items_are_hard(fake: FakeServer, tmp_path: Path) -> None:
    fake.answer = letters("nopqrstuvwxyz")
    full = hard_items()
    scores = full.scores.copy()
    scores[:, 100:] = np.nan
    shown = full.replace(scores=scores)
    errors = []
    for probe in (None, AnswerLikelihoods(fake.model, cache=tmp_path)):
        predictor = InductiveKernel(probe=probe).fit(shown)
        predicted = predictor.predict()[:, 100:].mean(axis=0)
        errors.append(np.sqrt(np.mean((predicted - full.scores[:, 100:].mean(axis=0)) ** 2)))
        assert ("likelihood" in predictor.item_weights_) == (probe is not None)
    assert errors[1] < 0.7 * errors[0]


def test_features_of_a_probe_are_standardised_within_benchmarks(
    fake: FakeServer, tmp_path: Path
) -> None:
    items = hard_items(40).items
    groups = ItemFeatures(probe=AnswerLikelihoods(fake.model, cache=tmp_path)).fit_transform(items)
    matrix = groups["likelihood"] * np.sqrt(20)
    np.testing.assert_allclose(matrix.mean(axis=0), 0, atol=1e-9)
    assert np.all(np.isclose(matrix.std(axis=0), 1) | (matrix.std(axis=0) == 0))


@pytest.mark.skipif(
    not os.environ.get("BANZUKE_TEST_CAUSAL_LM"), reason="BANZUKE_TEST_CAUSAL_LM names no model"
)
def test_a_model_of_transformers_finds_a_capital(tmp_path: Path) -> None:
    model = language_model(os.environ["BANZUKE_TEST_CAUSAL_LM"])
    question = "Question: What is the capital of France?\nAnswer:"
    pairs = [Continuation(question, " Paris"), Continuation(question, " Bicycle repair shop")]
    found = model.log_likelihoods(pairs)
    np.testing.assert_allclose(found[:1], model.log_likelihoods(pairs[:1]), atol=1e-3)
    assert found[0, 0] > found[1, 0] + 5
    assert found[0, 1] == 1
    long = model.log_likelihoods([Continuation("word " * 5000, "word"), *pairs])
    np.testing.assert_allclose(long[1:], found, atol=1e-2)
    assert long[0, 1] >= 1
    assert np.isfinite(long).all()
