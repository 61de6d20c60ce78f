"""``banzuke evaluate``: what it prints, stores and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.exceptions import BanzukeError, EngineError, InvalidInputError
from banzuke.outcomes import Lake
from banzuke.testing.server import Fault, Server
from tests.evaluation.conftest import place, respond


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
    documented = (
        "run path suite model collection stored changed kept_other n_items n_new n_too_long"
    )
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


def test_items_that_could_not_be_asked_are_counted(suite_folder, tmp_path) -> None:
    message = "This model's maximum context length is 16 tokens"
    with Server() as server:
        server.fail(Fault(status=400, message=message), times=13)
        arguments = ["--base-url", server.url, "--model", "test-model", "--limit", "1"]
        report = json.loads(run(*arguments, "--json", data=tmp_path))
        command = ["evaluate", *arguments, "--data", str(tmp_path)]
        result = CliRunner().invoke(app, command, env={"COLUMNS": "200"})
        server.fail(Fault(status=400, message=message))
        arguments += ["--suite", str(suite_folder), "--data-sets", "mawps", "--shots", "1"]
        built = json.loads(run(*arguments, "--concurrency", "1", "--json", data=tmp_path))
    assert (report["n_items"], report["n_too_long"], report["n_new"]) == (13, 13, 13)
    assert sum(row["n_too_long"] for row in report["categories"]) == 13
    assert report["average"]["score"] == 0
    assert "1 too long" in result.output
    assert "13 of 13 items could not be asked" in result.output
    assert (built["n_too_long"], built["data_sets"][0]["n_too_long"]) == (1, 1)


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
        (["--suite", "長" * 300], "there is no suite '長長"),
        (["--model", "x" * 300], "there is no model file 'xxx"),
        (["--base-url", "http://127.0.0.1:99999", "--model", "m"], "is not the address of a"),
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


def test_built_data_sets_have_their_own_keys_and_a_table(suite_folder, tmp_path) -> None:
    with Server(respond) as server:
        arguments = ["--base-url", server.url, "--model", "test-model", "--suite"]
        arguments += [str(suite_folder), "--data-sets", "jamp", "--data-sets", "mawps"]
        arguments += ["--shots", "1", "--limit", "4"]
        report = json.loads(run(*arguments, "--json", data=tmp_path))
        table = run(*arguments, data=tmp_path)
        assert len(server.received) == 8
    documented = "scale notes signatures data_sets categories average present"
    assert list(report)[11:] == documented.split()
    assert [one["name"] for one in report["data_sets"]] == ["jamp", "mawps"]
    assert report["data_sets"][1]["score"] == {
        "strict": 100,
        "strict_error": pytest.approx(100 * (0.75 / (5 * 6)) ** 0.5),  # four items
        "compat": 0,
        "compat_error": pytest.approx(100 * (0.75 / (5 * 6)) ** 0.5),
    }
    assert report["average"]["score"]["strict"] is None
    assert report["present"]["score"]["strict"] == 75
    assert Lake(tmp_path).names() == ["llm-jp", "llm-jp-data-sets", "llm-jp-items"]
    assert "means of data sets, and of categories" in table
    assert "AVG" in table


def test_a_preamble_is_a_text_of_any_length_or_a_file_in_utf_8(suite_folder, tmp_path) -> None:
    long = "これから課題を示します。" * 25
    with Server(respond) as server:
        arguments = ["--base-url", server.url, "--model", "test-model", "--suite"]
        arguments += [str(suite_folder), "--data-sets", "mawps", "--limit", "1", "--shots", "1"]
        run(*arguments, "--preamble", long, data=tmp_path)
        assert server.received[0]["prompt"].startswith(f"{long}\n\n### ")
        file = tmp_path / "preamble.txt"
        file.write_bytes("次の課題".encode("euc-jp"))
        with pytest.raises(InvalidInputError, match="give a text file in UTF-8, or a sentence"):
            run(*arguments, "--preamble", str(file), data=tmp_path)


def test_values_are_added_to_a_finished_run_without_asking_again(suite_folder, tmp_path) -> None:
    place(suite_folder, "alt-e-to-j", [("A cat.", "猫。")], ["comet_wmt22", "bleu"])
    with Server(lambda prompt: "猫。") as server:
        arguments = ["--base-url", server.url, "--model", "test-model", "--suite"]
        arguments += [str(suite_folder), "--data-sets", "alt-e-to-j", "--shots", "0", "--json"]
        first = json.loads(run(*arguments, data=tmp_path))
        item = json.loads((Path(first["path"]) / "records.jsonl").read_text())["item_id"]
        values = tmp_path / "comet.csv"
        values.write_text(f"item_id,metric,value\n{item},comet_wmt22,0.9\n")
        second = json.loads(run(*arguments, "--values", str(values), data=tmp_path))
    assert first["data_sets"][0]["score"]["strict"] is None
    assert second["data_sets"][0]["score"]["strict"] == pytest.approx(90)
    assert (second["run"], second["n_new"]) == (first["run"], 0)
    assert Lake(tmp_path).read("llm-jp").scores[0].tolist() == pytest.approx([0.9])
