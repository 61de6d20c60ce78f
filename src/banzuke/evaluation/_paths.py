"""Texts that a user gives where a path may stand."""

from __future__ import annotations

from pathlib import Path


def is_there(path: Path) -> bool:
    """Return whether a path exists; one that no system can have, as it is too long, does not.

    Examples
    --------
    >>> is_there(Path(".")), is_there(Path("あ" * 300))
    (True, False)
    """
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
