"""Instructions on what an answer says, and how it begins and ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

from banzuke.exceptions import MissingExtraError


def keywords(text: str, keywords: Sequence[str]) -> bool:
    """Return whether all keywords occur, in any case."""
    return all(re.search(re.escape(word), text, re.IGNORECASE) for word in keywords)


def forbidden_words(text: str, forbidden_words: Sequence[str]) -> bool:
    """Return whether no forbidden word occurs as a word of its own, in any case."""
    return not any(
        re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in forbidden_words
    )


def number_placeholders(text: str, num_placeholders: int) -> bool:
    """Return whether at least so many placeholders stand in square brackets."""
    return len(re.findall(r"\[.*?\]", text)) >= num_placeholders


def postscript(text: str, postscript_marker: str) -> bool:
    """Return whether the marker of a postscript occurs; ``P.S.`` and ``P.P.S`` may be spaced."""
    spaced = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    marker = spaced.get(postscript_marker.strip(), re.escape(postscript_marker.lower().strip()))
    return re.search(marker, text.lower()) is not None


def repeat_prompt(text: str, prompt_to_repeat: str) -> bool:
    """Return whether the answer begins with the request, word for word, in any case."""
    return text.strip().lower().startswith(prompt_to_repeat.strip().lower())


def end_checker(text: str, end_phrase: str) -> bool:
    """Return whether the answer ends with a phrase, in any case, quotation marks aside."""
    return text.strip().strip('"').lower().endswith(end_phrase.strip().lower())


def quotation(text: str) -> bool:
    """Return whether the whole answer stands in double quotation marks."""
    stripped = text.strip()
    return len(stripped) > 1 and stripped[0] == stripped[-1] == '"'


def no_comma(text: str) -> bool:
    """Return whether no comma occurs."""
    return "," not in text


def response_language(text: str, language: str) -> bool:
    """Return whether the answer is in a language; a text without letters passes."""
    found = detect(text)
    return found is None or found == language


def english_capital(text: str) -> bool:
    """Return whether the answer is English, all in capital letters."""
    return text.isupper() and response_language(text, "en")


def english_lowercase(text: str) -> bool:
    """Return whether the answer is English, without a capital letter."""
    return text.islower() and response_language(text, "en")


def detect(text: str) -> str | None:
    """Return the ISO 639-1 code of the most likely language; None where there is none.

    Raises
    ------
    MissingExtraError
        Without the extra ``ifeval``.
    """
    try:
        from langdetect import DetectorFactory, LangDetectException
        from langdetect import detect as most_likely
    except ImportError:
        raise MissingExtraError(
            "IFEval's language instructions need the package langdetect; "
            "run: pip install 'banzuke[ifeval]'"
        ) from None
    DetectorFactory.seed = 0  # it draws n-grams at random
    try:
        return str(most_likely(text))
    except LangDetectException:
        return None
