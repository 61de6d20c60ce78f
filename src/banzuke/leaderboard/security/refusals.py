"""Requests that are turned away before any route sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a request is turned away.

    Attributes
    ----------
    status : HTTPStatus
    code : str
        ``too_large``, ``too_many`` or ``cross_site``: the key of the sentence that is shown.
    sentence : str
        The same in English, for programs.
    headers : mapping of str to str
        Such as ``Retry-After``.
    values : mapping of str to int
        What the sentence tells of.
    """

    status: HTTPStatus
    code: str
    sentence: str
    headers: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, int] = field(default_factory=dict)


Refuse = Callable[[Request, Refusal], Response]
"""Makes the answer to a refused request: a page, or JSON below ``/api``."""
