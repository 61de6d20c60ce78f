"""Which instructions an answer keeps, judged strictly and loosely."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from banzuke.evaluation.ifeval import content, counts, layout
from banzuke.exceptions import InvalidInputError

CHECKS: Mapping[str, Callable[..., bool]] = {
    "change_case:capital_word_frequency": counts.capital_word_frequency,
    "change_case:english_capital": content.english_capital,
    "change_case:english_lowercase": content.english_lowercase,
    "combination:repeat_prompt": content.repeat_prompt,
    "combination:two_responses": layout.two_responses,
    "detectable_content:number_placeholders": content.number_placeholders,
    "detectable_content:postscript": content.postscript,
    "detectable_format:constrained_response": layout.constrained_response,
    "detectable_format:json_format": layout.json_format,
    "detectable_format:multiple_sections": layout.multiple_sections,
    "detectable_format:number_bullet_lists": layout.number_bullet_lists,
    "detectable_format:number_highlighted_sections": layout.number_highlighted_sections,
    "detectable_format:title": layout.title,
    "keywords:existence": content.keywords,
    "keywords:forbidden_words": content.forbidden_words,
    "keywords:frequency": counts.keyword_frequency,
    "keywords:letter_frequency": counts.letter_frequency,
    "language:response_language": content.response_language,
    "length_constraints:nth_paragraph_first_word": counts.nth_paragraph_first_word,
    "length_constraints:number_paragraphs": counts.number_paragraphs,
    "length_constraints:number_sentences": counts.number_sentences,
    "length_constraints:number_words": counts.number_words,
    "punctuation:no_comma": content.no_comma,
    "startend:end_checker": content.end_checker,
    "startend:quotation": content.quotation,
}
"""The check of each instruction; it takes the answer and the instruction's arguments."""


@dataclass(frozen=True, kw_only=True)
class Followed:
    """Which instructions of a prompt were kept, in their order."""

    strict: tuple[bool, ...]
    loose: tuple[bool, ...]


def follow(
    answer: str, instructions: Sequence[str], arguments: Sequence[Mapping[str, Any]]
) -> Followed:
    r"""Check an answer against its instructions.

    Loosely, an instruction is kept where any of eight texts keeps it: the answer without
    its first line, its last line, both or neither, each with and without asterisks. That
    forgives an introduction, a closing remark and bold type.

    Parameters
    ----------
    answer : str
        An empty one keeps nothing.
    instructions : sequence of str
        Keys of `CHECKS`.
    arguments : sequence of mapping
        Of each instruction; arguments that are None are left out.

    Raises
    ------
    InvalidInputError
        Where an instruction is not known, or its arguments do not fit.

    Examples
    --------
    >>> follow("Sure, here it is:\nno commas", ["punctuation:no_comma"], [{}])
    Followed(strict=(False,), loose=(True,))
    """
    pairs = list(zip(instructions, arguments, strict=True))
    strict = tuple(_kept(answer, name, given) for name, given in pairs)
    texts = _relaxed(answer)
    loose = tuple(
        kept or any(_kept(text, name, given) for text in texts)
        for kept, (name, given) in zip(strict, pairs, strict=True)
    )
    return Followed(strict=strict, loose=loose)


def _relaxed(answer: str) -> list[str]:
    lines = answer.split("\n")
    kept = [lines, lines[1:], lines[:-1], lines[1:-1]]
    texts = ["\n".join(part).strip() for part in kept]
    return [*texts, *(text.replace("*", "") for text in texts)]


def _kept(text: str, name: str, given: Mapping[str, Any]) -> bool:
    check = CHECKS.get(name)
    if check is None:
        raise InvalidInputError(f"there is no IFEval instruction {name!r}")
    wanted = {key: value for key, value in given.items() if value is not None}
    try:
        return bool(text.strip()) and check(text, **wanted)
    except TypeError as error:
        raise InvalidInputError(f"the arguments of {name} do not fit: {error}") from error
