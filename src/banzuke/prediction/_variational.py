"""Logistic factors with their uncertainty, by variational Bayes."""

from __future__ import annotations

import numpy as np

from banzuke.prediction._cells import CellList, ObservedCells, Tile
from banzuke.prediction._related_means import RelatedMeans
from banzuke.prediction.factorization import leading_vectors, residual_of_means

__all__ = ["BayesianFactors", "expected_logistic"]

_WIDTH = 512  # columns that are predicted at a time
_SPREAD, _LEAN = 0.05, 2.0  # variance of offsets before any results, and its weight in models
_STEEP = 5.4  # slope of the logit at 1/2, where items' logits vary by 2: 4 sqrt(1 + pi / 8 x 2)
_SWEEPS, _MORE_SWEEPS = (6, 24), (3, 12)  # at least and at most: to fit, and to refine
_SETTLED = 0.003  # change of the sum of squared errors in a sweep
_MOST_COLUMNS, _MOST_CELLS = 2048, 2_000_000  # of the first sweeps; the last see every column


class BayesianFactors:
    r"""Posterior of model and item vectors, the items of a group sharing a prior.

    .. math:: \mathrm{logit}\, p_{ik} = \tilde m_i \cdot x_k + b_{ig}, \quad
              \tilde m_i = (m_i, 1), \quad m_i \sim N(f_i, \Sigma), \quad
              x_k \sim N(\mu_g, \Lambda_g^{-1}), \quad b_{ig} \sim N(0, \tau_g)

    The mean and covariance of each group of items are learned with the vectors, so an item that
    few models ran behaves like its group as far as the group is alike. The offset b is how much
    better a model is at a group than its vector says; its variance is learned as well. Each step
    is one of Newton's on normal posteriors, with the expected slope of the logistic for its
    curvature: matrix products and small systems of equations. A sweep costs the observed cells
    times the square of the number of factors.

    Parameters
    ----------
    scores : ndarray of shape (n_models, n_items), float32
        In [0, 1], NaN where not run.
    groups : ndarray of shape (n_items,)
        0, 1, ...: the group of each item.
    n_factors : int
        At most; no more than the shorter side has.

    References
    ----------
    Knowles, Minka (2011), Non-conjugate variational message passing for multinomial and binary
    regression: steps by expectations. Jaakkola, Jordan (2000), Bayesian parameter estimation via
    variational methods, doi:10.1023/A:1008932416310: the bound that limits them. MacKay (1992),
    Bayesian interpolation, doi:10.1162/neco.1992.4.3.415: the variance of offsets.
    """

    def __init__(self, scores: np.ndarray, groups: np.ndarray, n_factors: int) -> None:
        self.groups, self.n_groups = groups, int(groups.max()) + 1
        self._cells = ObservedCells(scores)
        self.observed = self._cells.observed
        self.d = max(1, min(n_factors, *scores.shape))
        self.pairs = np.triu_indices(self.d + 1)
        self._twice = np.where(self.pairs[0] == self.pairs[1], 1, 2).astype(np.float32)
        self.offset = np.zeros((len(scores), self.n_groups))
        self.offset_spread = np.full(self.n_groups, _SPREAD)
        self.offset_variance = np.tile(self.offset_spread, (len(scores), 1))
        self.group_mean = np.zeros((self.n_groups, self.d + 1))
        self._start(scores)

    def fit(self) -> None:
        """Sweep over models and items until they settle, over a part of a long list of items."""
        some = self._spread_columns()
        self._sweep(some, _SWEEPS, standardise=True)
        if len(some) < len(self.v):
            self.update_items()
            self.update_models()
            self._standardise()

    def refine(self, mean: np.ndarray, covariance: np.ndarray) -> None:
        """Sweep on with a prior for each model, such as what its metadata say.

        Parameters
        ----------
        mean : ndarray of shape (n_models, d)
        covariance : ndarray of shape (d, d)
        """
        self.prior_mean, self.prior_precision = mean, np.linalg.inv(covariance)
        some = self._spread_columns()
        self._sweep(some, _MORE_SWEEPS)
        self.update_items()
        if len(some) < len(self.v):
            self.update_models()

    def _sweep(
        self, columns: np.ndarray, least_most: tuple[int, int], standardise: bool = False
    ) -> None:
        """Sweep until the squared errors stay, which few results of few models take long to."""
        before = np.inf
        for n in range(1, least_most[1] + 1):
            self.update_items(columns)
            self.update_models(columns)
            if standardise:
                self._standardise()
            if n >= least_most[0] and abs(self._squares - before) <= _SETTLED * before:
                break
            before = self._squares

    def cells(self) -> np.ndarray:
        """Return the expected score of every cell, float32, (n_models, n_items)."""
        models, items = self.second_moments()
        u, v = self.u.astype(np.float32), self.v.astype(np.float32)
        result = np.empty(self.observed.shape, dtype=np.float32)
        for left in range(0, len(v), _WIDTH):
            columns = slice(left, left + _WIDTH)
            logit = u @ v[columns].T
            variance = models @ (items[columns] * self._twice).T
            group = self.groups[columns]
            variance -= logit**2
            np.maximum(variance, 0, out=variance)
            variance += self.offset_variance.astype(np.float32)[:, group]
            logit += self.offset.astype(np.float32)[:, group]
            result[:, columns] = expected_logistic(logit, variance)[0]
        return result

    def update_items(self, columns: np.ndarray | None = None) -> None:
        """Find the posterior of the items given the models, and the prior of the groups."""
        chosen = np.arange(len(self.v)) if columns is None else columns
        models, items = self.second_moments()
        u, v = self.u.astype(np.float32), self.v.astype(np.float32)
        precision = np.empty((len(chosen), len(self._twice)))
        weighted = np.empty((len(chosen), self.d + 1))
        doubled = items * self._twice
        for cells, place in self._cells.pieces(chosen):
            product, square = cells.products(u, v), cells.products(models, doubled)
            curvature, target, _ = self._step(cells, product, square)
            precision[place] = cells.sum_by_item(curvature, models)
            weighted[place] = cells.sum_by_item(target, u)
        group = self.groups[chosen]
        shift = np.einsum("gij,gj->gi", self.group_precision, self.group_mean)
        inverse = np.linalg.inv(self._unpack(precision) + self.group_precision[group])
        self.v[chosen] = np.einsum("kij,kj->ki", inverse, weighted + shift[group])
        self.v_covariance[chosen] = inverse
        self._update_groups(chosen)

    def update_models(self, columns: np.ndarray | None = None) -> None:
        """Find the posterior of the models given the items."""
        chosen = np.arange(len(self.v)) if columns is None else columns
        models, items = self.second_moments()
        u, v, d = self.u.astype(np.float32), self.v.astype(np.float32), self.d
        packed, self._squares = np.zeros((len(self.u), len(self._twice))), 0.0
        weighted = np.zeros((len(self.u), d))
        curved, missed = np.zeros_like(self.offset), np.zeros_like(self.offset)
        doubled = items * self._twice
        for cells, _ in self._cells.pieces(chosen):
            product, square = cells.products(u, v), cells.products(models, doubled)
            curvature, target, rest = self._step(cells, product, square)
            packed[cells.rows] += cells.sum_by_model(curvature, items)
            weighted[cells.rows] += cells.sum_by_model(target, v[:, :d])
            curved[cells.rows] += cells.sum_by_group(curvature, self.groups, self.n_groups)
            self._squares += float(np.vdot(rest, rest))
            missed[cells.rows] += cells.sum_by_group(rest, self.groups, self.n_groups)
        moment = self._unpack(packed)
        self.u_covariance = np.linalg.inv(moment[:, :d, :d] + self.prior_precision)
        weighted += self.prior_mean @ self.prior_precision - moment[:, :d, d]
        before = self.u @ self.group_mean.T
        self.u[:, :d] = np.einsum("kij,kj->ki", self.u_covariance, weighted)
        moved = self.u @ self.group_mean.T - before  # what the new vectors make up for
        self._update_offsets(curved, missed - curved * moved)

    def _update_offsets(self, curved: np.ndarray, missed: np.ndarray) -> None:
        """Find the posterior of the offsets, and how far they spread in each group."""
        seen = curved > 0
        self.offset_variance = 1 / (curved + 1 / self.offset_spread)
        self.offset = self.offset_variance * (missed + curved * self.offset)
        share = np.where(seen, 1 - self.offset_variance / self.offset_spread, 0)
        in_means = self._relate_groups(curved, share)
        # squares by the number of offsets that results have determined and no mean takes up
        known = np.maximum(share.sum(axis=0) - in_means, 0)
        squares = np.where(seen, self.offset**2, 0).sum(axis=0)
        self.offset_spread = (squares + _LEAN * _SPREAD) / (known + _LEAN)

    def _relate_groups(self, curved: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Divide what models can do on each group anew between its mean and their offsets.

        Many items pull a group's mean wherever its few models are fitted best. The means of other
        groups tell what it may be. ``share`` is what offsets keep of what they should make up.
        Returns how many offsets the means take up.
        """
        taken, d = np.zeros(self.n_groups), self.d
        groups = np.flatnonzero(share.any(axis=0))
        if len(groups) < 2:
            return taken
        means, variances = [], []
        for g in groups:
            seen = np.flatnonzero(share[:, g])
            x = self.u[seen]
            certain = x.T @ (x / (self.offset_spread[g] + 1 / curved[seen, g])[:, None])
            unsure = np.zeros_like(certain)
            unsure[:d, :d] = np.tensordot(curved[seen, g], self.u_covariance[seen], 1)
            old = self.group_mean[g].copy()
            gradient = x.T @ (self.offset[seen, g] / self.offset_spread[g]) - unsure @ old
            mean, covariance = self._related.step(old, gradient, certain + unsure)
            move = mean - old
            self.group_mean[g] = mean
            self.v[self.groups == g] += move
            self.offset[seen, g] -= share[seen, g] * (x @ move)
            taken[g] = max(np.vdot(covariance, certain) - 1, 0.0)  # the intercept is no offset
            means.append(mean)
            variances.append(np.diag(covariance))
        self._related.learn(np.array(means), np.array(variances))
        return taken

    def _start(self, scores: np.ndarray) -> None:
        """Begin at the models' means and the leading singular vectors of what means leave.

        Where results are few, the sweeps do not find a difference between models on their own.
        """
        n, m = scores.shape
        d = self.d
        some = self._spread_columns()
        self.u, self.v = np.zeros((n, d + 1)), np.zeros((m, d + 1))
        left, right = leading_vectors(residual_of_means(scores[:, some]), d - 1)
        spread = np.maximum(left.std(axis=0), 1e-6)
        self.u[:, 1:d], self.v[some, 1:d] = left / spread, right * spread * 2
        self.u[:, d] = 1.0
        count, sums = self.observed.sum(axis=0), np.zeros(m)
        for cells, place in self._cells.pieces(np.arange(m)):
            less_half = cells.scores - np.float32(0.5)
            cells.clear(less_half)
            sums[place] = cells.sum_by_item(less_half, np.ones((n, 1)))[:, 0]
        ability = self._abilities(count, sums)
        spread = max(float(ability.std()), 1e-6)
        self.u[:, 0], self.v[:, 0] = ability / spread, _STEEP * spread
        mean = (sums + 0.5 * count) / np.maximum(count, 1)
        mean = 0.05 + 0.9 * np.where(count > 0, mean, 0.5)
        self.v[:, d] = np.log(mean / (1 - mean))
        self.u_covariance = np.tile(0.2 * np.eye(d), (n, 1, 1))
        self.v_covariance = np.tile(0.1 * np.eye(d + 1), (m, 1, 1))
        self.prior_mean, self.prior_precision = np.zeros((n, d)), np.eye(d)
        self.group_precision = np.tile(2 * np.eye(d + 1), (self.n_groups, 1, 1))
        self.group_precision[:, d, d] = 0.5
        self._loose = np.diag(np.r_[np.full(d, 0.1), 1.0])  # covariance that groups lean towards
        for group in range(self.n_groups):
            inside = some[self.groups[some] == group]
            if inside.size:
                self.group_mean[group] = self.v[inside].mean(axis=0)
        self._related = RelatedMeans(self.group_mean)

    def _abilities(self, count: np.ndarray, sums: np.ndarray) -> np.ndarray:
        """Return how far each model's scores are above its items' groups, on average."""
        n = self.n_groups
        there = np.maximum(np.bincount(self.groups, count, n), 1)
        expected = (np.bincount(self.groups, sums, n) / there)[self.groups].astype(np.float32)
        total = np.zeros(len(self.u))
        one = np.ones((len(self.v), 1))
        for cells, _ in self._cells.pieces(np.arange(len(self.v))):
            above = cells.scores - np.float32(0.5) - cells.of_items(expected)
            cells.clear(above)
            total[cells.rows] += cells.sum_by_model(above, one)[:, 0]
        total /= np.maximum(self.observed.sum(axis=1), 1)
        return np.asarray(total - total.mean())

    def _update_groups(self, chosen: np.ndarray) -> None:
        weight = self.d + 3.0
        group = self.groups[chosen]
        for g in np.unique(group):
            inside = chosen[group == g]
            n = len(inside)
            self.group_mean[g] = self.v[inside].sum(axis=0) / (n + 0.01)
            deviation = self.v[inside] - self.group_mean[g]
            total = deviation.T @ deviation + self.v_covariance[inside].sum(axis=0)
            self.group_precision[g] = np.linalg.inv((total + weight * self._loose) / (n + weight))

    def _standardise(self) -> None:
        """Turn the space so that the models are standard normal; predictions stay the same.

        Without it, the scale moves from models to items a little in each sweep only.
        """
        d, n = self.d, len(self.u)
        centre = self.u[:, :d].mean(axis=0)
        deviation = self.u[:, :d] - centre
        spread = (deviation.T @ deviation + self.u_covariance.sum(axis=0)) / n
        turn = np.eye(d + 1)
        turn[:d, :d], turn[:d, d] = np.linalg.cholesky(spread), centre
        back = np.linalg.inv(turn)
        self.u = self.u @ back.T
        self.u_covariance = back[:d, :d] @ self.u_covariance @ back[:d, :d].T
        self.v = self.v @ turn
        self.v_covariance = turn.T @ self.v_covariance @ turn
        self.group_mean = self.group_mean @ turn
        self._related.common = self._related.common @ turn
        self.group_precision = back @ self.group_precision @ back.T

    def second_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Return E[u u'] and E[v v'], upper triangles as rows, float32."""
        i, j = self.pairs
        models = self.u[:, i] * self.u[:, j]
        inner = (i < self.d) & (j < self.d)
        models[:, inner] += self.u_covariance[:, i[inner], j[inner]]
        items = self.v[:, i] * self.v[:, j] + self.v_covariance[:, i, j]
        return models.astype(np.float32), items.astype(np.float32)

    def _unpack(self, packed: np.ndarray) -> np.ndarray:
        i, j = self.pairs
        full = np.empty((len(packed), self.d + 1, self.d + 1))
        full[:, i, j] = packed
        full[:, j, i] = packed
        return full

    def _step(
        self, cells: Tile | CellList, product: np.ndarray, square: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the curvature, the target and the scores less their expectation; 0 where not run.

        Of means and squares of the vectors' products, which are overwritten. The target is the
        curvature times what the product should be.
        """
        variance = square
        variance -= product**2
        np.maximum(variance, 0, out=variance)
        variance += cells.of_groups(self.offset_variance.astype(np.float32), self.groups)
        logit = cells.of_groups(self.offset.astype(np.float32), self.groups)
        logit += product
        expected, shrink = expected_logistic(logit, variance)
        curvature = expected * (1 - expected)
        curvature *= shrink
        # a step twice as long as the bound allows still gains, so half of its curvature is the
        # least: about 1 / (8 sqrt(1 + E[x^2] / 4))
        logit *= logit
        logit += variance
        logit *= np.float32(0.25)
        logit += 1
        np.sqrt(logit, out=logit)
        np.divide(np.float32(0.125), logit, out=logit)
        np.maximum(curvature, logit, out=curvature)
        missed = np.subtract(cells.scores, expected, out=expected)
        cells.clear(curvature)
        cells.clear(missed)
        product *= curvature
        product += missed
        return curvature, product, missed

    def _spread_columns(self) -> np.ndarray:
        """Return all columns, or as many as the first sweeps take, evenly from each group."""
        m = len(self.groups)
        most = max(_MOST_COLUMNS, int(_MOST_CELLS / self._cells.column_cost))
        if m <= most:
            return np.arange(m)
        by_group = np.argsort(self.groups, kind="stable")
        step = np.linspace(0, m - 1, most).astype(np.intp)
        return np.sort(by_group[step])


def expected_logistic(logit: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean logistic of normal logits, and the share of each logit that it keeps.

    Parameters
    ----------
    logit, variance : ndarray of the same shape, float32

    References
    ----------
    MacKay (1992), The evidence framework applied to classification networks,
    doi:10.1162/neco.1992.4.5.720, equation 10.
    """
    shrink = variance * np.float32(np.pi / 8)
    shrink += 1
    np.sqrt(shrink, out=shrink)
    np.divide(1, shrink, out=shrink)
    expected = logit * shrink
    expected *= np.float32(0.5)
    np.tanh(expected, out=expected)  # far faster than SciPy's expit
    expected *= np.float32(0.5)
    expected += np.float32(0.5)
    return expected, shrink
