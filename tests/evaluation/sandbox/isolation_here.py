"""Whether this machine can isolate code."""

from __future__ import annotations

import pytest

from banzuke.evaluation.sandbox import SandboxError, find_isolation


def _problem() -> str:
    try:
        find_isolation()
    except SandboxError as error:
        return str(error)
    return ""


needs_isolation = pytest.mark.skipif(bool(_problem()), reason=_problem())
