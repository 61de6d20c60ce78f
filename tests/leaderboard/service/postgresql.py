"""A PostgreSQL server of a test's own: a private folder, a free port, and a way to crash it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

_USER = "postgres"


class PostgreSQL:
    """A running server; nobody else knows its port."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._folder = folder
        self._run(
            "initdb", "-D", f"{folder}/data", "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        for _ in range(5):
            self._port = _free_port()
            if self._started():
                return
        self._fail()  # five ports in a row were taken between asking for one and taking it

    @property
    def url(self) -> str:
        """Address of its database."""
        return f"postgresql://{_USER}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, after a crash as well: then it repairs itself from its journal."""
        for _ in range(50):
            if self._started():
                return
            time.sleep(0.2)  # children of a killed server need a moment to end
        self._fail()

    def _started(self) -> bool:
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1"
        done = self._run(
            "pg_ctl", "-D", f"{self._folder}/data", "-l", f"{self._folder}/log", "-w", "-t", "180",
            "-o", options, "start", check=False,
        )  # fmt: skip
        return done == 0

    def _fail(self) -> NoReturn:
        pytest.fail(f"PostgreSQL does not start: {(self._folder / 'log').read_text()[-500:]}")

    def crash(self) -> None:
        """Kill it in the middle of whatever it does."""
        pid = int((self._folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End it."""
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "immediate", "stop", check=False)

    def _run(self, program: str, *options: str, check: bool = True) -> int:
        command = [str(self._binaries / program), *options]
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            command = ["runuser", "-u", _USER, "--", *command]
        return subprocess.run(
            command, check=check, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Run a server while the block runs; skips the test where there is none."""
    found = shutil.which("initdb")
    candidates = [Path(found).parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not candidates:
        pytest.skip("needs the programs of PostgreSQL (Debian's package postgresql)")
    if os.getuid() == 0 and shutil.which("runuser") is None:
        pytest.skip("needs runuser, for PostgreSQL refuses to run as root")
    # not below pytest's folder, which only its owner may enter
    folder = Path(tempfile.mkdtemp(prefix="banzuke-pg-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, _USER)
        server = PostgreSQL(candidates[0], folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
