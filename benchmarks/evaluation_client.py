"""What evaluating costs beside the server: wall time against a bare HTTP loop, and memory.

``python -m benchmarks.evaluation_client`` starts a server process that answers after 50 to 200
ms, and one that answers at once. ``evaluate`` (prompts, requests, scores, every answer on the
disk) and a bare asynchronous httpx loop ask both the same prompts at the same concurrency, in
turns; the median ratio of the pairs is printed. Target: 1.05 with the first server. Memory is the
peak of a process of its own, with 1,000 and with 10,000 items.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import httpx

from banzuke.evaluation import Settings, evaluate
from banzuke.evaluation.engines import OpenAICompatible
from banzuke.evaluation.engines.openai_compatible import ClientSettings
from banzuke.evaluation.prompts import build_prompt, stop_sequences
from banzuke.evaluation.tasks import Benchmark, Item, Suite, Task

CONCURRENCY, PAIRS = 32, 5
SERVER = """
import asyncio, json, sys, uvicorn, zlib

least, most = float(sys.argv[1]), float(sys.argv[2])

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        part = await receive()
        body += part.get("body", b"")
        if not part.get("more_body"):
            break
    if scope["path"].endswith("/models"):
        content = {"data": [{"id": "m"}]}
    else:
        share = zlib.crc32(json.loads(body)["prompt"].encode()) / 2**32
        await asyncio.sleep(least + (most - least) * share if most else 0)
        usage = {"prompt_tokens": 200, "completion_tokens": 8}
        content = {"choices": [{"text": "東京都", "finish_reason": "stop"}], "usage": usage}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})

server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))

async def main():
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await task

asyncio.run(main())
"""


def suite(n_items: int) -> Suite:
    """Return questions with passages of some hundred letters."""
    benchmark = Benchmark(
        name="speed",
        category="QA",
        metric="char_f1",
        instruction="文章を読んで、質問に短い語句で答えなさい。",
        layout="{text}",
        output_tokens=25,
    )
    passage = "東京都は日本の首都であり、人口はおよそ千四百万人である。" * 10
    items = tuple(
        Item(item_id=f"speed-{i}", text=f"文章：{i}。{passage}\n質問：首都は？", answers=("東京",))
        for i in range(n_items)
    )
    return Suite(name="speed", tasks=(Task(benchmark=benchmark, shots=(), items=items),))


def ours(url: str, asked: Suite) -> float:
    """Return the seconds of a whole run."""
    engine = OpenAICompatible(url, "m", settings=ClientSettings(concurrency=CONCURRENCY))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(style="alpaca-ja", concurrency=CONCURRENCY)
        started = time.perf_counter()
        run = evaluate(asked, engine, runs=folder, settings=settings)
        seconds = time.perf_counter() - started
    assert run.n_new == len(asked.tasks[0].items)
    return seconds


def bare(url: str, asked: Suite) -> float:
    """Return the seconds of the least code that asks the same and reads the answers."""
    task = asked.tasks[0]
    bodies = [
        {
            "model": "m",
            "prompt": build_prompt("alpaca-ja", task, item, 0),
            "max_tokens": 25,
            "temperature": 0.0,
            "seed": 0,
            "stop": list(stop_sequences("alpaca-ja", task.benchmark)),
        }
        for item in task.items
    ]
    started = time.perf_counter()
    texts = asyncio.run(_ask(url, bodies))
    seconds = time.perf_counter() - started
    assert len(texts) == len(bodies)
    return seconds


async def _ask(url: str, bodies: Iterable[dict]) -> list[str]:
    queue, texts = iter(bodies), []
    limits = httpx.Limits(max_connections=CONCURRENCY)
    async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:

        async def worker() -> None:
            for body in queue:
                reply = await client.post(f"{url}/completions", json=body)
                texts.append(reply.json()["choices"][0]["text"])

        await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
    return texts


def served(least: float, most: float) -> tuple[subprocess.Popen[str], str]:
    """Start a server process; return it with its address."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(least), str(most)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    return server, f"http://127.0.0.1:{int(server.stdout.readline())}/v1"


def peak_megabytes(url: str, n_items: int) -> float:
    """Return the peak memory of a process that runs so many items."""
    program = (
        "import resource, sys\nfrom benchmarks import evaluation_client as e\n"
        "e.ours(sys.argv[1], e.suite(int(sys.argv[2])))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    command = [sys.executable, "-c", program, url, str(n_items)]
    folder = Path(__file__).resolve().parents[1]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Print the ratios and the peaks."""
    for title, least, most, n_items in (("50-200 ms", 0.05, 0.2, 1600), ("0 ms", 0.0, 0.0, 1000)):
        server, url = served(least, most)
        asked = suite(n_items)
        try:
            ours(url, suite(10))  # imports
            pairs = [(ours(url, asked), bare(url, asked)) for _ in range(PAIRS)]
            ratios = sorted(mine / other for mine, other in pairs)
            seconds = [statistics.median(column) for column in zip(*pairs, strict=True)]
            print(
                f"server of {title}, {n_items} items, {CONCURRENCY} at a time: evaluate "
                f"{seconds[0]:.2f} s, bare loop {seconds[1]:.2f} s, ratio "
                f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})",
                flush=True,
            )
            if not most:
                few, many = peak_megabytes(url, 1000), peak_megabytes(url, 10_000)
                found = {"1,000 items": round(few), "10,000 items": round(many)}
                print(f"peak memory in MB: {json.dumps(found)}", flush=True)
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
