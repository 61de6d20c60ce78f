"""One browser for all tests of the pages, and one server of the boards that are only read.

Both last for this package and no longer: while Playwright runs, its event loop counts as the
thread's own, and tests of other rooms could start none.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from banzuke.outcomes import Lake
from tests.leaderboard.serving import fill, serving

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 60_000  # milliseconds; a busy machine is slow, and nothing is measured here


@pytest.fixture(scope="package")
def browser():
    """Start Debian's Chromium."""
    playwright_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    playwright_api.expect.set_options(timeout=PATIENCE)
    with playwright_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="package")
def served(tmp_path_factory):
    """Serve the boards of `fill`."""
    data = tmp_path_factory.mktemp("browser")
    fill(Lake(data))
    with serving(data) as found:
        yield found


@pytest.fixture
def new_context(browser):
    """Open visitors' contexts that wait long enough; all are closed at the end."""
    contexts = []

    def opened(base_url, **options):
        context = browser.new_context(base_url=base_url, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield opened
    for context in contexts:
        context.close()
