"""Servers that banzuke starts: waited for, watched, and always ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from banzuke import progress
from banzuke.evaluation.engines.openai_compatible import API_KEY_VARIABLE
from banzuke.exceptions import EngineError, NotFoundError

T = TypeVar("T")
_WATCHER = Path(__file__).with_name("_watcher.py")
_LAST_LINES = 8
_LAST_LETTERS = 800
_TAIL_BYTES = 2**14
_PAUSE_SECONDS = 0.1


class Server:
    """A running server process.

    Parameters
    ----------
    name : str
        For messages, such as ``"llama.cpp's server"``.
    process : Popen
        Its watcher.
    log : file
        What it prints.
    """

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        self.name = name
        self._process = process
        self._log = log

    def check_alive(self) -> None:
        """Do nothing while the server runs.

        Raises
        ------
        EngineError
            Where it has ended; the message ends with the last lines of its log.
        """
        status = self._process.poll()
        if status is not None:
            raise EngineError(
                f"{self.name} ended with status {status}; it said last: {self.last_words()}"
            )

    def last_words(self) -> str:
        """Return the last lines of the log, joined by ``|``."""
        lines = [line.strip() for line in self._tail().splitlines() if line.strip()]
        return " | ".join(lines[-_LAST_LINES:])[-_LAST_LETTERS:] or "nothing"

    def output(self) -> str:
        """Return everything that it printed so far."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _tail(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _TAIL_BYTES))
        return self._log.read().decode(errors="replace")

    def wait_until(self, ready: Callable[[], T | None], seconds: float) -> T:
        """Ask until `ready` gives something other than None, and return it.

        Raises
        ------
        EngineError
            Where the server ends before, or is not ready in time.
        """
        deadline = time.monotonic() + seconds
        with progress.step(f"starting {self.name}"):
            while time.monotonic() < deadline:
                found = ready()
                if found is not None:
                    return found
                self.check_alive()
                time.sleep(_PAUSE_SECONDS)
        raise EngineError(
            f"{self.name} did not start in {seconds:.0f} s; it said last: {self.last_words()}"
        )


@contextmanager
def supervised(
    name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server while the block runs.

    It ends with the block, with all its children; and by itself when this process dies in
    any way, SIGKILL included. It does not see the API key.

    Parameters
    ----------
    name : str
    command : sequence of str
    environment : mapping, optional
        Variables besides those of this process.

    Raises
    ------
    NotFoundError
        Where there is no such program.
    """
    if shutil.which(command[0]) is None:
        raise NotFoundError(f"{name} cannot be started: there is no program {command[0]!r}")
    variables = {**os.environ, **(environment or {})}
    variables.pop(API_KEY_VARIABLE, None)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - our own watcher, no shell
            [sys.executable, "-P", str(_WATCHER), *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=variables,
        )
        try:
            yield Server(name, process, log)
        finally:
            with contextlib.suppress(BrokenPipeError):
                process.communicate()  # closes standard input, which ends the server
