from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from banzuke.prediction import memory
from banzuke.prediction.memory import peak_megabytes, reset_peak

MB = 2**20


def test_the_peak_is_that_of_the_work_since_the_reset() -> None:
    if not reset_peak():
        pytest.skip("this system does not let a process reset its peak")
    large = np.ones(96 * MB, dtype=np.uint8)
    before = peak_megabytes()
    del large
    reset_peak()
    after = peak_megabytes()
    assert after < before - 64
    small = np.ones(32 * MB, dtype=np.uint8)
    del small
    assert after + 24 < peak_megabytes() < before - 32


def test_without_proc_the_peak_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_REFERENCES", Path("/proc/self/none/clear_refs"))
    monkeypatch.setattr(memory, "_STATUS", Path("/proc/self/none/status"))
    assert not reset_peak()
    assert peak_megabytes() > 20
