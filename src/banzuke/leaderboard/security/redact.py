"""Secrets cut out of what is logged."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Mapping
from typing import Any

_PATTERNS = (
    re.compile(r"\b(bzk_)[A-Za-z0-9_-]{8,}"),
    re.compile(r"\b(sk-|hf_)[A-Za-z0-9_-]{16,}"),
    re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/-]{16,}=*"),
    re.compile(r"(?i)\b((?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic)\s+)\S+"),
    re.compile(r"(?i)\b((?:set-)?cookie['\"]?\s*[:=]\s*['\"]?)[^\r\n'\"]+"),
    re.compile(
        r"(?i)\b((?:client_secret|code_verifier|id_token|access_token|refresh_token|api[_-]?key|"
        r"password|csrf_token|session_secret)['\"]?\s*[:=]\s*['\"]?)[^\s&'\",;}]+"
    ),
    re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@]+:)[^\s@/]+(?=@)"),
)
_NAMES = re.compile(
    r"(?i)(.*token|(proxy[-_])?authorization|(set[-_])?cookie|.*password|.*secret|api[-_]?key|"
    r"code_verifier)"
)


def redact(text: str) -> str:
    """Return the text without tokens, passwords, cookies and authorization headers.

    Examples
    --------
    >>> redact("Authorization: Bearer abc.def")
    'Authorization: Bearer [secret]'
    >>> redact("postgresql://banzuke:hunter2@db/results")
    'postgresql://banzuke:[secret]@db/results'
    """
    for pattern in _PATTERNS:
        text = pattern.sub(r"\1[secret]", text)
    return text


def redact_value(value: Any) -> Any:
    """Return a value of a structured log without secrets, in whatever it holds.

    Examples
    --------
    >>> redact_value({"password": "hunter2", "tried": ["bzk_0123456789"], "status": 401})
    {'password': '[secret]', 'tried': ['bzk_[secret]'], 'status': 401}
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {
            key: "[secret]" if _NAMES.fullmatch(str(key)) and one else redact_value(one)
            for key, one in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact_value(one) for one in value]
    return redact(repr(value))


class RedactSecrets(logging.Filter):
    """Filter for logging that cuts secrets out of messages, arguments and tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; every record passes."""
        if isinstance(record.msg, dict):  # a structured log, whose formatter cleans it
            return True
        if isinstance(record.args, tuple):
            record.args = tuple(redact(a) if isinstance(a, str) else a for a in record.args)
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # arguments that do not fit: logging tells of it
            return True
        clean = redact(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[1] is not None:
            # formatters take a text that is there
            record.exc_text = redact(
                "".join(traceback.format_exception(record.exc_info[1]))
            ).strip()
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def keep_secrets_out_of_logs() -> None:
    """Clean every record of this process as it is made, whoever logs it and handles it.

    A filter on a logger or a handler would leave out those of libraries and those that come
    later. Calling it again changes nothing.
    """
    make = logging.getLogRecordFactory()
    if isinstance(make, _CleanRecords):
        return
    logging.setLogRecordFactory(_CleanRecords(make))


class _CleanRecords:
    """A record factory around another one."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self._clean = RedactSecrets()

    def __call__(self, *given: Any, **named: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make(*given, **named)
        self._clean.filter(record)
        return record
