"""Secrets cut out of what is logged."""

from __future__ import annotations

import logging
import re

_PATTERNS = (
    re.compile(r"\b(bzk_)[A-Za-z0-9_-]{8,}"),
    re.compile(r"(?i)\b((?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic)\s+)\S+"),
    re.compile(r"(?i)\b((?:set-)?cookie['\"]?\s*[:=]\s*['\"]?)[^\r\n'\"]+"),
    re.compile(
        r"(?i)\b((?:client_secret|code_verifier|id_token|access_token|refresh_token|api[_-]?key|"
        r"password|csrf_token|session_secret)['\"]?\s*[:=]\s*['\"]?)[^\s&'\",;}]+"
    ),
    re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@]+:)[^\s@/]+(?=@)"),
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


class RedactSecrets(logging.Filter):
    """Filter for a logging handler that cuts secrets out of each message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; every record passes."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # arguments that do not fit: logging tells of it
            return True
        clean = redact(message)
        if clean != message:
            record.msg, record.args = clean, ()
        return True
