"""Built data sets: from files in llm-jp-eval's layout to two scores with errors."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from banzuke.evaluation import (
    Selection,
    Settings,
    evaluate,
    load_folder,
    sandbox,
    store,
    suite_scores,
    to_outcomes,
)
from banzuke.evaluation.engines import OpenAICompatible
from banzuke.evaluation.sandbox import SandboxError, isolation, run_tests
from banzuke.exceptions import ImportFormatError, InvalidInputError, NotFoundError
from banzuke.outcomes import Lake
from banzuke.testing.server import Server
from tests.evaluation.conftest import ask, place, question
from tests.evaluation.sandbox.isolation_here import needs_isolation


def test_prompts_have_the_structure_and_the_shots_of_the_train_split(suite_folder, tmp_path):
    _, _, server = ask(suite_folder, tmp_path, lambda p: "1", names=("mawps",))
    # several are asked at a time: they arrive in any order
    body = next(body for body in server.received if "0と1" in body["prompt"])
    head, _, rest = body["prompt"].partition("\n\n### 指示:\n")
    assert "\n" not in head
    assert rest == (
        "mawpsの指示\n\n### 入力:\n例の入力\n\n### 応答:\n例の答え\n\n"
        "### 入力:\n0と1？\n\n### 応答:\n"
    )
    assert (body["max_tokens"], body["temperature"], body["stop"]) == (5, 0, ["\n\n"])


def test_summaries_and_programs_are_asked_without_shots(tmp_path):
    for name, metric in (("xlsum_ja", "rouge2"), ("jamp", "exact_match")):
        place(tmp_path, name, [("記事", "要約"), ("文", "答え")], [metric])
    _, notes, server = ask(tmp_path, tmp_path / "runs", lambda p: "1", names=("xlsum_ja", "jamp"))
    assert "xlsum_ja is asked without shots, as in llm-jp-eval" in notes
    shots = {
        body["prompt"].count("例の入力") for body in server.received if "記事" in body["prompt"]
    }
    assert shots == {0, 1}  # of summaries, of inferences


def test_scores_of_both_definitions(suite_folder, tmp_path):
    run, notes, _ = ask(suite_folder, tmp_path)
    scores = suite_scores(run.path)
    found = {one.name: one for one in scores.data_sets}
    assert found["jamp"].score.strict == found["jamp"].score.compat == 50
    assert (found["jamp"].n_items, found["jamp"].n_clusters) == (20, 10)
    assert found["jamp"].near_chance
    assert (found["mawps"].score.strict, found["mawps"].score.compat) == (100, 0)
    assert found["jsts"].parse_failure_rate == 0.2
    assert found["jsts"].score.strict == pytest.approx(100)
    assert found["jsts"].score.compat == pytest.approx(
        100 * np.corrcoef([0, 1, 2, 3, -2], [0, 1, 2, 3, 4])[0, 1]
    )
    assert {c.name: c.score.strict for c in scores.categories} == {
        "MR": 100,
        "NLI": 50,
        "STS": pytest.approx(100),
    }
    assert math.isnan(scores.average.score.strict)
    assert "QA" in scores.average.missing
    assert scores.present.score.strict == 75
    assert scores.present.parts == ["NLI", "MR"]
    assert any(note.startswith("jsquad is not built") for note in notes)


def test_errors_are_clustered_by_premise(suite_folder, tmp_path):
    """Premises of two items that are right together: the error is that of ten, not twenty."""
    right = {f"h{i}" for i in range(20) if i // 2 % 2}

    def respond(prompt: str) -> str:
        text = question(prompt)
        gold = "含意" if int(text.rpartition("h")[2]) % 2 else "矛盾"
        return gold if text.partition("仮説：")[2] in right else "?"

    run, _, _ = ask(suite_folder, tmp_path, respond, names=("jamp",))
    score = suite_scores(run.path, n_draws=4000).data_sets[0].score
    means = np.repeat([0.0, 1.0], 5)
    assert score.strict == 50
    assert score.strict_error == pytest.approx(100 * means.std(ddof=1) / 10**0.5, rel=0.05)


def test_ten_wrong_answers_are_no_certainty(suite_folder, tmp_path):
    run, _, _ = ask(suite_folder, tmp_path, lambda prompt: "?")
    scores = suite_scores(run.path)
    found = {one.name: one for one in scores.data_sets}
    jamp, mawps = found["jamp"].score, found["mawps"].score
    assert (jamp.strict, mawps.strict) == (0, 0)
    assert jamp.strict_error == pytest.approx(100 * (0.75 / (11 * 12)) ** 0.5)  # ten premises
    assert mawps.strict_error == mawps.compat_error == pytest.approx(100 * (0.75 / (7 * 8)) ** 0.5)
    both = math.hypot(jamp.strict_error, mawps.strict_error) / 2
    assert scores.present.score.strict_error == pytest.approx(both, rel=0.08)
    assert found["jsts"].zeroed
    assert found["jsts"].score.compat_error == 0  # 0 by llm-jp-eval's rule, not by measurement


PROGRAMS = {
    "f1": "def f1(x):\n    return x",
    "f2": "def f2(x):\n    return 0",
    "f3": "import os\nos._exit(0)",
    "f4": "",
}


def place_programs(folder):
    pairs = [(f"{name}を書く\nassert {name}(1) == 1", f"def {name}(x): ...") for name in PROGRAMS]
    place(folder, "mbpp_en", pairs, ["code_exec"], output_length=200)


def program(prompt: str) -> str:
    return PROGRAMS[question(prompt)[:2]]


@needs_isolation
def test_verdicts_of_programs_are_in_records_and_report(tmp_path):
    place_programs(tmp_path)
    run, _, _ = ask(tmp_path, tmp_path / "runs", program, names=("mbpp_en",))
    verdicts = [record.verdict for record in run.records()]
    assert [one.get("reason") for one in verdicts] == ["passed", "wrong", "died", None]
    assert verdicts[1]["detail"] == "assert f2(1) == 1"
    (one,) = suite_scores(run.path).data_sets
    assert (one.score.strict, one.parse_failure_rate) == (25, 0.25)
    assert one.verdicts == {"passed": 1, "wrong": 1, "died": 1}


def test_programs_are_not_asked_for_where_nothing_isolates_them(tmp_path, monkeypatch):
    place_programs(tmp_path)
    asked = []
    monkeypatch.setattr(isolation, "_probed", lambda: (None, "bubblewrap is not installed"))
    with pytest.raises(SandboxError, match="bubblewrap is not installed"):
        ask(tmp_path, tmp_path / "runs", lambda p: asked.append(p) or "", names=("mbpp_en",))
    assert not asked


@needs_isolation
def test_a_sandbox_that_fails_is_no_wrong_answer(tmp_path, monkeypatch):
    """The item has no record; the same command judges it once the sandbox works."""
    place_programs(tmp_path)
    calls = []

    def failing(*given, **named):
        calls.append(given)
        if len(calls) == 3:
            raise SandboxError("the sandbox did not start its process: no memory")
        return run_tests(*given, **named)

    monkeypatch.setattr(sandbox, "run_tests", failing)
    settings = Settings(style="alpaca-ja", n_shots=1, concurrency=1)
    suite, _ = load_folder(tmp_path, Selection(names=("mbpp_en",), n_shots=1))
    with Server(program) as server:

        def again():
            engine = OpenAICompatible(server.url, "test-model")
            return evaluate(suite, engine, runs=tmp_path / "runs", settings=settings)

        with pytest.raises(SandboxError, match=r"no memory .*the same command continues"):
            again()
        run = again()
    assert run.n_new == 3  # two calls for each answer: the second item's first one failed
    assert suite_scores(run.path).data_sets[0].verdicts["passed"] == 1


def test_collections_have_data_sets_and_answers(suite_folder, tmp_path):
    run, _, _ = ask(suite_folder, tmp_path)
    lake = Lake(tmp_path / "lake")
    assert store(run, lake, "org/m").changed
    board, answers = lake.read("llm-jp"), lake.read("llm-jp-items")
    assert board.item_ids == ["MR", "NLI", "STS"]
    assert board.scores[0].tolist() == pytest.approx([1, 0.5, 1])
    assert board.items["averaged"].to_list() == [True, True, False]
    assert board.items["chance"].to_list() == [None, 0.5, None]
    assert board.layers["standard_error"][0, 1] == 0  # each premise has one of both labels
    data_sets = lake.read("llm-jp-data-sets")
    assert data_sets.item_ids == ["mawps", "jamp", "jsts"]
    assert data_sets.items["category"].to_list() == ["MR", "NLI", "STS"]
    assert board.models["n_shots"].to_list() == [1]
    assert board.models["engine_version"].to_list() == ["1.0-test"]
    assert answers.shape == (1, 31)
    assert answers.layers["compat"][0, :2].tolist() == [0, 0]
    assert not store(run, lake, "org/m").changed
    (run.path / "manifest.json").unlink()  # records and suite are enough
    assert not store(run, lake, "org/m").changed
    row = board.models.row(0, named=True)
    assert row["suite"] == "llm-jp"
    other, _, _ = ask(suite_folder, tmp_path, settings=Settings(style="raw", limit=2))
    assert to_outcomes(other).models["suite_version"][0] != row["suite_version"]


def test_an_over_long_prompt_fails_alone_and_is_counted(suite_folder, tmp_path):
    place(suite_folder, "mawps", [("1と1？" + "長" * 500, "2"), ("1と1？", "2")], ["exact_match"])
    suite, _ = load_folder(suite_folder, Selection(names=("mawps",)))
    with Server(lambda prompt: "2", context_tokens=400) as server:
        engine = OpenAICompatible(server.url, "test-model")
        run = evaluate(suite, engine, runs=tmp_path, settings=Settings(style="alpaca-ja"))
    (one,) = suite_scores(run.path).data_sets
    assert (one.n_too_long, one.n_items, one.score.strict) == (1, 2, 50)
    failed = next(run.records())
    assert "tokens" in failed.error
    assert failed.parse_failure
    assert json.loads((run.path / "manifest.json").read_text())["failed_items"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": [{"input": "a"}]}, "is not a data set file"),
        ({"output_length": "5"}, "output_length must be a whole number"),
        ({"samples": "x"}, "is not a data set file"),
    ],
)
def test_a_broken_file_is_named(suite_folder, change, message):
    place(suite_folder, "jamp", [("a", "b")], ["exact_match"], **change)
    with pytest.raises(ImportFormatError, match=message):
        load_folder(suite_folder)


def test_what_is_not_there_is_said(suite_folder, tmp_path):
    with pytest.raises(NotFoundError, match="kuci is not built"):
        load_folder(suite_folder, Selection(names=("kuci",)))
    with pytest.raises(NotFoundError, match="no folder of built data sets"):
        load_folder(tmp_path / "nothing")
    with pytest.raises(InvalidInputError, match="jamp has 1 shots here, not 2"):
        load_folder(suite_folder, Selection(names=("jamp",), n_shots=2))
    with pytest.raises(InvalidInputError, match="no name of a data set"):
        load_folder(suite_folder, Selection(names=("../../etc/passwd",)))


def test_prompts_from_a_users_own_files_are_theirs_byte_for_byte(suite_folder, tmp_path) -> None:
    theirs = tmp_path / "theirs"
    shots = [{"input": f"入力{i}", "output": f"出力{i}"} for i in range(2)]
    extra = {"instruction": "彼らの　指示\n二行目", "output_length": 7, "few_shots": shots}
    place(theirs, "mawps", [("別の問題", "別の答え")], ["exact_match"], **extra)
    settings = Settings(style="alpaca-ja", n_shots=2, limit=2)
    chosen = {"names": ("mawps",), "prompts_from": theirs, "preamble": "彼らの前文。"}
    run, _, server = ask(suite_folder, tmp_path, settings=settings, **chosen)
    expected = (
        "彼らの前文。\n\n### 指示:\n彼らの　指示\n二行目\n\n"
        "### 入力:\n入力0\n\n### 応答:\n出力0\n\n### 入力:\n入力1\n\n### 応答:\n出力1\n\n"
        "### 入力:\n{}と1？\n\n### 応答:\n"
    )
    sent = sorted(body["prompt"].encode() for body in server.received)
    assert sent == [expected.format(i).encode() for i in range(2)]
    assert {body["max_tokens"] for body in server.received} == {7}
    source = json.loads((run.path / "manifest.json").read_text())["identity"]["data"]
    assert set(source["data_sets"]["mawps"]) == {"split", "sha256", "prompts_sha256"}
    with pytest.raises(NotFoundError, match="has no file for jamp"):
        load_folder(suite_folder, Selection(names=("jamp",), prompts_from=theirs))


def test_shots_beyond_those_in_the_file_come_from_the_train_split(suite_folder) -> None:
    place(suite_folder / "x", "mawps", [(f"訓練{i}", str(i)) for i in range(12)], ["exact_match"])
    (suite_folder / "x" / "dev").rename(suite_folder / "train")
    suite, _ = load_folder(suite_folder, Selection(names=("mawps",), n_shots=10))
    assert [shot.text for shot in suite.tasks[0].shots] == [f"訓練{i}" for i in range(10)]
