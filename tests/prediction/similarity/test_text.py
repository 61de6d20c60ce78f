from __future__ import annotations

import numpy as np

from banzuke.prediction.similarity import TextFeatures


def cosines(texts: list[str]) -> np.ndarray:
    vectors = TextFeatures(20).fit_transform(texts)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


def test_the_order_of_texts_does_not_matter() -> None:
    random = np.random.default_rng(0)
    words = ["猫", "dog", "ゼロ", "seven", "prove", "why", "東京", "sum", "x + y", "not"]
    texts = [" ".join(random.choice(words, 6)) + f" {i}" for i in range(80)]
    order = random.permutation(80)
    moved = cosines([texts[i] for i in order])
    np.testing.assert_allclose(moved, cosines(texts)[np.ix_(order, order)], atol=1e-3)


def test_new_texts_are_projected_as_known_ones_are() -> None:
    texts = ["one two", "two three", "三つ 四つ", "four five six", "six seven"]
    fitted = TextFeatures(3)
    np.testing.assert_allclose(fitted.fit_transform(texts), fitted.transform(texts), atol=1e-6)
    assert not fitted.transform(["###"]).any()
