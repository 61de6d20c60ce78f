"""No secret reaches a log."""

from __future__ import annotations

import io
import logging

import pytest
import structlog

from banzuke.leaderboard.security.redact import (
    RedactSecrets,
    keep_secrets_out_of_logs,
    redact,
)
from banzuke.leaderboard.service.settings import load_settings
from banzuke.leaderboard.service.structured_logs import set_up_logs

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
        f"the server wants sk-proj-{SECRET}",
        f"sent Bearer {SECRET}~more/than=",
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


@pytest.fixture
def _logging_as_before():
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.setLogRecordFactory(factory)


@pytest.mark.usefixtures("_logging_as_before")
def test_no_logger_lets_a_secret_through_whoever_handles_it():
    out = io.StringIO()
    keep_secrets_out_of_logs()
    keep_secrets_out_of_logs()
    handler = logging.StreamHandler(out)  # a library's own, which knows nothing of secrets
    for name in ("uvicorn.error", "dbos", "httpx", "made.later"):
        log = logging.getLogger(name)
        log.addHandler(handler)
        try:
            log.error("Bearer of bad news: authorization=bearer %s", SECRET)
            log.error("%s and %d", f"bzk_{SECRET}", 7)
            log.error("no %s without arguments", stack_info=True)
            try:
                raise RuntimeError(f"postgresql://board:{SECRET}@host/db is away")
            except RuntimeError:
                log.exception("it failed")
        finally:
            log.removeHandler(handler)
    assert SECRET not in out.getvalue()
    assert out.getvalue().count("bzk_[secret] and 7") == 4
    assert out.getvalue().count("RuntimeError: postgresql://board:[secret]@host/db is away") == 4


@pytest.mark.usefixtures("_logging_as_before")
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_structured_logs_hold_no_secret_however_deep(capsys, tmp_path, log_format):
    set_up_logs(load_settings(data=str(tmp_path), log_format=log_format))
    log = structlog.get_logger("banzuke.test")
    headers = {"Authorization": f"Bearer {SECRET}", "Accept": "text/html"}
    log.error("asked", headers=headers, tried=[f"bzk_{SECRET}"], session_secret=SECRET)
    log.error("refused", error=ValueError(f"api_key={SECRET}"))
    try:
        raise RuntimeError(f"cookie: banzuke={SECRET}")
    except RuntimeError:
        log.exception("failed")
        logging.getLogger("uvicorn.error").exception("failed there, too: %s", f"bzk_{SECRET}")
    told = capsys.readouterr().err
    assert SECRET not in told
    assert told.count("[secret]") >= 6
    assert "text/html" in told
    assert "RuntimeError" in told
