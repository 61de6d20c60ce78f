"""Limits that a process sets on itself before it reads anything from outside."""

from __future__ import annotations

import os
from typing import Any

_FILES = 64


def confine(limits: dict[str, Any]) -> None:
    """Leave root, and set limits of memory, CPU time, processes and file size.

    Parameters
    ----------
    limits : dict
        ``memory_bytes``, ``cpu_seconds``, ``processes``, ``file_bytes``; and ``uid``, the
        user to become where this process runs as root (root has no limit of processes);
        ``filter``, whether system calls are filtered.
    """
    import resource

    if os.getuid() == 0 and limits["uid"]:
        os.setgroups([])
        os.setgid(limits["uid"])
        os.setuid(limits["uid"])
    for kind, most, grace in (
        (resource.RLIMIT_AS, limits["memory_bytes"], 0),
        (resource.RLIMIT_CPU, limits["cpu_seconds"], 1),  # SIGXCPU first, then SIGKILL
        (resource.RLIMIT_NPROC, limits["processes"], 0),
        (resource.RLIMIT_FSIZE, limits["file_bytes"], 0),
        (resource.RLIMIT_NOFILE, _FILES, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        ceiling = value + grace if hard == resource.RLIM_INFINITY else min(value + grace, hard)
        resource.setrlimit(kind, (value, ceiling))
    if limits["filter"]:
        from .filter import refuse_system_calls

        refuse_system_calls()
