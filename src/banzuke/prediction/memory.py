"""The largest memory that a piece of work had resident."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

__all__ = ["peak_megabytes", "reset_peak"]

_REFERENCES = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def reset_peak() -> bool:
    """Let `peak_megabytes` start anew from what is resident now.

    Returns
    -------
    bool
        False where the system cannot (it is not Linux, or does not allow it); the peak is then
        the largest since the process started.
    """
    try:
        _REFERENCES.write_text("5", encoding="ascii")  # proc(5): resets the high water mark
    except OSError:
        return False
    return True


def peak_megabytes() -> float:
    """Return the largest resident memory in MB (2^20 bytes) since `reset_peak` or the start.

    The interpreter and the data are part of it.
    """
    try:
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1024
    except OSError:
        pass  # not Linux
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)
