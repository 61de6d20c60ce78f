"""The answers of many models on labelled items, as small integers that every method reads."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes

UNPARSED = -1
"""Code of an answer that is there but names no class."""
NOT_ASKED = -2
"""Code of a model that was not asked."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Encoded answers.

    Parameters
    ----------
    votes : numpy.ndarray of int8 or int16, shape (n_items, n_models)
        Position in ``classes``; `UNPARSED` or `NOT_ASKED` otherwise.
    labels : numpy.ndarray of int, shape (n_items,)
        Position in ``classes``.
    classes : tuple of str
        The possible labels, sorted.
    models : tuple of str
        No two alike.
    predicted : frozenset of str
        Models that were never asked: their votes are drawn from a prediction.

    Raises
    ------
    InvalidInputError
        Where two models have one name.
    """

    votes: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    models: tuple[str, ...]
    predicted: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if len(set(self.models)) < len(self.models):
            twice = next(name for name in self.models if self.models.count(name) > 1)
            raise InvalidInputError(
                f"model {twice!r} is there {self.models.count(twice)} times; "
                "give each model a name of its own, once"
            )

    @property
    def n_items(self) -> int:
        """Number of items (rows of ``votes``)."""
        return int(self.votes.shape[0])

    @property
    def n_models(self) -> int:
        """Number of models (columns of ``votes``)."""
        return int(self.votes.shape[1])

    @property
    def n_classes(self) -> int:
        """Number of possible labels."""
        return len(self.classes)

    @property
    def accuracies(self) -> np.ndarray:
        """Share of all items that each model got right, shape (n_models,).

        Not asked counts as not right: a vote that is not there helps nobody.
        """
        return np.asarray((self.votes == self.labels[:, None]).mean(axis=0))

    def take(self, items: Any = slice(None), models: Any = slice(None)) -> Pool:
        """Keep some items and models (positions, masks or slices)."""
        names = tuple(np.asarray(self.models, dtype=object)[models].tolist())
        return replace(
            self,
            votes=np.ascontiguousarray(self.votes[items][:, models]),
            labels=self.labels[items],
            models=names,
            predicted=self.predicted & set(names),
        )

    @property
    def measured(self) -> Pool:
        """The same items with those models only that were really asked."""
        return self.take(models=[name not in self.predicted for name in self.models])


def encode(
    answers: Any,
    labels: Any,
    *,
    models: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
) -> Pool:
    """Encode raw answers.

    Parameters
    ----------
    answers : array-like of shape (n_models, n_items)
        Text (None not asked, ``""`` unparsed) or numbers (NaN not asked). An answer that is
        no label counts as unparsed.
    labels : array-like of shape (n_items,)
        The right answers; integers stand for letters where the answers are letters.
    models : sequence of str, optional
        Names, no two alike; ``"0"``, ``"1"``, ... by default.
    classes : sequence, optional
        The possible labels. By default those that occur in ``labels``, and then each must be
        the answer of some model somewhere.

    Returns
    -------
    Pool

    Raises
    ------
    InvalidInputError
        Where shapes disagree, a label is missing, there is a single class, a label is never
        answered by any model, or two models have one name.

    Examples
    --------
    >>> pool = encode([["A", "B", ""], ["A", None, "B"]], ["A", "B", "A"])
    >>> pool.votes.tolist()
    [[0, 0], [1, -2], [-1, 1]]
    """
    matrix = _text(np.asarray(answers))
    if matrix.ndim != 2 or matrix.size == 0:
        raise InvalidInputError(
            f"answers have shape {matrix.shape}; they must be models x items, with some of each"
        )
    truth = label_text(labels, letters=_are_letters(matrix))
    if truth.shape != (matrix.shape[1],):
        raise InvalidInputError(
            f"there are {truth.size} labels, but the answers have {matrix.shape[1]} items; "
            "answers must be models x items, with a label for each item"
        )
    known = sorted({str(value) for value in (truth if classes is None else classes)})
    votes = _codes(matrix, known).T
    _check_classes(known, truth, votes, given=classes is not None)
    names = [str(row) for row in range(matrix.shape[0])] if models is None else list(models)
    if len(names) != matrix.shape[0]:
        raise InvalidInputError(f"there are {len(names)} names, but {matrix.shape[0]} models")
    return Pool(
        votes=np.ascontiguousarray(votes),
        labels=_codes(truth[None], known)[0].astype(np.intp),
        classes=tuple(known),
        models=tuple(names),
    )


def label_text(labels: Any, *, letters: bool) -> np.ndarray:
    """Return labels as text: where answers are letters, an option index becomes its letter.

    Examples
    --------
    >>> label_text([0, 9], letters=True).tolist(), label_text([0, 9], letters=False).tolist()
    (['A', 'J'], ['0', '9'])
    """
    given = np.asarray(labels.to_list() if isinstance(labels, pl.Series) else labels)
    if given.ndim != 1:
        raise InvalidInputError(f"labels have shape {given.shape}; give one label for each item")
    text = _text(given)
    if any(value is None or value == "" for value in text):
        item = next(i for i, value in enumerate(text) if not value)
        raise InvalidInputError(f"item {item} has no label; leave out the items without one")
    if letters and given.dtype.kind in "iu" and given.size:
        if given.min() < 0 or given.max() >= len(string.ascii_uppercase):
            raise InvalidInputError(
                f"labels run from {given.min()} to {given.max()}, but answers are letters; "
                "an option index must be 0 to 25"
            )
        text = np.array(list(string.ascii_uppercase), dtype=object)[given]
    return text


def pool_of(
    outcomes: Outcomes, labels: Any = None, *, classes: Sequence[str] | None = None
) -> Pool:
    """Encode an Outcomes with a layer ``answer`` and, where none are given, items ``label``.

    Left out are items without a label, benchmarks whose answers are not of the label's form
    (free text: a right answer is then not the label itself), and models that were not run.

    Parameters
    ----------
    outcomes : Outcomes
    labels : array-like of shape (n_items,), optional
    classes : sequence of str, optional
        As in `encode`.

    Returns
    -------
    Pool

    Raises
    ------
    InvalidInputError
        Where the layer or the column is missing, a model was run but has no answer, a label
        is never answered, or nothing is left.
    """
    kept, text = _usable(outcomes, labels)
    answers = outcomes.layers["answer"]
    asked = _answered(answers[:, kept])
    if not asked.any():
        raise InvalidInputError(
            "no benchmark has answers that can be compared with labels; "
            "ensembles need answers such as A, B, C with a label of the same form"
        )
    names = np.asarray(outcomes.model_names, dtype=object)
    run = ~np.isnan(outcomes.scores[:, kept]).all(axis=1)
    if (run & ~asked).any():
        raise silent_error(names[run & ~asked].tolist())
    return encode(
        answers[asked][:, kept], text[kept], models=names[asked].tolist(), classes=classes
    )


def usable_items(outcomes: Outcomes) -> np.ndarray:
    """Return which items `pool_of` keeps, bool of shape (n_items,).

    Raises
    ------
    InvalidInputError
        Where the layer ``answer`` or the column ``label`` is missing.
    """
    return _usable(outcomes, None)[0]


def _usable(outcomes: Outcomes, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return which items can be used, and the label of each as text."""
    answers = outcomes.layers.get("answer")
    if answers is None or answers.dtype != object:
        raise InvalidInputError("the outcomes have no text layer 'answer'; import the raw answers")
    if labels is None and "label" not in outcomes.items.columns:
        raise InvalidInputError("the items have no column 'label'; ensembles need the right answer")
    truth = outcomes.items["label"] if labels is None else pl.Series(list(labels))
    kept = truth.is_not_null().to_numpy().copy()
    text = np.full(len(truth), "", dtype=object)
    text[kept] = label_text(truth.filter(pl.Series(kept)), letters=_are_letters(answers))
    kept &= _closed(outcomes, answers, text)
    return kept, text


