"""The OpenAPI description made true: problems as they are sent, answers that all routes have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI

from banzuke.leaderboard.errors import PROBLEM

_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_UNUSED = ("HTTPValidationError", "ValidationError")  # FastAPI's own, which errors.py replaces


def describe_answers(app: FastAPI, *, is_limited: bool) -> None:
    """Complete what the application says of its answers.

    Parameters
    ----------
    app : FastAPI
    is_limited : bool
        Whether a client may be over its budget.
    """
    generate = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            for method, operation in _operations(document):
                responses = operation.setdefault("responses", {})
                _add_common(responses, method, is_limited=is_limited)
                _as_problems(responses)
            for name in _UNUSED:
                document.get("components", {}).get("schemas", {}).pop(name, None)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in document["paths"].values():
        yield from methods.items()


def _add_common(responses: dict[str, Any], method: str, *, is_limited: bool) -> None:
    if method == "get":
        said = "The ETag in If-None-Match is that of the answer; nothing is sent."
        responses.setdefault("304", {"description": said})
    else:
        responses.setdefault("403", _problem("Another site sent the request."))
        responses.setdefault("413", _problem("The body is too large."))
    if is_limited:
        limited = _problem("Too many requests; Retry-After says when to come back.")
        limited["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
        }
        responses["429"] = limited
    responses["503"] = _problem("The data cannot be read at the moment.")


def _as_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if int(status) >= 400:
            response["content"] = {PROBLEM: {"schema": dict(_REFERENCE)}}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description}
