"""Two runs on the same items: paired differences, their tests, and the items that changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from banzuke.evaluation.columns import Columns, columns_of, finished
from banzuke.evaluation.drawing import Drawn, Key, draw, mean_of, spread_unanimous
from banzuke.evaluation.records import Record, RunFolder
from banzuke.evaluation.scores import AVERAGED
from banzuke.evaluation.swapping import Swapped, mean_of_swapped, swap
from banzuke.exceptions import ConflictError
from banzuke.stats.bootstrap import standard_error
from banzuke.stats.paired import mcnemar

N_DRAWS = 2000


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A score of the second run less that of the first, 0 to 100.

    Parameters
    ----------
    name, kind : str
        Of a data set, a category or the average.
    metric : str
    n_items : int
    first, second, difference : float
        Strict scores; NaN where missing.
    standard_error : float
        Of the difference, from a paired bootstrap over passages; where all items differ
        alike, as where none does, from Jeffreys' posterior.
    lower, upper : float
        95 % interval: the differences that the test would not reject.
    p : float
        Two-sided.
    test : str
        ``"McNemar"`` (exact) where scores are 0 or 1 and items independent, otherwise
        ``"random swaps"``. The mean of one data set has its test.
    """

    name: str
    kind: str
    metric: str
    n_items: int
    first: float
    second: float
    difference: float
    standard_error: float
    lower: float
    upper: float
    p: float
    test: str


@dataclass(frozen=True, kw_only=True)
class ChangedItem:
    """An item whose strict score differs, 0 to 1; ratings have no score of their own."""

    item_id: str
    data_set: str
    first: float | None
    second: float | None
    first_answer: str
    second_answer: str
    gold: str


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """Everything that `compare_runs` finds."""

    differences: Sequence[Difference]
    changed: Sequence[ChangedItem]


_SAME: Mapping[str, str] = {
    "suite": "suites",
    "items_sha256": "items",
    "prompt.style": "prompt styles",
    "prompt.shots": "numbers of shots",
    "prompt.sha256": "prompts, output lengths or seeds",
    "sampling.temperature": "temperatures",
    "banzuke": "versions of banzuke",
}
"""What two runs must have in common, in the words of the message."""

_PROMPTS = ("prompt.style", "prompt.shots", "prompt.sha256")
_DIGESTS = ("items_sha256", "prompt.sha256")


def compare_runs(
    first: Path, second: Path, *, across_prompts: bool = False, seed: int = 0
) -> RunComparison:
    """Compare two runs on the same items.

    Parameters
    ----------
    first, second : Path
        Their folders.
    across_prompts : bool, default False
        Allow different prompt styles and numbers of shots.
    seed : int, default 0
        Of the bootstrap and the swaps.

    Raises
    ------
    ConflictError
        Where the manifests show that the scores are not comparable.
    """
    check_comparable(first, second, across_prompts=across_prompts)
    ours, theirs = columns_of(first), columns_of(second)
    pairs = _pairs(ours, theirs, seed)
    differences = [
        _difference(one.name, "data set", one.metric, one.n_items, pair)
        for one, pair in zip(ours, pairs, strict=True)
    ]
    return RunComparison(
        differences=[*differences, *_means(ours, pairs)],
        changed=list(_changed(first, second)),
    )


def check_comparable(first: Path, second: Path, *, across_prompts: bool = False) -> None:
    """Refuse to compare runs that asked different things."""
    one, other = (finished(RunFolder(path))["identity"] for path in (first, second))
    for key, words in _SAME.items():
        if across_prompts and key in _PROMPTS:
            continue
        here, there = _dig(one, key), _dig(other, key)
        if here != there:
            hint = "; --across-prompts compares them all the same" if key in _PROMPTS else ""
            shown = "" if key in _DIGESTS else f" ({here} and {there})"
            raise ConflictError(
                f"{first.name} and {second.name} cannot be compared: "
                f"they have different {words}{shown}{hint}"
            )


class _Pair(NamedTuple):
    """The scores of both runs, the second less the first, and how that is tested."""

    first: Drawn
    second: Drawn
    difference: Drawn
    swapped: Swapped
    exact: float | None
    """p of McNemar's test, where that is possible."""


