"""The repository holds source, small fixtures and the shipped data; nothing a script can make."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT = 512 * 1024
SHIPPED = "src/banzuke/datasets/"  # Parquet files, two megabytes each at most


def test_no_tracked_file_is_large():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("needs a git checkout")
    sizes = {name: (ROOT / name).stat().st_size for name in listed.stdout.split("\0") if name}
    large = {
        name: size
        for name, size in sizes.items()
        if size > (4 * LIMIT if name.startswith(SHIPPED) else LIMIT)
    }
    assert not large, "write a script that makes these, or keep them outside the repository"
