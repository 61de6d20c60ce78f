"""Whether the reference solutions of MBPP and JHumanEval pass in the sandbox, and how fast.

``python -m benchmarks.sandbox_references ../shared/data/ja_eval`` prints the solutions that
do not pass, the counts, and the time a verdict takes. A solution that fails here would cost
every model that writes it.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from banzuke.evaluation.sandbox import Verdict, run_tests

Problem = tuple[str, str, str]


def mbpp(folder: Path) -> Iterator[Problem]:
    """Yield name, solution and tests of each problem, in the original's order of execution."""
    for line in (folder / "mbpp" / "mbpp.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        tests = "\n".join([row["test_setup_code"], *row["test_list"]])
        yield f"MBPP/{row['task_id']}", row["code"], tests


def jhumaneval(folder: Path) -> Iterator[Problem]:
    """Yield name, prompt with solution, and tests of each problem."""
    with gzip.open(folder / "jhumaneval" / "jhuman-eval.jsonl.gz") as stream:
        for line in stream:
            row = json.loads(line)
            tests = f"{row['test']}\n\ncheck({row['entry_point']})"
            yield row["task_id"], row["prompt"] + row["canonical_solution"], tests


def _judged(problem: Problem) -> tuple[str, Verdict, float]:
    name, code, tests = problem
    started = time.perf_counter()
    return name, run_tests(code, tests), time.perf_counter() - started


def main(folder: Path, n_workers: int = 2) -> None:
    """Judge every reference solution."""
    for title, problems in (("MBPP", mbpp(folder)), ("JHumanEval", jhumaneval(folder))):
        with ThreadPoolExecutor(n_workers) as pool:
            judged = list(pool.map(_judged, problems))
        for name, verdict, _ in judged:
            if not verdict.passed:
                print(f"{name}: {verdict.reason}: {verdict.detail}")
        seconds = sorted(seconds for *_, seconds in judged)
        passed = sum(verdict.passed for _, verdict, _ in judged)
        print(
            f"{title}: {passed} of {len(judged)} pass; {n_workers} at a time, seconds a verdict: "
            f"median {seconds[len(seconds) // 2]:.3f}, longest {seconds[-1]:.3f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/ja_eval"))
