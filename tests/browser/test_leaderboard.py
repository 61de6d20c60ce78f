"""A visitor in a real browser: search, sort, predicted cells, a model, and back again."""

from __future__ import annotations

import re

import pytest

from tests.leaderboard.serving import HOSTILE_NAMES

playwright_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
expect = playwright_api.expect

pytestmark = pytest.mark.browser


@pytest.fixture
def page(new_context, served):
    """Open a page; at the end nothing may have gone wrong or asked another host."""
    context = new_context(served.url, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(f"console: {message.text}"))
    opened.on("pageerror", lambda error: problems.append(f"error: {error}"))
    opened.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
    opened.on("request", lambda request: problems.extend(_foreign(request.url, served.url)))
    yield opened
    context.close()  # what is still under way is no problem of the page
    assert problems == []


def _foreign(address, home):
    return [] if address.startswith((home, "data:", "blob:")) else [f"request: {address}"]


def names(page):
    return page.locator("#board tbody th a").all_inner_texts()


def test_search_filter_sort_and_go_back(page):
    page.goto("/boards/table")
    page.get_by_label("Search").fill("net-1; net-2")
    page.wait_for_url("**/boards/table?q=net-1%3B+net-2")
    page.wait_for_function("document.querySelector('#count').innerText.includes('matching')")
    assert all(re.search(r"net-[12]", name) for name in names(page))
    searched = names(page)

    page.get_by_text("Type", exact=False).first.click()
    page.get_by_role("checkbox", name=re.compile("merge")).check()
    page.wait_for_url("**type=merge**")
    page.wait_for_function(f"document.querySelectorAll('#board tbody tr').length < {len(searched)}")
    types = page.locator("#board tbody td.f:nth-of-type(3)").all_inner_texts()
    assert set(types) == {"merge"}

    page.get_by_role("link", name="C d/e").click()
    page.wait_for_url("**sort=score%3AC+d%2Fe**")
    heading = page.locator("th[aria-sort=descending]")
    assert heading.inner_text().startswith("C d/e")
    values = [float(t) for t in page.locator("#board tbody td:nth-of-type(10)").all_inner_texts()]
    assert values == sorted(values, reverse=True)

    # the way back loads the page anew, form and all
    page.go_back()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Average")
    expect(page.get_by_label("Search")).to_have_value("net-1; net-2")
    expect(page.locator("input[name=type][value=merge]")).to_be_checked()
    assert "sort=" not in page.url
    page.wait_for_load_state()  # nobody goes back again before the page is there
    page.go_back()
    expect(page.locator("input[name=type][value=merge]")).not_to_be_checked()
    expect(page.locator("#board tbody tr")).to_have_count(len(searched))
    assert names(page) == searched


def test_a_shared_address_shows_the_same_rows(page):
    page.goto("/boards/table?q=net-1&type=merge&sort=score:A&order=asc&per_page=50")
    shown = names(page)
    assert page.get_by_label("Search").input_value() == "net-1"
    assert page.get_by_label("Rows").input_value() == "50"
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**sort=score%3AA&order=asc**")
    assert names(page) == shown


def test_read_a_predicted_cell_and_open_the_model(page):
    page.goto("/boards/quiz")
    before = page.locator("td.rank", has_text=re.compile(r"\d")).count()
    assert before == 10
    page.get_by_label("count predicted scores").check()
    page.wait_for_url("**predicted=1**")
    page.wait_for_function("document.querySelectorAll('#board td.p.avg').length > 0")
    row = page.locator("tr", has=page.get_by_role("link", name="org-2/model-10", exact=True))
    if row.count() == 0:
        page.get_by_label("Rows").select_option("all")
        page.wait_for_function("document.querySelectorAll('#board tbody tr').length == 120")
    cell = row.locator("td.p:not(.avg)")
    assert cell.inner_text().split() == ["predicted", "≈", ".360", ".31–.42"]
    assert cell.locator("i").evaluate("e => getComputedStyle(e).fontStyle") == "italic"
    assert "gradient" in cell.evaluate("e => getComputedStyle(e).backgroundImage")
    row.get_by_role("link").click()
    page.wait_for_url("**/boards/quiz/models/org-2/model-10")
    assert "≈ .360" in page.locator("table.scores").inner_text()
    page.get_by_role("link", name="See every answer").click()
    expect(page.get_by_role("heading", name="Every item")).to_be_visible()


