"""What architecture a model has where its card does not say: that of models with close names."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["LikelyArchitectures", "stated_architectures"]

_UNKNOWN = frozenset({"error", "unknown"})  # what leaderboards write where a config cannot be read
_DOUBT = 0.02  # weight of the shares among all known models, beside the votes of close names


def stated_architectures(labels: np.ndarray) -> np.ndarray:
    """Return the labels, empty where they say that the architecture is not known.

    Examples
    --------
    >>> stated_architectures(np.array(["LlamaForCausalLM", "error", "Unknown", ""])).tolist()
    ['LlamaForCausalLM', '', '', '']
    """
    known = [label if label.lower() not in _UNKNOWN else "" for label in labels.tolist()]
    return np.array(known, dtype=str)


class LikelyArchitectures:
    """Votes of known models for the architecture of others, by how close their names are.

    Parameters
    ----------
    stated : ndarray of shape (n_models,)
        Architectures of the known models, empty where unknown.
    names : sparse array of shape (n_models, n_features)
        Their names as rows of unit length.
    """

    def __init__(self, stated: np.ndarray, names: Any) -> None:
        voters = np.flatnonzero(stated != "")
        self.labels = np.unique(stated[voters])
        self._names = names[voters]
        self._votes = (stated[voters, None] == self.labels).astype(np.float32)

    def chances(self, stated: np.ndarray, names: Any, labels: np.ndarray) -> np.ndarray:
        """Return the chance of each architecture; float32, (n_models, n_labels).

        Parameters
        ----------
        stated, names
            As above, of any models.
        labels : ndarray of shape (n_labels,)
            Sorted; all that are stated and all of the known models.
        """
        chances = (stated[:, None] == labels).astype(np.float32)
        unknown = np.flatnonzero(stated == "")
        if unknown.size and len(self.labels):
            close = (names[unknown] @ self._names.T).toarray() ** 3
            votes = close @ self._votes + np.float32(_DOUBT) * self._votes.mean(axis=0)
            votes /= votes.sum(axis=1, keepdims=True)
            chances[np.ix_(unknown, np.searchsorted(labels, self.labels))] = votes
        return np.asarray(chances)

    def alike(self, left: tuple[np.ndarray, Any], right: tuple[np.ndarray, Any]) -> np.ndarray:
        """Return the chance that two models have the same architecture, given ``(stated, names)``.

        Returns
        -------
        ndarray of shape (n_left, n_right), float32
            1 or 0 where both are stated.
        """
        stated = np.concatenate([left[0], right[0], self.labels])
        labels = np.unique(stated[stated != ""])
        return np.asarray(self.chances(*left, labels) @ self.chances(*right, labels).T)
