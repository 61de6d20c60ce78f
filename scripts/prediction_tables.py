"""Measure the methods in the shape of SimRMF's published Table 2, and write the page about it.

Run: ``python scripts/prediction_tables.py FOLDER --keep rows.jsonl [--seeds 0,1,2]``. Rows already
in the file are not measured again, so a run that was cut off continues. ``banzuke predict
benchmark`` prints the same numbers, all but the oracle's, which is told the truth.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from banzuke.outcomes import Outcomes, importers
from banzuke.outcomes.importers import ImportOptions
from banzuke.prediction import OracleSimRMF, Predictor
from banzuke.prediction.protocol import run_protocol, unfitted

PAGE = Path(__file__).parents[1] / "docs" / "prediction-tables.md"
METHODS = {
    "mean": "mean",
    "mean-per-benchmark": "mean per benchmark",
    "mf-unbiased": "MF without biases",
    "mf": "MF with biases",
    "simrmf": "SimRMF, literal",
    "simrmf-scaled": "SimRMF, scaled",
    "boosting": "boosted trees",
    "inductive": "inductive (ours)",
    "oracle": "oracle similarities, literal",
}
TS: tuple[float, ...] = (30, 100, 300, 0.999999)
KEYS = ("rmse_p", "rmse_m", "rmse_x")


def read(folder: Path) -> Outcomes:
    """Return the models without a gap."""
    (table,) = importers.read("table", [str(folder)], ImportOptions()).collections.values()
    return table.select(models=np.flatnonzero(table.observed.all(axis=1)))


def predictors(table: Outcomes, names: list[str]) -> dict[str, Predictor]:
    """Return unfitted predictors, the oracle among them."""
    found = unfitted([name for name in names if name != "oracle"])
    return {name: OracleSimRMF(table.scores) if name == "oracle" else found[name] for name in names}


def measure(table: Outcomes, keep: Path, seeds: list[int], names: list[str]) -> None:
    """Append the rows that the file lacks, one fit at a time."""
    there = {(row["method"], row["seed"], row["t"]) for row in kept(keep)}
    for seed in seeds:
        for t in TS:
            for name, predictor in predictors(table, names).items():
                if (name, seed, t) in there:
                    continue
                rows = run_protocol(table, methods={name: predictor}, observed=[t], seeds=[seed])
                with keep.open("a", encoding="utf-8") as file:
                    for row in rows:
                        file.write(json.dumps({**row.flat(), "t": t}) + "\n")
                print(f"seed {seed}, T {rows[0].observed}, {name}", flush=True)


def kept(path: Path) -> list[dict]:
    """Return the rows of a file, none where it does not exist."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def number(value: float) -> str:
    """Write .123, or a dash where nothing is left to test."""
    return "-" if np.isnan(value) else f"{value:.3f}".removeprefix("0")


def body(rows: list[dict]) -> str:
    """Return the table: T and method down, tests across."""
    grouped: dict[tuple, list[dict]] = defaultdict(list)
    for row in rows:
        grouped[row["observed"], row["method"], row["test"]].append(row)
    lines = ["| T | method | A p / m / x | B p / m / x | C p / m / x | D p / m / x |"]
    lines.append("|---|---|---|---|---|---|")
    for observed in sorted({row["observed"] for row in rows}):
        for method, label in METHODS.items():
            cells = []
            for test in "ABCD":
                draws = grouped.get((observed, method, test), [])
                means = [np.mean([d[k] for d in draws]) if draws else np.nan for k in KEYS]
                cells.append(" / ".join(number(float(m)) for m in means))
            if any(cell != "- / - / -" for cell in cells):
                lines.append(f"| {observed} | {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, then put the table between the marks of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--write-only", action="store_true", help="write the page, measure nothing")
    arguments = parser.parse_args()
    if not arguments.write_only:
        table = read(arguments.folder)
        seeds = [int(part) for part in arguments.seeds.split(",")]
        measure(table, arguments.keep, seeds, arguments.methods.split(","))
    before, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- table -->\n")
    after = rest.partition("<!-- end -->")[2]
    table_text = body(kept(arguments.keep))
    PAGE.write_text(f"{before}<!-- table -->\n{table_text}\n<!-- end -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
