"""The pages, rendered on the server; htmx asks the same addresses for the table alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from banzuke.leaderboard import language
from banzuke.leaderboard.answers import html, kept, say
from banzuke.leaderboard.openapi_page import openapi_page
from banzuke.leaderboard.page_cache import PageCache, is_anonymous
from banzuke.leaderboard.query import BoardQuery
from banzuke.leaderboard.routes.lookup import model_row, snapshot
from banzuke.leaderboard.security import CHART_POLICY
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.views import board_page as board_view
from banzuke.leaderboard.views.board_charts_page import charts_page
from banzuke.leaderboard.views.charts_page import ScatterQuery, scatter_page
from banzuke.leaderboard.views.compare_page import CompareQuery, compare_page
from banzuke.leaderboard.views.ensembles_page import ensembles_page
from banzuke.leaderboard.views.hierarchy_page import hierarchy_page
from banzuke.leaderboard.views.items_page import ItemsQuery, items_page
from banzuke.leaderboard.views.model_page import model_page
from banzuke.leaderboard.views.site import TextPage
from banzuke.leaderboard.views.statistics_page import statistics_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Rows = Annotated[BoardQuery, Query()]
ModelKey = Annotated[str | None, Query(max_length=64)]


@router.get("/")
def front(request: Request, query: Rows) -> Response:
    """Show the default board."""
    current = snapshot(request)
    if current.default_board is None:
        page = TextPage(title=say(request)("common.empty_title"))
        return html(request, "empty.html", page, current)
    return _board(request, current, current.default_board, query)


@router.get("/boards/{board}")
def board(request: Request, board: str, query: Rows) -> Response:
    """Show the table of a board."""
    return _board(request, snapshot(request), board, query)


@router.get("/boards/{board}/scatter")
def scatter(request: Request, board: str, query: Annotated[ScatterQuery, Query()]) -> HTMLResponse:
    """Show score against parameters."""
    current = snapshot(request)
    page = scatter_page(current.board(board), query, say(request))
    return _chart(request, "scatter.html", page, current)


@router.get("/boards/{board}/charts")
def board_charts(request: Request, board: str) -> HTMLResponse:
    """Show score by size, over time and by energy, and what varies together."""
    current = snapshot(request)
    page = charts_page(current, current.board(board).board, say(request))
    return _chart(request, "charts.html", page, current)


@router.get("/boards/{board}/compare")
def compare(request: Request, board: str, query: Annotated[CompareQuery, Query()]) -> HTMLResponse:
    """Show models side by side."""
    current = snapshot(request)
    page = compare_page(current.board(board).board, query, say(request))
    return html(request, "compare.html", page, current)


@router.get("/boards/{board}/models")
@router.get("/boards/{board}/models/{model:path}")
def model(
    request: Request, board: str, model: str | None = None, key: ModelKey = None
) -> HTMLResponse:
    """Show one model."""
    current = snapshot(request)
    found = current.board(board).board
    row = model_row(found, model, key)
    page = model_page(current, found, row, say(request), takes_flags=_takes_flags(request))
    return _chart(request, "model.html", page, current)


@router.get("/boards/{board}/items")
@router.get("/boards/{board}/items/{model:path}")
def items(
    request: Request, board: str, query: Annotated[ItemsQuery, Query()], model: str | None = None
) -> HTMLResponse:
    """List the items that a model was run on."""
    current = snapshot(request)
    found = current.board(board).board
    row = model_row(found, model, query.key)
    page = items_page(found, row, query, say(request), takes_flags=_takes_flags(request))
    return html(request, "items.html", page, current)


@router.get("/statistics/{collection}")
def statistics(request: Request, collection: str) -> HTMLResponse:
    """Show counts, spreads, correlations and principal components."""
    current = snapshot(request)
    page = statistics_page(current, collection, say(request))
    return _chart(request, "statistics.html", page, current)


@router.get("/capabilities/{collection}")
def capabilities(request: Request, collection: str) -> HTMLResponse:
    """Show the order of capabilities, and how sure it is."""
    current = snapshot(request)
    page = hierarchy_page(current, collection, say(request))
    return _chart(request, "capabilities.html", page, current)


@router.get("/ensembles/{collection}")
def ensembles(request: Request, collection: str) -> HTMLResponse:
    """Show the best sets of models by budget."""
    current = snapshot(request)
    page = ensembles_page(current, collection, say(request))
    return _chart(request, "ensembles.html", page, current)


@router.get("/about")
def about(request: Request) -> HTMLResponse:
    """Tell how scores, predictions and intervals are made."""
    page = TextPage(title=say(request)("about.title"))
    return html(request, "about.html", page, snapshot(request))


@router.get("/api/docs")
def api_docs(request: Request) -> HTMLResponse:
    """Show the OpenAPI description."""
    page = openapi_page(request.app.openapi(), say(request))
    return html(request, "api_docs.html", page, snapshot(request))


def _board(request: Request, current: Snapshot, name: str, query: BoardQuery) -> Response:
    """Answer with a page that was rendered before, where there is one."""
    if not is_anonymous(request):
        return _board_page(request, current, name, query)
    cache: PageCache = request.app.state.pages
    is_part = request.headers.get("hx-request") == "true"
    address = request.url.path, tuple(query.pairs())
    key = (current.version, address, language.choose(request), is_part)
    kept_page = cache.get(key)
    if kept_page is None:
        kept_page = cache.keep(key, _board_page(request, current, name, query))
    return kept_page.answer(request)


def _board_page(request: Request, current: Snapshot, name: str, query: BoardQuery) -> HTMLResponse:
    page = board_view.board_page(current.board(name), query, say(request))
    headers = {"Vary": "HX-Request"}
    state = page.query.pairs()
    if request.headers.get("hx-request") != "true":
        return html(request, "board.html", page, current, headers=headers, state=state)
    headers["HX-Push-Url"] = kept(request, page.links.canonical)
    return html(request, "_board.html", page, current, headers=headers, state=state)


def _takes_flags(request: Request) -> bool:
    """Return whether this server takes submissions and flags."""
    return hasattr(request.app.state, "backend")


def _chart(request: Request, template: str, page: object, current: Snapshot) -> HTMLResponse:
    headers = {"Content-Security-Policy": CHART_POLICY}
    return html(request, template, page, current, headers=headers)
