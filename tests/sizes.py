"""How large the tests are that repeat one thing many times.

CI shows each of these once; `make test-full` shows it as often as an operator would want to
know of, and takes some minutes more.
"""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")


def sized(ci: T, *, full: T) -> T:
    """Return the first size, or with ``BANZUKE_FULL_TESTS=1`` the full one."""
    return full if os.environ.get("BANZUKE_FULL_TESTS") == "1" else ci
