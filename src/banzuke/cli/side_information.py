"""Options for side information: embeddings, a language model's view, columns of metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from banzuke.prediction.similarity import AnswerLikelihoods, TextEmbeddings

EmbedOption = Annotated[
    str | None,
    typer.Option(
        "--embed",
        metavar="e5|URL#MODEL|NAME",
        help="Add sentence embeddings: e5 (extra embed), an OpenAI-compatible server such as "
        "http://127.0.0.1:8000/v1#e5-query, or a name of sentence-transformers.",
    ),
]

ProbeOption = Annotated[
    str | None,
    typer.Option(
        "--probe",
        metavar="smollm2|URL#MODEL|NAME",
        help="Add how likely a small language model finds the right answers: smollm2, a server "
        "that echoes prompts with log-probabilities, such as vLLM's "
        "http://127.0.0.1:8000/v1#NAME, or a name or folder of transformers.",
    ),
]

FeatureOption = Annotated[
    list[str] | None,
    typer.Option(
        "--feature",
        metavar="COLUMN",
        help="A further numeric column of the models' metadata; repeat it. Outcomes are refused.",
    ),
]


def text_encoder(embed: str | None) -> TextEmbeddings | None:
    """Return the encoder that the option names; an impossible one is an error at once."""
    if embed is None:
        return None
    from banzuke.prediction.similarity import TextEmbeddings
    from banzuke.prediction.similarity.embeddings import check_source

    check_source(embed)
    return TextEmbeddings(embed)


def answer_probe(probe: str | None) -> AnswerLikelihoods | None:
    """Return the probe that the option names; an impossible one is an error at once."""
    if probe is None:
        return None
    from banzuke.prediction.similarity import AnswerLikelihoods
    from banzuke.prediction.similarity.likelihoods import check_language_model

    check_language_model(probe)
    return AnswerLikelihoods(probe)
