"""Every page through axe-core, light and wide, dark and narrow: no serious violation.

The two looks differ in everything that a page can differ in; no page scrolls sideways in either.
"""

from __future__ import annotations

import re

import pytest

from banzuke.leaderboard import page_paths

playwright_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
expect = playwright_api.expect
axe_api = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")

pytestmark = pytest.mark.browser

LOOKS = {"light": (1280, "light", "en"), "dark": (390, "dark", "ja")}


def paths(data):
    """One page of each kind, of each board where boards differ.

    The description of the API is looked at where it describes submissions as well.
    """
    kinds = {}
    for path in page_paths(data, models_per_board=1):
        if not path.startswith("/api/"):
            board = "hostile" if "hostile" in path else "quiz" if "quiz" in path else ""
            kinds.setdefault((board, path.split("/")[1], *path.split("/")[3:4]), path)
    tables = [path for path in kinds.values() if path == "/" or re.fullmatch("/boards/[^/]+", path)]
    return [
        *(f"{path}?per_page=20" if path in tables else path for path in kinds.values()),
        *(compare(data, board) for board in ("quiz", "hostile")),
        "/boards/nope",
        "/boards/quiz?predicted=1&normalised=1&density=wide&per_page=20",
    ]


def compare(data, board):
    """The comparison of the first models of a board."""
    start = f"/boards/{board}/models/"
    names = [path.removeprefix(start) for path in page_paths(data) if path.startswith(start)][:3]
    return f"/boards/{board}/compare?" + "&".join(f"model={name}" for name in names)


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_has_a_serious_violation_or_scrolls_sideways(new_context, served, look):
    width, scheme, language = LOOKS[look]
    size = {"width": width, "height": 900}
    context = new_context(served.url, viewport=size, color_scheme=scheme, locale=language)
    page = context.new_page()
    found = {}
    for path in paths(served.data):
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.setdefault("scrolls sideways", []).append(path)
        for violation in axe_api.Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                where = [node["html"][:200] for node in violation["nodes"][:3]]
                found.setdefault(violation["id"], []).append((path, where))
    assert not found


def test_a_visitor_changes_the_language_and_keeps_it(new_context, served):
    page = new_context(served.url, locale="en-GB").new_page()
    page.goto("/boards/table?q=net-1&sort=score:A")
    page.get_by_role("link", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_label("検索")).to_have_value("net-1")
    page.locator("#board tbody th a").first.click()
    page.wait_for_url("**/models/**")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.goto("/about")  # no language in the address: the cookie
    expect(page.get_by_role("heading", level=1)).to_have_text("このリーダーボードについて")


def test_columns_are_chosen_and_shared(new_context, served):
    context = new_context(served.url, locale="en")
    page = context.new_page()
    page.goto("/boards/table")
    page.locator("summary", has_text="Columns").click()
    page.locator("input[name=columns][value='score:A']").uncheck()
    page.wait_for_url("**columns=**")
    expect(page.locator("#board thead th")).to_have_count(10)
    heads = page.locator("#board thead th").all_inner_texts()
    assert "A" not in heads
    assert "B" in heads
    shared = context.new_page()
    shared.goto(page.url)
    assert shared.locator("#board thead th").all_inner_texts() == heads
