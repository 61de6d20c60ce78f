"""The pages over HTTP: what they show, and that every link on them leads somewhere."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
import pytest

from banzuke.leaderboard import create_app, page_paths
from banzuke.leaderboard.links import model_url
from banzuke.outcomes import Lake
from banzuke.testing import make_outcomes
from tests.leaderboard.serving import HOSTILE_ANSWER, HOSTILE_NAMES, serving


class Page(HTMLParser):
    """Links, scripts and text of a page; fails on an element that is not closed in order."""

    VOID = frozenset({"meta", "link", "input", "line", "circle", "img", "br", "wbr"})

    def __init__(self, response):
        super().__init__()
        self.links, self.assets, self.open, self.ids = [], [], [], []
        self.inline_scripts = 0
        self.feed(response.text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        assert not any(name.startswith("on") for name in values)
        assert "style" not in values
        if tag not in self.VOID:
            self.open.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a" and "hreflang" not in values:  # test_language follows these
            self.links.append(values["href"])
        if tag in ("script", "img", "link") and "hreflang" not in values:
            self.assets += [values[name] for name in ("src", "href") if name in values]
        if tag == "script" and "src" not in values:
            assert values["type"] == "application/json"

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_every_page_answers_is_well_formed_and_links_only_to_what_exists(client, served):
    paths = page_paths(served.data)
    found = {}
    for path in paths:
        response = client.get(path)
        assert response.status_code == 200, path[:200]
        if response.headers["content-type"].startswith("text/html"):
            page = Page(response)
            assert len(set(page.ids)) == len(page.ids), path
            found |= {urljoin(path, link): path for link in page.links if not link.startswith("#")}
            found |= {urljoin(path, asset): path for asset in page.assets}
    for link, origin in found.items():
        if link == "https://example.org/quiz":  # the source that the provenance names
            continue
        assert link.startswith("/"), (link[:200], origin[:200])
        assert client.get(link).status_code == 200, (link[:200], origin[:200])


def test_page_paths_may_take_a_few_models_of_each_board(served):
    few = page_paths(served.data, models_per_board=2)
    assert page_paths(create_app(served.data), models_per_board=2) == few
    assert sum(path.startswith("/boards/table/models") for path in few) == 2
    every = page_paths(Lake(served.data))
    assert sum(path.startswith("/boards/table/models") for path in every) == 130
    assert len(set(every)) == len(every)


def test_the_table_shows_predicted_cells_as_such(client):
    page = client.get("/boards/quiz?per_page=all").text
    assert page.count("<i>≈ .360</i> <small>.31–.42</small>") == 110
    assert "predicted, not measured; interval .31–.42" in page
    assert "Guessing alone scores bench0 .250" in page
    assert "one item moves its score by .050" in page
    assert "mean_absolute_error" in page or "mean absolute error" in page


def test_averages_with_predictions_are_marked_and_ranked_only_when_asked(client):
    without = client.get("/boards/quiz?per_page=all").text
    with_predictions = client.get("/boards/quiz?per_page=all&predicted=1").text
    ranked = re.compile(r'<td class="rank">\d')
    assert len(ranked.findall(without)) == 10
    assert len(ranked.findall(with_predictions)) == 120
    assert with_predictions.count('class="p avg"') == 110
    assert 'class="p avg"' not in without


def test_htmx_gets_the_table_alone_with_the_address_to_show(client):
    headers = {"HX-Request": "true"}
    response = client.get("/boards/table?q=net-1&type=&sort=score:A", headers=headers)
    assert response.headers["hx-push-url"] == "/boards/table?q=net-1&sort=score%3AA"
    assert response.text.lstrip().startswith('<section id="board"')
    assert 'id="count" role="status" hx-swap-oob="true"' in response.text
    assert "<html" not in response.text
    assert client.get("/boards/table").headers["vary"].lower().startswith("hx-request")


def test_sorted_columns_say_so(client):
    page = client.get("/boards/table?sort=score:A&order=asc").text
    assert page.count('aria-sort="ascending"') == 1
    assert 'aria-sort="descending"' not in page
    assert '<input type="hidden" form="filters" name="order" value="asc">' in page
    assert 'href="/boards/table?sort=score%3AA"' in page


def test_a_model_page_shows_measured_beside_predicted_and_other_boards(client):
    page = client.get("/boards/quiz/models/org-2/model-10").text
    assert "Not ranked: no average: 1 of 3 benchmarks not measured" in page
    assert "≈ .360" in page
    assert "1.000" in page
    assert "40 %" in page
    first = client.get("/boards/quiz/models/org-0/model-0").text
    assert 'href="/boards/table/models/org-0/model-0"' in first
    assert "Rank <b>" in first


def test_lineage_links_both_ways(client):
    target, source = HOSTILE_NAMES[1], HOSTILE_NAMES[0]
    parent = client.get(model_url("hostile", target)).text
    assert "Built on it (1)" in parent
    assert f'href="{model_url("hostile", source)}"' in parent


def test_items_are_listed_by_page_and_benchmark(client):
    first = client.get("/boards/quiz/items/org-0/model-0").text
    assert "60 items were run. Page 1 of 2" in first
    second = client.get("/boards/quiz/items/org-0/model-0?page=2&benchmark=").text
    assert second.count('<th scope="row">') == 10
    one = client.get("/boards/quiz/items/org-2/model-10?benchmark=bench2").text
    assert "8 items were run" in one
    assert client.get("/boards/quiz/items/org-0/model-0?benchmark=zzz").status_code == 400
    assert client.get("/boards/table/items/org-0/model-0").status_code == 404


def test_an_unreadable_answer_differs_from_none(client):
    page = client.get(model_url("hostile", HOSTILE_NAMES[0], "items")).text
    assert "nothing that can be read as an answer" in page
    assert "n tokens" in page


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_have_working_escaped_pages(client, name):
    for kind in ("models", "items"):
        response = client.get(model_url("hostile", name, kind))
        assert response.status_code == 200
        assert "<script>alert" not in response.text
        assert "<b>bold" not in response.text
        assert "<img" not in response.text
        assert "<u>bench" not in response.text
        assert "\u202e" not in response.text
        assert ">49<" not in response.text


def test_hostile_text_is_escaped_everywhere_else(client):
    listed = client.get("/boards/hostile").text
    assert "&lt;b&gt;bold&lt;/b&gt;" in listed
    for path in (
        "/boards/hostile",
        "/boards/hostile/scatter",
        "/statistics/quiz",
        "/capabilities/quiz",
        "/ensembles/quiz",
    ):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<i>best" not in page
        assert "<b>bench2" not in page
    assert HOSTILE_ANSWER not in client.get(model_url("hostile", "..", "items")).text


def test_a_search_is_shown_escaped(client):
    page = client.get("/boards/table", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page
    assert "No model matches (of 130)." in page


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/boards/nope", 404, "there is no board"),
        ("/boards/table/models/no/such", 404, "has no model"),
        ("/boards/table/models", 404, "has no model"),
        ("/boards/table/models?key=0", 404, "has no model"),
        ("/statistics/nope", 404, "there is no analysis"),
        ("/capabilities/nope", 404, "there is no analysis"),
        ("/nothing/here", 404, "there is no page"),
        ("/boards/table?sort=speed", 400, "cannot be sorted"),
        ("/boards/table?q=@speed:1", 400, "no field"),
        ("/boards/table/scatter?y=speed", 400, "no benchmark"),
        ("/boards/table?page=zero", 422, "page"),
        ("/boards/table?per_page=5000", 422, "per_page"),
        ("/boards/table?size_min=-1", 422, "size_min"),
        ("/boards/table?size_max=inf", 422, "size_max"),
        ("/boards/table?page=99999999999999999999", 422, "page"),
        ("/static/../app.py", 404, ""),
        ("/static/%2e%2e/app.py", 404, ""),
        ("/static/..%2fapp.py", 404, ""),
        ("/boards/%00", 404, "there is no board"),
    ],
)
def test_wrong_addresses_get_a_friendly_page(client, path, status, sentence):
    response = client.get(path)
    assert response.status_code == status
    assert sentence.lower() in response.text.lower()
    assert "Back to the leaderboard" in response.text
    assert "Traceback" not in response.text


@pytest.mark.parametrize("path", ["/", "/boards/quiz/scatter", "/boards/nope", "/api/v1/boards"])
def test_every_answer_has_a_strict_policy(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert ("unsafe-inline" in policy) == path.endswith("scatter")
    assert headers["x-content-type-options"] == "nosniff"


def test_the_default_page_is_small_and_needs_no_other_host(client):
    page = client.get("/")
    total = len(page.content)
    for asset in Page(page).assets:
        assert asset.startswith("/static/")
        total += len(client.get(asset).content)
    assert total < 500_000
    assert "plotly" not in page.text


def test_new_results_are_on_the_page_at_the_next_load(tmp_path):
    lake = Lake(tmp_path)
    with serving(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        assert "banzuke demo" in client.get("/").text
        lake.write("mini", make_outcomes(3, 24))
        page = client.get("/").text
        assert "org-0/model-0" in page
        assert "Scores near what guessing reaches say nothing" in page


def test_a_damaged_data_directory_is_a_sentence_not_a_traceback(tmp_path):
    Lake(tmp_path).write("mini", make_outcomes(3, 6))
    with serving(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        assert client.get("/").status_code == 200
        (tmp_path / "catalog.json").write_text("{")
        response = client.get("/")
        assert response.status_code == 503
        assert "cannot be read at the moment" in response.text
        assert str(tmp_path) not in response.text
