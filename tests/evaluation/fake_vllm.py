"""Stands for a Python with vLLM: ``fake_vllm.py -m vllm... --port P ...``, run as a script.

FAKE_VLLM says how it behaves: ``well``, ``die`` (at the start), ``die later`` (at the first
question), ``hang`` (never healthy). Like vLLM it has a child process; FAKE_VLLM_PIDS is the
file for the numbers of both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BEHAVIOUR = os.environ.get("FAKE_VLLM", "well")


def option(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(option("--max-model-len")) if "--max-model-len" in sys.argv else 2048
        pages = {
            "/health": {},
            "/version": {"version": "9.9-fake"},
            "/v1/models": {
                "data": [{"id": option("--served-model-name"), "max_model_len": length}]
            },
        }
        self.reply(pages.get(self.path, {}), 200 if self.path in pages else 404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if BEHAVIOUR == "die later":
            print("CUDA out of memory", flush=True)
            os._exit(9)
        told = {"key": os.environ.get("BANZUKE_API_KEY"), "command": sys.argv[1:]}
        choice = {"text": json.dumps(told), "finish_reason": "stop"}
        self.reply({"choices": [choice], "usage": {}}, 200)

    def reply(self, content: object, status: int) -> None:
        encoded = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def main() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    if pids := os.environ.get("FAKE_VLLM_PIDS"):
        Path(pids).write_text(f"{os.getpid()} {child.pid}\n")
    print("INFO loading weights", flush=True)
    if BEHAVIOUR == "die":
        print("ValueError: this model has no tokenizer", flush=True)
        sys.exit(3)
    if BEHAVIOUR == "hang":
        time.sleep(60)
    ThreadingHTTPServer(("127.0.0.1", int(option("--port"))), Handler).serve_forever()


if __name__ == "__main__":
    main()
