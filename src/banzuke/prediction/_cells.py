"""The observed cells of a matrix with gaps in pieces that fit the cache: tiles, or lists."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

__all__ = ["CellList", "ObservedCells", "Tile"]

Index = slice | np.ndarray

_WIDTH = 512  # columns of a tile: 1000 x 512 floats stay in the cache
_SPARSE = 0.03  # below this share of observed cells, listing them is cheaper than masking the rest
_COST = 30  # of a listed cell, in cells of a tile (which hold masked ones, too)
_LISTED = 1 << 14  # cells of a list: their second moments, some 150 floats each, stay in the cache


class Tile:
    """Some columns of the matrix and the rows that have a score there; values are 2-D.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns), float32
        NaN where not run.
    observed : ndarray of the same shape, bool, or None
        None where every cell is.
    rows, columns : slice or ndarray of int
        Where the tile is in the matrix.
    """

    def __init__(
        self, scores: np.ndarray, observed: np.ndarray | None, rows: Index, columns: Index
    ) -> None:
        self.scores, self._observed = scores, observed
        self.rows, self.columns = rows, columns

    def products(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the product of each cell's row of ``left`` and row of ``right``."""
        return np.asarray(left[self.rows] @ right[self.columns].T)

    def of_groups(self, values: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Return the value of each cell's model and group of items."""
        return np.asarray(values[self.rows][:, groups[self.columns]])

    def of_items(self, values: np.ndarray) -> np.ndarray:
        """Return the value of each cell's item, to be broadcast."""
        return np.asarray(values[self.columns])

    def clear(self, values: np.ndarray) -> None:
        """Set cells that were not run to 0."""
        if self._observed is not None:
            values[~self._observed] = 0

    def sum_by_item(self, values: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Sum ``values`` times their rows of ``left`` over models; (n_columns, q)."""
        return np.asarray(values.T @ left[self.rows])

    def sum_by_model(self, values: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Sum ``values`` times their rows of ``right`` over items; (n_rows, q)."""
        return np.asarray(values @ right[self.columns])

    def sum_by_group(self, values: np.ndarray, groups: np.ndarray, n_groups: int) -> np.ndarray:
        """Sum ``values`` over the items of each group; (n_rows, n_groups)."""
        return np.asarray(values @ _one_hot(groups[self.columns], n_groups))


class CellList:
    """The observed cells of some columns, one after the other; values are 1-D, else as `Tile`.

    Parameters
    ----------
    scores : ndarray of shape (n_cells,), float32
    at : ndarray of shape (n_cells,)
        Row of each cell; those of a column stand together.
    starts : ndarray of shape (n_columns + 1,)
        Where the cells of each column begin.
    columns : ndarray of int
    n_rows : int
        Of the whole matrix.
    """

    def __init__(
        self,
        scores: np.ndarray,
        at: np.ndarray,
        starts: np.ndarray,
        columns: np.ndarray,
        n_rows: int,
    ) -> None:
        self.scores, self._at, self._starts = scores, at, starts
        self.rows, self.columns = slice(None), columns
        self._item = np.repeat(columns, np.diff(starts))
        self._shape = (len(columns), n_rows)

    def products(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.asarray(np.einsum("ij,ij->i", left[self._at], right[self._item]))

    def of_groups(self, values: np.ndarray, groups: np.ndarray) -> np.ndarray:
        return np.asarray(values[self._at, groups[self._item]])

    def of_items(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(values[self._item])

    def clear(self, values: np.ndarray) -> None:
        pass

    def sum_by_item(self, values: np.ndarray, left: np.ndarray) -> np.ndarray:
        return np.asarray(self._matrix(values) @ left)

    def sum_by_model(self, values: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.asarray(self._matrix(values).T @ right[self.columns])

    def sum_by_group(self, values: np.ndarray, groups: np.ndarray, n_groups: int) -> np.ndarray:
        return np.asarray(self._matrix(values).T @ _one_hot(groups[self.columns], n_groups))

    def _matrix(self, values: np.ndarray) -> csr_array:
        return csr_array((values, self._at, self._starts), shape=self._shape)


class ObservedCells:
    """Cuts columns of a matrix into pieces.

    Parameters
    ----------
    scores : ndarray of shape (n_models, n_items), float32
        NaN where not run.

    Attributes
    ----------
    observed : ndarray of shape (n_models, n_items), bool
    column_cost : float
        Of a column, in cells of a tile.
    """

    def __init__(self, scores: np.ndarray) -> None:
        self.scores = scores
        self.observed = ~np.isnan(scores)
        self.complete = bool(self.observed.all())
        self._width, self.column_cost = _WIDTH, float(len(scores))
        self._is_listed = bool(self.observed.mean() < _SPARSE)
        if self._is_listed:
            item, self._at = np.nonzero(self.observed.T)
            self._values = scores[self._at, item]
            self._starts = np.concatenate([[0], np.cumsum(self.observed.sum(axis=0))])
            self.column_cost = _COST * len(item) / scores.shape[1]
            self._width = max(1, _LISTED * scores.shape[1] // max(1, len(item)))

    def pieces(self, columns: np.ndarray) -> Iterator[tuple[Tile | CellList, slice]]:
        """Yield pieces of some columns, ascending, and where among these each piece stands."""
        for left in range(0, len(columns), self._width):
            place = slice(left, left + self._width)
            yield (self._list if self._is_listed else self._tile)(columns[place]), place

    def _tile(self, columns: np.ndarray) -> Tile:
        first, last = int(columns[0]), int(columns[-1])
        here: Index = columns  # slices are views, lists of numbers copies
        if last - first + 1 == len(columns):
            here = slice(first, last + 1)
        if self.complete:
            return Tile(self.scores[:, here], None, slice(None), here)
        observed = self.observed[:, here]
        active = observed.any(axis=1)
        rows: Index = slice(None) if active.all() else np.flatnonzero(active)
        return Tile(self.scores[:, here][rows], observed[rows], rows, here)

    def _list(self, columns: np.ndarray) -> CellList:
        first = self._starts[columns]
        counts = self._starts[columns + 1] - first
        starts = np.concatenate([[0], np.cumsum(counts)])
        chosen = np.arange(starts[-1]) + np.repeat(first - starts[:-1], counts)
        return CellList(self._values[chosen], self._at[chosen], starts, columns, len(self.observed))


def _one_hot(groups: np.ndarray, n_groups: int) -> np.ndarray:
    return np.asarray(groups[:, None] == np.arange(n_groups), dtype=np.float32)
