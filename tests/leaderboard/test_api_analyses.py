"""The analyses as JSON: the same numbers as their pages."""

from __future__ import annotations

from banzuke.leaderboard.ensemble_document import EnsembleDocument
from banzuke.leaderboard.hierarchy import HierarchyDocument
from tests.leaderboard.serving import ensemble


def test_analyses_are_listed_and_read(client):
    listed = client.get("/api/v1/analyses").json()
    assert listed == {"statistics": ["quiz"], "capabilities": ["quiz"], "ensembles": ["quiz"]}
    found = client.get("/api/v1/ensembles/quiz")
    assert EnsembleDocument.model_validate(found.json()) == EnsembleDocument.model_validate(
        ensemble()
    )
    HierarchyDocument.model_validate(client.get("/api/v1/capabilities/quiz").json())
    statistics = client.get("/api/v1/statistics/quiz").json()
    assert set(statistics) == {"correlations", "description"}
    again = client.get("/api/v1/ensembles/quiz", headers={"If-None-Match": found.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_analysis_that_is_not_there_is_a_problem(client):
    for kind in ("statistics", "capabilities", "ensembles"):
        missing = client.get(f"/api/v1/{kind}/nope")
        assert missing.status_code == 404
        assert missing.headers["content-type"].startswith("application/problem+json")
        assert "nope" in missing.json()["detail"]
