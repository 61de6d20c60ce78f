"""Proof that an isolation isolates, before any code that nobody has read runs in it."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from banzuke.evaluation.sandbox._records import Limits
from banzuke.exceptions import BanzukeError

if TYPE_CHECKING:
    from banzuke.evaluation.sandbox.isolation import Isolation

_ATTEMPTS = '''
import ctypes, os, socket

def found(folder, port):
    """Say what can be reached that must not be."""
    reached = []
    if os.getuid() == 0:
        reached.append("it runs as root")
    if os.path.exists(folder):
        reached.append("files of the host can be seen")
    try:
        socket.create_connection(("127.0.0.1", port), 2)
        reached.append("a server of the host can be reached")
    except OSError:
        pass
    for path in ("/usr/probe", "/probe", folder + "/probe"):
        try:
            open(path, "w").close()
            reached.append(path + " can be written")
        except OSError:
            pass
    if os.path.exists("/proc/1/environ"):
        reached.append("processes can be seen")
    if ctypes.CDLL(None).unshare(0x10000000) == 0:
        reached.append("a user namespace can be made")
    n = 0
    try:
        while n < 20:
            if os.fork() == 0:
                import time
                time.sleep(1)
                os._exit(0)
            n += 1
    except OSError:
        pass
    if n == 20:
        reached.append("processes are not limited")
    return reached
'''


def problem(isolation: Isolation) -> str | None:
    """Return what an isolation lets through, or why it does not start; None where it is sound."""
    from banzuke.evaluation.sandbox._run import run_tests

    with tempfile.TemporaryDirectory() as folder, _listening() as port:
        Path(folder).chmod(0o777)
        tests = f"reached = found({folder!r}, {port})\nassert not reached, reached"
        limits = Limits(processes=4, cpu_seconds=5)
        try:
            verdict = run_tests(_ATTEMPTS, tests, limits=limits, isolation=isolation)
        except BanzukeError as error:
            return str(error)
        written = sorted(Path(folder).iterdir())
    if written:
        return "files of the host can be written"
    return None if verdict.passed else verdict.detail


@contextlib.contextmanager
def _listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
