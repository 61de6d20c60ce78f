"""Each measure in both definitions, by values that were worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from rapidfuzz import fuzz, utils
from scipy.stats import pearsonr, spearmanr

from banzuke.evaluation.measures import MEASURES
from banzuke.evaluation.tasks import Item


def item(*golds: str, **fields) -> Item:
    return Item(item_id="q", text="", answers=golds, **fields)


def both(name: str, answer: str, gold: str, **fields) -> tuple:
    measure, one = MEASURES[name], item(gold, **fields)
    return measure.compat(answer, one), measure.strict(answer, one)


def score(name: str, answers: list[str], golds: list[str], kind: str) -> float:
    measure = MEASURES[name]
    pairs = list(zip(answers, map(item, golds), strict=True))
    if kind == "compat":
        values = [measure.compat(a, i) for a, i in pairs]
        combine = measure.combine_compat
    else:
        values = [v for a, i in pairs if (v := measure.strict(a, i).value) is not None]
        combine = measure.combine_strict
    rows = np.array([v if isinstance(v, tuple) else (v,) for v in values], dtype=float)
    return float(combine(rows, np.ones((1, len(rows))))[0])


@pytest.mark.parametrize(
    ("name", "answer", "gold", "compat", "strict"),
    [
        ("exact_match", "含意", "含意", 1, 1),
        ("exact_match", "含意です", "含意", 0, 0),
        ("exact_match", "A", "Ａ", 1, 1),
        ("number_match", "12.0", "12", 0, 1),
        ("number_match", "12", "12", 1, 1),
        ("number_match", "1,200円", "1200", 0, 1),
        ("number_match", "13", "12", 0, 0),
        ("char_f1", "漱石", "夏目漱石", 0.67, 2 / 3),
        ("char_f1", "石漱", "漱石", 0.5, 1),
        ("set_f1", "a x\nb y", "a x\nc z", 0.5, 0.5),
        ("set_f1", "a\na", "a\nb", 2 / 3, 2 / 3),
        ("set_f1", "a", "a\na\nb", 4 / 5, 2 / 3),
        ("entity_set_f1", "京都（LOC） 桓武（PER）", "京都（LOC） 桓武（PER）", 1, 1),
        ("entity_set_f1", "京都（LOC）", "京都（LOC） 桓武（PER）", 0, 2 / 3),
        ("entity_set_f1", "桓武（PER） 京都（LOC）", "京都（LOC） 桓武（PER）", 0, 1),
    ],
)
def test_values_and_their_difference(name, answer, gold, compat, strict) -> None:
    from banzuke.evaluation.text import normalise

    found, judged = both(name, normalise(answer), gold)
    assert found == pytest.approx(compat)
    assert judged.value == pytest.approx(strict)
    assert not judged.parse_failure


@pytest.mark.parametrize("name", ["exact_match", "number_match", "char_f1", "set_f1", "rouge2"])
def test_an_empty_answer_scores_0_and_is_unreadable(name: str) -> None:
    compat, judged = both(name, "", "1")
    assert compat == judged.value == 0
    assert judged.parse_failure


def test_an_answer_that_is_no_label_is_unreadable() -> None:
    assert both("exact_match", "E", "A", labels=("A", "B"))[1].parse_failure
    assert not both("exact_match", "B", "A", labels=("A", "B"))[1].parse_failure


def test_compat_char_f1_is_the_rounded_token_sort_ratio() -> None:
    random = np.random.default_rng(0)
    letters = list("あいう 漢字abc、。1２")
    for _ in range(200):
        left, right = ("".join(random.choice(letters, random.integers(1, 12))) for _ in range(2))
        from banzuke.evaluation.text import normalise

        left = normalise(left)
        expected = fuzz.token_sort_ratio(left, normalise(right), processor=utils.default_process)
        assert both("char_f1", left, right)[0] == round(expected) / 100


RATINGS = ["0.5", "3点", "4.2", "2", "1.5くらい"]
GOLDS = ["1.0", "3.5", "5.0", "1.0", "2.0"]


def test_correlations_equal_scipy_and_unreadable_ratings_differ() -> None:
    read, gold = [0.5, 3, 4.2, 2, 1.5], list(map(float, GOLDS))
    for name, reference in (("pearson", pearsonr), ("spearman", spearmanr)):
        for kind in ("compat", "strict"):
            assert score(name, RATINGS, GOLDS, kind) == pytest.approx(
                reference(read, gold).statistic
            )
        answers, golds = [*RATINGS, "不明", "99"], [*GOLDS, "4.0", "4.0"]
        assert score(name, answers, golds, "strict") == pytest.approx(
            reference(read, gold).statistic
        )
        assert score(name, answers, golds, "compat") == pytest.approx(
            reference([*read, -2, 99], [*gold, 4, 4]).statistic
        )
        assert np.isnan(score(name, ["1"] * 5, GOLDS, "strict"))
    assert MEASURES["pearson"].strict("不明", item("4.0")).parse_failure


def test_weights_of_a_correlation_repeat_items() -> None:
    values = np.array([[1, 2], [2, 1], [3, 5], [4, 4.0]])
    weights = np.array([[2, 1, 0, 3.0]])
    repeated = np.repeat(values, [2, 1, 0, 3], axis=0)
    for name, reference in (("pearson", pearsonr), ("spearman", spearmanr)):
        found = MEASURES[name].combine_strict(values, weights)[0]
        assert found == pytest.approx(reference(*repeated.T).statistic)


def test_strict_bleu_is_sacrebleus_corpus_bleu_and_compat_is_not() -> None:
    from sacrebleu.metrics.bleu import BLEU

    answers = ["猫が静かに寝ている。", "今日はとても良い天気です。", "犬"]
    golds = ["猫が寝ている。", "今日は良い天気ですね。", "犬が走っている。"]
    reference = BLEU(trg_lang="ja")
    expected = reference.corpus_score(answers, [golds]).score / 100
    assert score("bleu_ja", answers, golds, "strict") == pytest.approx(expected)
    signature = str(reference.get_signature())
    assert all(part in signature for part in MEASURES["bleu_ja"].signature.split("|")[:2])
    assert "ja-mecab" in signature
    assert score("bleu_ja", ["猫が寝た"], ["猫が寝た"], "compat") < 1  # a string, not a list


def test_models_values_are_missing_until_they_are_given() -> None:
    for name in ("comet_wmt22", "bert_score_ja", "bert_score_en"):
        compat, judged = both(name, "訳文", "gold")
        assert compat is judged.value is None
        assert not judged.parse_failure


def test_every_measure_says_what_it_is_and_how_strict_differs() -> None:
    for name, measure in MEASURES.items():
        assert measure.name == name
        assert measure.description
        assert measure.difference


def test_programs_in_a_fence_or_bare_and_continuations_of_a_prompt() -> None:
    tests = ({"program": "assert double(2) == 4", "given": ""},)
    one = item("", tests=tests)
    code = MEASURES["code_exec"]
    right = "説明です。\n\n```python\ndef double(x):\n\n    return 2 * x\n```"
    assert code.strict(right, one).value == 1
    assert code.compat("説明です。", one) == 0  # what stands before the blank line
    assert code.compat("def double(x): return x * 2", one) == 1
    assert code.strict("", one).parse_failure
    given = 'def double(x):\n    """Return twice x."""\n'
    start = item("", tests=({"program": "assert double(2) == 4", "given": given},))
    assert code.strict("    return x + x\n", start).value == 1
    check = MEASURES["pylint_check"]
    assert check.strict("def double(x): return y", one).value == 0
    assert check.strict("    return x + x\n", start).value == check.compat("x = 1", one) == 1
