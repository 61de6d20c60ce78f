"""The page of the best sets by budget, and its figures."""

from __future__ import annotations

import re

import httpx
import pytest

from banzuke.leaderboard import ensemble_charts as charts
from banzuke.leaderboard.catalogue import catalogue
from banzuke.leaderboard.ensemble_document import EnsembleDocument, ErrorCorrelations
from banzuke.outcomes import Lake
from banzuke.testing import make_outcomes
from tests.leaderboard.serving import ensemble, serving

SAY = catalogue("en")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    lake = Lake(folder)
    lake.write("quiz", make_outcomes(4, 6))
    part = {**ensemble(), "benchmark": "bench1", "predicted": [], "frontier": [], "excluded": []}
    lake.write_document("ensemble-quiz-bench1", part)
    lake.write_document("ensemble-other", ensemble() | {"of": None, "error_correlations": 7})
    lake.write_document("ensemble-quiz", ensemble())
    with serving(folder) as served, httpx.Client(base_url=served.url) as found:
        yield found


def _text(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    body = re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_the_page_says_what_to_ask_how_sure_that_is_and_what_it_costs(client):
    page = _text(client, "/ensembles/quiz")
    assert "Ask these 2 models together: org-0/model-0 , predicted ≈ &lt;i&gt;best" in page
    assert "clearly more than the best single model" in page
    assert "+0.030 +0.010 to +0.050, p &lt; .001" in page
    assert "Accuracy for money" in page
    assert ".610 .500–.700" in page
    assert "0.004" in page
    assert "only predicted" in page
    assert "Left out: org-9/left" in page
    assert "0.1000 0.0500–0.2000 0.1300" in page


def test_a_board_links_the_sets_of_its_benchmarks_and_they_link_back(client):
    assert 'href="/ensembles/quiz-bench1"' in client.get("/ensembles/quiz").text
    part = client.get("/ensembles/quiz-bench1").text
    assert 'href="/boards/quiz"' in part
    assert 'href="/ensembles/quiz"' in part
    assert "Accuracy for money" not in part
    assert "only predicted" not in part
    assert 'href="/ensembles/quiz"' in client.get("/boards/quiz").text


def test_parts_that_cannot_be_read_are_left_out(client):
    page = _text(client, "/ensembles/other")
    assert "Who errs with whom" not in page
    assert "How often all are wrong" in page


def test_figures_hold_the_numbers_of_the_document():
    document = EnsembleDocument.model_validate(ensemble())
    path = charts.accuracy_figure(document, SAY)
    assert path.data[0].y == (0.58, 0.61)
    assert path.data[0].error_y.array == pytest.approx([0.12, 0.09])
    assert path.data[0].error_y.arrayminus == pytest.approx([0.08, 0.11])
    assert path.data[1].y == (0.58, 0.6)
    assert path.layout.annotations[0].text == "best single: &lt;i&gt;best"
    assert charts.information_figure(document, SAY).data[0].y == (0.4, 0.4)
    assert charts.frontier_figure(document, SAY).data[0].x == (0.004,)
    heat = charts.correlation_figure(document.error_correlations, SAY)
    assert list(heat.data[0].text[0]) == ["1.00", "0.42"]
    assert heat.layout.yaxis.ticktext == ("org-0/model-0 1", "&lt;i&gt;best 2")
    assert heat.layout.xaxis.ticktext == ("1", "2")
    wrong = charts.all_wrong_figure(document.all_wrong, SAY)
    assert [trace.y for trace in wrong.data] == [(0.1,), (0.13,)]


def test_a_large_heat_map_numbers_every_fifth_column():
    names = [f"m{place}" for place in range(16)]
    found = ErrorCorrelations(models=names, matrix=[[0.5] * 16] * 16)
    figure = charts.correlation_figure(found, SAY)
    assert figure.layout.xaxis.ticktext == ("5", "10", "15")
    assert figure.data[0].texttemplate is None


def test_an_old_document_has_no_more_than_its_path():
    kept = ("collection", "n_train", "n_test", "method", "aggregator", "best_single")
    old = {key: ensemble()[key] for key in kept}
    old["path"] = [{"k": 1, "models": ["a"], "accuracy": 0.5}]
    document = EnsembleDocument.model_validate(old)
    assert document.chosen_step is None
    assert charts.information_figure(document, SAY) is None
    assert charts.frontier_figure(document, SAY) is None


def test_a_frontier_without_prices_or_a_ragged_matrix_counts_as_missing():
    found = ensemble()
    found["frontier"] = [{**found["path"][0], "cost": None}]
    found["error_correlations"] = {"models": ["a", "b"], "matrix": [[1.0]]}
    document = EnsembleDocument.model_validate(found)
    assert document.frontier == ()
    assert document.error_correlations is None
