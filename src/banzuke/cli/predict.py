"""``banzuke predict``: scores of what was not run, with their held-out error."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from banzuke import progress
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption, SeedOption
from banzuke.cli.output import print_json, print_note, print_table
from banzuke.cli.predict_benchmark import benchmark
from banzuke.cli.predict_items import choose, estimate_score, quality
from banzuke.cli.predict_model import predict_model
from banzuke.cli.predict_route import route_items
from banzuke.cli.side_information import EmbedOption, ProbeOption, answer_probe, text_encoder
from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Lake, Outcomes

app = typer.Typer(no_args_is_help=True, help="Predict scores of what was not run.")

SUFFIX = "-predicted"

app.command("model")(predict_model)
app.command("estimate")(estimate_score)
app.command("choose-items")(choose)
app.command("item-quality")(quality)
app.command("benchmark")(benchmark)
app.command("route")(route_items)


@app.command("fill")
def fill(
    collections: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COLLECTION]...", help="Collections to fill; all by default."),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    method: Annotated[
        str, typer.Option("--method", help="One of levels, factorization, inductive, mean.")
    ] = "levels",
    level: Annotated[float, typer.Option("--level", help="Coverage of the intervals.")] = 0.9,
    embed: EmbedOption = None,
    probe: ProbeOption = None,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Predict every benchmark that a model did not run, and store it as COLLECTION-predicted.

    Prints the error on benchmarks that were hidden from models which have them, beside the
    error of the per-benchmark mean.

    JSON keys: collections [{of, name, models, predicted, held_out {benchmark: {n, rmse,
    baseline_rmse, rank_correlation, coverage}}}], complete [name], changed.
    """
    from banzuke.prediction.fill import fill as fill_outcomes

    for option, value in (("--embed", embed), ("--probe", probe)):
        if value is not None and method != "inductive":
            raise InvalidInputError(
                f"--method {method} reads no text; give --method inductive with {option}"
            )
    side: dict[str, Any] = {"encoder": text_encoder(embed), "probe": answer_probe(probe)}
    lake = Lake(data)
    filled: dict[str, Outcomes] = {}
    complete: list[str] = []
    with progress.shown():
        for name in collections or _measured(lake):
            predicted = fill_outcomes(
                _results(lake, name), method=method, level=level, seed=seed, **side
            )
            if predicted.observed.any():
                filled[name] = predicted.replace(provenance={**predicted.provenance, "of": name})
            else:
                complete.append(name)
        with lake.transaction() as change:
            for name, predicted in filled.items():
                change.write(name + SUFFIX, predicted)
            for name in complete:
                change.remove(name + SUFFIX)
    if json:
        rows = [_summary(name, predicted) for name, predicted in filled.items()]
        print_json({"collections": rows, "complete": complete, "changed": change.changed})
        return
    for name, predicted in filled.items():
        _print_errors(name, predicted)
    for name in complete:
        print_note(f"{name}: nothing to predict")


def _measured(lake: Lake) -> list[str]:
    names = [name for name in lake.names() if not _is_prediction(lake.read(name))]
    if not names:
        raise InvalidInputError(f"{lake.root} has no results to fill; see banzuke import --help")
    return names


def _results(lake: Lake, name: str) -> Outcomes:
    outcomes = lake.read(name)
    if _is_prediction(outcomes):
        raise InvalidInputError(
            f"{name!r} holds predictions; fill measured results, such as "
            f"{name.removesuffix(SUFFIX)!r}"
        )
    return outcomes


def _is_prediction(outcomes: Outcomes) -> bool:
    return bool(outcomes.provenance.get("kind") == "prediction")


def _summary(name: str, predicted: Outcomes) -> dict[str, Any]:
    return {
        "of": name,
        "name": name + SUFFIX,
        "models": predicted.n_models,
        "predicted": int(predicted.observed.sum()),
        "held_out": predicted.provenance["held_out"],
    }


def _print_errors(name: str, predicted: Outcomes) -> None:
    keys = ("n", "rmse", "baseline_rmse", "rank_correlation", "coverage")
    held_out = predicted.provenance["held_out"]
    counts = dict(zip(predicted.item_ids, predicted.observed.sum(axis=0).tolist(), strict=True))
    total = int(predicted.observed.sum())
    print_table(
        f"{name}{SUFFIX}: {total} scores predicted; errors of means hidden on purpose",
        ["benchmark", "predicted", "held out", "RMSE", "RMSE of mean", "rank corr.", "coverage"],
        [[b, counts[b], *(row.get(key) for key in keys)] for b, row in held_out.items()],
    )
