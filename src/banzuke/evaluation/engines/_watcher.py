"""Stands between banzuke and a server: when banzuke is gone, the server goes too.

Run as a script, the server's command line as arguments. The parent holds the other end of
standard input; its end, also by SIGKILL of the parent, ends the server with all its children.
Exit status: the server's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

_GRACE_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1


def _die_with_me() -> None:
    """Have the kernel kill the server should this process be killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _signal_group(server: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, number)


def _end_with_parent(server: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    _signal_group(server, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal_group(server, signal.SIGKILL)
    os._exit(0)


def main() -> None:
    """Run the server until it ends or standard input does."""
    # an interrupt at the terminal is banzuke's to answer; it closes standard input then
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = subprocess.Popen(  # noqa: S603 - the command that banzuke built, no shell
        sys.argv[1:],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with_me,  # noqa: PLW1509 - no thread runs yet
    )
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    status = server.wait()
    _signal_group(server, signal.SIGKILL)  # children of a server that died
    # not sys.exit: the thread may hold standard input
    os._exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
