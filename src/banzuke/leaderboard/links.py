"""Addresses of pages; any model name becomes a link that works.

Names hold ``/`` and may hold ``?``, ``#``, ``%``, ``..`` or ten thousand letters. Ordinary
names are written in the path; a name that browsers or servers would change on the way is
written as ``?key=`` with a digest of it.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote, urlencode

LONGEST_PATH = 2000
"""Longest model name, percent-encoded, that is written in a path."""


def board_url(board: str, page: str = "") -> str:
    """Return the address of a board, or of a page below it (``scatter``)."""
    return f"/boards/{quote(board, safe='')}" + (f"/{page}" if page else "")


def analysis_url(kind: str, collection: str) -> str:
    """Return the address of an analysis page: ``statistics``, ``capabilities``, ``ensembles``."""
    return f"/{kind}/{quote(collection, safe='')}"


def api_url(board: str, suffix: str = "") -> str:
    """Return the address of a board in the API; suffix ``.json``, ``.csv`` or ``/models``."""
    return f"/api/v1/boards/{quote(board, safe='')}{suffix}"


def model_url(board: str, model: str, page: str = "models") -> str:
    """Return the address of a model's page, or of its answers (page ``items``).

    Examples
    --------
    >>> model_url("quiz", "org/50% off?")
    '/boards/quiz/models/org/50%25%20off%3F'
    >>> model_url("quiz", "../secret")
    '/boards/quiz/models?key=a6b096789d56f0b52db09fa31f74351b'
    """
    return _model_address(board_url(board, page), model)


def flag_url(board: str, model: str) -> str:
    """Return the address of the flags of a model, with the form for a new one."""
    return f"/flags?{urlencode({'board': board, 'model': model})}"


def api_model_url(board: str, model: str) -> str:
    """Return the address of a model in the API."""
    return _model_address(api_url(board, "/models"), model)


def model_key(model: str) -> str:
    """Return the digest that stands for a model whose name does not fit in a path."""
    return hashlib.sha256(model.encode()).hexdigest()[:32]


def _model_address(base: str, model: str) -> str:
    path = quote(model, safe="/")
    fits = len(path) <= LONGEST_PATH and model.isprintable()
    # browsers take dot segments away, and servers may join two slashes
    fits = fits and not {"", ".", ".."} & set(model.split("/"))
    return f"{base}/{path}" if fits else f"{base}?key={model_key(model)}"
