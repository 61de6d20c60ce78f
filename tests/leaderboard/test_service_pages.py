"""The pages that take submissions, as a browser without scripts sees them, and as attackers do."""

from __future__ import annotations

import itertools
import re
from contextlib import contextmanager

import httpx
import pytest

from tests.leaderboard.board_service import ENDPOINT, board_service
from tests.leaderboard.security.issuer import CLIENT_ID, CLIENT_SECRET, issuing

numbers = itertools.count()
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    with board_service(tmp_path_factory.mktemp("pages")) as found:
        yield found


def token_in(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


class Visitor(httpx.Client):
    """A browser without scripts."""

    def log_in(self, token, back="/submissions"):
        page = self.get("/login", params={"next": back})
        hidden = re.search(r'name="next" value="([^"]*)"', page.text)[1]
        form = {"csrf_token": token_in(page), "token": token, "next": hidden}
        return self.post("/login", data=form)

    def fill(self, path, page, **form):
        return self.post(path, data={"csrf_token": token_in(self.get(page)), **form})


@contextmanager
def visitor(board, who=None):
    with Visitor(base_url=board.url) as found:
        if who:
            assert found.log_in(board.tokens[who]).status_code == 303
        yield found


@pytest.fixture
def ann(board):
    with visitor(board, "ann") as found:
        yield found


@pytest.fixture
def bob(board):
    with visitor(board, "bob") as found:
        yield found


@pytest.fixture
def chief(board):
    with visitor(board, "chief") as found:
        yield found


@pytest.fixture
def anyone(board):
    with visitor(board) as found:
        yield found


def submit(client, **changes):
    form = {"model": f"org/page-{next(numbers)}", "endpoint": ENDPOINT, "shots": "0", **changes}
    return client.fill("/submit", "/submit", **form)


def test_submitting_needs_a_log_in_and_leads_back(board, anyone):
    away = anyone.get("/submit")
    assert (away.status_code, away.headers["location"]) == (303, "/login?next=%2Fsubmit")
    answer = anyone.log_in(board.tokens["ann"], "/submit")
    assert (answer.status_code, answer.headers["location"]) == (303, "/submit")
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    assert board.tokens["ann"] not in cookie
    assert anyone.get("/submit").headers["cache-control"] == "no-store"


def test_a_submission_goes_to_its_page_and_the_queue(ann, anyone):
    answer = submit(ann, license=HOSTILE[:80], contact="ann@lab.example")
    assert answer.status_code == 303
    page = anyone.get(answer.headers["location"])
    assert page.status_code == 200
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert" not in page.text
    assert "ann@lab.example" not in page.text
    assert "ann@lab.example" in ann.get(answer.headers["location"]).text
    queue = anyone.get("/submissions?state=pending")
    assert f'href="{answer.headers["location"]}"' in queue.text
    assert (
        f'href="{answer.headers["location"]}"' not in anyone.get("/submissions?state=failed").text
    )


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(ann):
    typed = {"model": "not a name", "endpoint": "http://10.0.0.1/", "license": HOSTILE[:60]}
    page = submit(ann, **typed)
    assert page.status_code == 422
    assert 'href="#model"' in page.text
    assert re.search(r'id="model"[^>]*value="not a name"[^>]*aria-invalid="true"', page.text)
    assert "&lt;script&gt;" in page.text
    assert "<script>alert" not in page.text
    private = submit(ann, endpoint="http://10.0.0.1/")
    assert "public addresses only" in private.text
    assert re.search(r'id="endpoint"[^>]*aria-invalid="true"', private.text)
    assert "上限" not in private.text
    japanese = ann.fill("/submit?lang=ja", "/submit", model="org/x", endpoint="http://10.0.0.1/")
    assert "公開アドレスだけ" in japanese.text
    assert 'lang="ja"' in japanese.text


def test_a_duplicate_links_to_the_first(ann, bob):
    first = submit(ann, model="org/same").headers["location"]
    again = submit(bob, model="org/same")
    assert again.status_code == 409
    assert f'href="{first}"' in again.text


def test_owners_and_operators_see_the_buttons_and_use_them(ann, bob, chief, anyone):
    path = submit(ann).headers["location"]
    for client, shown in ((ann, True), (chief, True), (bob, False), (anyone, False)):
        assert (f'action="{path}/withdraw"' in client.get(path).text) is shown
    stranger = bob.fill(f"{path}/withdraw", "/submit")
    assert stranger.status_code == 403
    assert ann.fill(f"{path}/withdraw", path, reason="typo").status_code == 303
    page = chief.get(path)
    assert "typo" in page.text
    assert ann.fill(f"{path}/withdraw", "/submit").status_code == 400  # withdrawn before
    assert chief.fill(f"{path}/rerun", path).status_code == 303
    history = anyone.get(path).text
    assert re.findall(r"<b>(\w+)</b> <small>by (\w+ \w+)", history) == [
        ("waiting", "submitter ann"),
        ("withdrawn", "submitter ann"),
        ("waiting", "operator chief"),
    ]


def test_forms_of_other_sites_and_sessions_are_refused(board, ann, bob):
    path = submit(ann).headers["location"]
    theirs = token_in(bob.get("/submit"))
    before = board.backend.submissions.get(path.rsplit("/", 1)[1])
    for form, headers in (
        ({}, {}),
        ({"csrf_token": ""}, {}),
        ({"csrf_token": theirs}, {}),
        ({"csrf_token": token_in(ann.get(path))}, {"Origin": "https://evil.example"}),
        ({"csrf_token": token_in(ann.get(path))}, {"Sec-Fetch-Site": "cross-site"}),
    ):
        answer = ann.post(f"{path}/withdraw", data=form, headers=headers)
        assert answer.status_code == 403, form
    plain = ann.post(f"{path}/withdraw", content="{}", headers={"Content-Type": "text/plain"})
    assert plain.status_code == 403
    assert board.backend.submissions.get(before.id) == before


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)",
     "/x\r\nSet-Cookie: a=b", "\\/evil.example", "http:evil.example", "/\t/evil.example"],
)  # fmt: skip
def test_the_log_in_leads_to_this_site_only(board, back):
    with visitor(board) as client:
        page = client.get("/login", params={"next": back})
        form = {"csrf_token": token_in(page), "token": board.tokens["bob"], "next": back}
        answer = client.post("/login", data=form)
        assert answer.headers["location"] == "/submissions"
        assert "a=b" not in str(answer.headers)


