"""``banzuke predict model``: expected scores of a model that was never run."""

from __future__ import annotations

import warnings
from typing import Annotated, Any

import typer

from banzuke import progress
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption, SeedOption
from banzuke.cli.output import print_json, print_note, print_table
from banzuke.cli.side_information import EmbedOption, FeatureOption, text_encoder
from banzuke.outcomes import Lake


def predict_model(
    card: Annotated[
        str,
        typer.Argument(
            metavar="CARD.json",
            help="A JSON card or a list of them, README.md, config.json, or a folder of both.",
        ),
    ],
    *,
    collection: Annotated[
        str, typer.Option("--collection", help="Item results of the models to learn from.")
    ],
    named: Annotated[
        str | None, typer.Option("--name", help="Owner and name, where the card does not say them.")
    ] = None,
    features: FeatureOption = None,
    embed: EmbedOption = None,
    data: DataOption = DEFAULT_DATA,
    level: Annotated[float, typer.Option("--level", help="Coverage of the intervals.")] = 0.9,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Predict the scores of a model from its card alone.

    A JSON card has "model" and any of: params_b, architecture, type, organization, base_models,
    merge_sources, is_merged, purpose, tags, created. A README.md needs the YAML front matter of
    model hubs; sizes are counted from config.json. What is missing is read from the name, or
    unknown; results in a card are not read.

    JSON keys: models [{model, scores {benchmark: {mean, lower, upper}}}], warnings [text].
    """
    from banzuke.prediction.cards import read_cards
    from banzuke.prediction.kernel import ExtrapolationWarning, InductiveKernel

    cards = read_cards(card, name=named)
    encoder = text_encoder(embed)
    outcomes = Lake(data).read(collection)
    with progress.shown(), progress.step("fitting"), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ExtrapolationWarning)
        predictor = InductiveKernel(
            encoder=encoder, columns=tuple(features or ()), random_state=seed
        ).fit(outcomes)
        expected = predictor.expected_scores(cards, level=level)
    notes = [str(w.message) for w in seen if issubclass(w.category, ExtrapolationWarning)]
    lower, upper = expected.layers["lower"], expected.layers["upper"]
    if json:
        models = []
        for row, name in enumerate(expected.model_names):
            scores: dict[str, Any] = {}
            for column, benchmark in enumerate(expected.item_ids):
                values = (expected.scores, lower, upper)
                mean, low, high = (float(v[row, column]) for v in values)
                scores[benchmark] = {"mean": mean, "lower": low, "upper": high}
            models.append({"model": name, "scores": scores})
        print_json({"models": models, "warnings": notes})
        return
    body = [
        [name, benchmark, *(float(v[row, column]) for v in (expected.scores, lower, upper))]
        for row, name in enumerate(expected.model_names)
        for column, benchmark in enumerate(expected.item_ids)
    ]
    title = f"expected scores, {level:.0%} intervals"
    print_table(title, ["model", "benchmark", "mean", "lower", "upper"], body)
    for note in notes:
        print_note(f"warning: {note}")
