from __future__ import annotations

import mmap
from pathlib import Path

import pytest

from banzuke.prediction import memory
from banzuke.prediction.memory import peak_megabytes, reset_peak

MB = 2**20


def use(megabytes: int) -> None:
    """Touch pages of the system's own, which no allocator can have kept from before."""
    with mmap.mmap(-1, megabytes * MB) as pages:
        for start in range(0, len(pages), mmap.PAGESIZE):
            pages[start] = 1


def test_the_peak_is_that_of_the_work_since_the_reset() -> None:
    if not reset_peak():
        pytest.skip("this system does not let a process reset its peak")
    use(96)
    before = peak_megabytes()
    reset_peak()
    after = peak_megabytes()
    assert after < before - 64
    use(32)
    assert after + 24 < peak_megabytes() < before - 32


def test_without_proc_the_peak_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_REFERENCES", Path("/proc/self/none/clear_refs"))
    monkeypatch.setattr(memory, "_STATUS", Path("/proc/self/none/status"))
    assert not reset_peak()
    assert peak_megabytes() > 20
