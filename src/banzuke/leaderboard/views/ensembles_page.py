"""The page of the best sets of models by budget."""

from __future__ import annotations

from dataclasses import dataclass

import plotly.graph_objects as go

from banzuke.leaderboard import ensemble_charts as drawn
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import visible
from banzuke.leaderboard.ensemble_document import EnsembleDocument, Member
from banzuke.leaderboard.links import analysis_url, board_url
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.views.charts_page import Figure, figure


@dataclass(frozen=True, kw_only=True)
class MemberRow:
    """A model of some set, with the sizes of the sets that hold it."""

    member: Member
    sizes: str


@dataclass(frozen=True, kw_only=True)
class EnsemblesPage:
    """Context of ``ensembles.html``.

    Attributes
    ----------
    board, board_url : str or None
        The board that the answers belong to.
    others : list of (str, str)
        Words and address of the other pages of the same board.
    accuracy : Figure
    information, frontier, correlations, all_wrong : Figure or None
        None where the document does not hold the numbers.
    """

    title: str
    collection: str
    board: str | None
    board_url: str | None
    document: EnsembleDocument
    others: list[tuple[str, str]]
    members: list[MemberRow]
    accuracy: Figure
    information: Figure | None
    frontier: Figure | None
    correlations: Figure | None
    all_wrong: Figure | None


def ensembles_page(snapshot: Snapshot, collection: str, say: Catalogue) -> EnsemblesPage:
    """Compute the page of the best sets by budget."""
    document = snapshot.ensemble(collection)
    candidates = (document.of, collection)
    board = next((name for name in candidates if name in snapshot.boards), None)
    found, wrong = document.error_correlations, document.all_wrong
    return EnsemblesPage(
        title=say("ensembles.title", collection=collection),
        collection=collection,
        board=board,
        board_url=None if board is None else board_url(board),
        document=document,
        others=[
            (_label(snapshot, name, say), analysis_url("ensembles", name))
            for name in ([] if board is None else snapshot.ensembles_of(board))
            if name != collection
        ],
        members=[MemberRow(member=one, sizes=_sizes(document, one)) for one in document.members],
        accuracy=figure("path", say("ensembles.path_label"), drawn.accuracy_figure(document, say)),
        information=_figure("information", say, drawn.information_figure(document, say)),
        frontier=_figure("frontier", say, drawn.frontier_figure(document, say)),
        correlations=_figure("alike", say, drawn.correlation_figure(found, say) if found else None),
        all_wrong=_figure("wrong", say, drawn.all_wrong_figure(wrong, say) if wrong else None),
    )


def _figure(name: str, say: Catalogue, figured: go.Figure | None) -> Figure | None:
    words = {
        "information": "ensembles.by_information",
        "frontier": "ensembles.money",
        "alike": "ensembles.alike",
        "wrong": "ensembles.all_wrong",
    }
    return None if figured is None else figure(name, say(words[name]), figured)


def _sizes(document: EnsembleDocument, member: Member) -> str:
    return ", ".join(str(step.k) for step in document.path if member.model in step.models)


def _label(snapshot: Snapshot, name: str, say: Catalogue) -> str:
    # another page's document may be of an older version: only its benchmark is looked at
    benchmark = snapshot.documents[f"ensemble-{name}"].get("benchmark")
    return visible(benchmark, 60) if isinstance(benchmark, str) else say("ensembles.whole")
