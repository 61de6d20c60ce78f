"""``banzuke capabilities``: what lies behind the scores of a board, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from banzuke import progress
from banzuke.cli import capability_report
from banzuke.cli.capability_report import HtmlOption, ImagesOption
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption, SeedOption
from banzuke.cli.output import print_json, print_note, print_table
from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Lake, Outcomes

Matrix = Any  # an array, or the same as nested lists

app = typer.Typer(
    help="What lies behind the scores: correlations, components, causal order.",
    no_args_is_help=True,
)

CollectionArgument = Annotated[
    str | None,
    typer.Argument(metavar="[COLLECTION]", help="Collection; may be left out if only one."),
]
ScoresOption = Annotated[
    str | None,
    typer.Option("--scores", metavar="FILE", help="Read this leaderboard file instead."),
]
ScaleOption = Annotated[
    float, typer.Option("--scale", help="Best possible score in FILE, such as 100.", min=1e-9)
]
BenchmarksOption = Annotated[
    str | None,
    typer.Option("--benchmarks", help="Benchmarks to use, with commas; wildcards allowed."),
]
JobsOption = Annotated[int, typer.Option("--jobs", help="Processes.", min=1)]
DomainsOption = Annotated[
    str | None,
    typer.Option("--domains", help="Base models to compare, with commas; else chosen."),
]
LabelOption = Annotated[
    str | None,
    typer.Option("--label-column", help="Column with the base model; else from the lineage."),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Only base models that a name or card gives.")
]
MinModelsOption = Annotated[
    int, typer.Option("--min-models", help="Models that a base model needs.", min=4)
]
LingamOption = Annotated[
    bool, typer.Option("--lingam", help="Also MultiGroupDirectLiNGAM (extra lingam).")
]
BootstrapsOption = Annotated[
    int, typer.Option("--bootstraps", help="Resamples of the models.", min=20)
]


@app.command("summary")
def summary(
    *,
    collection: CollectionArgument = None,
    data: DataOption = DEFAULT_DATA,
    scores: ScoresOption = None,
    scale: ScaleOption = 1.0,
    benchmarks: BenchmarksOption = None,
    bootstraps: BootstrapsOption = 1000,
    html: HtmlOption = None,
    images: ImagesOption = None,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Correlations between benchmarks and principal components, with 90 % intervals.

    Read from the data directory, the result is also stored there as the document
    capabilities-COLLECTION, which the leaderboard shows.

    JSON keys: collection, n_models, n_models_before, benchmarks, correlation,
    correlation_lower, correlation_upper, order, pca {explained_variance_ratio,
    explained_variance_ratio_lower, explained_variance_ratio_upper, loadings,
    loadings_lower, loadings_upper, n_components_parallel_analysis}, notes, counts
    {size, architecture, type: {group: models}}, and rows of five-number summaries: spread,
    by_size, by_shots, averages {size, architecture, type: rows}; shots, 0-shot against few-shot.
    """
    # numerical libraries take a second to load: only where they are used
    from banzuke.capabilities import summarise

    with progress.shown(), progress.step("summarising"):
        name, outcomes = _scores(collection, data, scores, scale, benchmarks)
        found = summarise(outcomes, seed=seed, collection=name, n_bootstraps=bootstraps)
        if scores is None:
            Lake(data).write_document(f"capabilities-{name}", found)
    sections = partial(capability_report.statistics, outcomes, found)
    capability_report.write(html, images, f"Statistics of {name}", sections)
    if json:
        print_json(found)
        return
    _print_notes(found["notes"])
    _print_correlations(found)
    pca = found["pca"]
    _print_components(
        found["benchmarks"],
        pca["explained_variance_ratio"],
        [pca["explained_variance_ratio_lower"], pca["explained_variance_ratio_upper"]],
        pca["loadings"],
        pca["n_components_parallel_analysis"],
    )


