"""How far more models can take a pool: expected accuracy against their number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from banzuke.ensembles.conditional_logit import ConditionalLogit
from banzuke.ensembles.copula import GaussianCopula
from banzuke.ensembles.pool import Pool
from banzuke.exceptions import InvalidInputError


def saturation_curve(
    copula: GaussianCopula,
    order: Sequence[int],
    *,
    n_classes: int = 2,
    same_mistake: float | None = None,
    n_draws: int = 50_000,
    seed: int = 0,
) -> np.ndarray:
    """Return the accuracy expected from the first 1, 2, ... models of an order.

    Answers are drawn from the copula, and the decision is a vote weighed by a conditional
    logit fitted to half of the draws and judged on the other half. Where two models err on an
    item of several classes they choose the same wrong one as often as `same_mistake` says:
    each errs towards a wrong class that attracts all, or towards any.

    Parameters
    ----------
    copula : GaussianCopula
        Fitted.
    order : sequence of int
        Columns.
    n_classes : int, default 2
        Taken to be equally frequent.
    same_mistake : float, optional
        Chance that two wrong answers agree, from 1 / (n_classes - 1) to 1; by default the
        least. See `mistake_agreement`.
    n_draws : int, default 50,000
    seed : int

    Returns
    -------
    numpy.ndarray of shape (len(order),)

    Raises
    ------
    InvalidInputError
        Where ``same_mistake`` is out of range.
    """
    votes, labels = _draw(copula, n_classes, same_mistake, n_draws, seed)
    shuffled = np.random.default_rng(seed + 1).permutation(n_draws)
    train, test = np.array_split(shuffled, 2)
    accuracies = []
    for k in range(1, len(order) + 1):
        columns = list(order[:k])
        model = ConditionalLogit().fit(votes[train][:, columns], labels[train], n_classes)
        accuracies.append((model.predict(votes[test][:, columns]) == labels[test]).mean())
    return np.asarray(accuracies)


def mistake_agreement(pool: Pool, models: Sequence[int]) -> float:
    """Return how often two models that are both wrong give the same answer.

    Over all pairs and items; 1 for two classes. Answers that name no class agree with none.

    Parameters
    ----------
    pool : Pool
    models : sequence of int
        Two or more columns.
    """
    votes = pool.votes[:, list(models)]
    wrong = votes != pool.labels[:, None]
    errors = wrong.sum(axis=1)
    pairs = float((errors * (errors - 1) / 2).sum())
    same = 0.0
    for answer in range(pool.n_classes):
        count = ((votes == answer) & wrong).sum(axis=1)
        same += float((count * (count - 1) / 2).sum())
    return same / pairs if pairs else 1 / max(pool.n_classes - 1, 1)


def _draw(
    copula: GaussianCopula, n_classes: int, same_mistake: float | None, n_draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return votes (n_draws, n_models) and labels."""
    least = 1 / (n_classes - 1)
    agreement = least if same_mistake is None else same_mistake
    if not least - 1e-9 <= agreement <= 1 + 1e-9:
        raise InvalidInputError(
            f"same_mistake is {agreement:.3f}; two wrong answers of {n_classes} classes agree "
            f"with a chance from {least:.3f} to 1"
        )
    # both take the attractive class with chance q, else any: q^2 + (1 - q^2) / (C - 1) agree
    attraction = 1.0 if least == 1 else np.sqrt(max(agreement - least, 0.0) / (1 - least))
    errors = copula.sample_errors(n_draws, seed=seed)
    random = np.random.default_rng(seed)
    labels = random.integers(0, n_classes, n_draws)
    shape = errors.shape
    attractive = np.broadcast_to(random.integers(1, n_classes, n_draws)[:, None], shape)
    attracted = random.random(shape) < attraction
    shift = np.where(attracted, attractive, random.integers(1, n_classes, shape))
    wrong = (labels[:, None] + shift) % n_classes
    return np.where(errors, wrong, labels[:, None]), labels
