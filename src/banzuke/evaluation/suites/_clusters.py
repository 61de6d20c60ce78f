"""Which items of a built data set share a passage, so that their scores are not independent."""

from __future__ import annotations

import hashlib
import re

from banzuke.evaluation.tasks import Benchmark

_BRACKETS = re.compile(r"（[^（）]*）|\([^()]*\)")
_KEY_CHARACTERS = 16
_DIRECTIONS = ("-j-to-e", "-e-to-j")


def cluster_of(benchmark: Benchmark, text: str, gold: str, document: str = "") -> str:
    r"""Return the key of the passage that an item shares with others, "" where it has none.

    That is the document, where the build noted one: of both directions of a translation.
    Otherwise, as for files that others have built, the text tells:

    - reading comprehension (``文章：...\n質問：...``): the passage;
    - inference (``前提：...\n仮説：...``): the premise;
    - translation: the pair, which both directions of a corpus ask;
    - the five tasks on the Wikipedia Annotated Corpus: the document, known by its beginning
      without what stands in brackets, because some tasks drop that.

    Questions, choices, word problems and examinations share nothing.
    """
    name = benchmark.name
    if document:
        return _key(_without_direction(name), f"document {document}")
    if name.startswith("wiki_"):
        return _key("wiki", _without_brackets(text)[:_KEY_CHARACTERS])
    if name.endswith(_DIRECTIONS):
        return _key(_without_direction(name), "\n".join(sorted((text, gold))))
    for head, mark in (("文章：", "\n質問："), ("前提：", "\n仮説：")):
        passage, found, _ = text.rpartition(mark)
        if text.startswith(head) and found:
            return _key(name, passage)
    return ""


def _without_direction(name: str) -> str:
    for direction in _DIRECTIONS:
        name = name.removesuffix(direction)
    return name


def _without_brackets(text: str) -> str:
    while (shorter := _BRACKETS.sub("", text)) != text:
        text = shorter  # brackets may stand in brackets
    return text


def _key(kind: str, text: str) -> str:
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:12]}"
