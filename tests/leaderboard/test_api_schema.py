"""Whatever a program sends, the API answers as its OpenAPI description says, never with 5xx."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.leaderboard.board_service import board_service, request

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of libraries that schemathesis loads
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    with board_service(tmp_path_factory.mktemp("schema"), rate_limit_login="1000/second") as found:
        with found.client("ann") as ann:
            ann.post("/api/v1/submissions", json=request())
        yield found


def test_every_operation_answers_as_described(board):
    schema = schemathesis.openapi.from_url(f"{board.url}/api/v1/openapi.json")
    headers = {"Authorization": f"Bearer {board.tokens['chief']}"}
    seen = []
    for found in schema.get_all_operations():
        operation = found.ok()
        seen.append(operation.label)

        @settings(
            max_examples=12,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def answers(case):
            case.call_and_validate(checks=CHECKS, headers=headers)

        answers()
    assert "POST /api/v1/submissions" in seen
    assert len(seen) >= 17
