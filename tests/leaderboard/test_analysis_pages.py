"""The pages of statistics and capabilities: what they say, and that odd documents do no harm."""

import json
import re

import httpx
import polars as pl
import pytest

from banzuke.capabilities import simulate_domains, summarise
from banzuke.capabilities.analyses import HcaSettings, analyse_hierarchy
from banzuke.leaderboard import page_paths
from banzuke.leaderboard.snapshot import SnapshotStore
from banzuke.outcomes import Lake, Outcomes
from tests.leaderboard.serving import (
    capabilities,
    described,
    fill,
    hierarchy,
    serving,
)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Serve a lake whose documents the tests change."""
    data = tmp_path_factory.mktemp("changing")
    fill(Lake(data))
    with serving(data) as served, httpx.Client(base_url=served.url) as client:
        yield Lake(data), client


def text_of(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page))


def figure_of(page, name):
    found = re.search(rf'id="figure-{name}">(.*?)</script>', page)
    return json.loads(found[1])


def test_verdicts_are_told_in_the_language_of_the_visitor(tmp_path):
    codes = [
        {"code": "models", "values": {"share": "41%"}},
        {"code": "copies", "values": {"share": "<b>30%"}},
    ]
    document = hierarchy()
    document["verdict"][0]["said"] = {
        "claim": {"code": "order", "values": {"order": "bench0 -> <b>bench2"}},
        "reasons": codes,
    }
    document["verdict"][1]["said"] = {"claim": {"code": "of a later version"}, "reasons": []}
    lake = Lake(tmp_path)
    lake.write_document("hca-quiz", document)
    with serving(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        page = client.get("/capabilities/quiz", params={"lang": "ja"}).text
        assert "順序 bench0 → &lt;b&gt;bench2" in page
        assert (
            "再標本でこの順序になるのは 41% だけです。行の &lt;b&gt;30% は別の行の複製です。"
            in page
        )
        assert "97% of bootstraps put it there." in page  # as it stands in the document
        english = text_of(client.get("/capabilities/quiz", params={"lang": "en"}).text)
        assert (
            "Only 41% of bootstraps over models give this order; &lt;b&gt;30% of the rows"
            in english
        )


def test_the_verdict_comes_first_in_words(client):
    page = client.get("/capabilities/quiz").text
    text = text_of(page)
    assert text.index("do not identify which capability drives which") < text.index("The fit")
    assert "Do not choose what to train by this order" in text
    assert "1 of 4 claims are identified" in text
    assert "✓ Identified: &lt;b&gt;bench2 is last" in text
    assert "✗ Not identified: order bench0 → &lt;b&gt;bench2 . Only 41% of bootstraps" in text
    assert "✗ Not identified: 2 claims. it presupposes an order" in text


def test_an_identified_order_says_what_follows(other):
    lake, client = other
    document = hierarchy()
    document["verdict"][0] |= {"verdict": "identified", "reason": "It comes back in every check."}
    lake.write_document("hca-quiz", document)
    text = text_of(client.get("/capabilities/quiz").text)
    assert "The scores identify the order bench0 → &lt;b&gt;bench2." in text
    assert "Do not choose" not in text
    lake.write_document("hca-quiz", {**document, "verdict": []})
    assert "holds no verdict" in client.get("/capabilities/quiz").text


def test_base_models_alignment_and_edges_have_their_numbers(client):
    text = text_of(client.get("/capabilities/quiz").text)
    assert "base-a 1,500 .020 50 % of it name 1400, card 100" in text
    assert "&lt;i&gt;base-b 120 .040 the largest, which is the MIC –" in text
    assert "bench0 .950 .300 .200" in text
    assert "base-a bench0 → &lt;b&gt;bench2 0.66 0.11 to 0.93 97 %" in text
    assert "-0.50 0.11 to 0.93" in text


def test_the_audit_is_told_with_what_each_check_needs(client):
    text = text_of(client.get("/capabilities/quiz").text)
    for sentence in (
        "Same order with models resampled 500 times 62.0 % needed: 90 %",
        "Same order with submitters resampled 500 times 41.0 % needed: 90 %",
        "Same order from data simulated with it 95.0 %",
        "MIC with base models shuffled 0.033 (0.004 to 0.080)",
        "p value against rotated sources 0.012",
        "Log-likelihood above the best other order -1.5",
        "Same order with the cube contrast 0.0 % needed: 90 % of starts; most often",
        "Base models whose sources could be noise &lt;i&gt;base-b",
        "Rows that are copies of another 1.5 %",
        "bench0 → &lt;b&gt;bench2 62.0 % 62.0 % 1.50",
        "without &lt;i&gt;base-b 1,500 &lt;b&gt;bench2 → bench0 no .050",
        "base-a, x .070",
    ):
        assert sentence in text


def test_interventions_are_drawn_with_their_intervals(client):
    page = client.get("/capabilities/quiz").text
    assert "When bench0 rises by one point" in text_of(page)
    assert "base-a +1.25 0.75 to 1.75 +0.50 0.00 to 1.00 +0.75 0.25 to 1.25" in text_of(page)
    first, second = figure_of(page, "effect-0")["data"]
    assert first["x"] == [1.25, 0.5, 0.75]
    assert first["error_x"]["array"] == [0.5, 0.5, 0.5]
    assert second["name"] == "&lt;i&gt;base-b"
    assert figure_of(page, "effect-1")["data"][0]["x"] == [0.0, 0.25, 1.0]
    shares = figure_of(page, "orders")["data"]
    assert [trace["x"] for trace in shares] == [[0.62, 0.38], [0.62, 0.38]]


def test_tabs_lead_to_the_page_only_where_it_is(client, served):
    assert 'href="/capabilities/quiz"' in client.get("/boards/quiz").text
    assert "/capabilities/" not in client.get("/boards/table").text
    assert "/capabilities/quiz" in page_paths(served.data)


def test_counts_and_spreads_are_drawn_with_their_numbers(client):
    page = client.get("/statistics/quiz").text
    assert figure_of(page, "count-size")["data"][0]["x"] == [40, 80]
    assert len(figure_of(page, "count-architecture")["data"][0]["x"]) == 12
    assert "The 3 smallest groups are left out" in text_of(page)
    box = figure_of(page, "spread")["data"][0]
    five = [box[key][0] for key in ("lowerfence", "q1", "median", "q3", "upperfence")]
    assert five == [0.1, 0.2, 0.345, 0.5, 0.9]
    heat = figure_of(page, "by-size")["data"][0]
    assert heat["x"] == ["-3B", "60B-", "unknown"]
    assert heat["z"] == [[0.345] * 3]
    assert [trace["name"] for trace in figure_of(page, "by-shots")["data"]] == ["0-shot", "4-shot"]
    text = text_of(page)
    assert "&lt;b&gt;bench2 -3B 7 .100 .200 .345 .500 .900 .400" in text
    assert "&lt;b&gt;bench2 9 .300 .400 +0.100 +0.050 to +0.150 –" in text


def test_documents_without_counts_show_what_they_have(other):
    lake, client = other
    lake.write_document("capabilities-quiz", capabilities())
    page = client.get("/statistics/quiz")
    assert page.status_code == 200
    assert "Correlation of benchmarks" in page.text
    assert "Which models these are" not in page.text
    assert page.text.count('class="plot"') == 2


ODD = (None, 7, -1, "x", [], {}, [None], {"a": None}, {"base-a": [[1]]}, [[1.0]], [{"order": 3}])


@pytest.mark.parametrize("key", sorted(described()))
def test_odd_parts_of_a_summary_are_left_out(other, key):
    lake, client = other
    for value in ODD:
        lake.write_document("capabilities-quiz", {**capabilities(), **described(), key: value})
        assert client.get("/statistics/quiz").status_code == 200, value


@pytest.mark.parametrize("key", sorted(set(hierarchy()) - {"order", "benchmarks", "domains"}))
def test_odd_or_missing_parts_of_a_hierarchy_are_left_out(other, key):
    lake, client = other
    for value in ODD:
        lake.write_document("hca-quiz", {**hierarchy(), key: value})
        assert client.get("/capabilities/quiz").status_code == 200, value
    lake.write_document("hca-quiz", {k: v for k, v in hierarchy().items() if k != key})
    assert client.get("/capabilities/quiz").status_code == 200


@pytest.mark.parametrize("key", sorted(hierarchy()["audit"]))
def test_odd_or_missing_checks_are_left_out(other, key):
    lake, client = other
    document = hierarchy()
    parts = document["audit"]["rows"] if key == "rows" else {}
    checks = [{**document["audit"], key: value} for value in ODD]
    checks.append({k: v for k, v in document["audit"].items() if k != key})
    for part in parts:
        whole = document["audit"]["rows"]
        checks += [{**document["audit"], key: {**whole, part: value}} for value in ODD]
    for audit in checks:
        lake.write_document("hca-quiz", {**document, "audit": audit})
        assert client.get("/capabilities/quiz").status_code == 200, audit[key]


@pytest.mark.parametrize("key", ["order", "benchmarks", "domains"])
def test_a_hierarchy_without_names_is_refused_in_a_sentence(other, key):
    lake, client = other
    for value in (None, [], {}, "x", [1]):
        lake.write_document("hca-quiz", {**hierarchy(), key: value})
        response = client.get("/capabilities/quiz")
        assert response.status_code == 400
        assert "compute it again" in response.text


def test_a_document_that_is_no_mapping_is_refused(other):
    lake, client = other
    for name, path in (("hca-quiz", "capabilities"), ("capabilities-quiz", "statistics")):
        lake.write_document(name, [1, 2])
        assert client.get(f"/{path}/quiz").status_code == 400


def test_extreme_numbers_and_text_do_no_harm(other):
    lake, client = other
    hostile = {"n_models": {"base-a": 10**30}, "inexactness": {"base-a": 1e308}}
    lake.write_document("hca-quiz", {**hierarchy(), **hostile, "mic": {"chosen": 5e-324}})
    assert client.get("/capabilities/quiz").status_code == 200
    counts = {"counts": {"size": {"-3B": 10**30, "x": -1}}}
    lake.write_document("capabilities-quiz", {**capabilities(), **counts})
    assert client.get("/statistics/quiz").status_code == 200


def test_numbers_that_are_not_finite_are_left_out(other):
    lake, _ = other
    document = json.loads(json.dumps(hierarchy()))
    document["inexactness"]["base-a"] = float("nan")
    document["mic"]["chosen"] = float("inf")
    snapshot = SnapshotStore(lake).current()
    changed = type(snapshot)(version="x", boards={}, documents={"hca-quiz": document})
    assert changed.hierarchy("quiz").inexactness == {}
    assert changed.hierarchy("quiz").mic.chosen is None


def test_what_the_commands_compute_is_shown(tmp_path):
    data = simulate_domains(n_domains=2, n_models=40, seed=0)
    low, high = data.scores.min(), data.scores.max()
    models = pl.DataFrame(
        {
            "model": [f"org{i % 9}/m{i}" for i in range(80)],
            "base": data.domains,
            "params_b": [1.0, 8.0] * 40,
            "n_shots": [0, 4] * 40,
        }
    )
    outcomes = Outcomes((data.scores - low) / (high - low), models, list("ABCDEF"))
    settings = HcaSettings(label_column="base", min_models=10, n_bootstraps=20, n_jobs=1)
    found = analyse_hierarchy(outcomes, settings)
    lake = Lake(tmp_path)
    lake.write("simulated", outcomes)
    lake.write_document("hca-simulated", found)
    lake.write_document("capabilities-simulated", summarise(outcomes, seed=0, n_bootstraps=20))
    with serving(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        text = text_of(client.get("/capabilities/simulated").text)
        assert f"of {len(found['verdict'])} claims are identified" in text
        assert "domain 0 40 " in text
        assert "Same order with submitters resampled 20 times" in text
        assert text.count("rises by one point") >= 3
        page = client.get("/statistics/simulated").text
    for name in ("count-size", "average-size", "by-size", "spread", "by-shots"):
        assert figure_of(page, name)["data"]
