"""Built data sets through a worker: scores on the board, answers on pages, and off again."""

from __future__ import annotations

import json
import re

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.leaderboard.service.evaluation import suite_of
from banzuke.leaderboard.service.item_logs import ItemLogs
from banzuke.leaderboard.service.schemas import State
from banzuke.outcomes import Lake
from tests.evaluation.conftest import place
from tests.evaluation.sandbox.isolation_here import needs_isolation
from tests.leaderboard.service.board import board
from tests.leaderboard.serving import serving

BOARDS = ["llm-jp", "llm-jp-data-sets", "llm-jp-items"]


PROGRAM = "def f(x):\n    if x:\n        return 1"


@needs_isolation
def test_programs_are_shown_as_such_with_the_verdict_of_their_tests(tmp_path):
    suite = tmp_path / "suite"
    pairs = [(f"f を書く\nassert f(0) == {i}", "def f(x): return 1") for i in (1, 2)]
    place(suite, "mbpp", pairs, ["code_exec"], output_length=50)
    settings = {"suite_directory": suite, "suites": ("llm-jp",)}
    server = {"respond": lambda prompt: PROGRAM}
    with board(str(tmp_path / "data"), server=server, **settings) as here:
        made = here.submit(suite="llm-jp")
        here.work()
        with (
            serving(here.settings.data, here.settings) as served,
            httpx.Client(base_url=served.url) as client,
        ):
            told = client.get(f"/submissions/{made}/answers").text
            assert f'<div class="said code" dir="ltr" tabindex="0">{PROGRAM}</div>' in told
            assert "an assertion does not hold <code" in told
            assert "assert f(0) == 1</code>" in told
            item, _ = client.get(f"/api/v1/submissions/{made}/items").json()["items"]
            assert item["verdict"] == {"reason": "wrong", "detail": "assert f(0) == 1"}
            model = client.get("/boards/llm-jp/models/test-model").text
            link = re.search(r'href="(/boards/llm-jp-items/items/[^"]+)"', model)
            items = client.get(link[1]).text
            assert f'<td class="answer code" dir="ltr">{PROGRAM}</td>' in items


def test_values_computed_later_come_onto_the_board(tmp_path):
    """COMET of a finished submission: nothing is asked again, and the category gets a score."""
    suite = tmp_path / "suite"
    for name in ("alt-j-to-e", "wikicorpus-j-to-e"):
        pairs = [(f"{name}の朝{i}。", "Morning.") for i in range(2)]
        place(suite, name, pairs, ["comet_wmt22", "bleu"])
    data = str(tmp_path / "data")
    settings = {"suite_directory": suite, "suites": ("llm-jp",)}
    environment = {"BANZUKE_SUITE_DIRECTORY": str(suite), "BANZUKE_SUITES": '["llm-jp"]'}
    environment |= {"BANZUKE_ITEM_LIMIT": "2"}
    file = tmp_path / "comet.jsonl"

    def add(*arguments: str):
        given = ["submissions", "values", made, "--data", data, *arguments]
        return CliRunner().invoke(app, given, env=environment)

    with board(data, server={"respond": lambda prompt: "A morning."}, **settings) as here:
        made = here.submit(suite="llm-jp")
        assert "is pending; values are" in str(add("--values", str(file)).exception)
        here.work()
        asked = len(here.server.received)
        lake = Lake(here.settings.data)
        assert np.isnan(lake.read("llm-jp").scores[0, 0])
        rows, _ = ItemLogs(here.settings.logs).query(made, 1)
        places = {row["item"]: (row["item"].startswith("alt") + 1) / 4 for row in rows}
        lines = [
            json.dumps({"item_id": item, "metric": "comet_wmt22", "value": value})
            for item, value in places.items()
        ]
        for some in (lines[:2], lines[2:]):  # in two parts: the first stays
            file.write_text("\n".join(some))
            done = add("--values", str(file), "--json")
        assert json.loads(done.stdout) == {
            "submission": made,
            "run": 1,
            "n_values": 4,
            "board": "llm-jp",
            "changed": True,
        }
        after = lake.read("llm-jp")
        assert after.scores[0, 0] == pytest.approx((0.5 + 0.25) / 2)
        assert after.n_models == 1
        assert len(here.server.received) == asked
        again = add("--values", str(file), "--json")
        assert json.loads(again.stdout)["changed"] is False
        file.write_text(lines[0].replace("alt", "other").replace("wiki", "other"))
        assert "which is no item of" in str(add("--values", str(file)).exception)
        assert "nothing to add" in str(add().exception)
        place(suite, "alt-j-to-e", [("夜。", "Night.")], ["comet_wmt22"])
        suite_of.cache_clear()
        file.write_text(lines[0])
        assert "are not those of the suite now" in str(add("--values", str(file)).exception)


def test_a_built_suite_is_asked_shown_and_withdrawn(tmp_path):
    suite = tmp_path / "suite"
    place(suite, "jamp", [(f"前提：p{i}\n仮説：h", "含意") for i in range(12)], ["exact_match"])
    place(suite, "jsts", [(f"文1：{i}\n文2：x", f"{i}.0") for i in range(3)], ["pearson"])
    place(suite, "wikicorpus-j-to-e", [("朝。", "Morning.")] * 2, ["comet_wmt22", "bleu"])
    settings = {"suite_directory": suite, "suites": ("llm-jp",), "item_limit": 11}
    server = {"respond": lambda prompt: "含意" if "前提" in prompt else "1.0\n2.0"}
    with board(str(tmp_path / "data"), server=server, **settings) as here:
        made = here.submit(suite="llm-jp")
        here.work()
        done = here.store.get(made)
        assert (done.state, done.board, done.reason) == (State.FINISHED, "llm-jp", None)
        steps = {step.data_set: step for step in here.store.steps(made)}
        assert (steps["jamp"].score, steps["jamp"].n_done) == (1.0, 11)
        assert (steps["jsts"].score, steps["jsts"].n_done) == (None, 3)

        lake = Lake(here.settings.data)
        assert lake.names() == BOARDS
        scores = lake.read("llm-jp")
        assert scores.items["item_id"].to_list() == ["MT", "NLI", "STS"]
        assert scores.scores[0, 1] == 1.0

        with (
            serving(here.settings.data, here.settings) as served,
            httpx.Client(base_url=served.url) as client,
        ):
            told = client.get(f"/submissions/{made}/answers?data_set=jsts").text
            assert (
                re.findall(r'<span class="(\w+)">(.*?)</span></h2>', told)
                == [("unscored", "–")] * 3
            )
            assert ">1.0\n2<" in told  # the answer, cut off after five letters, with its line end
            assert '<div class="said" dir="auto" tabindex="0">2.0</div>' in told  # the gold answer
            assert "No model is ranked: no model has a score in MT" in client.get("/").text
            model = client.get("/boards/llm-jp/models/test-model").text
            link = re.search(r'href="(/boards/llm-jp-items/items/[^"]+)"', model)
            items = client.get(link[1]).text
            assert items.count("<tr>\n<th") == 16  # those without a score of their own too

        rows, _ = ItemLogs(here.settings.logs).query(made, 1, data_set="jamp")
        numbers = [int(row["item"].split("-")[2]) for row in rows]
        assert numbers == list(range(1, 12))
        assert rows[0]["gold"] == ["含意"]

        here.store.withdraw(made, actor="operator:op")
        here.work()
        assert lake.names() == []
