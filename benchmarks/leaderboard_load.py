"""How the leaderboard holds up under load: 50 clients at once, 4,576 models x 6 benchmarks.

Run with ``python -m benchmarks.leaderboard_load [WORKERS ...]`` (1 and 2 without it). Each
number of workers gets server processes of their own on one port; clients are connections of one
process that ask again as soon as an answer has come, so nothing waits between requests. Target:
p95 of the filtered and sorted first page at most 100 ms with all 50 clients.

``kept`` asks one page again and again, so that the server answers from the pages it keeps.
``first time`` asks for a page that nobody asked for before, every time.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from banzuke.outcomes import Lake, Outcomes
from benchmarks.leaderboard_latency import board

CLIENTS, REQUESTS, TARGET_MS, LIMIT_SECONDS = 50, 1500, 100.0, 120.0
BOARD = "/boards/load"
FILTERED = "q=org-1;org-2&type=chat&type=merge&size_min=3&sort=score:BBH"
SCENARIOS = {
    "first page, kept": lambda n: BOARD,
    "filtered and sorted, kept": lambda n: f"{BOARD}?{FILTERED}",
    "filtered and sorted, 400 filters": lambda n: f"{BOARD}?{FILTERED}&size_max={20 + n % 400}",
    "filtered and sorted, first time": lambda n: f"{BOARD}?{FILTERED}&size_max={1000 + n}",
    "search, first time": lambda n: f"{BOARD}?{urlencode({'q': f'model-{n}; org-{n % 400}'})}",
    "JSON, first time": lambda n: f"/api/v1/boards/load.json?{FILTERED}&size_max={1000 + n}",
    "model page": lambda n: f"{BOARD}/models/org-{n % 400}/model-{n % 400}",
}


def fill(folder: str) -> None:
    """Write the board, with standard errors, so that ranks have intervals."""
    plain = board()
    errors = np.full(plain.shape, 0.015, np.float32)
    Lake(folder).write(
        "load", Outcomes(plain.scores, plain.models, plain.items, layers={"standard_error": errors})
    )


def serve(folder: str, port: int, workers: int) -> list[subprocess.Popen[bytes]]:
    """Start server processes that share one port, and wait until each answers."""
    code = (
        "import socket, sys, uvicorn; from banzuke.leaderboard import create_app;"
        "app = create_app(sys.argv[1]); app.state.store.current().prepare();"
        "s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1);"
        "s.bind(('127.0.0.1', int(sys.argv[2]))); s.listen(2048); print('up', flush=True);"
        "uvicorn.Server(uvicorn.Config(app, log_level='error', access_log=False)).run([s])"
    )
    command = [sys.executable, "-c", code, folder, str(port)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    servers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(workers)
    ]
    for server in servers:
        assert server.stdout is not None
        if server.stdout.readline() != b"up\n":
            raise RuntimeError("a server did not start")
    return servers


async def client(
    port: int, addresses: Iterator[str], deadline: float, seconds: list[float], sizes: list[int]
) -> None:
    """Ask for addresses over one connection until there are no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for address in addresses:
        if time.monotonic() > deadline:
            break
        start = time.perf_counter()
        head = f"GET {address} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n"
        writer.write(head.encode())
        status, body = await answer(reader)
        if status != 200:
            raise RuntimeError(f"{address}: {status}")
        seconds.append(time.perf_counter() - start)
        sizes.append(len(body))
    writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read one answer to its last byte."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


async def run(port: int, scenario: str) -> tuple[np.ndarray, int, float]:
    """Return the seconds of each request, bytes of a median answer, requests per second."""
    make = SCENARIOS[scenario]
    numbers = iter(range(REQUESTS))
    addresses = (make(n) for n in numbers)
    deadline = time.monotonic() + LIMIT_SECONDS
    seconds: list[float] = []
    sizes: list[int] = []
    await client(port, iter([make(0)]), deadline, [], [])  # the first of all is no part of it
    start = time.perf_counter()
    await asyncio.gather(
        *(client(port, addresses, deadline, seconds, sizes) for _ in range(CLIENTS))
    )
    return np.array(seconds), int(np.median(sizes)), len(seconds) / (time.perf_counter() - start)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def measure(folder: str, workers: int) -> bool:
    """Print one table; return whether the target was met."""
    port = free_port()
    servers = serve(folder, port, workers)
    table = Table(
        *("request", "p50 ms", "p95 ms", "requests/s", "kB sent"),
        title=f"{CLIENTS} clients, {workers} worker(s), load {os.getloadavg()[0]:.1f}",
    )
    met = True
    try:
        for scenario in SCENARIOS:
            seconds, size, rate = asyncio.run(run(port, scenario))
            p50, p95 = 1000 * np.quantile(seconds, [0.5, 0.95])
            if scenario.startswith("filtered and sorted, kept"):
                met = bool(p95 <= TARGET_MS)
            row = f"{p50:.1f}", f"{p95:.1f}", f"{rate:.0f}", f"{size / 1000:.1f}"
            table.add_row(scenario, *row)
        used = sum(psutil.Process(s.pid).memory_info().rss for s in servers) / 2**20
    finally:
        for server in servers:
            server.terminate()
            server.wait()
    Console(width=100).print(table)
    print(f"memory of the server processes: {used:.0f} MiB")
    return met


async def first_page(port: int) -> None:
    """Print what a first visit weighs without the chart library."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    total = 0
    for address in (BOARD, "/static/app.css", "/static/icon.svg", "/static/vendor/htmx.min.js"):
        writer.write(f"GET {address} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        _, body = await answer(reader)
        total += len(body)
        print(f"{address}: {len(body) / 1000:.1f} kB plain, {len(gzip.compress(body)) / 1000:.1f}")
    writer.close()
    print(f"first page without the chart library: {total / 1000:.0f} kB plain (limit 500)")


def main() -> int:
    """Measure with each number of workers; 1 where the target is missed."""
    numbers = [int(one) for one in sys.argv[1:]] or [1, 2]
    with tempfile.TemporaryDirectory() as folder:
        fill(folder)
        met = [measure(folder, workers) for workers in numbers]
        port = free_port()
        server = serve(folder, port, 1)[0]
        try:
            asyncio.run(first_page(port))
        finally:
            server.terminate()
            server.wait()
    print(f"target: p95 at most {TARGET_MS:.0f} ms: {'met' if all(met) else 'missed'}")
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
