"""All sets of k models, scored by the information in their pattern of agreement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from joblib import Parallel, delayed

from banzuke import progress
from banzuke.ensembles._patterns import compact, first_choosers, pattern_ids
from banzuke.ensembles.branch_and_bound import branch_and_bound, monotone_bound
from banzuke.ensembles.pool import Pool
from banzuke.exceptions import InvalidInputError

MAX_SETS = 300_000
_MOST_BOUNDED = 2_000
Accept = Callable[[tuple[int, ...]], bool]


def rank_all_sets(
    pool: Pool, k: int, *, keep: int = 50, n_jobs: int = 1
) -> list[tuple[tuple[int, ...], float]]:
    """Score every set of k models and return the best.

    The score is the plug-in information that the answers carry about the label where all
    classes are treated alike (exactly I(Y; X_S) for two classes with symmetric errors): only
    who agrees with whom counts, so that it needs far fewer items than raw answers do.

    Parameters
    ----------
    pool : Pool
    k : int
        Size of the sets, 1 to the number of models.
    keep : int, default 50
        How many sets to return.
    n_jobs : int, default 1
        Processes.

    Returns
    -------
    list of (models, bits)
        Best first; ties in order of the columns.

    Raises
    ------
    InvalidInputError
        Where there are more than 300,000 sets.
    """
    n_sets = comb(pool.n_models, k)
    if not 1 <= k <= pool.n_models or n_sets > MAX_SETS:
        raise InvalidInputError(
            f"there are {n_sets:,} sets of {k} of {pool.n_models} models; "
            f"an exhaustive search takes 1 to {MAX_SETS:,}, use the forward search"
        )
    calls = (delayed(_search_from)(pool, k, voter) for voter in range(pool.n_models - k + 1))
    parts = Parallel(n_jobs=n_jobs, return_as="generator")(calls)
    shown = progress.track(parts, f"all sets of {k}", pool.n_models - k + 1)
    scored = [pair for part in shown for pair in part]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:keep]


def agreement_information(pool: Pool, models: Sequence[int]) -> float:
    """Return the score of `rank_all_sets` for one set of any size, in bits.

    Parameters
    ----------
    pool : Pool
    models : sequence of int
    """
    if not len(models):
        return 0.0
    slots = first_choosers(pool.votes[:, list(models)], pool.labels)
    k = len(models)
    n_options = (slots[:, :-1] == np.arange(k)).sum(axis=1)
    joint = np.zeros((int((patterns := pattern_ids(slots[:, :-1])).max()) + 1, k + 1), dtype=int)
    np.add.at(joint, (patterns, slots[:, -1]), 1)
    left = np.ones(len(joint))
    left[patterns] = np.maximum(pool.n_classes - n_options, 1)
    log_left = np.log2(left)
    return _information(joint, log_left, pool.n_classes)


def best_sets(
    pool: Pool, k: int, *, keep: int = 1, accept: Accept = lambda models: True
) -> list[tuple[tuple[int, ...], float]]:
    """Return the sets of `rank_all_sets` by branch and bound, where they are too many to score.

    One more answer never lowers the score, so the bound is valid; it cuts where some models
    stand out and items are many, and otherwise the search gives up.

    Parameters
    ----------
    pool : Pool
    k : int
    keep : int, default 1
    accept : callable
        As in `branch_and_bound`.

    Raises
    ------
    InvalidInputError
        Where the bound cuts too little.
    """

    def score(models: tuple[int, ...]) -> float:
        return agreement_information(pool, models)

    alone = [score((j,)) for j in range(pool.n_models)]
    order = [int(j) for j in np.argsort(-np.asarray(alone), kind="stable")]
    bound = monotone_bound(score, largest=pool.n_models)
    return branch_and_bound(score, order, k, bound, keep=keep, most=_MOST_BOUNDED, accept=accept)


@dataclass(frozen=True, kw_only=True)
class GreedyRatio:
    """How near the greedy set comes to the best one of its size.

    Parameters
    ----------
    k : int
    greedy, best : float
        Score of `rank_all_sets` in bits.
    ratio : float
        1 where greedy finds the best; it has no guarantee.
    """

    k: int
    greedy: float
    best: float
    ratio: float


def greedy_ratios(
    pool: Pool, budget: int, *, most: int = MAX_SETS, n_jobs: int = 1
) -> list[GreedyRatio]:
    """Compare the greedy set of each size with the best, up to the size that can be listed.

    Parameters
    ----------
    pool : Pool
    budget : int
        Largest size.
    most : int, default 300,000
        Sizes with more sets than this end the list.
    n_jobs : int, default 1
    """
    chosen: tuple[int, ...] = ()
    found = []
    for k in range(1, budget + 1):
        if comb(pool.n_models, k) > most:
            break
        scores = dict(rank_all_sets(pool, k, keep=MAX_SETS, n_jobs=n_jobs))
        rest = sorted(set(range(pool.n_models)) - set(chosen))
        chosen = max((tuple(sorted((*chosen, j))) for j in rest), key=scores.__getitem__)
        greedy, best = scores[chosen], max(scores.values())
        ratio = greedy / best if best > 0 else 1.0
        found.append(GreedyRatio(k=k, greedy=greedy, best=best, ratio=ratio))
    return found


@dataclass(frozen=True, kw_only=True)
class _Head:
    """The first voters of a set, and what a further vote for each answer would mean.

    A further vote takes a slot: the place of the first voter who chose the same option,
    k - 1 where the option is new, k where none is chosen.

    Parameters
    ----------
    voters : tuple of int
    codes : numpy.ndarray of int8 or int32, shape (n_items, n_classes + 2)
        For each answer (not asked, unparsed, class 0, ...) its slot times (k + 1), less 1
        where it is right and new.
    state : numpy.ndarray of int64, shape (n_items,)
        Pattern of agreement of the voters.
    outcome : numpy.ndarray of int64, shape (n_items,)
        Place of the first voter who is right; k where nobody is.
    n_options : numpy.ndarray of int64, shape (n_items,)
        How many different options the voters chose.
    """

    voters: tuple[int, ...]
    codes: np.ndarray
    state: np.ndarray
    outcome: np.ndarray
    n_options: np.ndarray


Scored = tuple[tuple[int, ...], float]


def _search_from(pool: Pool, k: int, voter: int) -> list[Scored]:
    """Score all sets of k models whose lowest column is ``voter``."""
    rows = np.arange(pool.n_items) * (pool.n_classes + 2)
    places = rows + pool.votes.T.astype(np.int64) + 2  # positions in codes.ravel()
    kind = np.int8 if k * (k + 1) <= np.iinfo(np.int8).max else np.int32
    codes = np.full((pool.n_items, pool.n_classes + 2), (k - 1) * (k + 1), dtype=kind)
    codes[:, :2] = k * (k + 1)
    codes[np.arange(pool.n_items), pool.labels + 2] -= 1
    nothing = np.zeros(pool.n_items, dtype=np.int64)
    root = _Head(voters=(), codes=codes, state=nothing, outcome=nothing + k, n_options=nothing)
    if k == 1:
        return _score(pool, k, root, places, [voter])
    return _search_below(pool, k, _extend(root, k, places, voter), places)


def _search_below(pool: Pool, k: int, head: _Head, places: np.ndarray) -> list[Scored]:
    missing = k - len(head.voters)
    following = range(head.voters[-1] + 1, pool.n_models - missing + 1)
    if missing == 1:
        return _score(pool, k, head, places, following)
    found = []
    for voter in following:
        found += _search_below(pool, k, _extend(head, k, places, voter), places)
    return found


def _extend(head: _Head, k: int, places: np.ndarray, voter: int) -> _Head:
    place, width = len(head.voters), k + 1
    codes = head.codes.copy()
    flat = codes.ravel()
    value = flat[places[voter]].astype(np.int64)
    slot = (value + 1) // width
    new = slot == k - 1
    flat[places[voter][new]] = place * width
    right = value == (k - 1) * width - 1
    return _Head(
        voters=(*head.voters, voter),
        codes=codes,
        state=compact(head.state * width + slot),
        outcome=np.where(right, place, head.outcome),
        n_options=head.n_options + new,
    )


def _score(
    pool: Pool, k: int, head: _Head, places: np.ndarray, tails: Iterable[int]
) -> list[Scored]:
    """Score a head of k - 1 voters with each of some further voters."""
    width = k + 1
    n_states = int(head.state.max()) + 1
    base = head.state * width**2 + head.outcome
    options = np.zeros(n_states, dtype=np.int64)
    options[head.state] = head.n_options
    left = pool.n_classes - options[:, None] - (np.arange(width) == k - 1)
    log_left = np.log2(np.maximum(left, 1)).ravel()
    flat = head.codes.ravel()
    found = []
    for voter in tails:
        joint = np.bincount(base + flat.take(places[voter]), minlength=n_states * width**2)
        bits = _information(joint.reshape(-1, width), log_left, pool.n_classes)
        found.append(((*head.voters, voter), bits))
    return found


def _information(joint: np.ndarray, log_left: np.ndarray, n_classes: int) -> float:
    """Return log C - H(outcome | pattern) - E[log number of options left where nobody is right].

    Rows of ``joint`` are patterns, columns the outcome, the last one that nobody is right.
    """
    positive = joint[joint > 0]
    rows = joint.sum(axis=1)
    known = rows > 0
    within = (positive * np.log2(positive)).sum() - (rows[known] * np.log2(rows[known])).sum()
    spread = joint[:, -1] @ log_left
    return float(np.log2(n_classes) + (within - spread) / rows.sum())