def test_pages_and_keyboard(page):
    page.goto("/boards/table?per_page=50")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.get_by_role("link", name="Next →").click()
    page.wait_for_url("**page=2**")
    page.wait_for_function("document.querySelector('#count').innerText.startsWith('51–100')")
    page.locator("#sort-1").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=model**")
    page.wait_for_function("document.querySelector('th[aria-sort=ascending]') !== null")
    expect(page.locator("#sort-1")).to_be_focused()


def test_hostile_names_do_nothing_but_show(page):
    page.goto("/boards/hostile?sort=model")
    links = page.locator("#board tbody th a")
    assert links.count() == len(HOSTILE_NAMES)
    for index in range(0, links.count(), 3):
        shown = links.nth(index).inner_text()
        links.nth(index).click()
        page.wait_for_url("**/models**")
        assert page.locator("h1").inner_text()[:40].rstrip("…") == shown[:40].rstrip("…")
        page.go_back()
        page.wait_for_url("**/boards/hostile?sort=model")
    page.goto("/boards/hostile/scatter")
    page.wait_for_selector(".plot .main-svg")


@pytest.mark.parametrize(
    "path",
    [
        "/statistics/quiz",
        "/ensembles/quiz",
        "/boards/quiz/scatter?y=bench2",
    ],
)
def test_charts_are_drawn(page, path):
    page.goto(path)
    drawn(page)


def drawn(page):
    """Wait for the charts; none may be left out."""
    page.wait_for_selector(".plot .main-svg")
    expect(page.locator(".plot .waiting")).to_have_count(0)


def test_charts_are_drawn_and_keep_their_height_when_the_width_changes(page):
    page.goto("/capabilities/quiz")
    drawn(page)
    heights = "[...document.querySelectorAll('.plot')].map((e) => e.offsetHeight)"
    before = page.evaluate(heights)
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator(".plot").first.locator(".main-svg").first).to_have_attribute(
        "width", re.compile(r"^[123]\d\d(\.\d+)?$")
    )
    assert page.evaluate(heights) == before
    inner = "[...document.querySelectorAll('.plot')].map((e) => e._fullLayout.height)"
    assert all(abs(a - b) <= 4 for a, b in zip(page.evaluate(inner), before, strict=True))


def test_a_click_on_a_mark_opens_the_model(page):
    page.goto("/boards/table/scatter?q=net-5;net-6")
    drawn(page)
    page.wait_for_selector(".plot .points path")
    page.locator(".plot .points path").first.hover(force=True)
    page.wait_for_selector(".hoverlayer .hovertext")  # now the chart knows where the mouse is
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/boards/table/models/lab-*/net-*")


def test_the_table_works_without_javascript(new_context, served):
    page = new_context(served.url, java_script_enabled=False).new_page()
    page.goto("/boards/table")
    page.get_by_label("Search").fill("net-12")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**q=net-12**")
    assert all("net-12" in name for name in names(page))
    page.get_by_role("link", name="Average").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    expect(page.get_by_label("Search")).to_have_value("net-12")
    page.goto("/boards/table/scatter")
    expect(page.locator(".plot")).to_contain_text("needs JavaScript")


def test_compare_models_and_share_the_address(page):
    page.goto("/boards/quiz/compare")
    page.get_by_label("Add a model").fill("model-11")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=re.compile("^Add ")).first.click()
    page.get_by_label("Add a model").fill("model-0")
    page.get_by_label("Add a model").press("Enter")
    page.get_by_role("link", name=re.compile("^Add ")).first.click()
    chart = page.get_by_role("img", name=re.compile("^radar chart"))
    expect(chart).to_be_visible()
    expect(page.locator("table.differences thead th").nth(1)).to_contain_text("model-11")
    shared = page.url

    page.locator("select[name=only]").select_option(index=1)
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#items")).to_be_in_viewport()
    rows = page.locator("table.items tbody tr")
    expect(rows.first).to_be_visible()
    assert page.locator("table.items td.right").count() == rows.count()

    page.goto(shared)
    page.get_by_role("link", name="Compare with this one").click()
    expect(page.locator("table.differences thead th").nth(1)).to_contain_text("model-0")
    page.get_by_role("link", name=re.compile("^Take out ")).first.click()
    expect(page.locator("table.differences")).to_have_count(0)
