"""Every page through axe-core, light and wide, dark and narrow: no serious violation."""

from __future__ import annotations

import pytest

from banzuke.leaderboard import page_paths
from banzuke.outcomes import Lake
from tests.browser.test_leaderboard import ARGUMENTS, CHROMIUM, Path, playwright_api
from tests.leaderboard.serving import fill, serving

axe_api = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")

pytestmark = pytest.mark.browser

LOOKS = {"light": (1280, "light", "en"), "dark": (390, "dark", "ja")}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    data = tmp_path_factory.mktemp("axe")
    fill(Lake(data))
    with serving(data) as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    with playwright_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


def paths(data):
    """One page of each kind, of each board where boards differ."""
    kinds = {}
    for path in page_paths(data, models_per_board=1):
        if not path.startswith("/api/v1"):
            board = "hostile" if "hostile" in path else "quiz" if "quiz" in path else ""
            kinds.setdefault((board, path.split("/")[1], *path.split("/")[3:4]), path)
    return [
        *kinds.values(),
        *(compare(data, board) for board in ("quiz", "hostile")),
        "/boards/nope",
        "/boards/quiz?predicted=1&normalised=1&density=wide",
    ]


def compare(data, board):
    """The comparison of the first models of a board."""
    start = f"/boards/{board}/models/"
    names = [path.removeprefix(start) for path in page_paths(data) if path.startswith(start)][:3]
    return f"/boards/{board}/compare?" + "&".join(f"model={name}" for name in names)


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_has_a_serious_violation(browser, served, look):
    width, scheme, language = LOOKS[look]
    context = browser.new_context(
        base_url=served.url,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        locale=language,
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    found = {}
    for path in paths(served.data):
        page.goto(path)
        for violation in axe_api.Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                where = [node["html"][:200] for node in violation["nodes"][:3]]
                found.setdefault(violation["id"], []).append((path, where))
    context.close()
    assert not found


def test_a_visitor_changes_the_language_and_keeps_it(browser, served):
    context = browser.new_context(base_url=served.url, locale="en-GB")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto("/boards/table?q=net-1&sort=score:A")
    page.get_by_role("link", name="日本語").click()
    assert page.evaluate("document.documentElement.lang") == "ja"
    assert page.get_by_label("検索").input_value() == "net-1"
    page.locator("#board tbody th a").first.click()
    page.wait_for_url("**/models/**")
    assert page.evaluate("document.documentElement.lang") == "ja"
    page.goto("/about")  # no language in the address: the cookie
    assert page.get_by_role("heading", level=1).inner_text() == "このリーダーボードについて"
    context.close()


def test_columns_are_chosen_and_shared(browser, served):
    context = browser.new_context(base_url=served.url, locale="en")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto("/boards/table")
    page.locator("summary", has_text="Columns").click()
    page.locator("input[name=columns][value='score:A']").uncheck()
    page.wait_for_url("**columns=**")
    playwright_api.expect(page.locator("#board thead th")).to_have_count(10)
    heads = page.locator("#board thead th").all_inner_texts()
    assert "A" not in heads
    assert "B" in heads
    shared = context.new_page()
    shared.goto(page.url)
    assert shared.locator("#board thead th").all_inner_texts() == heads
    context.close()
