"""SimRMF by PyTorch: Adam with autograd on dense similarity terms. Needs NumPy and PyTorch alone.

Run by `benchmarks.prediction_speed`, in the environment given there:
``python _torch_adam.py PROBLEM.npz TRACE.npz RATE STEPS``.
"""

from __future__ import annotations

import sys
from time import perf_counter, process_time

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits


def descend(problem: dict[str, np.ndarray], rate: float, steps: int) -> np.ndarray:
    """Return loss, wall seconds and CPU seconds after each step."""
    scores, *roots = (torch.from_numpy(problem[k]) for k in ("scores", "models", "items"))
    penalty, *ties = problem["weights"].tolist()
    factors = [torch.from_numpy(problem[k].copy()).requires_grad_() for k in ("m", "x")]
    optimiser = torch.optim.Adam(factors, lr=rate)
    trace, wall, cpu = [], perf_counter(), process_time()
    for _ in range(steps):
        optimiser.zero_grad()
        loss = binary_cross_entropy_with_logits(factors[0] @ factors[1].T, scores, reduction="sum")
        for factor, root, tie in zip(factors, roots, ties, strict=True):
            loss = loss + tie * (factor @ factor.T - root).square().sum()
            loss = loss + penalty * factor.square().sum()
        loss.backward()
        optimiser.step()
        trace.append((loss.item(), perf_counter() - wall, process_time() - cpu))
    return np.array(trace)


def main() -> None:
    """Read a problem, write the trace of a descent."""
    source, target, rate, steps = sys.argv[1:5]
    torch.set_num_threads(1)  # as many as ours has
    with np.load(source) as stored:
        problem = dict(stored)
    descend(problem, float(rate), 3)  # the first steps of a process are slow
    np.savez(target, trace=descend(problem, float(rate), int(steps)))


if __name__ == "__main__":
    main()
