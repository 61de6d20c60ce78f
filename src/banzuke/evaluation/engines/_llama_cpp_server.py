"""The child process of `llama_cpp`: runs llama.cpp's server until it is killed.

Run as a script. Its argument is a JSON object: model, alias, n_slots, n_threads,
slot_tokens, cache_prompt. Prints one JSON line ``{"url": ...}`` once the server listens.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any


def _start(job: dict[str, Any]) -> Any:
    from xllamacpp import CommonParams, Server

    params = CommonParams()
    params.model.path = job["model"]
    params.model_alias = {job["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = job["n_slots"]
    params.n_ctx = job["n_slots"] * job["slot_tokens"]
    params.n_gpu_layers = 0
    params.cache_prompt = job["cache_prompt"]
    params.cache_ram_mib = 0  # prefixes stay in the slots; no second copy of them
    params.ui = False
    for threads in (params.cpuparams, params.cpuparams_batch):
        threads.n_threads = job["n_threads"]
        threads.poll = 0
    return Server(params)


def main() -> None:
    """Serve until a signal ends this process."""
    server = _start(json.loads(sys.argv[1]))
    print("\n" + json.dumps({"url": server.listening_address}), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
