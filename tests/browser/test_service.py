"""A submitter and an operator in a real browser: submit, watch, read, flag, answer; two widths."""

from __future__ import annotations

import itertools
import re
import threading

import pytest

from banzuke.leaderboard.service.worker import Worker
from banzuke.testing.server import Server
from tests.browser.conftest import PATIENCE
from tests.leaderboard.board_service import board_service
from tests.sizes import sized

playwright_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
axe_api = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")
expect = playwright_api.expect

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    data = tmp_path_factory.mktemp("browser-service")
    given = {"item_limit": 1, "poll_seconds": 0.2, "rate_limit_login": "1000/minute"}
    with board_service(data, **given) as found:
        yield found


@pytest.fixture(scope="module")
def model_server():
    with Server(respond=lambda prompt: "<b>A</b>", delay_seconds=0.02) as found:
        yield found


@pytest.fixture
def open_page(new_context, board):
    """Open a visitor's page; at the end nothing may have gone wrong in any of them."""
    contexts, problems = [], []

    def opened(size="desktop", **options):
        context = new_context(board.url, viewport=SIZES[size], **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.extend(_told(message)))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def _told(message):
    refused = "status of 422" in message.text or "status of 409" in message.text
    return [message.text] if message.type in ("error", "warning") and not refused else []


def log_in(page, board, who, back="/submissions"):
    page.goto(f"/login?next={back}")
    page.get_by_label("Access token").fill(board.tokens[who])
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{back}*")


@pytest.mark.parametrize("size", SIZES)
def test_submit_watch_to_finished_read_flag_answer_and_switch(board, model_server, open_page, size):
    page = open_page(size)
    page.goto("/submit")
    page.get_by_label("Access token").fill(board.tokens["ann"])
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url("**/submit")
    page.get_by_label("Model", exact=False).first.fill("test-model")
    page.get_by_label("Endpoint").fill("http://10.0.0.1:8000/v1")
    page.get_by_label("Revision").fill(size)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("public addresses only")
    expect(page.get_by_label("Revision")).to_have_value(size)
    page.get_by_label("Endpoint").fill(model_server.url)
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(re.compile(r"/submissions/\w{16}$"))
    expect(page.get_by_role("status")).to_contain_text("waiting")

    worker = Worker(board.backend.settings)
    thread = threading.Thread(target=worker.run, kwargs={"until_idle": True})
    thread.start()
    # the page asks by itself; nobody loads it again
    expect(page.get_by_role("status")).to_contain_text("finished", timeout=PATIENCE)
    thread.join(timeout=60)
    expect(page.get_by_text("See it on the board")).to_be_visible()
    expect(page.locator(".history li")).to_have_count(3)
    expect(page.locator(".log li").first).to_be_visible()

    page.get_by_text("Read its answers").click()
    page.wait_for_url("**/answers")
    page.locator("summary").first.click()
    expect(page.locator(".card dd").first).to_be_visible()
    expect(page.locator(".card .said").first).to_have_text("<b>A</b>")

    page.goto("/submissions?state=finished")
    page.get_by_role("link", name="test-model").first.click()
    page.get_by_text("See it on the board").click()
    page.get_by_text("Flag this model").click()
    page.get_by_label("What is wrong").fill("It answers **A** to everything.")
    page.get_by_role("button", name="Flag it").click()
    expect(page.locator("article strong")).to_have_text("A")

    operator = open_page(size)
    log_in(operator, board, "chief", "/flags")
    operator.get_by_label("Answer (Markdown").first.fill("So it does.")
    operator.get_by_role("button", name="Uphold").first.click()
    expect(operator.locator("article h3")).to_contain_text("Answer by chief")

    page.reload()
    expect(page.locator("article")).to_contain_text("So it does.")
    page.get_by_role("link", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.locator("h1")).to_have_text("指摘")


# colours do not depend on the width
@pytest.mark.parametrize(
    ("size", "scheme"),
    sized(
        [("desktop", "light"), ("phone", "dark")],
        full=list(itertools.product(SIZES, ["light", "dark"])),
    ),
)
def test_no_page_has_a_serious_barrier(board, model_server, open_page, size, scheme):
    page = open_page(size, color_scheme=scheme)
    log_in(page, board, "chief")
    submissions = board.backend.submissions.list().submissions
    paths = ["/submit", "/submissions", "/flags", "/login", "/api/docs"]
    paths += ["/flags?board=quiz&model=org-0/model-0"]
    for one in submissions[:1]:
        paths += [f"/submissions/{one.id}", f"/submissions/{one.id}/answers"]
    for path in paths:
        page.goto(path)
        assert _barriers(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
        assert not wide, f"{path} scrolls sideways"
    page.goto("/submit")
    page.get_by_label("Model", exact=False).first.fill("no name")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert _barriers(page) == []


def _barriers(page):
    page.wait_for_load_state()  # without its style sheet a page is judged wrongly
    found = axe_api.Axe().run(page).response["violations"]
    return [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
