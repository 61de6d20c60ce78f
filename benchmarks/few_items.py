"""A few items of a new model: errors, coverage and effective sample size of the estimates.

Run: ``python -m benchmarks.few_items [FOLDER] [--seeds 0,1,2] [--models 400] [--items 25,50,100]``.

Half of the complete models of ``FOLDER`` (Open LLM Leaderboard v1 items by default) are known,
drawn at random or from all but the strongest fifth. Each of the others shows a few items, drawn at
random or by ``choose_items``; the full score is known and only compared with. Positions before any
result come from the models' cards.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from banzuke.outcomes import Outcomes, importers
from banzuke.outcomes.importers import ImportOptions
from banzuke.prediction import InductiveKernel
from banzuke.prediction.few_items import estimate
from banzuke.prediction.item_choice import choose_items
from banzuke.prediction.item_draws import Draws
from banzuke.prediction.response_space import ResponseSpace

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "outcomes" / "open_llm_v1_items"
LEVEL = 0.9


@dataclass(frozen=True)
class Trial:
    """One estimate of one model."""

    stronger: bool  # than nine tenths of the known models
    truth: float
    mean: float
    predicted: float
    plain: float
    inside: bool
    width: float
    gain: float  # effective sample size as estimated, in items run


def read(folder: Path) -> Outcomes:
    """Return the models without a gap."""
    imported = importers.read("table", [str(folder)], ImportOptions())
    (table,) = imported.collections.values()
    return table.select(models=np.flatnonzero(table.observed.all(axis=1)))


def split(outcomes: Outcomes, seed: int, strongest: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of known and new models."""
    random = np.random.default_rng(seed)
    if strongest:
        order = np.argsort(outcomes.scores.mean(axis=1), kind="stable")
        cut = int(0.8 * len(order))
        known = random.permutation(order[:cut])[: len(order) // 2]
        return known, random.permutation(order[cut:])
    order = random.permutation(outcomes.n_models)
    return order[: len(order) // 2], order[len(order) // 2 :]


def trials(
    outcomes: Outcomes, seed: int, counts: list[int], *, n_models: int, strongest: bool
) -> Iterator[tuple[str, int, Trial]]:
    """Yield the way to choose, the number of items and the estimate of each new model."""
    known, new = split(outcomes, seed, strongest)
    new = new[:n_models]
    predictor = InductiveKernel(random_state=seed).fit(outcomes.select(models=known))
    positions = predictor.positions(outcomes.models[new])
    bar = float(np.quantile(outcomes.scores[known].mean(axis=1), 0.9))
    for method in ("random", "adaptive"):
        for at, (row, position) in enumerate(zip(new, positions, strict=True)):
            full = outcomes.scores[row].astype(np.float64)
            own = 100_000 * seed + at
            for count, trial in run(predictor.space_, full, position, counts, (method, own, bar)):
                yield method, count, trial


def run(
    space: ResponseSpace,
    full: np.ndarray,
    position: np.ndarray,
    counts: list[int],
    how: tuple[str, int, float],
) -> Iterator[tuple[int, Trial]]:
    """Run one model in batches of 5 after the first 25, and estimate at some counts."""
    method, seed, bar = how
    some, draws, truth = np.full(len(full), np.nan), Draws(), float(full.mean())
    while len(draws.items) < max(counts):
        choice = choose_items(
            space,
            some,
            n=5 if draws.items else 25,
            method=method,
            draws=draws,
            position=position,
            seed=seed,
        )
        assert choice.draws is not None
        draws = choice.draws
        some[list(choice.items)] = full[list(choice.items)]
        count = len(draws.items)
        if count in counts:
            found = estimate(space, some, draws=draws, position=position, level=LEVEL, seed=seed)
            yield (
                count,
                Trial(
                    stronger=truth > bar,
                    truth=truth,
                    mean=found.mean,
                    predicted=found.predicted_mean,
                    plain=float(full[random_items(len(full), count, seed)].mean()),
                    inside=found.lower <= truth <= found.upper,
                    width=found.upper - found.lower,
                    gain=found.effective_n / count,
                ),
            )


def random_items(n_items: int, count: int, seed: int) -> np.ndarray:
    """Return columns drawn at random, for the plain mean."""
    return np.random.default_rng(seed).permutation(n_items)[:count]


def table(label: str, count: int, rows: list[Trial]) -> str:
    """Return one line: errors, coverage, width and effective sample sizes."""
    truth = np.array([row.truth for row in rows])

    def rmse(values: list[float]) -> float:
        return float(np.sqrt(np.mean((np.array(values) - truth) ** 2)))

    ours, plain = rmse([row.mean for row in rows]), rmse([row.plain for row in rows])
    bias = float(np.mean([row.mean for row in rows]) - truth.mean())
    predicted = rmse([row.predicted for row in rows])
    inside, width = np.mean([row.inside for row in rows]), np.mean([row.width for row in rows])
    gain = np.mean([row.gain for row in rows])
    return (
        f"{label:22}{count:5}{len(rows):7}{ours:8.4f}{bias:+8.4f}{predicted:8.4f}{plain:8.4f}"
        f"{inside:8.3f}{width:8.3f}{(plain / ours) ** 2:8.2f}{gain:8.2f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--items", default="25,50,100")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        print(f"needs item results in {arguments.folder}")
        return
    outcomes = read(arguments.folder)
    counts = [int(part) for part in arguments.items.split(",")]
    seeds = [int(part) for part in arguments.seeds.split(",")]
    print(
        f"{'new models':22}{'items':>5}{'n':>7}{'RMSE':>8}{'bias':>8}{'pred.':>8}{'plain':>8}"
        f"{'cover':>8}{'width':>8}{'gain':>8}{'stated':>8}"
    )
    for strongest in (False, True):
        found: dict[tuple[str, int], list[Trial]] = defaultdict(list)
        for seed in seeds:
            for method, count, trial in trials(
                outcomes, seed, counts, n_models=arguments.models, strongest=strongest
            ):
                found[method, count].append(trial)
        for (method, count), rows in found.items():
            label = f"{'strongest' if strongest else 'half'}, {method}"
            print(table(label, count, rows), flush=True)
            if not strongest:
                best = [row for row in rows if row.stronger]
                print(table("  above known 9/10", count, best), flush=True)


if __name__ == "__main__":
    main()