@app.command("pca")
def pca(
    *,
    collection: CollectionArgument = None,
    data: DataOption = DEFAULT_DATA,
    scores: ScoresOption = None,
    scale: ScaleOption = 1.0,
    benchmarks: BenchmarksOption = None,
    covariance: Annotated[
        bool,
        typer.Option("--covariance", help="Of the covariances instead of the correlations."),
    ] = False,
    components: Annotated[
        int | None, typer.Option("--components", help="Components to keep.", min=1)
    ] = None,
    bootstraps: BootstrapsOption = 1000,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Principal components with bootstrap intervals and parallel analysis.

    JSON keys: collection, n_models, benchmarks, standardised, explained_variance_ratio,
    explained_variance_ratio_lower, explained_variance_ratio_upper, loadings (components x
    benchmarks), loadings_lower, loadings_upper, components (unit directions),
    n_components_parallel_analysis, notes.
    """
    # numerical libraries take a second to load: only where they are used
    from banzuke.capabilities import CapabilityPCA, complete_table

    with progress.shown(), progress.step("principal components"):
        name, outcomes = _scores(collection, data, scores, scale, benchmarks)
        table = complete_table(outcomes)
        fitted = CapabilityPCA(
            components, standardise=not covariance, n_bootstraps=bootstraps, random_state=seed
        ).fit(table.scores)
    ratios = fitted.explained_variance_ratio_interval_
    loadings = fitted.loadings_interval_
    if json:
        interval = {
            f"{key}_{side}": values.tolist()
            for key, bounds in (("explained_variance_ratio", ratios), ("loadings", loadings))
            for side, values in zip(("lower", "upper"), bounds, strict=True)
        }
        print_json(
            {
                "collection": name,
                "n_models": len(table.scores),
                "benchmarks": list(table.benchmarks),
                "standardised": not covariance,
                "explained_variance_ratio": fitted.explained_variance_ratio_.tolist(),
                "loadings": fitted.loadings_.tolist(),
                **interval,
                "components": fitted.components_.tolist(),
                "n_components_parallel_analysis": fitted.n_components_parallel_,
                "notes": list(table.notes),
            }
        )
        return
    _print_notes(table.notes)
    _print_components(
        table.benchmarks,
        fitted.explained_variance_ratio_,
        ratios,
        fitted.loadings_,
        fitted.n_components_parallel_,
    )


@app.command("hca")
def hca(
    *,
    collection: CollectionArgument = None,
    data: DataOption = DEFAULT_DATA,
    scores: ScoresOption = None,
    scale: ScaleOption = 1.0,
    benchmarks: BenchmarksOption = None,
    components: Annotated[
        int, typer.Option("--components", help="Latent capabilities.", min=2)
    ] = 3,
    domains: DomainsOption = None,
    label_column: LabelOption = None,
    strict: StrictOption = False,
    min_models: MinModelsOption = 100,
    lingam: LingamOption = False,
    bootstraps: BootstrapsOption = 500,
    jobs: JobsOption = 2,
    html: HtmlOption = None,
    images: ImagesOption = None,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Causal order of capabilities over base models, with its audit and verdict.

    Read from the data directory, the result is also stored there as the document
    hca-COLLECTION, which the leaderboard shows.

    JSON keys: domains, benchmarks, inexactness, mic {chosen, exact_search, subsets}, order,
    alignment, unmixing, mixing, edges, interventions, audit, verdict [{claim, probability,
    reason, verdict, said {claim, reasons}}], subspaces {domains, distance, lower, upper},
    n_models {base model: models of the fit}, labels {base model: {evidence: models}}, notes,
    and with --lingam lingam {order, effects, before_probability}.
    """
    # numerical libraries take a second to load: only where they are used
    from banzuke.capabilities.analyses import HcaSettings, analyse_hierarchy
    from banzuke.capabilities.pages import hca_sections

    with progress.shown(), progress.step("hierarchy and its audit"):
        name, outcomes = _scores(collection, data, scores, scale, benchmarks)
        settings = HcaSettings(
            n_components=components,
            domains=_split(domains),
            label_column=label_column,
            strict=strict,
            min_models=min_models,
            n_bootstraps=bootstraps,
            seed=seed,
            n_jobs=jobs,
            lingam=lingam,
        )
        found = analyse_hierarchy(outcomes, settings)
        if scores is None:
            Lake(data).write_document(f"hca-{name}", found)
    title = f"Hierarchy of capabilities in {name}"
    capability_report.write(html, images, title, lambda: hca_sections(found))
    if json:
        print_json(found)
        return
    _print_notes(found["notes"])
    for section in hca_sections(found):
        for columns, rows in section.tables:
            print_table(section.title, columns, rows)


@app.command("scaling")
def scaling(
    *,
    collection: CollectionArgument = None,
    data: DataOption = DEFAULT_DATA,
    scores: ScoresOption = None,
    scale: ScaleOption = 1.0,
    benchmarks: BenchmarksOption = None,
    size: Annotated[
        str, typer.Option("--size", help="Column with the size: parameters or FLOPs.")
    ] = "params_b",
    family: Annotated[
        str | None, typer.Option("--family", help="Column with the model family.")
    ] = None,
    html: HtmlOption = None,
    images: ImagesOption = None,
    json: JsonOption = False,
) -> None:
    """Scaling curves: score against size, sigmoidal, with an efficiency for each family.

    JSON keys: collection, size, curves [{benchmark, n_models, slope, ceiling, residual,
    intercepts {family: value}}].
    """
    # numerical libraries take a second to load: only where they are used
    from banzuke.capabilities.analyses import curve_row, fit_curves
    from banzuke.capabilities.pages import scaling_sections

    name, outcomes = _scores(collection, data, scores, scale, benchmarks)
    curves = fit_curves(outcomes, size=size, family=family)
    sections = partial(scaling_sections, outcomes, curves, size, family)
    capability_report.write(html, images, f"Scaling of {name}", sections)
    rows = [curve_row(benchmark, curve) for benchmark, curve in curves.items()]
    if json:
        print_json({"collection": name, "size": size, "curves": rows})
        return
    columns = ["benchmark", "n_models", "slope", "ceiling", "residual"]
    print_table(
        f"score against {size} in {name}", columns, [[row[c] for c in columns] for row in rows]
    )


@app.command("impute")
def impute(
    *,
    collection: CollectionArgument = None,
    data: DataOption = DEFAULT_DATA,
    scores: ScoresOption = None,
    scale: ScaleOption = 1.0,
    benchmarks: BenchmarksOption = None,
    level: Annotated[
        float, typer.Option("--level", help="Coverage of the intervals.", min=0.5, max=0.999)
    ] = 0.9,
    json: JsonOption = False,
) -> None:
    """Fill missing benchmark scores from the others, with intervals.

    Gaussian EM, corrected by what similar models do differently.

    JSON keys: collection, level, filled [{model, benchmark, score, lower, upper}].
    """
    # numerical libraries take a second to load: only where they are used
    from banzuke.capabilities.analyses import fill_gaps

    name, outcomes = _scores(collection, data, scores, scale, benchmarks)
    filled = fill_gaps(outcomes, level=level)
    if json:
        print_json({"collection": name, "level": level, "filled": filled})
        return
    columns = ["model", "benchmark", "score", "lower", "upper"]
    print_table(
        f"{len(filled)} missing scores of {name}", columns, [list(row.values()) for row in filled]
    )


def _scores(
    collection: str | None, data: str, scores: str | None, scale: float, benchmarks: str | None
) -> tuple[str, Outcomes]:
    from banzuke.capabilities.board import read_board
    from banzuke.capabilities.table import benchmark_scores

    wanted = _split(benchmarks)
    if scores is not None:
        name = collection or Path(scores).stem
        return name, read_board(scores, scale=scale, benchmarks=wanted)
    lake = Lake(data)
    names = lake.names()
    if collection is None and len(names) != 1:
        there = ", ".join(names) if names else "none yet"
        raise InvalidInputError(
            f"name the collection to analyse; {data} has {there} (or give a file with --scores)"
        )
    name = collection or names[0]
    outcomes = benchmark_scores(lake.read(name))
    if wanted is None:
        return name, outcomes
    chosen = [item for item in outcomes.item_ids if any(fnmatchcase(item, p) for p in wanted)]
    if not chosen:
        raise InvalidInputError(
            f"no benchmark of '{name}' matches; there are {', '.join(outcomes.item_ids)}"
        )
    return name, outcomes.select(items=chosen)


def _split(names: str | None) -> list[str] | None:
    return [name.strip() for name in names.split(",")] if names else None


def _print_notes(notes: Iterable[str]) -> None:
    for note in notes:
        print_note(note)


def _print_correlations(found: dict[str, Any]) -> None:
    """Print one row a benchmark: a matrix of many benchmarks is wider than a screen."""
    names, matrix = found["benchmarks"], found["correlation"]
    rows = []
    for i in found["order"]:
        others = sorted((matrix[i][j], j) for j in range(len(names)) if j != i)
        (low, furthest), (high, closest) = others[0], others[-1]
        mean = sum(value for value, _ in others) / len(others)
        rows.append(
            [names[i], mean, f"{names[closest]} {high:.2f}", f"{names[furthest]} {low:.2f}"]
        )
    print_table(
        f"correlations over {found['n_models']} models of {found['collection']}",
        ["benchmark", "mean with others", "closest", "furthest"],
        rows,
    )


def _print_components(
    benchmarks: Sequence[str], ratios: Matrix, interval: Matrix, loadings: Matrix, n_parallel: int
) -> None:
    shown = min(len(ratios), max(n_parallel, 3), 6)
    bounds = [f"{low:.3f} to {high:.3f}" for low, high in zip(*interval, strict=True)]
    print_table(
        f"loadings on components ({n_parallel} above noise by parallel analysis)",
        ["", *(f"component {k + 1}" for k in range(shown))],
        [
            ["share of variance", *(f"{ratios[k]:.3f}" for k in range(shown))],
            ["90 % interval", *bounds[:shown]],
            *(
                [name, *(f"{loadings[k][column]:.3f}" for k in range(shown))]
                for column, name in enumerate(benchmarks)
            ),
        ],
    )
