from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from banzuke.prediction.protocol import run_protocol
from banzuke.testing import make_outcomes

SETTINGS = {"methods": ["mean", "mf"], "seeds": [0, 1]}

# a process of its own: Ray's children and sockets outlive what a test can clean up
ON_RAY = """
import json, joblib, ray
from banzuke.prediction.protocol import run_protocol
from banzuke.testing import make_outcomes
try:
    ray.init(num_cpus=2, object_store_memory=100 * 2**20, include_dashboard=False,
             log_to_driver=False, logging_level="ERROR")
except Exception as error:
    print("NO CLUSTER", error)
    raise SystemExit(0)
with joblib.parallel_config(backend="ray", n_jobs=2):
    rows = run_protocol(make_outcomes(20, 20, seed=1), methods=["mean", "mf"], seeds=[0, 1])
print("\\nROWS" + json.dumps([[r.method, r.test, r.seed, r.measures.rmse_p] for r in rows]))
"""


@pytest.mark.slow
def test_ray_gives_the_same_as_one_process() -> None:
    if find_spec("ray") is None:
        pytest.skip("needs the extra ray")
    alone = run_protocol(make_outcomes(20, 20, seed=1), **SETTINGS)
    try:
        done = subprocess.run(
            [sys.executable, "-c", ON_RAY],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("Ray did not start and finish within 120 s on this machine")
    if "NO CLUSTER" in done.stdout:
        pytest.skip(f"Ray starts no cluster on this machine: {done.stdout[:200]}")
    # Ray writes warnings of its own to the same stream, before and after
    rows = [line for line in done.stdout.splitlines() if line.startswith("ROWS")]
    spread = json.loads(rows[0].removeprefix("ROWS"))
    assert spread == [[r.method, r.test, r.seed, r.measures.rmse_p] for r in alone]
