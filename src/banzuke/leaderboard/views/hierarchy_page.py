"""The page of capabilities: what the data identify first, then the fit, then its audit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from banzuke.leaderboard import hierarchy_charts
from banzuke.leaderboard.catalogue import Catalogue, CatalogueError
from banzuke.leaderboard.cells import visible
from banzuke.leaderboard.hierarchy import Claim, HierarchyDocument, has_shape
from banzuke.leaderboard.hierarchy_charts import Effect
from banzuke.leaderboard.links import analysis_url, board_url
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.views.audit_table import Check, OrderRow, audit_checks, order_rows
from banzuke.leaderboard.views.charts_page import Figure, figure


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Claims with one verdict and one reason."""

    is_identified: bool
    claims: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A base model of the fit; ``evidence`` tells what its labels rest on.

    ``of_mic`` is its inexactness as a share of the largest.
    """

    name: str
    n_models: int | None
    evidence: str
    inexactness: float | None
    of_mic: float | None


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What one point more of a capability adds to another, in one base model."""

    domain: str
    source: str
    target: str
    weight: float
    lower: float | None
    upper: float | None
    same_sign: float | None


@dataclass(frozen=True, kw_only=True)
class Intervention:
    """What moves when one capability rises by a point, in every base model."""

    capability: str
    figure: Figure
    rows: list[tuple[str, list[Effect]]]


@dataclass(frozen=True, kw_only=True)
class HierarchyPage:
    """Context of ``capabilities.html``."""

    title: str
    collection: str
    board_url: str | None
    statistics_url: str | None
    document: HierarchyDocument
    lead: str
    advice: str
    statements: list[Statement]
    domains: list[Domain]
    edges: list[Edge]
    interventions: list[Intervention]
    checks: list[Check]
    orders: list[OrderRow]
    order_figure: Figure | None


def hierarchy_page(snapshot: Snapshot, collection: str, say: Catalogue) -> HierarchyPage:
    """Compute the page; parts that the document lacks are left out."""
    document = snapshot.hierarchy(collection)
    lead, advice = _lead(document, say)
    audit = document.audit
    has_orders = audit.rows.orders or (audit.submitters and audit.submitters.orders)
    drawn = hierarchy_charts.order_bars(audit, say) if has_orders else None
    has_statistics = collection in snapshot.statistics
    return HierarchyPage(
        title=say("capabilities.title", collection=collection),
        collection=collection,
        board_url=board_url(collection) if collection in snapshot.boards else None,
        statistics_url=analysis_url("statistics", collection) if has_statistics else None,
        document=document,
        lead=lead,
        advice=advice,
        statements=_statements(document.verdict, say),
        domains=_domains(document),
        edges=list(_edges(document)),
        interventions=_interventions(document, say),
        checks=audit_checks(audit, say),
        orders=order_rows(audit),
        order_figure=drawn and figure("orders", say("capabilities.how_often_label"), drawn),
    )


def _lead(document: HierarchyDocument, say: Catalogue) -> tuple[str, str]:
    """Return the sentence on the whole order, and what to do with it."""
    claim = next((one for one in document.verdict if one.claim.startswith("order ")), None)
    if claim is None:
        return say("capabilities.no_verdict"), say("capabilities.no_verdict_advice")
    if not claim.is_identified:
        return say("capabilities.order_unknown"), say("capabilities.order_unknown_advice")
    first, last = document.order[0], document.order[-1]
    return (
        say("capabilities.order_identified", order=" → ".join(document.order)),
        say("capabilities.order_identified_advice", first=first, last=last),
    )


def _statements(claims: Sequence[Claim], say: Catalogue) -> list[Statement]:
    """Join the claims that share a verdict and a reason, in order of appearance."""
    joined: dict[tuple[bool, str], list[str]] = {}
    for claim in claims:
        text, reason = _told(claim, say)
        joined.setdefault((claim.is_identified, reason), []).append(text)
    return [
        Statement(is_identified=identified, claims=tuple(texts), reason=reason)
        for (identified, reason), texts in joined.items()
    ]