def test_wrong_tokens_are_told_and_limited(tmp_path):
    with board_service(tmp_path, rate_limit_login="4/minute") as board, visitor(board) as client:
        answers = [client.log_in(f"bzk_wrong-{i}") for i in range(6)]
        assert [one.status_code for one in answers] == [401] * 4 + [429] * 2
        assert "revoked or out of date" in answers[0].text
        assert "bzk_wrong" not in answers[0].text
        assert int(answers[5].headers["retry-after"]) >= 1
        assert client.log_in(board.tokens["ann"]).status_code == 429


def test_a_revoked_token_is_logged_out(board):
    token, secret = board.backend.tokens.create("leaver")
    with Visitor(base_url=board.url) as client:
        client.log_in(secret)
        assert client.get("/submit").status_code == 200
        board.backend.tokens.revoke(token.name)
        assert client.get("/submit").status_code == 303


def test_logging_out_ends_the_session_and_needs_the_form(board):
    with visitor(board, "bob") as client:
        assert client.post("/logout").status_code == 403
        assert client.fill("/logout", "/login").status_code == 303
        assert client.get("/submit").status_code == 303


def test_a_tampered_cookie_is_nobody(board, ann):
    value = ann.cookies["banzuke"]
    head, _, rest = value.partition(".")
    for forged in (f"{head[:-4]}AAAA.{rest}", "eyJ3aG8iOiB7fX0=.x.y", "", "%00", "{"):
        with Visitor(base_url=board.url, headers={"Cookie": f"banzuke={forged}"}) as client:
            assert client.get("/submit").status_code == 303


def test_the_api_takes_no_cookies(ann):
    body = {"model": "org/cookie", "endpoint": ENDPOINT}
    assert ann.post("/api/v1/submissions", json=body).status_code == 401


