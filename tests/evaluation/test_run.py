"""Runs: complete, resumable after a kill, never mixed; and their Outcomes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from banzuke.evaluation import Settings, category_scores, evaluate, load_suite, store, to_outcomes
from banzuke.evaluation.engines import OpenAICompatible
from banzuke.evaluation.engines._retry import Retry
from banzuke.evaluation.engines.openai_compatible import ClientSettings
from banzuke.evaluation.records import Record, RunFolder
from banzuke.evaluation.results import average
from banzuke.exceptions import ConflictError, EngineError, InvalidInputError, StorageError
from banzuke.outcomes import Lake
from banzuke.testing import assert_outcomes_equal
from banzuke.testing.server import Fault, Server
from tests.evaluation.conftest import respond

SUITE = load_suite("mini")
ONE = Settings(limit=1, concurrency=3)
SOURCE = Path(__file__).resolve().parents[2] / "src"


def client(server: Server) -> OpenAICompatible:
    retry = Retry(attempts=2, first_seconds=0.01)
    return OpenAICompatible(
        server.url, "test-model", settings=ClientSettings(concurrency=3, retry=retry)
    )


def records_of(run) -> dict[str, Record]:
    return {record.item_id: record for record in run.records()}


def run_once(server: Server, runs: Path, settings: Settings = ONE):
    return evaluate(SUITE, client(server), runs=runs, settings=settings)


def oracle(prompt: str) -> str:
    """Give the gold answer of the item whose text ends the prompt."""
    for _, item in SUITE.questions():
        if prompt.endswith(item.text):
            return item.answers[0]
    raise AssertionError(prompt)


def test_a_model_that_knows_everything_scores_1_and_guessing_is_named(tmp_path) -> None:
    with Server(oracle) as server:
        run = run_once(server, tmp_path, Settings(thinking_tokens=100))
    scores = category_scores(run)
    assert [s.score for s in scores] == pytest.approx([1.0] * 12)
    assert not any(s.near_chance or s.parse_failure_rate or s.truncation_rate for s in scores)
    assert average(scores).score == pytest.approx(1)
    assert "STS" not in average(scores).categories
    with Server(lambda prompt: "1") as server:
        guessed = {s.category: s for s in category_scores(run_once(server, tmp_path, Settings()))}
    assert guessed["MC"].score == guessed["MC"].chance == 0.25
    assert guessed["MC"].near_chance
    assert guessed["MC"].standard_error == pytest.approx(np.std([1, 1] + [0] * 6, ddof=1) / 8**0.5)
    assert guessed["NLI"].parse_failure_rate == 1
    assert np.isnan(guessed["QA"].chance)


def test_the_same_command_again_sends_nothing_and_changes_nothing(tmp_path) -> None:
    with Server() as server:
        first = run_once(server, tmp_path)
        files = {p: p.read_bytes() for p in first.path.iterdir() if p.name != ".lock"}
        second = run_once(server, tmp_path)
        assert len(server.received) == 13 == first.n_new
        assert (second.n_new, records_of(second)) == (0, records_of(first))
        assert files == {p: p.read_bytes() for p in files}
        assert list(records_of(first)) == [item.item_id for _, item in SUITE.questions(1)]


def test_every_other_setting_is_another_run(tmp_path) -> None:
    variants = [
        ONE,
        replace(ONE, style="raw"),
        replace(ONE, n_shots=1),
        replace(ONE, limit=2),
        replace(ONE, seed=1),
        replace(ONE, thinking_tokens=5),
        replace(ONE, concurrency=1),
    ]
    with Server() as server:
        ids = [run_once(server, tmp_path, settings).run_id for settings in variants]
    assert len(set(ids)) == len(variants) - 1
    assert ids[0] == ids[-1]


def test_manifest_says_what_was_run_and_holds_no_key(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BANZUKE_API_KEY", "sk-secret")
    with Server() as server:
        run = run_once(server, tmp_path)
    content = (run.path / "manifest.json").read_text()
    manifest = json.loads(content)
    assert manifest["identity"]["engine"]["version"] == "1.0-test"
    assert manifest["identity"]["prompt"]["style"] == "chat"
    assert manifest["hardware"]["cpus"] == os.cpu_count()
    assert manifest["finished"] >= manifest["started"]
    assert manifest["tokens"]["prompt_tokens"] > 100
    assert "sk-secret" not in content + (run.path / "records.jsonl").read_text()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["mini", "built"])
def test_kill_at_any_moment_then_the_same_command(tmp_path, suite_folder, kind) -> None:
    command = [sys.executable, "-m", "banzuke", "evaluate", "--model", "test-model"]
    command += ["--concurrency", "2", "--json"]
    if kind == "mini":
        command += ["--limit", "3"]
        collection, total, answer = "mini", 39, oracle
    else:
        command += ["--suite", str(suite_folder), "--shots", "1"]
        collection, total, answer = "llm-jp-items", 31, respond
    with Server(answer, delay_seconds=0.08) as server:
        command += ["--base-url", server.url]
        killed, whole = tmp_path / "killed", tmp_path / "whole"
        for wanted in (4, 15) if kind == "mini" else (12,):
            child = start(command, killed)
            wait_for_records(killed, wanted, child)
            child.send_signal(signal.SIGKILL)
            child.communicate()
        tear_last_line(killed)
        before = answered_ids(killed)
        sent = len(server.received)
        report = finish(start(command, killed))
        assert report["n_new"] == total - len(before) == len(server.received) - sent
        again = [server.answered[r] for r in map(prompt_of, server.received[sent:])]
        assert max(again) <= 2  # only what was under way at a kill is sent twice
        server.delay_seconds = 0
        uninterrupted = finish(start(command, whole))
    for key in ("run", "average", "categories", "n_items"):
        assert report[key] == uninterrupted[key]
    assert without_latency(killed) == without_latency(whole)
    assert_outcomes_equal(Lake(killed).read(collection), Lake(whole).read(collection))


def start(command: list[str], data: Path) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(
        [*command, "--data", str(data)], env=environment, stdout=subprocess.PIPE
    )


def finish(child: subprocess.Popen) -> dict:
    output, _ = child.communicate(timeout=200)
    assert child.returncode == 0
    return json.loads(output)


def records_file(data: Path) -> Path | None:
    return next(iter(data.glob("runs/*/records.jsonl")), None)


def wait_for_records(data: Path, wanted: int, child: subprocess.Popen) -> None:
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and child.poll() is None:
        path = records_file(data)
        if path and path.read_bytes().count(b"\n") >= wanted:
            return
        time.sleep(0.01)
    raise AssertionError("the run ended or stood still")


def tear_last_line(data: Path) -> None:
    path = records_file(data)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])


def answered_ids(data: Path) -> list[str]:
    lines = records_file(data).read_bytes().split(b"\n")[:-1]
    return [json.loads(line)["item_id"] for line in lines]


def prompt_of(body: dict) -> str:
    if "prompt" in body:
        return body["prompt"]
    return "\n".join(message["content"] for message in body["messages"])


def without_latency(data: Path) -> list[dict]:
    rows = [json.loads(line) for line in records_file(data).read_text().splitlines()]
    return [{k: v for k, v in row.items() if k != "latency_seconds"} for row in rows]


def test_a_dying_server_loses_no_answer_and_the_message_says_how_to_go_on(tmp_path) -> None:
    with Server() as server:
        server.die_after(6)
        with pytest.raises(EngineError, match=r"answers are kept in .*the same command continues"):
            run_once(server, tmp_path)
        answered = server.answered.total()
    folder = next(tmp_path.iterdir())
    assert len(RunFolder(folder).places()) == answered >= 6


def test_two_processes_cannot_work_on_one_run(tmp_path) -> None:
    with Server() as server:
        run = run_once(server, tmp_path)
        with (
            RunFolder(run.path).locked(),
            pytest.raises(ConflictError, match="another process is working on the run"),
        ):
            run_once(server, tmp_path)


def test_damaged_records_and_a_changed_manifest_are_refused(tmp_path) -> None:
    with Server() as server:
        run = run_once(server, tmp_path)
        path = run.path / "records.jsonl"
        good = path.read_bytes()
        path.write_bytes(b"{}\n" + good)
        with pytest.raises(StorageError, match=r"records.jsonl, line 1 is damaged"):
            run_once(server, tmp_path)
        path.write_bytes(good)
        manifest = json.loads((run.path / "manifest.json").read_bytes())
        manifest["identity"]["model"]["name"] = "another"
        (run.path / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(ConflictError, match="changed by hand"):
            run_once(server, tmp_path)


def test_settings_out_of_range() -> None:
    with pytest.raises(InvalidInputError, match="limit of 0"):
        Settings(limit=0)
    with pytest.raises(InvalidInputError, match="concurrency"):
        Settings(concurrency=0)


def test_truncated_answers_are_counted(tmp_path) -> None:
    with Server(lambda prompt: "あ" * 500) as server:
        run = run_once(server, tmp_path)
        raw = run_once(server, tmp_path, replace(ONE, style="raw"))
    for one in (run, raw):
        assert all(record.truncated for record in one.records())
    with Server(lambda prompt: "1\n\n" + "あ" * 500) as server:
        raw = run_once(server, tmp_path, replace(ONE, style="raw"))
    assert not any(record.truncated for record in raw.records())


def test_outcomes_have_items_layers_and_model_facts(tmp_path) -> None:
    with Server(oracle) as server:
        run = run_once(server, tmp_path)
    outcomes = to_outcomes(run, "org/model")
    assert outcomes.shape == (1, 13)
    assert outcomes.benchmarks == [
        "NLI",
        "QA",
        "RC",
        "MC",
        "EL",
        "FA",
        "MR",
        "MT",
        "STS",
        "HE",
        "SUM",
        "CG",
    ]
    assert set(outcomes.items.columns) >= {"item_id", "benchmark", "task", "text", "label"}
    assert outcomes.layers["answer"][0, 0] == "含意"
    assert "前提：" in outcomes.layers["prompt"][0, 0]
    assert outcomes.layers["completion_tokens"][0, 0] == 2
    assert outcomes.models["run"].to_list() == [run.run_id]


def test_a_row_holds_one_run_and_a_smaller_run_does_not_replace_a_larger(tmp_path) -> None:
    lake = Lake(tmp_path / "lake")
    with Server(oracle) as server:
        one = run_once(server, tmp_path)
        two = run_once(server, tmp_path, replace(ONE, limit=2))
    assert store(one, lake).changed
    assert store(two, lake).changed
    assert not store(two, lake).changed
    assert store(one, lake).kept_other == two.run_id
    assert store(one, lake, "again").changed
    stored = lake.read("mini")
    assert stored.model_names == ["test-model", "again"]
    assert stored.observed.sum(axis=1).tolist() == [26, 13]
    with Server(lambda prompt: "1") as server:
        other = run_once(server, tmp_path, replace(ONE, limit=2, style="raw"))
    assert store(other, lake).changed
    assert lake.read("mini").models["run"][0] == other.run_id
    assert lake.read("mini").model_names == ["test-model", "again"]


def test_a_fault_that_passes_leaves_no_trace(tmp_path) -> None:
    with Server(oracle) as server:
        calm = run_once(server, tmp_path / "calm")
        server.fail(Fault(status=500))
        stormy = run_once(server, tmp_path / "stormy")
    assert [r.raw for r in calm.records()] == [r.raw for r in stormy.records()]
