"""A worker process beside the web server: started, started again where it dies, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from banzuke.leaderboard.service.settings import ServiceSettings

_log = structlog.get_logger(__name__)
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_HANDING_BACK_SECONDS = 45.0


@contextmanager
def worker_beside(settings: ServiceSettings, concurrency: int) -> Iterator[None]:
    """Keep a worker process running while the block runs.

    A process of its own, so that what an evaluation needs of memory or time does not slow
    the pages. SIGTERM to this process ends the block in order.

    Parameters
    ----------
    settings : ServiceSettings
    concurrency : int
        Submissions at a time.
    """
    stop = threading.Event()
    children: list[subprocess.Popen[bytes]] = []
    watching = threading.Thread(
        target=_keep_running, args=(settings, concurrency, stop, children), daemon=True
    )
    before = signal.signal(signal.SIGTERM, _leave)
    watching.start()
    try:
        yield
    finally:
        stop.set()
        for child in children:
            _end(child)
        watching.join(timeout=5)
        signal.signal(signal.SIGTERM, before)


def _leave(*_: Any) -> None:
    raise SystemExit(0)


def _keep_running(
    settings: ServiceSettings,
    concurrency: int,
    stop: threading.Event,
    children: list[subprocess.Popen[bytes]],
) -> None:
    command = [sys.executable, "-m", "banzuke", "worker", "--concurrency", str(concurrency)]
    environment = {**os.environ, "BANZUKE_DATA": settings.data}
    pause = _FIRST_PAUSE
    while not stop.is_set():
        child = subprocess.Popen(command, env=environment)  # noqa: S603 - our own command
        children[:] = [child]
        while not stop.is_set():
            try:
                status = child.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                pause = max(_FIRST_PAUSE, pause * 0.99)  # it runs: forget earlier ends slowly
                continue
            _log.warning("the worker ended and is started again", status=status, pause=pause)
            stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            break


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(timeout=_HANDING_BACK_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()  # its lease ends, and another worker goes on
        child.wait()
