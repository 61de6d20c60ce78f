"""Time and memory of prediction, beside the plain ways to do the same.

Run: ``python -m benchmarks.prediction_speed [PART ...] [--python ENV/bin/python]``, where the parts
are gradient, simrmf, inductive (the default: these three), large (1,704 x 21,065) and sparse.
PyTorch, for simrmf, may live in an environment of its own (``--python``); it needs NumPy beside it.
Each fit that is measured runs in a fresh process; peak memory is that of the process, with
interpreter and data. CPU seconds say more than wall seconds on a machine that does other work.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import minimize
from threadpoolctl import threadpool_info, threadpool_limits

from banzuke.outcomes import Outcomes
from banzuke.prediction import InductiveKernel, MatrixFactorization, SimRMF
from banzuke.prediction._blocks import LogLoss
from banzuke.prediction.memory import peak_megabytes, reset_peak
from banzuke.prediction.simrmf import _Objective, model_similarity, root_factor

METHODS: dict[str, Callable[[], Any]] = {
    "inductive": InductiveKernel,
    "mf": lambda: MatrixFactorization(8),
}
RATES = (0.01, 0.03, 0.1)  # of Adam
STEPS = 300


def simulate(n_models: int, n_items: int, share: float = 1.0, seed: int = 0) -> Outcomes:
    """Draw right/wrong scores from two abilities that follow size and architecture."""
    random = np.random.default_rng(seed)
    size, family = random.normal(size=n_models), random.integers(8, size=n_models)
    ability = size + random.normal(size=8)[family] + 0.5 * random.normal(size=n_models)
    second = random.normal(size=n_models)
    difficulty, slope = random.normal(size=n_items), random.normal(size=n_items)
    scores = np.empty((n_models, n_items), dtype=np.float32)
    for row in range(n_models):  # one at a time: nothing of the size of the scores beside them
        chance = 1 / (1 + np.exp(difficulty - ability[row] - second[row] * slope))
        scores[row] = random.random(n_items) < chance
        if share < 1:
            scores[row, random.random(n_items) > share] = np.nan
    models = pl.DataFrame(
        {
            "model": [f"org{i % 50}/family{f}-{i}" for i, f in enumerate(family)],
            "params_b": np.exp(size + 1.5),
            "architecture": [f"arch{f}" for f in family],
        }
    )
    items = pl.DataFrame(
        {
            "item_id": [f"q{i}" for i in range(n_items)],
            "benchmark": [f"bench{i % 6}" for i in range(n_items)],
            "task": [f"task{i % 18}" for i in range(n_items)],
        }
    )
    return Outcomes(scores, models, items)


def gradient(_: str) -> None:
    """Compare the fused blocked gradient with plain NumPy, one thread each."""
    heading("loss and gradient of the factorisation, d = 16", "ours", "plain NumPy")
    for shape in ((1000, 1000), (1704, 21065)):
        random = np.random.default_rng(0)
        scores = (random.random(shape, dtype=np.float32) < 0.5).astype(np.float32)
        a, b = (random.normal(scale=0.3, size=(n, 16)).astype(np.float32) for n in shape)
        fused = LogLoss(scores)

        def plain(a: np.ndarray = a, b: np.ndarray = b, z: np.ndarray = scores) -> Any:
            logit = a @ b.T
            error = 1 / (1 + np.exp(-logit)) - z
            return float((np.logaddexp(0, logit) - z * logit).sum()), error @ b, error.T @ a

        with threadpool_limits(1, user_api="blas"):
            slow = min(cpu_of(plain) for _ in range(3))
            fast = min(cpu_of(lambda f=fused, a=a, b=b: f(a, b)) for _ in range(5))
        line(f"{shape[0]} x {shape[1]}", fast, slow)


def simrmf(python: str) -> None:
    """Compare L-BFGS on the fused gradient with Adam on autograd, to the same loss."""
    objective, start, problem = _simrmf_problem(1000)
    heading(
        f"SimRMF, 1000 x 1000, to the best loss in {STEPS} steps of Adam; one thread",
        "ours",
        "PyTorch Adam",
    )
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/problem.npz", f"{folder}/trace.npz"
        np.savez(source, **problem)
        for rate in RATES:
            script = str(Path(__file__).with_name("_torch_adam.py"))
            command = [python, script, source, target, str(rate), str(STEPS)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"  did not run: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
                return
            with np.load(target) as stored:
                _compare(objective, start, stored["trace"], f"Adam's rate {rate}")


def _compare(objective: _Objective, start: np.ndarray, trace: np.ndarray, name: str) -> None:
    """Print when each way first comes to the best loss of Adam (within float32's rounding)."""
    if not np.isclose(trace[0, 0], objective(start)[0], rtol=1e-4):
        raise RuntimeError(f"two losses at the start: {trace[0, 0]}, {objective(start)[0]}")
    loss = (1 + 1e-6) * float(trace[:, 0].min())
    step = int(np.flatnonzero(trace[:, 0] <= loss)[0])
    with threadpool_limits(1, user_api="blas"):
        until(objective, start, loss)
        wall, cpu, calls = until(objective, start, loss)
    line(f"{name}: loss {loss:.0f}, CPU", cpu, trace[step, 2])
    line(f"  wall; {calls} calls of ours, {step + 1} steps of Adam", wall, trace[step, 1])


def _simrmf_problem(n: int, d: int = 16) -> tuple[_Objective, np.ndarray, dict[str, np.ndarray]]:
    """Return our objective and the same in dense form; texts are alike within 20 groups."""
    outcomes, random = simulate(n, n), np.random.default_rng(1)
    texts = random.normal(size=(20, 384))[random.integers(20, size=n)]
    texts += random.normal(size=texts.shape)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    left, values, _ = np.linalg.svd(texts, full_matrices=False)
    roots = root_factor(model_similarity(outcomes.models)), left * np.sqrt(values)
    settings = SimRMF(d)
    objective = _Objective(settings, outcomes.scores, *roots)
    start = random.normal(scale=0.1, size=2 * n * d)
    m, x = (factor.astype(np.float32) for factor in objective.unpack(start))
    dense = [(root @ root.T).astype(np.float32) for root in roots]
    weights = np.array([settings.penalty, settings.model_tie, settings.item_tie])
    given = {"scores": outcomes.scores, "models": dense[0], "items": dense[1], "m": m, "x": x}
    return objective, start, given | {"weights": weights}


def until(objective: _Objective, start: np.ndarray, target: float) -> tuple[float, float, int]:
    """Run L-BFGS until a loss is reached; return wall and CPU seconds and evaluations."""
    calls = 0

    def stop(intermediate_result: Any) -> None:
        if intermediate_result.fun <= target:
            raise StopIteration

    def counted(theta: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal calls
        calls += 1
        return objective(theta)

    options = {"maxiter": 1000, "ftol": 0.0, "gtol": 0.0}
    wall, cpu = perf_counter(), process_time()
    found = minimize(counted, start, jac=True, method="L-BFGS-B", callback=stop, options=options)
    if found.fun > target:
        raise RuntimeError(f"stopped at {found.fun}, above {target}: {found.message}")
    return perf_counter() - wall, process_time() - cpu, calls


def inductive(_: str) -> None:
    """Time our predictor at 1000 x 1000."""
    table("1000 x 1000, every cell observed, best of three")
    print_fit("inductive", 1000, 1000, repeats=3)
    print_fit("mf", 1000, 1000, repeats=3)


def large(_: str) -> None:
    """Time our predictor at the size of the published data."""
    table("1,704 x 21,065, every cell observed")
    print_fit("inductive", 1704, 21065)


def sparse(_: str) -> None:
    """Show how cost grows with the observed cells, and with the number of items."""
    table("more observed cells at one shape")
    for method in METHODS:
        for share in (0.02, 0.05, 0.1, 0.2, 0.4):
            print_fit(method, 1000, 5000, share)
    table("more items at one share: an n x n matrix of 100,000 items would be 40,000 MB")
    for method in METHODS:
        for n_items in (6250, 12_500, 25_000, 50_000, 100_000):
            print_fit(method, 500, n_items, 0.01)


def print_fit(
    method: str, n_models: int, n_items: int, share: float = 1.0, repeats: int = 1
) -> None:
    """Measure a fit and all predictions in a fresh process, and print a line."""
    command = [sys.executable, "-m", "benchmarks.prediction_speed", "--work"]
    command += [json.dumps([method, n_models, n_items, share, repeats])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    got = json.loads(done.stdout.splitlines()[-1])
    cpu, wall = (got["fit"][k] + got["predict"][k] for k in (0, 1))
    print(
        f"  {method:10}{n_models:6} x {n_items:<7}{got['cells']:11,}{got['fit'][0]:9.2f}"
        f"{got['predict'][0]:9.2f}{cpu:9.2f}{wall:9.2f}{1e6 * cpu / got['cells']:9.2f}"
        f"{got['data_mb']:9.0f}{got['peak_mb']:9.0f}",
        flush=True,
    )


def work(method: str, n_models: int, n_items: int, share: float, repeats: int) -> None:
    """Measure one fit: the part that runs in a process of its own."""
    METHODS[method]().fit(simulate(40, 60)).predict()  # imports are no part of the fit
    outcomes = simulate(n_models, n_items, share)
    data = float(outcomes.scores.nbytes) / 2**20
    best: list[tuple[float, float]] = []
    reset_peak()
    for _ in range(repeats):
        taken, predictor = [], METHODS[method]()
        for step in (lambda p=predictor: p.fit(outcomes), predictor.predict):
            wall, cpu = perf_counter(), process_time()
            step()
            taken.append((process_time() - cpu, perf_counter() - wall))
        best = min(best or taken, taken, key=lambda pair: pair[0][0] + pair[1][0])
    cells = int(outcomes.observed.sum())
    measured = {"fit": best[0], "predict": best[1], "cells": cells, "data_mb": data}
    print(json.dumps(measured | {"peak_mb": peak_megabytes()}))


def cpu_of(function: Callable[[], Any]) -> float:
    """Return the CPU seconds of a call."""
    started = process_time()
    function()
    return process_time() - started


def heading(what: str, *names: str) -> None:
    """Print the heading of a comparison."""
    print(f"\n{what}\n  {'':56}" + "".join(f"{name:>14}" for name in names) + f"{'ratio':>9}")


def line(what: str, ours: float, other: float) -> None:
    """Print seconds of both ways, and their ratio."""
    print(f"  {what:56}{ours:12.4f} s{other:12.4f} s{other / ours:7.1f} x", flush=True)


def table(what: str) -> None:
    """Print the heading of fits."""
    print(f"\n{what}\n{'':27}{'observed':>11}{'CPU s of':>9}{'CPU s of':>9}{'CPU s':>9}", end="")
    print(f"{'wall s':>9}{'CPU s a':>9}{'MB of':>9}{'MB':>9}")
    print(f"{'':27}{'cells':>11}{'fit':>9}{'predict':>9}{'both':>9}{'':9}{'million':>9}", end="")
    print(f"{'scores':>9}{'peak':>9}")


PARTS = {f.__name__: f for f in (gradient, simrmf, inductive, large, sparse)}


def main() -> None:
    """Print the tables."""
    if sys.argv[1:2] == ["--work"]:
        work(*json.loads(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--python", default=sys.executable, help="of an environment with PyTorch")
    arguments = parser.parse_args()
    parts = arguments.parts or ["gradient", "simrmf", "inductive"]
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    cores = {pool.get("architecture") for pool in threadpool_info() if pool["user_api"] == "blas"}
    print(f"kernels of the linear algebra library: {', '.join(sorted(filter(None, cores)))}")
    for part in parts:
        PARTS[part](arguments.python)


if __name__ == "__main__":
    main()
