"""Options for side information: sentence embeddings, and further columns of metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from banzuke.prediction.similarity import TextEmbeddings

EmbedOption = Annotated[
    str | None,
    typer.Option(
        "--embed",
        metavar="e5|URL#MODEL|NAME",
        help="Add sentence embeddings: e5 (extra embed), an OpenAI-compatible server such as "
        "http://127.0.0.1:8000/v1#e5-query, or a name of sentence-transformers.",
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
