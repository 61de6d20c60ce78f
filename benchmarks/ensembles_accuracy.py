"""Held-out accuracy of ways to choose and combine models, on real and on exact data.

Run: ``python -m benchmarks.ensembles_accuracy OUTCOMES [--splits N] [--seed N] [--only NAME]
[--out FOLDER]``, where OUTCOMES holds the folders ``mmlu_pro``, ``rational_cascades`` and
``llms_for_css``. With ``--out`` each split is kept as it is done, and a second call goes on there.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from banzuke.ensembles import (
    EnsembleSelector,
    FamilyModel,
    Pool,
    as_statements,
    error_floor,
    exchangeable_error,
    pool_of,
)
from banzuke.ensembles.aggregators import make_aggregator
from banzuke.ensembles.benchmark import Row, benchmark_split, compare
from banzuke.ensembles.rankings import greedy_information, top_accuracy
from banzuke.outcomes import importers

BUDGETS = range(1, 9)
RIVALS = ("greedy-mi", "top-k", "best-single")


def pools(folder: Path) -> Iterator[tuple[str, Pool]]:
    """Yield each benchmark with letter or label answers."""
    found = importers.read("table", [folder / "mmlu_pro"]).collections["mmlu_pro"]
    letters = pool_of(found)
    yield "mmlu_pro", letters
    yield "mmlu_pro statements", as_statements(letters, n_items=6000)
    for name, wanted in (("rational_cascades", ("mmlu", "medmcqa")), ("llms_for_css", None)):
        found = importers.read("table", [folder / name]).collections[name]
        for part in wanted or found.benchmarks:
            yield part, pool_of(found.select(items=pl.col("benchmark") == part))


def split_rows(
    name: str, pool: Pool, split: int, seed: int, methods: tuple[str, ...], out: Path | None
) -> list[Row]:
    """Return the rows of one split: those kept in ``out`` where there are, else new ones."""
    kept = None
    if out is not None:
        kept = out / f"{name.replace(' ', '_')}-{seed}-{split}-{'_'.join(methods)}.json"
        if kept.exists():
            found = json.loads(kept.read_text())
            return [Row(**{**row, "models": tuple(row["models"])}) for row in found]
    rows = benchmark_split(pool, split, budgets=BUDGETS, seed=seed, methods=methods)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        half = kept.with_suffix(".part")
        half.write_text(json.dumps([asdict(row) for row in rows]))
        half.rename(kept)
    return rows


def report_benchmarks(
    folder: Path, *, n_splits: int, seed: int, only: str | None, out: Path | None
) -> None:
    """Print for each data set and budget ours against the best rival, and count verdicts."""
    verdicts: Counter[str] = Counter()
    for name, pool in pools(folder):
        if only is not None and only != name:
            continue
        n_train = pool.n_items // 2
        rows: list[Row] = []
        for split in range(n_splits):
            for methods in (("cross-fitted",), RIVALS):
                rows += split_rows(name, pool, split, seed, methods, out)
        print(f"{name}: {n_train} questions to choose on, {pool.n_items - n_train} held out")
        for result in compare(rows, test_share=(pool.n_items - n_train) / n_train):
            verdicts[result["verdict"]] += 1
            print(
                "  k={k} ours {accuracy:.4f}, best rival {rival_accuracy:.4f} ({rival}), "
                "difference {difference:+.4f} (SE {standard_error:.4f}), {verdict}".format(**result)
            )
        print(end="", flush=True)
    print(dict(verdicts))


def report_exact(seed: int) -> None:
    """Print the floor table, exact errors of sets, and accuracy after 200 training items."""
    print(f"floor {error_floor(0.8, 0.45):.4f}", end="; ")
    print(*(f"m={m}: {exchangeable_error(0.8, 0.45, m):.4f}" for m in (15, 101, 1001)))
    model = FamilyModel(
        accuracies=tuple(np.linspace(0.8648, 0.56, 20)),
        families=tuple(j // 5 for j in range(20)),
        across=0.45,
        within=0.75,
    )
    for k in (3, 4):
        sets = {
            "top-k": tuple(range(k)), "greedy-mi": model.greedy(k), "all sets": model.exhaustive(k)
        }  # fmt: skip
        print(f"k={k}", {name: round(model.map_error(chosen), 4) for name, chosen in sets.items()})
    scores = [_small_sample(model, 5000 + 1000 * seed + draw) for draw in range(20)]
    for name, values in zip(
        ("greedy-mi + map", "top-k + logistic", "ours"), np.transpose(scores), strict=True
    ):
        error = values.std(ddof=1) / np.sqrt(len(values))
        print(f"n=200, k=6, {name}: {values.mean():.4f} (SE {error:.4f})")


def _small_sample(model: FamilyModel, seed: int) -> list[float]:
    labels, answers = model.sample(50_200, seed)
    pool = Pool(
        votes=np.ascontiguousarray(answers.T.astype(np.int8)), labels=labels,
        classes=("0", "1"), models=tuple(f"{j:02d}" for j in range(model.n_models)),
    )  # fmt: skip
    train, test = pool.take(slice(200)), pool.take(slice(200, None))
    found = []
    for order, name in (
        (greedy_information(train, 6), "map"),
        (top_accuracy(train, 6), "logistic"),
    ):
        fitted = make_aggregator(name).fit(train.votes[:, order], train.labels, 2)
        found.append(float((fitted.predict(test.votes[:, order]) == test.labels).mean()))
    selector = EnsembleSelector(6, n_screen=20, random_state=seed).fit(train)
    predicted = selector.at_step(selector.within(6)).predict(test)
    found.append(float((predicted == np.array(test.classes)[test.labels]).mean()))
    return found


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outcomes", type=Path)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.only in (None, "exact"):
        report_exact(arguments.seed)
    report_benchmarks(
        arguments.outcomes,
        n_splits=arguments.splits,
        seed=arguments.seed,
        only=arguments.only,
        out=arguments.out,
    )


if __name__ == "__main__":
    main()