def _pairs(ours: Sequence[Columns], theirs: Sequence[Columns], seed: int) -> list[_Pair]:
    drawn = draw([*ours, *theirs], n_draws=N_DRAWS, seed=seed, main_only=True)
    gaps: dict[Key, Drawn] = {}
    for i, one in enumerate(ours):
        first, second = (drawn[place, one.metric, "strict"] for place in (i, i + len(ours)))
        gaps[i, one.metric, "strict"] = Drawn(
            second.value - first.value, second.replicates - first.replicates
        )
    gaps = spread_unanimous(ours, gaps, seed=seed)
    swapped = swap(ours, theirs, seed=seed)
    return [
        _Pair(
            first=drawn[key],
            second=drawn[key[0] + len(ours), key[1], key[2]],
            difference=gap,
            swapped=swapped[key[0]],
            exact=_exact(ours[key[0]], theirs[key[0]]),
        )
        for key, gap in gaps.items()
    ]


def _dig(identity: Mapping[str, Any], key: str) -> Any:
    head, _, rest = key.partition(".")
    return _dig(identity[head], rest) if rest else identity.get(head)


def _exact(one: Columns, other: Columns) -> float | None:
    first, second = _right(one), _right(other)
    if first is None or second is None or len(set(one.clusters)) < one.n_items:
        return None
    return mcnemar(first, second)


def _right(one: Columns) -> np.ndarray | None:
    """Return which items are right; None where scores are not all 0 or 1."""
    values = one.values.get((one.metric, "strict"), [])
    return np.array(values) == 1 if all(value in (0, 1) for value in values) else None


def _means(ours: Sequence[Columns], pairs: Sequence[_Pair]) -> Iterator[Difference]:
    members: dict[str, list[int]] = {}
    for place, one in enumerate(ours):
        members.setdefault(one.category, []).append(place)
    means: dict[str, _Pair] = {}
    for category, places in members.items():
        means[category] = _mean_pair([pairs[place] for place in places])
        n_items = sum(ours[place].n_items for place in places)
        yield _difference(category, "category", "", n_items, means[category])
    there = [c for c in means if c in AVERAGED and math.isfinite(means[c].difference.value)]
    if there:
        name = "AVG" if len(there) == len(AVERAGED) else "mean of " + ", ".join(there)
        n_items = sum(one.n_items for one in ours if one.category in there)
        yield _difference(name, "average", "", n_items, _mean_pair([means[c] for c in there]))


def _mean_pair(pairs: Sequence[_Pair]) -> _Pair:
    if len(pairs) == 1:  # the same numbers, so the same test
        return pairs[0]
    return _Pair(
        first=mean_of(pair.first for pair in pairs),
        second=mean_of(pair.second for pair in pairs),
        difference=mean_of(pair.difference for pair in pairs),
        swapped=mean_of_swapped(pair.swapped for pair in pairs),
        exact=None,
    )


def _difference(name: str, kind: str, metric: str, n_items: int, pair: _Pair) -> Difference:
    p = pair.swapped.p() if pair.exact is None else pair.exact
    lower, upper = pair.swapped.interval(p)
    return Difference(
        name=name,
        kind=kind,
        metric=metric,
        n_items=n_items,
        first=100 * pair.first.value,
        second=100 * pair.second.value,
        difference=100 * pair.difference.value,
        standard_error=100 * standard_error(pair.difference.replicates),
        lower=100 * lower,
        upper=100 * upper,
        p=p,
        test="random swaps" if pair.exact is None else "McNemar",
    )


def _changed(first: Path, second: Path) -> Iterator[ChangedItem]:
    pairs = zip(RunFolder(first).records(), RunFolder(second).records(), strict=True)
    for one, other in pairs:
        if _differs(one, other):
            yield ChangedItem(
                item_id=one.item_id,
                data_set=one.task,
                first=one.score,
                second=other.score,
                first_answer=one.answer,
                second_answer=other.answer,
                gold=one.gold[0],
            )


def _differs(one: Record, other: Record) -> bool:
    if one.score is None or other.score is None:
        return one.strict != other.strict
    return abs(one.score - other.score) > 1e-9
