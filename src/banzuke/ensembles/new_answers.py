"""New answers, in the codes of the classes that were seen in fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from banzuke.ensembles.pool import NOT_ASKED, UNPARSED, Pool, _codes, _text
from banzuke.exceptions import InvalidInputError, NotFoundError
from banzuke.outcomes import Outcomes


def votes_of(
    answers: Any, wanted: Sequence[str], models: Sequence[str], classes: Sequence[str]
) -> np.ndarray:
    """Encode new answers of some models.

    Parameters
    ----------
    answers : Outcomes, Pool, or array-like of shape (n_models, n_items)
        Rows of an array are ``models``, in that order. The classes of a Pool may be others
        than those of fit; answers are matched by name.
    wanted : sequence of str
        Models to read.
    models, classes : sequence of str
        Those seen in fit.

    Returns
    -------
    numpy.ndarray of int, shape (n_items, n_wanted)

    Raises
    ------
    NotFoundError
        Where a Pool or an Outcomes lacks a model.
    InvalidInputError
        Where the rows of an array are not those of fit, or an Outcomes has no answers.
    """
    if isinstance(answers, Pool):
        return recode(answers.take(models=_positions(answers.models, wanted)), classes).votes
    if isinstance(answers, Outcomes):
        _positions(answers.model_names, wanted)
        chosen = answers.select(models=list(wanted))
        if "answer" not in chosen.layers:
            raise InvalidInputError("the outcomes have no layer 'answer'; import the raw answers")
        return _codes(chosen.layers["answer"], classes).T
    matrix = _text(np.asarray(answers))
    if matrix.ndim != 2 or matrix.shape[0] != len(models):
        raise InvalidInputError(
            f"answers have shape {matrix.shape}, but fit saw {len(models)} models; "
            "give a row for each of them, in the same order"
        )
    return _codes(matrix[_positions(models, wanted)], classes).T


def recode(pool: Pool, classes: Sequence[str]) -> Pool:
    """Return a pool in the codes of other classes, matched by name.

    An answer that is none of them counts as unparsed. A label that is none of them gets
    the code past the last class, so that no answer to it is right.

    Parameters
    ----------
    pool : Pool
    classes : sequence of str

    Examples
    --------
    >>> from banzuke.ensembles import encode
    >>> pool = recode(encode([["B", "C", "X"]], ["B", "C", "B"]), ("A", "B"))
    >>> pool.votes.ravel().tolist(), pool.labels.tolist()
    ([1, -1, -1], [1, 2, 1])
    """
    known = tuple(classes)
    if pool.classes == known:
        return pool
    code = {name: position for position, name in enumerate(known)}
    named = [code.get(name, UNPARSED) for name in pool.classes]
    table = np.array([*named, NOT_ASKED, UNPARSED])  # looked up from the end: -2, -1
    labels = table[pool.labels]
    return replace(
        pool,
        votes=table[pool.votes].astype(np.int8 if len(known) < 120 else np.int16),
        labels=np.where(labels < 0, len(known), labels),
        classes=known,
    )


def _positions(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    position = {name: place for place, name in enumerate(names)}
    missing = [name for name in wanted if name not in position]
    if missing:
        raise NotFoundError(
            f"the answers lack model {missing[0]!r}, which is to be asked; "
            f"give answers of {', '.join(wanted)}"
        )
    return [position[name] for name in wanted]