def silent_error(names: Sequence[str]) -> InvalidInputError:
    """Return the error about models that never answer."""
    return InvalidInputError(
        f"model {names[0]!r} never answers with one of the labels ({len(names)} such); "
        "leave it out (on the command line: --exclude)"
    )


def _answered(answers: np.ndarray) -> np.ndarray:
    return np.array([any(value is not None for value in row) for row in answers], dtype=bool)


def as_pool(answers: Any, labels: Any = None) -> Pool:
    """Return a Pool from a Pool, an Outcomes, or arrays of answers and labels."""
    if isinstance(answers, Pool):
        return answers
    if isinstance(answers, Outcomes):
        return pool_of(answers, labels)
    if labels is None:
        raise InvalidInputError("answers in an array need labels, one for each item")
    return encode(answers, labels)


def check_pool(pool: Pool, budget: int) -> None:
    """Refuse a pool or budget from which nothing can be chosen.

    Raises
    ------
    InvalidInputError
        Where a model never answers, all models answer alike, or the budget is not
        between 1 and the number of models.
    """
    if not isinstance(budget, (int, np.integer)) or not 1 <= budget <= pool.n_models:
        raise InvalidInputError(
            f"the budget is {budget}, but there are {pool.n_models} models; "
            f"choose a whole number from 1 to {pool.n_models}"
        )
    silent = np.flatnonzero((pool.votes < 0).all(axis=0))
    if silent.size:
        raise silent_error([pool.models[column] for column in silent])
    if pool.n_models > 1 and (pool.votes == pool.votes[:, :1]).all():
        raise InvalidInputError(
            f"all {pool.n_models} models give the same answer to every item; "
            "there is nothing to choose, ask any one of them"
        )


