"""The claims of arXiv:2602.08003, one by one, on exact distributions and on real answers.

Run: ``python -m benchmarks.ensembles_claims_accuracy OUTCOMES [--splits N] [--seed N]
[--only NAME]``, where OUTCOMES holds the folders ``mmlu_pro``, ``rational_cascades`` and
``llms_for_css``.

The paper asks true/false statements, chooses by plug-in information and decides by the most
probable label of the answer pattern. So does this script; "holds" means significantly better
on held-out questions (Nadeau and Bengio's corrected t test over random halves, 5 %), "fails"
significantly worse. Tasks that judge an attitude stand in for film reviews: emotion, stance,
politeness, implicit hate. They were named before anything was run on them here.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from banzuke.ensembles import (
    EnsembleSelector,
    FamilyModel,
    Pool,
    as_statements,
    exact_errors,
    exchangeable_error,
)
from banzuke.ensembles.aggregation import Aggregator
from banzuke.ensembles.aggregators import make_aggregator
from banzuke.ensembles.exhaustive import greedy_ratios
from banzuke.ensembles.rankings import RANKINGS
from benchmarks.ensembles_accuracy import pools

SIZES = (3, 5, 7)
METHODS = ("greedy-mi", "top-k", "mrmr", "random", "best-single")
ATTITUDES = ("emotion", "semeval_stance", "wiki_politeness", "implicit_hate")
STATEMENTS = ("mmlu_pro", "mmlu", "medmcqa", *ATTITUDES)


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Mean difference in held-out accuracy over splits, with its corrected standard error."""

    mean: float
    error: float
    p: float

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> Gap:
        """Compare two methods on the same splits into halves."""
        gaps = np.subtract(ours, theirs)
        error = float(np.sqrt(gaps.var(ddof=1) * (1 / len(gaps) + 1)))
        mean = float(gaps.mean())
        p = 1.0 if error == 0 else float(2 * student.sf(abs(mean) / error, len(gaps) - 1))
        return cls(mean=mean, error=error, p=p)

    def __str__(self) -> str:
        verdict = "open" if self.p >= 0.05 else "holds" if self.mean > 0 else "fails"
        return f"{self.mean:+.4f} (SE {self.error:.4f}) {verdict}"


def exact_claims() -> None:
    """Print what holds where the distribution is known."""
    print("1. independent errors: the most accurate models are the best set")
    accuracies = np.linspace(0.85, 0.55, 12)
    model = FamilyModel(accuracies=tuple(accuracies), families=(0,) * 12, across=0.0, within=0.0)
    for k in (3, 5):
        least = min(model.map_error(models) for models in combinations(range(12), k))
        print(f"   k={k}: top-k {model.map_error(range(k)):.4f}, least of all sets {least:.4f}")
    print("2. correlated errors: a weaker model of another family beats a stronger of the same")
    for name, families in (("by accuracy", np.arange(20) // 5), ("mixed", np.arange(20) % 4)):
        found = exact_errors(np.linspace(0.8648, 0.56, 20), families, sizes=(3, 5))
        for one in found:
            print(
                f"   families {name}, k={one.k}: top-k {one.top_k:.4f}, greedy {one.greedy:.4f}, "
                f"all sets {one.exhaustive:.4f}; greedy chose {one.greedy_models}, "
                f"information {one.ratio:.4f} of the best"
            )
    print("3. exchangeable pools stop at a floor; pools with two accuracies do not")
    print(*(f"   m={m}: {exchangeable_error(0.8, 0.45, m):.4f}" for m in (15, 101, 1001)))
    for m in (4, 8, 12):
        mixed = FamilyModel(
            accuracies=(0.8, 0.6) * (m // 2), families=(0,) * m, across=0.45, within=0.45
        )
        print(f"   accuracies .8 and .6 in turn, m={m}: {mixed.map_error(range(m)):.4f}")
    print("4. greedy is near the best set: the information it reaches, 40 random pools")
    ratios = [_random_ratio(seed) for seed in range(40)]
    print(f"   k=4 of 12: mean {np.mean(ratios):.4f}, least {np.min(ratios):.4f}")


def _random_ratio(seed: int) -> float:
    random = np.random.default_rng(seed)
    accuracies = random.uniform(0.55, 0.9, 12)
    (found,) = exact_errors(accuracies, np.arange(12) % 4, sizes=(4,))
    return found.ratio


def real_pools(folder: Path, only: str | None) -> Iterator[tuple[str, Pool]]:
    """Yield each data set as true/false statements, then as it is."""
    for name, pool in pools(folder):
        if name in STATEMENTS and only in (None, name):
            n_items = min(pool.n_items, 6000)
            yield f"{name}, statements", as_statements(pool, n_items=n_items)
            yield f"{name}, {pool.n_classes} classes", pool


def accuracies(pool: Pool, n_splits: int, seed: int) -> dict[str, dict[int, list[float]]]:
    """Return held-out accuracies by method and size, one for each split."""
    found: dict[str, dict[int, list[float]]] = {}
    for split in range(n_splits):
        order = np.random.default_rng([seed, split]).permutation(pool.n_items)
        half = pool.n_items // 2
        train, test = pool.take(order[:half]), pool.take(order[half:])
        for method in METHODS:
            chosen = RANKINGS[method](train, max(SIZES), split)
            for k in SIZES:
                value = _right(make_aggregator("map"), chosen[:k], train, test)
                found.setdefault(method, {}).setdefault(k, []).append(value)
        selector = EnsembleSelector(max(SIZES), random_state=split).fit(train)
        for k in SIZES:
            predicted = selector.at_step(selector.within(k)).predict(test)
            value = float((predicted == np.array(test.classes)[test.labels]).mean())
            found.setdefault("ours", {}).setdefault(k, []).append(value)
    return found


def _right(aggregator: Aggregator, models: list[int], train: Pool, test: Pool) -> float:
    aggregator.fit(train.votes[:, models], train.labels, train.n_classes)
    return float((aggregator.predict(test.votes[:, models]) == test.labels).mean())


def real_claims(name: str, pool: Pool, n_splits: int, seed: int) -> None:
    """Print the claims about data: greedy against the best single, top-k, mRMR and random."""
    found = accuracies(pool, n_splits, seed)
    ratios = [one.ratio for one in greedy_ratios(pool, max(SIZES), most=10_000)]
    print(f"{name}: {pool.n_models} models, {pool.n_items // 2} items to choose on")
    print(f"   greedy/best information, k = 1, 2, ...: {', '.join(f'{r:.3f}' for r in ratios)}")
    for k in SIZES:
        greedy = found["greedy-mi"][k]
        print(f"   k={k}: greedy {np.mean(greedy):.4f}", end="")
        for rival in METHODS[1:]:
            print(f"; over {rival} {Gap.of(greedy, found[rival][k])}", end="")
        ours = found["ours"][k]
        print(f"; ours {np.mean(ours):.4f}, over greedy {Gap.of(ours, greedy)}", flush=True)


def main() -> None:
    """Parse the command line and print claim by claim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outcomes", type=Path)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="One data set, or exact.")
    arguments = parser.parse_args()
    if arguments.only in (None, "exact"):
        exact_claims()
    for name, pool in real_pools(arguments.outcomes, arguments.only):
        real_claims(name, pool, arguments.splits, arguments.seed)


if __name__ == "__main__":
    main()
