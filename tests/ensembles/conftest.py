"""Pools with a known truth."""

from __future__ import annotations

import numpy as np
import pytest

from banzuke.ensembles import FamilyModel, Pool

MODEL = FamilyModel(
    accuracies=(0.85, 0.8, 0.75, 0.7), families=(0, 0, 1, 1), across=0.45, within=0.75
)


@pytest.fixture(scope="session")
def pool() -> Pool:
    """Return 60,000 answers of the four models in two families of `MODEL`."""
    labels, answers = MODEL.sample(60_000, 0)
    return Pool(
        votes=answers.T.astype(np.int8), labels=labels, classes=("0", "1"), models=tuple("abcd")
    )


@pytest.fixture(scope="session")
def letters() -> tuple[np.ndarray, np.ndarray]:
    """Return answers (6 models x 1200 items, letters) and labels.

    ``strong`` is right most often, ``twin`` copies it almost always, ``other`` is weaker but
    independent, the rest is noise or often unparsed.
    """
    random = np.random.default_rng(5)
    labels = random.integers(0, 4, 1200)
    strong = np.where(random.random(1200) < 0.75, labels, random.integers(0, 4, 1200))
    twin = np.where(random.random(1200) < 0.97, strong, random.integers(0, 4, 1200))
    other = np.where(random.random(1200) < 0.62, labels, random.integers(0, 4, 1200))
    third = np.where(random.random(1200) < 0.55, labels, random.integers(0, 4, 1200))
    noise = random.integers(0, 4, 1200)
    silent = np.where(random.random(1200) < 0.7, 4, labels)
    alphabet = np.array(["A", "B", "C", "D", ""], dtype=object)
    return alphabet[np.stack([strong, twin, other, third, noise, silent])], alphabet[labels]
