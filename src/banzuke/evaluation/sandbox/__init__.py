"""Generated code runs here, apart from everything else; the verdict is made elsewhere.

Two processes, each in an isolation of its own: one runs the code under test, the other the
tests. They exchange plain values. The code can end, patch or replace whatever it likes in
its own process: expected values, comparison and verdict are not there.
"""

from __future__ import annotations

from banzuke.evaluation.sandbox._records import REASONS, Limits, Verdict
from banzuke.evaluation.sandbox._run import run_tests
from banzuke.evaluation.sandbox.errors import code_errors
from banzuke.evaluation.sandbox.isolation import (
    Isolation,
    SandboxError,
    find_isolation,
    unsafe_code_allowed,
)

__all__ = [
    "REASONS",
    "Isolation",
    "Limits",
    "SandboxError",
    "Verdict",
    "code_errors",
    "find_isolation",
    "run_tests",
    "unsafe_code_allowed",
]
