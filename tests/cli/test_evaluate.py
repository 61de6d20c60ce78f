"""``banzuke evaluate``: what it prints, stores and refuses."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.exceptions import BanzukeError, EngineError, InvalidInputError
from banzuke.outcomes import Lake
from banzuke.testing.server import Server


def run(*arguments: str, data) -> str:
    result = CliRunner().invoke(app, ["evaluate", *arguments, "--data", str(data)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_has_the_documented_keys_and_the_lake_has_the_row(tmp_path) -> None:
    with Server(lambda prompt: "B") as server:
        output = run(
            *("--base-url", server.url, "--model", "test-model", "--name", "org/m"),
            *("--limit", "2", "--json"),
            data=tmp_path,
        )
    report = json.loads(output)
    documented = "run path suite model collection stored changed kept_other n_items n_new"
    assert list(report) == [*documented.split(), "average", "categories"]
    assert [row["category"] for row in report["categories"]][:3] == ["NLI", "QA", "RC"]
    assert report["categories"][1]["chance"] is None
    assert Lake(tmp_path).read("mini").model_names == ["org/m"]
    assert Lake(tmp_path).read("mini").n_items == 26


def test_table_says_honestly_what_is_near_chance(tmp_path) -> None:
    with Server(lambda prompt: "2") as server:
        output = run("--base-url", server.url, "--model", "test-model", data=tmp_path)
    assert "near chance" in output
    assert "0.250" in output
    assert "average" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--engine", "magic"], "no engine 'magic'; use openai-compatible, llama-cpp, vllm"),
        (["--base-url", "http://127.0.0.1:1"], "needs --base-url URL and --model NAME"),
        (["--engine", "openai-compatible"], "needs --base-url URL and --model NAME"),
        (["--engine", "llama-cpp", "--base-url", "http://x"], "starts its own server"),
        (["--engine", "vllm", "--base-url", "http://x"], "starts its own server"),
        (["--engine", "vllm"], "--engine vllm needs --model"),
        (["--engine", "vllm", "--model", "m", "--vllm-args", "'"], "--vllm-args cannot be read"),
        (["--engine", "vllm", "--model", "m", "--cache-prompt"], "is for --engine llama-cpp, not"),
        (["--vllm-python", "/p"], "--vllm-python is for --engine vllm, not for llama-cpp"),
        (
            ["--base-url", "http://x", "--model", "m", "--context-tokens", "99"],
            "--context-tokens is for --engine llama-cpp or vllm, not for openai-compatible",
        ),
        (["--suite", "maxi"], "there is no suite 'maxi'"),
        (["--base-url", "http://127.0.0.1:1", "--model", "m", "--style", "xml"], "prompt style"),
        (["--base-url", "http://127.0.0.1:1", "--model", "m", "--shots", "9"], "shots, not 9"),
    ],
)
def test_bad_arguments(arguments: list[str], message: str, tmp_path) -> None:
    with pytest.raises(BanzukeError, match=message):
        run(*arguments, data=tmp_path)
    assert not list(tmp_path.iterdir())


def test_no_server_leaves_nothing_behind(tmp_path) -> None:
    with pytest.raises(EngineError, match="no server answers"):
        run("--base-url", "http://127.0.0.1:1", "--model", "m", data=tmp_path)
    assert not list(tmp_path.iterdir())


def test_runs_need_a_local_folder() -> None:
    with pytest.raises(InvalidInputError, match="is a URL, but a run is kept on a local disk"):
        run("--base-url", "http://127.0.0.1:1", "--model", "m", data="memory://x")