def _told(claim: Claim, say: Catalogue) -> tuple[str, str]:
    """Return claim and reason in a language; as they stand where the codes are unknown."""
    text, reason = claim.claim, claim.reason
    if claim.said is not None:
        about, why = claim.said.claim, claim.said.reasons
        with suppress(CatalogueError):
            told = say(f"capabilities.claim_{about.code}", **about.values)
            reasons = [say(f"capabilities.reason_{one.code}", **one.values) for one in why]
            joined = say("capabilities.between_reasons").join(reasons)
            text, reason = told, f"{joined[:1].upper()}{joined[1:]}{say('errors.stop')}"
    return text.replace(" -> ", " → "), reason.replace(" -> ", " → ")


def _domains(document: HierarchyDocument) -> list[Domain]:
    mic = document.mic.chosen
    found = []
    for name in document.domains:
        evidence = document.labels.get(name, {})
        inexactness = document.inexactness.get(name)
        found.append(
            Domain(
                name=name,
                n_models=document.n_models.get(name),
                evidence=", ".join(f"{what} {n}" for what, n in evidence.items()),
                inexactness=inexactness,
                of_mic=None if inexactness is None or mic is None else _share(inexactness, mic),
            )
        )
    return found


def _share(part: float, whole: float) -> float | None:
    """Return a share; none where rounding or a damaged document leaves no sensible one."""
    return min(1.0, part / whole) if 0 <= part <= 1.001 * whole and whole > 0 else None


def _edges(document: HierarchyDocument) -> Iterator[Edge]:
    names, rows = document.order, document.audit.rows
    n, k = len(names), len(document.domains)
    bounds = rows.edge_interval if has_shape(rows.edge_interval or [], 2, k, n, n) else None
    signs = rows.edge_sign_probability
    signs = signs if has_shape(signs or [], k, n, n) else None
    for place, domain in enumerate(document.domains):
        weights = document.edges.get(domain)
        if weights is None:
            continue
        for i in range(1, n):
            for j in range(i):
                yield Edge(
                    domain=domain,
                    source=names[j],
                    target=names[i],
                    weight=weights[i][j],
                    lower=None if bounds is None else bounds[0][place][i][j],
                    upper=None if bounds is None else bounds[1][place][i][j],
                    same_sign=None if signs is None else signs[place][i][j],
                )


def _interventions(document: HierarchyDocument, say: Catalogue) -> list[Intervention]:
    found = []
    for place, capability in enumerate(document.order):
        rows = [(domain, _effects(document, domain, place)) for domain in document.domains]
        rows = [(domain, effects) for domain, effects in rows if effects]
        if rows:
            every = [effect for _, effects in rows for effect in effects]
            drawn = hierarchy_charts.effect_dots(every, say)
            label = say("capabilities.rises_label", capability=visible(capability, 60))
            found.append(
                Intervention(
                    capability=capability,
                    figure=figure(f"effect-{place}", label, drawn),
                    rows=rows,
                )
            )
    return found


def _effects(document: HierarchyDocument, domain: str, place: int) -> list[Effect]:
    """Return the effect of capability number ``place`` on every benchmark."""
    matrix = document.interventions.get(domain)
    if matrix is None:
        return []
    shape = (2, len(document.domains), len(document.order), len(document.benchmarks))
    bounds = document.audit.rows.intervention_interval
    known = bounds is not None and has_shape(bounds, *shape)
    where = document.domains.index(domain)
    return [
        Effect(
            domain=domain,
            benchmark=benchmark,
            value=matrix[place][column],
            lower=bounds[0][where][place][column] if bounds is not None and known else None,
            upper=bounds[1][where][place][column] if bounds is not None and known else None,
        )
        for column, benchmark in enumerate(document.benchmarks)
    ]
