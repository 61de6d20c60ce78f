"""Who agrees with whom: answers with the names of the options taken away.

A label-equivariant model sees only which voters chose the same option. Items with the same
pattern of agreement are one row with a count, so that a fit on 12,000 questions with ten
options each becomes a fit on some hundred patterns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """Distinct agreement patterns of k voters.

    Option slots: slot j (j < k) is the option that voter j was the first to choose, slot k
    stands for all options that nobody chose.

    Parameters
    ----------
    keys : numpy.ndarray of int, shape (n_patterns, k)
        Slot that each voter chose; k where it chose none.
    rows : numpy.ndarray of int, shape (n_items,)
        Pattern of each item.
    n_classes : int
    """

    keys: np.ndarray
    rows: np.ndarray
    n_classes: int

    @property
    def k(self) -> int:
        """Number of voters."""
        return int(self.keys.shape[1])

    @cached_property
    def support(self) -> np.ndarray:
        """1 where a voter chose a slot, shape (n_patterns, k + 1, k); nobody chose slot k."""
        chosen = self.keys[:, None, :] == np.arange(self.k + 1)[None, :, None]
        chosen[:, self.k] = False
        return np.asarray(chosen, dtype=float)

    @cached_property
    def log_sizes(self) -> np.ndarray:
        """Log of the number of options in each slot, -inf where none; (n_patterns, k + 1)."""
        sizes = self.support.any(axis=2).astype(float)
        sizes[:, self.k] = self.n_classes - sizes[:, : self.k].sum(axis=1)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(sizes))


def first_choosers(votes: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """Return the slot of each vote, and in a last column that of the label where given.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (n_items, k)
        Negative where no option was chosen.
    labels : numpy.ndarray of int, shape (n_items,), optional

    Returns
    -------
    numpy.ndarray of unsigned int, shape (n_items, k) or (n_items, k + 1)

    Examples
    --------
    >>> first_choosers(np.array([[3, 1, 3, -1]]), np.array([1])).tolist()
    [[0, 1, 0, 4, 1]]
    """
    k = votes.shape[1]
    # one contiguous row a voter, so that whole rows are compared at once
    rows = [np.ascontiguousarray(column) for column in votes.T]
    wide = rows if labels is None else [*rows, labels.astype(votes.dtype)]
    kind = np.uint8 if k < 255 else np.uint16
    slots = np.empty((len(wide), len(votes)), dtype=kind)
    for place, row in enumerate(wide):
        slots[place] = min(place, k)
        for voter in range(min(place, k)):
            # the voter where both chose the same, the largest number elsewhere
            other = np.negative((rows[voter] != row).astype(kind)) | kind(voter)
            np.minimum(slots[place], other, out=slots[place])
        slots[place][row < 0] = k
    return slots.T


def find_patterns(slots: np.ndarray, n_classes: int) -> Patterns:
    """Collect the distinct rows of slots (from `first_choosers`, without the label)."""
    k = slots.shape[1]
    rows = np.zeros(len(slots), dtype=np.intp)
    for voter in range(k - 1, -1, -1):
        # voter j chose one of the slots 0 to j, or none: k
        rows = compact(rows * (voter + 2) + np.minimum(slots[:, voter], voter + 1))
    first = np.empty(int(rows.max(initial=-1)) + 1, dtype=np.intp)
    first[rows[::-1]] = np.arange(len(rows))[::-1]
    return Patterns(keys=slots[first].astype(np.intp), rows=rows, n_classes=n_classes)


def pattern_ids(votes: np.ndarray) -> np.ndarray:
    """Return a number for each distinct row of votes (or labels), shape (n_items,)."""
    ids = np.zeros(len(votes), dtype=np.int64)
    for column in votes.T:
        codes = column.astype(np.int64) - int(column.min(initial=0))
        ids = compact(ids * (int(codes.max(initial=0)) + 1) + codes)
    return ids


def compact(ids: np.ndarray) -> np.ndarray:
    """Renumber ids as 0, 1, 2, ... without gaps."""
    if ids.size and int(ids.max()) < 8 * ids.size:
        seen = np.zeros(int(ids.max()) + 1, dtype=bool)
        seen[ids] = True
        return np.asarray((np.cumsum(seen) - 1)[ids])
    return np.asarray(np.unique(ids, return_inverse=True)[1])