def test_a_flag_is_shown_with_the_operators_answer_and_does_nothing(ann, chief, anyone):
    address = "/flags?board=quiz&model=org-0/model-0"
    reason = f"**Trained** on the test. {HOSTILE} [x](javascript:alert(3)) ![p](https://t.example)"
    form = {"board": "quiz", "model": "org-0/model-0", "reason": reason}
    wrong = ann.fill("/flags", address, **{**form, "link": "javascript:alert(4)"})
    assert wrong.status_code == 422
    assert "&lt;script&gt;" in wrong.text
    assert re.search(r'id="link"[^>]*aria-invalid="true"', wrong.text)
    made = ann.fill("/flags", address, **form, link="https://example.org/proof")
    assert made.status_code == 303
    flag = re.search(r"#flag-(\w+)", made.headers["location"])[1]
    assert ann.fill("/flags", address, **form).status_code == 422  # still open
    assert anyone.post("/flags", data=form).status_code == 303  # to the log-in
    page = anyone.get(address).text
    assert "<strong>Trained</strong>" in page
    assert not re.search(r"<script>alert|<img|href=\"javascript|onerror=alert\(2\)>", page)
    assert 'rel="nofollow noopener noreferrer ugc"' in page
    assert "<textarea" not in page
    verdict = {"answer": "It was, *indeed*.", "state": "upheld"}
    assert ann.fill(f"/flags/{flag}/answer", address, **verdict).status_code == 403
    assert chief.fill(f"/flags/{flag}/answer", address, state="upheld").status_code == 400
    assert chief.fill(f"/flags/{flag}/answer", address, **verdict).status_code == 303
    assert "<em>indeed</em>" in anyone.get(address).text
    assert anyone.get("/flags?state=open").text.count('id="flag-') == 0
    assert f'id="flag-{flag}"' in anyone.get("/flags?state=upheld").text
    assert 'href="/flags?board=quiz&amp;model=org-0%2Fmodel-0"' in anyone.get(
        "/boards/quiz/models/org-0/model-0"
    ).text  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/submissions/nope",
        "/submissions/..%2f..%2fetc%2fpasswd",
        "/submissions/%00",
        "/submissions/nope/answers",
        "/login/oidc",
        "/static/..%2f..%2fsettings.py",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(anyone, path):
    answer = anyone.get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/submissions?state=nope",
        "/submissions?page=0",
        "/submissions?page=99999999999999999999",
        "/flags?state=x",
        "/login?next=" + "x" * 3000,
    ],
)
def test_queries_that_make_no_sense_are_told(anyone, path):
    assert anyone.get(path).status_code == 422


def test_forms_are_limited_in_size_and_kind(ann):
    token = token_in(ann.get("/submit"))
    large = ann.post("/submit", data={"csrf_token": token, "contact": "x" * 100_000})
    assert large.status_code == 413
    assert "64 KB" in large.text
    many = ann.post("/submit", data={"csrf_token": token, **{f"f{i}": "x" for i in range(99)}})
    assert many.status_code == 400
    file = ann.post("/submit", data={"csrf_token": token}, files={"model": b"x"})
    assert file.status_code == 400


def test_every_page_has_the_strict_policy_and_no_inline_script(ann):
    path = submit(ann).headers["location"]
    for page in ("/submit", "/submissions", path, f"{path}/answers", "/flags", "/login"):
        answer = ann.get(page)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*\bsrc=)|\bon\w+=\"|\bstyle=\"", answer.text)


def test_what_comes_again_is_a_part_until_the_state_changes(board, ann):
    path = submit(ann).headers["location"]
    ask = {"HX-Request": "true"}
    part = ann.get(f"{path}?seen=pending", headers=ask)
    assert part.text.lstrip().startswith('<div id="live" hx-get=')
    assert "hx-refresh" not in part.headers
    board.backend.submissions.withdraw(path.rsplit("/", 1)[1], actor="operator:chief")
    ended = ann.get(f"{path}?seen=pending", headers=ask)
    assert ended.headers["hx-refresh"] == "true"
    assert "hx-get" not in ended.text
    assert "<html" not in ann.get("/submissions", headers=ask).text


def test_log_in_at_a_provider_and_keep_what_is_theirs(tmp_path):
    with issuing() as issuer:
        oidc = {
            "oidc_issuer": issuer.url,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
            "oidc_operators": ("person-2",),
        }
        with board_service(tmp_path, **oidc) as board, Visitor(base_url=board.url) as client:
            away = client.get("/login/oidc?next=/submit").headers["location"]
            back = httpx.get(away).headers["location"]
            assert back.startswith(f"{board.url}/login/oidc/back?")
            answer = client.get(back)
            assert (answer.status_code, answer.headers["location"]) == (303, "/submit")
            path = submit(client).headers["location"]
            assert re.search(r"Hanako \(\w{8}\)", client.get(path).text)
            # an account that takes the same name owns nothing of hers
            issuer.person = {"sub": "person-3", "preferred_username": "Hanako"}
            with Visitor(base_url=board.url) as other:
                other.get(
                    httpx.get(other.get("/login/oidc").headers["location"]).headers["location"]
                )
                assert "/withdraw" not in other.get(path).text
            issuer.person = {"sub": "person-2", "preferred_username": "Chief"}
            with Visitor(base_url=board.url) as operator:
                operator.get(
                    httpx.get(operator.get("/login/oidc").headers["location"]).headers["location"]
                )
                assert f'action="{path}/withdraw"' in operator.get(path).text
            issuer.forge = {"nonce": "stolen"}
            with Visitor(base_url=board.url) as thief:
                refused = thief.get(
                    httpx.get(thief.get("/login/oidc").headers["location"]).headers["location"]
                )
                assert refused.status_code == 403
                assert thief.get("/submit").status_code == 303


def test_secure_cookies_behind_https(tmp_path):
    with board_service(tmp_path, public_url="https://llm.example") as board:
        answer = httpx.get(f"{board.url}/login")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-banzuke=")
        assert "; secure" in cookie.lower()
