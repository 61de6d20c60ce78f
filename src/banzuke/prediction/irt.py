"""Item response theory: abilities of models, difficulties and discriminations of items."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction._device import log_loss
from banzuke.prediction.base import Predictor

__all__ = ["ItemResponse", "Rasch"]


class ItemResponse(Predictor):
    r"""Logistic item response model, by its posterior mode.

    .. math:: \mathrm{logit}\, p_{ik} = a_k \cdot \theta_i + b_k

    Abilities :math:`\theta` have a standard normal prior, discriminations ``a`` a normal one
    around 1 in the first dimension and 0 in the others, easiness ``b`` a wide one. One dimension
    is the two-parameter model (2PL), several the multidimensional one.

    Parameters
    ----------
    n_dimensions : int, default 1
    discrimination_spread : float, default 0.5
        Standard deviation of the prior of ``a``; 0 fixes every discrimination at 1 (one
        dimension: the Rasch model).
    easiness_spread : float, default 3.0
        Standard deviation of the prior of ``b``.
    max_iter : int, default 300
    random_state : int, default 0
        Seed of the start in the dimensions after the first.

    Attributes
    ----------
    ability_ : ndarray of shape (n_models, n_dimensions)
        0 for a model without results.
    discrimination_ : ndarray of shape (n_items, n_dimensions)
    difficulty_ : ndarray of shape (n_items,)
        Ability in the first dimension at which the chance is 1/2, other abilities at 0; NaN
        where the item does not discriminate there.
    n_iter_ : int

    References
    ----------
    Reckase (2009), Multidimensional Item Response Theory, chapter 4.

    Examples
    --------
    >>> predictor = ItemResponse().fit([[1, 1, 0], [1, 0, 0], [0, 0, float("nan")]])
    >>> bool(predictor.ability_[0, 0] > predictor.ability_[2, 0])
    True
    """

    def __init__(
        self,
        n_dimensions: int = 1,
        *,
        discrimination_spread: float = 0.5,
        easiness_spread: float = 3.0,
        max_iter: int = 300,
        random_state: int = 0,
    ) -> None:
        self.n_dimensions = n_dimensions
        self.discrimination_spread = discrimination_spread
        self.easiness_spread = easiness_spread
        self.max_iter = max_iter
        self.random_state = random_state

    def _fit(self, scores: np.ndarray, outcomes: Outcomes | None) -> None:
        d = self.n_dimensions
        if d < 1:
            raise InvalidInputError(f"n_dimensions is {d}; give 1 or more")
        n, m = scores.shape
        spread = self.discrimination_spread
        centre = np.zeros(d)
        centre[0] = 1.0
        loss = log_loss(scores)

        def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
            ability, offset, easiness = _split(theta, n, m, d)
            slope = centre + spread * offset
            b = self.easiness_spread * easiness
            value, by_a, by_b = loss(
                np.hstack([ability, np.ones((n, 1))]), np.hstack([slope, b[:, None]])
            )
            gradient = [
                by_a[:, :d] + ability,
                spread * by_b[:, :d] + offset,
                self.easiness_spread * by_b[:, d] + easiness,
            ]
            value += 0.5 * float(theta @ theta)
            return value, np.concatenate([part.ravel() for part in gradient])

        start = np.zeros((n + m) * d + m)
        random = np.random.default_rng(self.random_state)
        ability, offset, _ = _split(start, n, m, d)
        ability[:, 1:], offset[:, 1:] = (
            random.normal(scale=0.3, size=part[:, 1:].shape) for part in (ability, offset)
        )
        options = {"maxiter": self.max_iter, "ftol": 1e-7}
        found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
        self.ability_, offset, easiness = _split(found.x, n, m, d)
        self.discrimination_ = centre + spread * offset
        self.easiness_ = self.easiness_spread * easiness
        first = self.discrimination_[:, 0]
        usable = np.abs(first) > 1e-3
        empty = np.full(m, np.nan)
        self.difficulty_ = np.divide(-self.easiness_, first, out=empty, where=usable)
        self.n_iter_ = int(found.nit)

    def _predict(self) -> np.ndarray:
        return np.asarray(expit(self.ability_ @ self.discrimination_.T + self.easiness_))


class Rasch(ItemResponse):
    """The Rasch model: every item discriminates alike, so only abilities and difficulties.

    Parameters
    ----------
    easiness_spread, max_iter, random_state
        As in `ItemResponse`.
    """

    def __init__(
        self, *, easiness_spread: float = 3.0, max_iter: int = 300, random_state: int = 0
    ) -> None:
        super().__init__(
            1,
            discrimination_spread=0.0,
            easiness_spread=easiness_spread,
            max_iter=max_iter,
            random_state=random_state,
        )


def _split(theta: np.ndarray, n: int, m: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ability = theta[: n * d].reshape(n, d)
    return ability, theta[n * d : (n + m) * d].reshape(m, d), theta[(n + m) * d :]
