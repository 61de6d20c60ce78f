"""The comparison of models over HTTP."""

import re

import polars as pl
import pytest

from banzuke.leaderboard.board import build_board
from banzuke.leaderboard.catalogue import catalogue
from banzuke.leaderboard.links import model_key
from banzuke.leaderboard.views.compare_page import CompareQuery, compare_page
from tests.leaderboard.serving import HOSTILE_NAMES, predictions, quiz_outcomes
from tests.leaderboard.test_pages import Page

TWO = [("model", "org-0/model-0"), ("model", "org-1/model-1")]


@pytest.fixture(scope="module")
def quiz():
    outcomes = quiz_outcomes()
    return build_board("quiz", outcomes, predictions("quiz", outcomes))


def names_of(board, *rows):
    return [board.model_names[row] for row in rows]


def test_differences_are_from_the_first_model(quiz):
    names = names_of(quiz, 3, 0, 1)
    page = compare_page(quiz, CompareQuery(model=names), catalogue("en"))
    assert [model.name for model in page.models] == names
    assert [line.name for line in page.lines] == ["Average", *quiz.benchmarks]
    assert page.n_tests == 2 * 4
    line = page.lines[1]
    assert len(line.differences) == 2
    gap = float(quiz.scores[0, 0] - quiz.scores[3, 0])
    assert line.differences[0].text.replace("−", "-") == f"{gap:+.3f}".replace("0.", ".")
    assert page.models[0].first_url is None
    assert "model=" in page.models[1].first_url


def test_a_board_with_one_benchmark_has_no_average():
    outcomes = quiz_outcomes().select(items=pl.col("benchmark") == "bench1")
    board = build_board("one", outcomes)
    for n in (1, 2, 5):
        page = compare_page(board, CompareQuery(model=names_of(board, *range(n))), catalogue("en"))
        assert [line.name for line in page.lines] == ["bench1"]
        assert len(page.lines[0].differences) == n - 1


def test_items_can_be_narrowed_to_one_model_alone(quiz):
    names = names_of(quiz, 0, 1)
    whole = compare_page(quiz, CompareQuery(model=names), catalogue("en"))
    alone = compare_page(quiz, CompareQuery(model=names, only="right-2"), catalogue("en"))
    assert 0 < alone.items.n_found < whole.items.n_found
    assert all(line.scores[1][0] == "right" for line in alone.items.lines)
    assert all(line.scores[0][0] == "wrong" for line in alone.items.lines)
    assert alone.items.n_found == alone.models[1].alone_right
    one = compare_page(quiz, CompareQuery(model=names, benchmark="bench1"), catalogue("en"))
    assert {line.benchmark for line in one.items.lines} == {"bench1"}


def test_the_page_works_with_no_one_and_two_models_in_both_languages(client, quiz):
    for n in range(4):
        pairs = [("model", name) for name in names_of(quiz, *range(n))]
        for language in ("en", "ja"):
            response = client.get("/boards/quiz/compare", params=[*pairs, ("lang", language)])
            assert response.status_code == 200
            page = Page(response)
            assert all(link.startswith(("/", "#")) for link in page.links)
            assert ('<table class="differences"' in response.text) == (n > 1)


def test_models_are_found_by_part_of_their_name(client):
    response = client.get("/boards/quiz/compare", params=[*TWO, ("find", "MODEL-11")])
    added = re.findall(r'href="(/boards/quiz/compare\?[^"#]*model-11[^"#]*)"', response.text)
    assert added
    assert all(link.count("model=") == 3 for link in added)
    assert "No further model" in client.get("/boards/quiz/compare?find=zzz").text


@pytest.mark.parametrize(
    ("params", "status", "sentence"),
    [
        ([("model", "nobody")], 404, "no model"),
        ([*TWO, ("benchmark", "nothing")], 404, "no benchmark"),
        ([*TWO, ("only", "right-9")], 422, "only"),
    ],
)
def test_what_is_not_there_is_said(client, params, status, sentence):
    response = client.get("/boards/quiz/compare", params=params)
    assert response.status_code == status
    assert sentence in response.text


def test_five_models_are_the_most(client, quiz):
    six = [("model", name) for name in names_of(quiz, *range(6))]
    response = client.get("/boards/quiz/compare", params=six)
    assert response.status_code == 400
    assert "up to 5" in response.text
    twice = client.get("/boards/quiz/compare", params=[*six[:5], *six[:5]])
    assert twice.status_code == 200
    assert 'name="find"' not in twice.text


def test_hostile_names_stay_text(client):
    pairs = [
        ("model", name if len(name) <= 300 and name.isprintable() else model_key(name))
        for name in HOSTILE_NAMES[:5]
    ]
    response = client.get("/boards/hostile/compare", params=pairs)
    assert response.status_code == 200
    page = Page(response)
    assert page.inline_scripts == 0
    for link in page.links:
        if link.startswith("/boards/hostile/compare?"):
            assert client.get(link.replace("&amp;", "&")).status_code == 200


def test_a_board_without_items_says_so(client):
    names = [("model", "lab-1/net-1"), ("model", "lab-2/net-2")]
    text = client.get("/boards/table/compare", params=names).text
    assert "scores of whole benchmarks" in text
    assert "how sure these differences are is unknown" in text
