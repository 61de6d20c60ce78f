"""Which language a visitor gets, and that links keep it."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from banzuke.leaderboard import page_paths
from banzuke.leaderboard.catalogue import LANGUAGES
from banzuke.leaderboard.language import keep, preferred


@given(st.text())
def test_any_header_gives_a_language(header):
    assert preferred(header) in LANGUAGES


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("ja", "ja"), ("JA-jp", "ja"), ("en;q=0.2, ja;q=0.9", "ja"), ("de, ja;q=0", "en")],
)
def test_the_browser_s_preference(header, language):
    assert preferred(header) == language


def test_address_before_cookie_before_browser(served):
    with httpx.Client(base_url=served.url) as client:
        assert '<html lang="en">' in client.get("/about").text
        japanese = {"Accept-Language": "ja"}
        assert '<html lang="ja">' in client.get("/about", headers=japanese).text
        answer = client.get("/about?lang=ja")
        assert '<html lang="ja">' in answer.text
        assert answer.headers["content-language"] == "ja"
        assert '<html lang="ja">' in client.get("/about").text  # the cookie
        assert '<html lang="en">' in client.get("/about?lang=en", headers=japanese).text
        assert '<html lang="en">' in client.get("/about", headers=japanese).text
        assert '<html lang="en">' in client.get("/about?lang=tlh").text


def test_answers_say_what_they_vary_by_and_name_the_other_language(client):
    answer = client.get("/boards/table?q=net-1&sort=score:A")
    assert {"accept-language", "cookie", "hx-request"} <= {
        part.strip().lower() for part in answer.headers["vary"].split(",")
    }
    other = "/boards/table?q=net-1&amp;sort=score%3AA&amp;lang=ja"
    assert f'hreflang="ja" href="{other}"' in answer.text
    assert f'href="{other}" lang="ja"' in answer.text
    assert "set-cookie" not in answer.headers


def test_every_link_and_form_keeps_a_language_of_the_address(served):
    with httpx.Client(base_url=served.url) as client:
        for path in page_paths(served.data, models_per_board=3):
            sign = "&" if "?" in path else "?"
            answer = client.get(f"{path}{sign}lang=ja")
            assert answer.status_code == 200, path
            if not answer.headers["content-type"].startswith("text/html"):
                continue
            assert '<html lang="ja">' in answer.text
            links = re.findall(r' href="(/[^"]*)"', answer.text)
            kept = [link for link in links if not link.startswith(("/static/", "/api/v1/"))]
            assert kept
            assert all("lang=" in link for link in kept), path
            forms = len(re.findall("<form", answer.text))
            assert answer.text.count('<input type="hidden" name="lang" value="ja">') == forms


def test_the_part_of_a_page_that_htmx_asks_for_is_in_its_language(client):
    headers = {"HX-Request": "true", "Accept-Language": "ja"}
    part = client.get("/boards/table?q=net-1", headers=headers)
    assert "条件に合う" in part.text
    kept = client.get("/boards/table?q=net-1&lang=ja", headers=headers)
    assert kept.headers["hx-push-url"] == "/boards/table?q=net-1&lang=ja"
    client.cookies.clear()


def test_refusals_are_in_the_visitor_s_language_and_english_in_the_api(client):
    headers = {"Accept-Language": "ja"}
    page = client.get("/boards/nope", headers=headers)
    assert "リーダーボード「nope」はありません。" in page.text
    assert page.status_code == 404
    answer = client.get("/api/v1/boards/nope.json", headers=headers).json()
    assert answer["detail"] == "there is no board 'nope'"


@pytest.mark.parametrize(
    ("path", "told", "english"),
    [
        ("/boards/table?page=zero", "整数にしてください", "valid integer"),
        ("/boards/table?page=0", "1 以上にしてください", "greater than or equal to 1"),
        (f"/boards/table?q={'a' * 5000}", "文字を超えています", "at most"),
    ],
)
def test_what_is_wrong_with_a_value_is_told_in_the_visitor_s_language(client, path, told, english):
    page = client.get(path, headers={"Accept-Language": "ja"})
    assert page.status_code == 422
    assert told in page.text
    api = client.get(f"/api/v1{path.replace('?', '.json?')}", headers={"Accept-Language": "ja"})
    assert english in api.json()["detail"]


def test_a_method_that_is_not_allowed_is_told_in_the_visitor_s_language(client):
    answer = client.put("/boards/table", headers={"Accept-Language": "ja"})
    assert answer.status_code == 405
    assert "このアドレスはこの種のリクエストを受け付けません。" in answer.text


@given(st.text())
def test_text_is_never_taken_for_a_link(text):
    from markupsafe import escape

    html = f"<p>{escape(text)}</p>"
    assert keep(html, "ja") == html
