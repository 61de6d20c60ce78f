"""Where to go after a form: to a page of this site, whatever the address asks for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LONGEST = 2000


def local_path(text: str | None, default: str = "/") -> str:
    r"""Return a path of this site, or the default where the text is anything else.

    Examples
    --------
    >>> local_path("/submissions/7?lang=ja")
    '/submissions/7?lang=ja'
    >>> local_path("//elsewhere.example/"), local_path("/\\elsewhere.example")
    ('/', '/')
    """
    if not text or len(text) > _LONGEST or not re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", text):
        return default
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc else default
