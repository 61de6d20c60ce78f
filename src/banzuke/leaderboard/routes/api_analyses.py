"""The JSON of the analyses: statistics, capabilities, ensembles, as stored for their pages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from banzuke.leaderboard import schemas
from banzuke.leaderboard.conditional import conditional
from banzuke.leaderboard.documents import CapabilitiesDocument, Description
from banzuke.leaderboard.ensemble_document import EnsembleDocument
from banzuke.leaderboard.hierarchy import HierarchyDocument
from banzuke.leaderboard.routes.lookup import snapshot

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": schemas.Problem, "description": "The analysis was stored by another version."},
    404: {"model": schemas.Problem, "description": "There is no such analysis."},
    422: {"model": schemas.Problem, "description": "The address cannot be understood."},
}

router = APIRouter(prefix="/api/v1")


class AnalysisList(BaseModel):
    """Which collections have which analyses."""

    statistics: list[str]
    capabilities: list[str]
    ensembles: list[str]


class Statistics(BaseModel):
    """Correlations and components of the benchmarks, counts and spreads of the scores."""

    correlations: CapabilitiesDocument
    description: Description


@router.get("/analyses", response_model=AnalysisList)
def analyses(request: Request) -> Response:
    """List the analyses of this server by collection."""
    current = snapshot(request)
    found = AnalysisList(
        statistics=current.statistics,
        capabilities=current.hierarchies,
        ensembles=current.ensembles,
    )
    return _json(request, found)


@router.get("/statistics/{collection}", response_model=Statistics, responses=_PROBLEMS)
def statistics(request: Request, collection: str) -> Response:
    """Return correlations, components, counts and spreads of a collection."""
    current = snapshot(request)
    found = Statistics(
        correlations=current.capabilities(collection), description=current.description(collection)
    )
    return _json(request, found)


@router.get("/capabilities/{collection}", response_model=HierarchyDocument, responses=_PROBLEMS)
def capabilities(request: Request, collection: str) -> Response:
    """Return the order of the capabilities of a collection, with every check of its audit."""
    return _json(request, snapshot(request).hierarchy(collection))


@router.get("/ensembles/{collection}", response_model=EnsembleDocument, responses=_PROBLEMS)
def ensembles(request: Request, collection: str) -> Response:
    """Return the best sets of models of a collection for each budget."""
    return _json(request, snapshot(request).ensemble(collection))


def _json(request: Request, found: BaseModel) -> Response:
    return conditional(request, found.model_dump_json(by_alias=True).encode())
