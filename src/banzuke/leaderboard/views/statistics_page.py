"""The page of counts, spreads, correlations and components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from banzuke.leaderboard import charts, statistics_charts
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.documents import CapabilitiesDocument, Description, Spread
from banzuke.leaderboard.links import board_url
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.views.charts_page import Figure, figure

_GROUPS = ("size", "architecture", "type")
_MOST_BARS = 12


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """A chart of spreads with its sentence and the same numbers."""

    title: str
    text: str
    figure: Figure
    rows: Sequence[tuple[str, str, Spread]]
    columns: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many models there are of each size, architecture or type."""

    title: str
    figure: Figure
    n_more: int


@dataclass(frozen=True, kw_only=True)
class StatisticsPage:
    """Context of ``statistics.html``."""

    title: str
    collection: str
    board_url: str | None
    document: CapabilitiesDocument
    description: Description
    counts: list[Counts]
    boxes: list[Boxes]
    correlation: Figure
    scree: Figure


def statistics_page(snapshot: Snapshot, collection: str, say: Catalogue) -> StatisticsPage:
    """Compute the page; documents without counts and spreads have the other parts."""
    document = snapshot.capabilities(collection)
    description = snapshot.description(collection)
    return StatisticsPage(
        title=say("statistics.title", collection=collection),
        collection=collection,
        board_url=board_url(collection) if collection in snapshot.boards else None,
        document=document,
        description=description,
        counts=_counts(description, say),
        boxes=[*_averages(description, say), *_benchmarks(description, say)],
        correlation=figure(
            "correlation",
            say("statistics.correlation"),
            charts.correlation_heatmap(document, say),
        ),
        scree=figure("scree", say("statistics.scree_label"), charts.scree_plot(document, say)),
    )


def _counts(description: Description, say: Catalogue) -> list[Counts]:
    found = []
    for key in _GROUPS:
        counts = description.counts.get(key, {})
        if not counts:
            continue
        shown = dict(list(counts.items())[:_MOST_BARS])
        drawn = statistics_charts.count_bars(shown, say)
        found.append(
            Counts(
                title=say(f"statistics.by_{key}"),
                figure=figure(f"count-{key}", say(f"statistics.count_by_{key}"), drawn),
                n_more=len(counts) - len(shown),
            )
        )
    return found


def _averages(description: Description, say: Catalogue) -> list[Boxes]:
    found = []
    for key in _GROUPS:
        rows = description.averages.get(key, ())
        if len(rows) < 2:
            continue
        lines = [(f"{row.group} ({row.n})", row) for row in rows]
        drawn = statistics_charts.score_boxes({say("common.average"): lines}, say)
        found.append(
            Boxes(
                title=say(f"statistics.average_by_{key}"),
                text=say("statistics.average_text"),
                figure=figure(f"average-{key}", say(f"statistics.average_by_{key}"), drawn),
                rows=[(row.group, "", row) for row in rows],
                columns=(say(f"common.{key}"), ""),
            )
        )
    return found


def _benchmarks(description: Description, say: Catalogue) -> list[Boxes]:
    parts = (
        (_by_size, description.by_size),
        (_spread, description.spread),
        (_by_shots, description.by_shots),
    )
    return [describe(rows, say) for describe, rows in parts if rows]


def _by_size(rows: Sequence[Spread], say: Catalogue) -> Boxes:
    drawn = statistics_charts.median_heatmap(rows, say)
    return Boxes(
        title=say("statistics.sizes_title"),
        text=say("statistics.sizes_text"),
        figure=figure("by-size", say("statistics.sizes_label"), drawn),
        rows=[(row.benchmark, row.group, row) for row in rows],
        columns=(say("common.benchmark"), say("common.size")),
    )


def _spread(rows: Sequence[Spread], say: Catalogue) -> Boxes:
    lines = [(row.benchmark, row) for row in rows]
    drawn = statistics_charts.score_boxes({say("statistics.all_models"): lines}, say)
    return Boxes(
        title=say("statistics.spread_title"),
        text=say("statistics.spread_text"),
        figure=figure("spread", say("statistics.spread_label"), drawn),
        rows=[(row.benchmark, "", row) for row in rows],
        columns=(say("common.benchmark"), ""),
    )


def _by_shots(rows: Sequence[Spread], say: Catalogue) -> Boxes:
    traces: dict[str, list[tuple[str, Spread]]] = {}
    for row in rows:
        traces.setdefault(row.group, []).append((row.benchmark, row))
    return Boxes(
        title=say("statistics.by_shots_title"),
        text=say("statistics.by_shots_text"),
        figure=figure(
            "by-shots",
            say("statistics.by_shots_label"),
            statistics_charts.score_boxes(traces, say),
        ),
        rows=[(row.benchmark, row.group, row) for row in rows],
        columns=(say("common.benchmark"), say("common.shots")),
    )
