"""No secret reaches a log."""

from __future__ import annotations

import io
import logging

import pytest

from banzuke.leaderboard.security.redact import RedactSecrets, redact

SECRET = "s3cret-Value_42"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"'authorization': 'bearer {SECRET}'",
        f"Cookie: banzuke={SECRET}; other=1",
        f"Set-Cookie: __Host-banzuke={SECRET}; HttpOnly",
        f"token bzk_{SECRET} was refused",
        f"grant_type=code&client_secret={SECRET}&x=1",
        f'{{"id_token": "{SECRET}"}}',
        f"api_key={SECRET}",
        f"postgresql+psycopg://user:{SECRET}@host/db",
    ],
)
def test_secrets_are_cut_out(text):
    clean = redact(text)
    assert SECRET not in clean
    assert "[secret]" in clean


@pytest.mark.parametrize(
    "text", ["submission 7 of org/model-7b: pending to running", "GET /boards/quiz?q=token 200"]
)
def test_everything_else_stays(text):
    assert redact(text) == text


def test_the_filter_cleans_messages_with_arguments():
    out = io.StringIO()
    log = logging.Logger("test")
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactSecrets())
    log.addHandler(handler)
    log.warning("header %s", f"Authorization: Bearer {SECRET}")
    log.warning("%d models", 7)
    assert out.getvalue() == "header Authorization: Bearer [secret]\n7 models\n"
