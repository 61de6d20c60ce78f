"""``banzuke import`` on files that are damaged, hostile or interrupted."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import banzuke as package
from banzuke.outcomes import Lake
from tests.sizes import sized

GIB = 2**30
# a process of its own must run the code under test, installed or not
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}
SCRIPT = "<script>alert('x')</script>"


def state(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def banzuke(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "banzuke", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=ENVIRONMENT
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run the command line in this process; returns status, standard output and error."""
    from banzuke.cli import main

    before = sys.argv
    sys.argv = ["banzuke", *map(str, arguments)]
    try:
        main()
        status = 0
    except SystemExit as stop:
        status = int(stop.code or 0)
    finally:
        sys.argv = before
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data directory that holds a small collection."""
    from banzuke.testing import make_outcomes

    folder = tmp_path / "data"
    Lake(folder).write("kept", make_outcomes(4, 6))
    return folder


def text(content: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(content)


def raw(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def truncated_parquet(path: Path) -> None:
    pl.DataFrame({"model": ["a"], "x": [0.5]}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])


BAD = {
    "empty file": ("leaderboard", "x.csv", raw(b""), "x.csv: the file is empty"),
    "truncated Parquet": ("leaderboard", "x.parquet", truncated_parquet, "x.parquet: not a whole"),
    "no model column": ("leaderboard", "x.csv", text("a,b\n1,2\n"), "no column names the model"),
    "duplicate models": (
        "leaderboard",
        "x.csv",
        text("model,a\nm,0.5\nm,0.5\n"),
        "x.csv, line 3, column 'model': model 'm' is there more than once",
    ),
    "score of 1.7": (
        "leaderboard",
        "x.csv",
        text("model,a\nm,0.5\nn,1.7\n"),
        "x.csv, line 3, column 'a': score 1.7 is outside [0, 1]",
    ),
    "score of text": (
        "leaderboard",
        "x.csv",
        text("model,a\nm,0.5\nn,half\n"),
        "x.csv, line 3, column 'a': 'half' is not a number",
    ),
    "double header": ("leaderboard", "x.csv", text("model,a,a\nm,1,1\n"), "'a' is there more"),
    "JSON cut off": ("lm-eval", "results_x.json", text('{"results": {"a'), "or cut off"),
    "JSON nested deep": ("llm-jp-eval", "x.json", text("[" * 100_000), "x.json: not JSON"),
    "wrong format": (
        "lm-eval",
        "results_x.json",
        text('{"scores": {}}'),
        "results_x.json, key 'results': the key is missing; is this another format?",
    ),
    "another wrong format": ("helm", "run_spec.json", text('{"name": "a"}'), "key 'adapter_spec'"),
    "text as Parquet": ("leaderboard", "x.parquet", text("model,a\n"), "not a whole Parquet file"),
    "not UTF-8": (
        "leaderboard",
        "x.csv",
        raw("model,a\nm,0.5\nうみ,0.5\n".encode("shift_jis")),
        "x.csv, line 3: not UTF-8 text",
    ),
    "JSON not UTF-8": ("lm-eval", "results_x.json", raw(b'{"a": "\xff"}'), "not UTF-8 text"),
    "zero bytes": ("leaderboard", "x.csv", raw(b"model,a\nm,\x00\n"), "line 2: not text"),
    "folder for a file": ("leaderboard", "x.csv", lambda path: path.mkdir(), "x.csv: a folder"),
    "file for a folder": ("table", "x.csv", text("model,a\n"), "x.csv: not a folder"),
    "folder of nothing": ("lm-eval", "x", lambda path: path.mkdir(), "holds no results_*.json"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_and_stores_nothing(
    case: str, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    format_name, file_name, make, message = BAD[case]
    path = tmp_path / file_name
    make(path)
    before = state(data)
    status, out, err = run(capsys, "import", format_name, path, "--data", data)
    assert (status, out) == (2, "")
    assert message in err
    assert str(path) in err
    assert len(err.strip().splitlines()) == 1
    assert state(data) == before


def test_one_bad_file_keeps_the_good_ones_out(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.csv").write_text("model,a\nm,0.5\n")
    (tmp_path / "bad.csv").write_text("model,a\nm,1.5\n")
    before = state(data)
    status, _, err = run(
        capsys, "import", "leaderboard", tmp_path / "good.csv", tmp_path / "bad.csv", "--data", data
    )
    assert status == 2
    assert "bad.csv, line 2" in err
    assert state(data) == before


def test_unknown_formats_and_missing_files_are_named(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "import", "exel", tmp_path, "--data", data)
    assert status == 2
    assert "no format 'exel'" in err
    status, _, err = run(capsys, "import", "table", tmp_path / "nowhere", "--data", data)
    assert status == 2
    assert "nowhere: there is no such file or folder" in err


@pytest.mark.parametrize(
    ("format_name", "file_name"),
    [
        ("leaderboard", "x.csv"),
        ("lm-eval", "results_x.json"),
        ("lm-eval", "samples_x.jsonl"),
        ("llm-jp-eval", "x.json"),
    ],
)
def test_a_line_of_two_gigabytes_is_refused_with_little_memory(
    tmp_path: Path, data: Path, format_name: str, file_name: str
) -> None:
    path = tmp_path / file_name
    with path.open("wb") as file:
        file.write(b"model,a\n" if file_name.endswith("csv") else b"\n")
        file.truncate(2 * GIB - 1)  # the rest is one line of zero bytes that takes no disk
    before = state(data)
    program = (
        "import atexit, pathlib, re, runpy, sys\n"
        # not ru_maxrss: that starts from the size of the process that forked
        "status = pathlib.Path('/proc/self/status')\n"
        "atexit.register(lambda: print('PEAK', re.search("
        "r'VmHWM:\\s*(\\d+)', status.read_text())[1], file=sys.stderr))\n"
        "runpy.run_module('banzuke', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", program, "import", format_name, str(path), "--data", str(data)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT
    )
    assert done.returncode == 2, done.stderr
    assert f"{path}, line 2: the line is longer than 64 MiB" in done.stderr
    peak_mib = int(done.stderr.rsplit("PEAK", 1)[1]) / 1024
    assert peak_mib < 500
    assert state(data) == before


def test_a_sparse_file_of_two_gigabytes_is_no_parquet(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.parquet"
    with path.open("wb") as file:
        file.write(b"PAR1")
        file.truncate(2 * GIB)
    status, _, err = run(capsys, "import", "leaderboard", path, "--data", data)
    assert status == 2
    assert "not a whole Parquet file" in err


def test_a_damaged_or_unknown_data_directory_is_one_sentence(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.csv").write_text("model,a\nm,0.5\n")
    importing = ("import", "leaderboard", tmp_path / "x.csv", "--data")
    unknown = run(capsys, *importing, "nosuchproto://x/y")
    next(data.rglob("cells.parquet")).write_bytes(b"PAR1")
    cut_off = run(capsys, "data", "list", "--data", data)
    (data / "catalog.json").write_text("[]")
    for status, out, err in (unknown, cut_off, run(capsys, *importing, data)):
        assert (status, out) == (2, "")
        assert len(err.strip().splitlines()) == 1
        assert "nosuchproto" in err or str(data) in err


def test_html_in_a_name_is_stored_as_it_is(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "board.csv").write_text(f'model,"<b>a</b>"\n"{SCRIPT}",0.5\n')
    status, out, _ = run(
        capsys, "import", "leaderboard", tmp_path / "board.csv", "--data", data, "--json"
    )
    assert status == 0
    assert json.loads(out)["collections"] == [
        {"name": "board", "models": 1, "items": 1, "cells": 1}
    ]
    outcomes = Lake(data).read("board")
    assert outcomes.model_names == [SCRIPT]
    assert outcomes.item_ids == ["<b>a</b>"]


def test_options_reach_the_reader(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.csv").write_text("who,a,b,c\nm,50,-1,7\n")
    status, out, err = run(
        capsys,
        *("import", "leaderboard", tmp_path / "x.csv", "--data", data, "--json"),
        *("--name", "board", "--scale", "100", "--model-column", "who", "--missing", "-1"),
        *("--benchmarks", "a", "--benchmarks", "b"),
    )
    assert status == 0, err
    printed = json.loads(out)
    assert printed["changed"] is True
    assert printed["collections"] == [{"name": "board", "models": 1, "items": 2, "cells": 1}]
    assert "'c' taken as metadata" in printed["notes"][0]


@pytest.mark.parametrize(
    ("format_name", "option", "message"),
    [
        ("helm", ("--scale", "100"), "helm takes no --scale: that is for table,"),
        ("inspect", ("--scale", "100"), "inspect takes no --scale"),
        ("alpaca-eval", ("--scale", "100"), "alpaca-eval takes no --scale"),
        ("open-llm-leaderboard", ("--scale", "100"), "open-llm-leaderboard takes no --scale"),
        ("lm-eval", ("--missing", "-1"), "lm-eval takes no --missing: that is for leaderboard,"),
        ("table", ("--missing", "-1"), "table takes no --missing"),
        ("long", ("--benchmarks", "a"), "long takes no --benchmarks: that is for leaderboard"),
        ("helm", ("--model-column", "a"), "helm takes no --model-column"),
        ("leaderboard", ("--scale", "inf"), "--scale inf is not a best possible score"),
        ("leaderboard", ("--scale", "nan"), "--scale nan is not a best possible score"),
        ("leaderboard", ("--scale", "0"), "--scale 0 is not a best possible score"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    tmp_path: Path,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    format_name: str,
    option: tuple[str, str],
    message: str,
) -> None:
    (tmp_path / "x.csv").write_text("model,a\nm,0.5\n")
    before = state(data)
    status, out, err = run(
        capsys, "import", format_name, tmp_path / "x.csv", "--data", data, *option
    )
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert state(data) == before


def test_the_same_file_twice_changes_no_byte(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "board.csv").write_text("model,a,b,params\nm,0.5,,7B\nn,0.25,1,13B\n")
    (tmp_path / "results_x.json").write_text(
        json.dumps({"model_name": "m", "results": {"tides": {"acc,none": 0.5}}})
    )
    for format_name, file_name in (("leaderboard", "board.csv"), ("lm-eval", "results_x.json")):
        command = ("import", format_name, tmp_path / file_name, "--data", data, "--json")
        first = json.loads(run(capsys, *command)[1])
        before = state(data)
        second = json.loads(run(capsys, *command)[1])
        assert (first["changed"], second["changed"]) == (True, False)
        assert state(data) == before


def test_a_conflict_keeps_the_old_scores_until_replace(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "board.csv"
    command = ("import", "leaderboard", path, "--data", data)
    path.write_text("model,a\nm,0.5\n")
    assert run(capsys, *command)[0] == 0
    before = state(data)
    path.write_text("model,a\nm,0.75\n")
    status, _, err = run(capsys, *command)
    assert status == 2
    assert "--replace" in err
    assert state(data) == before
    assert run(capsys, *command, "--replace")[0] == 0
    assert Lake(data).read("board").scores.tolist() == [[0.75]]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_kill_leaves_the_old_or_the_new_state(tmp_path: Path, data: Path) -> None:
    n_models, n_benchmarks = 400, 200
    rng = random.Random(0)
    names = ",".join(f"b{number}" for number in range(n_benchmarks))
    path = tmp_path / "board.csv"
    path.write_text(
        f"model,{names}\n"
        + "".join(
            f"m{model}," + ",".join(f"{rng.random():.6f}" for _ in range(n_benchmarks)) + "\n"
            for model in range(n_models)
        )
    )
    started = time.monotonic()
    assert banzuke("import", "leaderboard", path, "--data", tmp_path / "timing").returncode == 0
    whole = time.monotonic() - started
    seen = set()
    for _ in range(sized(5, full=10)):
        command = [sys.executable, "-m", "banzuke", "import", "leaderboard", str(path)]
        process = subprocess.Popen(
            [*command, "--data", str(data)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
        )
        # start-up comes first; the reading and the writing are in the second half
        time.sleep(whole * rng.uniform(0.5, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        lake = Lake(data)
        seen.add(tuple(lake.names()))
        for name in lake.names():
            outcomes = lake.read(name)
            assert outcomes.shape == ((4, 6) if name == "kept" else (n_models, n_benchmarks))
        if "board" in lake.names():
            with lake.transaction() as change:
                change.remove("board")
    assert seen <= {("kept",), ("board", "kept")}
    # what was killed is no obstacle to doing it again
    assert banzuke("import", "leaderboard", path, "--data", data).returncode == 0
    assert Lake(data).read("board").shape == (n_models, n_benchmarks)