def _closed(outcomes: Outcomes, answers: np.ndarray, text: np.ndarray) -> np.ndarray:
    """Return the items of benchmarks in which a right answer is the label (bool, n_items)."""
    names = outcomes.items["benchmark"] if "benchmark" in outcomes.items.columns else None
    groups = np.zeros(outcomes.n_items, int) if names is None else names.rank("dense").to_numpy()
    kept = np.zeros(outcomes.n_items, dtype=bool)
    for group in np.unique(groups):
        items = (groups == group) & (text != "")
        right = outcomes.scores[:, items] == 1
        if right.any():
            kept[items] = (answers[:, items] == text[items])[right].mean() > 0.9
    return kept


def _text(values: np.ndarray) -> np.ndarray:
    """Return text (object dtype): None for None and NaN, whole numbers without a point."""
    if values.dtype.kind in "UT":
        return values.astype(object)
    flat = [_one_text(value) for value in values.ravel()]
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(values.shape)


def _one_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return None
        return str(int(value)) if float(value).is_integer() else str(value)
    return str(value)


def _are_letters(answers: np.ndarray) -> bool:
    given = {value for value in answers.ravel() if value}
    return bool(given) and given <= set(string.ascii_uppercase)


def _codes(matrix: np.ndarray, known: Sequence[str]) -> np.ndarray:
    dtype = np.int8 if len(known) < 120 else np.int16
    code = {name: position for position, name in enumerate(known)}
    special: dict[Any, int] = {None: NOT_ASKED}
    table = {**code, **special}
    flat = [table.get(value, UNPARSED) for value in matrix.ravel().tolist()]
    return np.asarray(flat, dtype=dtype).reshape(matrix.shape)


def _check_classes(
    known: Sequence[str], truth: np.ndarray, votes: np.ndarray, *, given: bool
) -> None:
    outside = sorted({str(value) for value in truth} - set(known))
    if outside:
        raise InvalidInputError(f"label {outside[0]!r} is not one of the classes {list(known)}")
    if len(known) < 2:
        raise InvalidInputError(
            f"all labels are {known[0]!r}; choosing models needs items of at least two classes"
        )
    never = sorted(set(range(len(known))) - set(np.unique(votes).tolist()))
    if never and not given:
        raise InvalidInputError(
            f"label {known[never[0]]!r} is never answered by any model; "
            "check that labels and answers are written alike, or name the classes "
            "(on the command line: --classes)"
        )
