"""How the items that models run differ from those that they leave out."""

from __future__ import annotations

import numpy as np

from banzuke.prediction._item_side import ItemSide, NewItems

__all__ = ["RunItems"]

_SURE = 2.0  # standard errors by which models must differ more than chance lets them


class RunItems:
    """Shifts of a benchmark's mean from all known items to items of the kind that a model runs.

    Where tasks are left out as a whole, the items that a model runs are harder or easier than the
    others, and so will be the new ones that it runs. What features tell is in the predictions
    already; the shift is of what they leave, and shrunk as far as a draw of items at random
    explains it: to nothing, where gaps are at random.

    Parameters
    ----------
    side : ItemSide
    observed : ndarray of shape (n_models, n_items), bool
        Of the known block.
    """

    def __init__(self, side: ItemSide, observed: np.ndarray) -> None:
        self._side = side
        self._known = np.zeros((len(observed), len(side.benchmarks)))
        self._weights: dict[str, np.ndarray] = {}
        for place, name in enumerate(side.benchmarks):
            ran = observed[:, side.members(name)]
            if ran.shape[1] > 1 and not ran.all():
                rest = side.unexplained(name, side.cells)
                self._weights[name] = _common(rest, ran)
                self._known[:, place] = _own(rest, ran, rest @ self._weights[name])

    def known_models(self, items: NewItems) -> np.ndarray:
        """Return what to add to columns of new items for known models; (n_models, n_items)."""
        return self._columns(self._known, items)

    def new_models(self, rows: np.ndarray, items: NewItems) -> np.ndarray:
        """Return the same for new models, which run what known ones do; (n, n_items).

        Parameters
        ----------
        rows : ndarray of shape (n, n_known_items)
            What they score on the known items.
        items : NewItems
        """
        shifts = np.zeros((len(rows), len(self._side.benchmarks)))
        for place, name in enumerate(self._side.benchmarks):
            weights = self._weights.get(name)
            if weights is not None and weights.any():
                shifts[:, place] = self._side.unexplained(name, rows) @ weights
        return self._columns(shifts, items)

    def _columns(self, shifts: np.ndarray, items: NewItems) -> np.ndarray:
        """Return each item's column of its benchmark's shifts, 0 for a benchmark never seen."""
        place = {name: column for column, name in enumerate(self._side.benchmarks)}
        chosen = np.array([place.get(name, len(place)) for name in items.labels], dtype=np.intp)
        return np.asarray(np.pad(shifts, ((0, 0), (0, 1)))[:, chosen])


def _common(rest: np.ndarray, ran: np.ndarray) -> np.ndarray:
    """Return weights of the items that give what all models share, (n_items,), summing to 0."""
    there = ran[ran.any(axis=1)]
    popularity = (there / there.sum(axis=1, keepdims=True)).mean(axis=0)
    weights = popularity - 1 / len(popularity)
    mean = rest.mean(axis=0)
    by_chance = mean.var(ddof=1) * np.square(weights).sum()
    found = float(mean @ weights) ** 2
    return np.asarray(weights * max(0.0, 1 - by_chance / max(found, 1e-12)))


def _own(rest: np.ndarray, ran: np.ndarray, common: np.ndarray) -> np.ndarray:
    """Return each model's shift, its own as far as models differ by more than chance."""
    count, n_items = ran.sum(axis=1), ran.shape[1]
    seen = count > 0
    own = np.einsum("ij,ij->i", rest, ran) / np.maximum(count, 1)
    by_chance = rest.var(axis=1, ddof=1) * (1 / np.maximum(count, 1) - 1 / n_items)
    beyond = np.where(seen, own - common, 0.0)
    excess = (np.square(beyond) - by_chance)[seen]
    spread = float(excess.mean() - _SURE * excess.std() / np.sqrt(len(excess)))
    spread = max(spread, float(np.square(common).mean()))  # a shift that some have is no other's
    return np.asarray(common + beyond * spread / (spread + by_chance + 1e-12))
