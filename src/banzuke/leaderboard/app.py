"""The application: routes, assets, headers and error pages around one data directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import plotly
from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from banzuke._version import __version__
from banzuke.leaderboard.conditional import HeadOfGet, PackedTags
from banzuke.leaderboard.errors import add_error_pages, refuse
from banzuke.leaderboard.links import (
    analysis_url,
    api_model_url,
    api_url,
    board_url,
    model_url,
)
from banzuke.leaderboard.openapi_answers import describe_answers
from banzuke.leaderboard.page_cache import PageCache
from banzuke.leaderboard.routes import api, api_analyses, pages
from banzuke.leaderboard.security import BodyLimit, CrossSiteGuard, SecurityHeaders
from banzuke.leaderboard.snapshot import Snapshot, SnapshotStore
from banzuke.outcomes import Lake

if TYPE_CHECKING:
    from banzuke.leaderboard.service.settings import ServiceSettings

STATIC = Path(__file__).parent / "static"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
MAX_BODY_BYTES = 256 * 1024
"""Largest request body that is read; a submission is a few hundred bytes."""
_WEEK = "public, max-age=604800"

_assets = APIRouter(include_in_schema=False)


def create_app(data: str | Path | Lake, settings: ServiceSettings | None = None) -> FastAPI:
    """Make the leaderboard of a data directory, as an ASGI application.

    Parameters
    ----------
    data : str, Path or Lake
        The data directory. It is read again whenever its version changes; it may be empty.
    settings : ServiceSettings, optional
        Those of the service; without them results are shown and no submissions taken.

    Returns
    -------
    fastapi.FastAPI
    """
    app = FastAPI(
        title="banzuke",
        version=__version__,
        description="Scores, predictions and ranks of language models.",
        docs_url=None,  # FastAPI's page loads its script from another host
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        redirect_slashes=False,  # model names may end in a slash
    )
    app.state.store = SnapshotStore(data if isinstance(data, Lake) else Lake(data))
    app.state.pages = PageCache()
    # level 1: a table of all rows is megabytes, and packing it must not outlast sending it
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=1)
    app.add_middleware(PackedTags)
    if settings is None:
        _guard(app, MAX_BODY_BYTES)
    else:
        from banzuke.leaderboard.submitting import take_submissions

        take_submissions(app, settings)
        _guard(app, settings.max_body_bytes, settings.public_url)
    app.include_router(api.router)
    app.include_router(api_analyses.router)
    app.include_router(pages.router)
    app.include_router(_assets)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    add_error_pages(app)
    describe_answers(app, is_limited=settings is not None)
    return app


def _guard(app: FastAPI, max_body_bytes: int, public_url: str | None = None) -> None:
    """Put around everything what turns requests away; the last one added sees them first."""
    app.add_middleware(CrossSiteGuard, refuse=refuse, public_url=public_url or "")
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes, refuse=refuse)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadOfGet)


@_assets.get("/static/plotly.min.js")
def plotly_js() -> FileResponse:
    """Send the chart library of the installed plotly package."""
    return FileResponse(PLOTLY, media_type="text/javascript", headers={"Cache-Control": _WEEK})


def page_paths(
    source: FastAPI | Lake | str | Path, *, models_per_board: int | None = None
) -> list[str]:
    """Return the path of every page and every API answer, for a self-check.

    Parameters
    ----------
    source : FastAPI, Lake, str or Path
        What `create_app` returned, or the data directory.
    models_per_board : int, optional
        How many models of each board, evenly spread; all of them without it.

    Returns
    -------
    list of str
    """
    if isinstance(source, FastAPI):
        store: SnapshotStore = source.state.store
    else:
        store = SnapshotStore(source if isinstance(source, Lake) else Lake(source))
    snapshot = store.current()
    paths = ["/", "/about", "/api/docs", "/api/v1/openapi.json", "/api/v1/boards"]
    for name in snapshot.boards:
        paths += _board_paths(snapshot, name, models_per_board)
    paths += [analysis_url("statistics", name) for name in snapshot.statistics]
    paths += [analysis_url("capabilities", name) for name in snapshot.hierarchies]
    paths += [analysis_url("ensembles", name) for name in snapshot.ensembles]
    return paths


def _board_paths(snapshot: Snapshot, name: str, models_per_board: int | None) -> list[str]:
    board = snapshot.board(name).board
    names = board.model_names
    step = 1 if models_per_board is None else max(1, len(names) // max(1, models_per_board))
    chosen = names[::step] if models_per_board is None else names[::step][:models_per_board]
    paths = [
        board_url(name),
        board_url(name, "scatter"),
        board_url(name, "charts"),
        board_url(name, "compare"),
        api_url(name, ".json"),
        api_url(name, ".csv"),
    ]
    paths += [model_url(name, model) for model in chosen]
    paths += [api_model_url(name, model) for model in chosen]
    if len(names) > 1:
        paths.append(f"{board_url(name, 'compare')}?{urlencode([('model', n) for n in names[:2]])}")
    if board.outcomes is not None:
        paths += [model_url(name, model, "items") for model in chosen]
    return paths
