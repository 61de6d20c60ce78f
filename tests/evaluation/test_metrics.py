"""Metrics: exact values, invariants, and answers made to break out of the child process."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banzuke.evaluation.metrics import METRICS
from banzuke.evaluation.metrics import expression as expression_module
from banzuke.evaluation.metrics.char_f1 import character_f1
from banzuke.evaluation.metrics.expression import read_expression
from banzuke.evaluation.metrics.label import read_label
from banzuke.evaluation.metrics.number import read_number
from banzuke.evaluation.metrics.set_f1 import line_set_f1
from banzuke.evaluation.tasks import Item
from banzuke.exceptions import BanzukeError

ABCD = ("A", "B", "C", "D")
NLI = ("含意", "矛盾", "中立")
CHEAP = [name for name in METRICS if name != "expression"]


def item(*answers: str, labels: tuple[str, ...] = (), tests: tuple = ()) -> Item:
    return Item(item_id="q-1", text="", answers=answers, labels=labels, tests=tests)


GOLD = {
    "exact_match": item("富士山"),
    "char_f1": item("富士山"),
    "set_f1": item("料理 positive\n部屋 negative"),
    "number": item("12"),
    "label": item("B", labels=ABCD),
    "chrf": item("The train is late."),
    "rouge2": item("市はごみの収集を有料にする。"),
    "similarity": item("3"),
}


@pytest.mark.parametrize("name", CHEAP)
@settings(deadline=None)  # the first call imports a library
@given(answer=st.text(max_size=60))
def test_every_metric_scores_any_text_from_0_to_1(name: str, answer: str) -> None:
    scored = METRICS[name].score(answer, GOLD[name])
    assert 0 <= scored.score <= 1
    assert isinstance(scored.parse_failure, bool)
    if scored.parse_failure:
        assert scored.score == 0


@pytest.mark.parametrize("name", CHEAP)
def test_the_gold_answer_scores_1_and_an_empty_one_is_unreadable(name: str) -> None:
    gold = GOLD[name].answers[0]
    assert METRICS[name].score(f" {gold}\n", GOLD[name]) == (pytest.approx(1.0), False)
    assert METRICS[name].score(" \n", GOLD[name]) == (0.0, True)


def test_exact_match_is_nfkc_and_nothing_more() -> None:
    score = METRICS["exact_match"].score
    assert score("ＡＢＣ", item("ABC")).score == 1
    assert score("abc", item("ABC")).score == 0
    assert score("漱石", item("夏目漱石", "漱石")).score == 1


def test_character_f1_counts_repetition() -> None:
    assert character_f1("ああ", "あ") == pytest.approx(2 / 3)
    assert character_f1("東京都", "東京") == pytest.approx(0.8)
    assert character_f1("京 東", "東京") == 1


@given(st.text(max_size=20), st.text(max_size=20))
def test_character_f1_is_symmetric(left: str, right: str) -> None:
    assert character_f1(left, right) == character_f1(right, left)


def test_set_f1_ignores_order_bullets_and_repetition() -> None:
    gold = "部屋 positive\n朝食 negative"
    assert line_set_f1("・朝食：negative\n・部屋：Positive\n・部屋：Positive", gold) == 1
    assert line_set_f1("部屋 positive\n朝食 positive\n風呂 negative", gold) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("12", 12),
        ("１２．０", 12),
        ("十二個", 12),
        ("1,500円です", 1500),
        ("1万2000円", 12000),
        ("二千二十五", 2025),
        ("3+4=7なので、7個", 7),
        ("答えは7です。3+4で求めます。", 7),
        ("Answer: -2.5", -2.5),
        ("5-3=2", 2),
        ("分かりません", None),
    ],
)
def test_read_number(answer: str, number: float | None) -> None:
    assert read_number(answer) == number


@given(st.integers(-(10**9), 10**9))
def test_any_integer_is_read_back_with_or_without_separators(value: int) -> None:
    assert read_number(str(value)) == value
    assert read_number(f"{value:,}個") == value


@pytest.mark.parametrize(
    ("answer", "labels", "label"),
    [
        ("B", ABCD, "B"),
        ("b.", ABCD, "B"),
        ("（Ｃ）", ABCD, "C"),
        ("正解はDです。", ABCD, "D"),
        ("答え：B\nAは誤りです。", ABCD, "B"),
        ("Apple", ABCD, None),
        ("AかBです", ABCD, None),
        ("A. B. C. D.", ABCD, None),
        ("この関係は矛盾です。", NLI, "矛盾"),
        ("含意、矛盾、中立", NLI, None),
        ("12", ("1", "2"), None),
        ("", ABCD, None),
    ],
)
def test_read_label(answer: str, labels: tuple[str, ...], label: str | None) -> None:
    assert read_label(answer, labels) == label


def test_blind_guesses() -> None:
    assert METRICS["label"].guesses(GOLD["label"]) == [0, 1, 0, 0]
    assert METRICS["similarity"].guesses(item("0")) == pytest.approx([1, 0.8, 0.6, 0.4, 0.2, 0])


def test_similarity_is_linear_and_out_of_range_is_unreadable() -> None:
    score = METRICS["similarity"].score
    assert score("3.5", item("5")).score == pytest.approx(0.7)
    assert score("7", item("5")) == (0.0, True)
    assert score("とても似ている", item("5")) == (0.0, True)


def test_chrf_agrees_with_sacrebleu_and_takes_the_best_reference() -> None:
    import sacrebleu

    expected = sacrebleu.sentence_chrf("電気を消す", ["電気を消してください"]).score / 100
    score = METRICS["chrf"].score
    assert score("電気を消す", item("電気を消してください")).score == pytest.approx(expected)
    assert score("電気を消す", item("電気を消してください", "電気を消す")).score == 1


def test_rouge2_counts_pairs_of_characters() -> None:
    # あい, いう, うえ against いう, うえ, えお: 2 of 3 each way
    assert METRICS["rouge2"].score("あいうえ", item("いうえお")).score == pytest.approx(2 / 3)
    assert METRICS["rouge2"].score("あ", item("いうえお")).score == 0


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("sum(xs)", "sum(xs)"),
        ("`sum(xs)`", "sum(xs)"),
        ("次の式です。\n```python\nresult = sum(xs)\n```\n説明", "sum(xs)"),
        ("return n % 2 == 0", "n % 2 == 0"),
        ("a == b", "a == b"),
        ("合計 を 求める 式", None),
    ],
)
def test_read_expression(answer: str, found: str | None) -> None:
    assert read_expression(answer) == found


CODE = item("n + 1", tests=({"given": {"n": 1}, "expected": 2}, {"given": {"n": 5}, "expected": 6}))


@pytest.mark.parametrize(
    ("answer", "score"),
    [("n + 1", 1), ("1 + n", 1), ("2", 0), ("n - 1", 0), ("sum([n, 1])", 1), ("1 / 0", 0)],
)
def test_expression_must_pass_every_test(answer: str, score: float) -> None:
    assert METRICS["expression"].score(answer, CODE) == (score, False)


@pytest.mark.parametrize(
    ("child", "message"),
    [
        ("import sys; sys.exit('no memory for it')", "no memory for it"),
        ("import os; os.kill(os.getpid(), 9)", "no word"),
        ("import time; time.sleep(60)", "it was too slow"),
    ],
)
def test_an_expression_that_never_ran_is_no_wrong_answer(
    tmp_path, monkeypatch, child: str, message: str
) -> None:
    (tmp_path / "child.py").write_text(child)
    monkeypatch.setattr(expression_module, "_CHILD", tmp_path / "child.py")
    monkeypatch.setattr(expression_module, "_SECONDS", 0.3 if "sleep" in child else 10.0)
    with pytest.raises(BanzukeError, match=f"did not start; .*: {message}"):
        METRICS["expression"].score("n + 1", CODE)


def test_a_process_that_dies_with_the_expression_is_a_wrong_answer(tmp_path, monkeypatch) -> None:
    (tmp_path / "child.py").write_text("print('begun', flush=True)\nimport os; os._exit(1)")
    monkeypatch.setattr(expression_module, "_CHILD", tmp_path / "child.py")
    assert METRICS["expression"].score("n + 1", CODE) == (0, False)


def test_expression_tells_true_from_1_and_tolerates_rounding() -> None:
    true = item("", tests=({"given": {}, "expected": True},))
    assert METRICS["expression"].score("1", true).score == 0
    assert METRICS["expression"].score("1 == 1", true).score == 1
    tenth = item("", tests=({"given": {}, "expected": 0.3},))
    assert METRICS["expression"].score("0.1 + 0.2", tenth).score == 1


def test_expression_cannot_reach_the_machine(tmp_path: Path) -> None:
    target = tmp_path / "written"
    for attack in (
        f"open({str(target)!r}, 'w').write('x')",
        "__import__('os').getpid()",
        "().__class__.__bases__[0].__subclasses__()",
        "'{0.__class__}'.format(n)",
        "str.mro()",
        "exit()",
    ):
        assert METRICS["expression"].score(attack, CODE).score == 0
    assert not target.exists()


@pytest.mark.parametrize("attack", ["pow(7, 10 ** 8) % 2", "'a' * 10 ** 10", "[0] * 10 ** 10"])
def test_expression_that_would_take_forever_or_all_memory_is_stopped(attack: str) -> None:
    assert METRICS["expression"].score(attack, CODE) == (0.0, False)


def test_no_metric_gives_nan() -> None:
    for name in CHEAP:
        assert not math.isnan(METRICS[name].score("?", GOLD[name]).score)
