"""Rendered pages are kept within a bound, and never shown to the wrong visitor."""

import gzip

import httpx
from starlette.responses import HTMLResponse

from banzuke.leaderboard.page_cache import PageCache
from banzuke.outcomes import Lake
from banzuke.testing import make_outcomes
from tests.leaderboard.serving import serving


def test_the_pages_asked_for_last_are_kept_within_the_bound():
    cache = PageCache(most_bytes=40_000)
    for number in range(20):
        cache.keep(number, HTMLResponse(f"{number} " * 1000))
        cache.get(0)
    assert 5 < len(cache) < 20
    assert cache.get(0) is not None
    assert cache.get(19).plain.startswith(b"19 ")
    assert cache.get(1) is None
    assert gzip.decompress(cache.get(19).packed) == cache.get(19).plain


def test_a_page_that_is_too_large_is_sent_but_not_kept():
    cache = PageCache(most_bytes=1000)
    assert cache.keep("all", HTMLResponse("x" * 5000)).plain == b"x" * 5000
    assert len(cache) == 0


def test_language_scale_part_and_packing_each_get_their_own(client):
    address = "/boards/quiz?q=model-1&sort=score:bench0"
    first = client.get(address)
    assert client.get(address).text == first.text
    assert 'lang="ja"' in client.get(address, headers={"Accept-Language": "ja"}).text
    assert "<html" not in client.get(address, headers={"HX-Request": "true"}).text
    assert client.get(f"{address}&normalised=1").text != first.text
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert plain.text == first.text
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in plain.headers["vary"].lower()
    assert client.get(address).headers["content-type"].startswith("text/html")


def test_new_results_make_new_pages(tmp_path):
    lake = Lake(tmp_path)
    lake.write("mini", make_outcomes(3, 24))
    with serving(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        before = client.get("/boards/mini").text
        lake.write("mini", make_outcomes(4, 24, seed=5))
        after = client.get("/boards/mini").text
    assert "of <b>3</b>" in before
    assert "of <b>4</b>" in after
