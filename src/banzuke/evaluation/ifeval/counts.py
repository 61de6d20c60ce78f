"""Instructions that count something: words, letters, sentences, paragraphs."""

from __future__ import annotations

import re

_ABBREVIATIONS = frozenset(
    (
        *("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "etc", "inc", "ltd", "co"),
        *("corp", "gen", "sen", "rep", "gov", "no", "vol", "fig", "e.g", "i.e", "a.m", "p.m"),
        *("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
        *("u.s", "u.k", "ph.d"),
    )
)
_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s+|$)")
_WORD = re.compile(r"\w+(?:[-'.’]\w+)*")
_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_PUNCTUATION = ".,?!'\""


def compare(count: int, relation: str, wanted: int) -> bool:
    """Return whether a count keeps ``less than`` or ``at least``."""
    return count < wanted if relation == "less than" else count >= wanted


def count_sentences(text: str) -> int:
    """Count sentences: ends of sentences that no abbreviation or initial explains.

    Examples
    --------
    >>> count_sentences("Dr. Lee met J. Smith at 3 p.m. today. Was it good? Yes!")
    3
    """
    count, start = 0, 0
    for match in _END.finditer(text):
        before = text[start : match.start()].split()
        last = before[-1].lower().lstrip("([\"'") if before else ""
        single = match[0][0] == "." and (last in _ABBREVIATIONS or re.fullmatch("[a-z]", last))
        follows = text[match.end() :].lstrip()
        if single and follows:
            continue
        if before:
            count += 1
        start = match.end()
    return count + bool(text[start:].strip())


def number_sentences(text: str, relation: str, num_sentences: int) -> bool:
    """Return whether at least, or less than, so many sentences stand there."""
    return compare(count_sentences(text), relation, num_sentences)


def number_words(text: str, relation: str, num_words: int) -> bool:
    """Return whether at least, or less than, so many words occur: letters, digits, underscores."""
    return compare(len(re.findall(r"\w+", text)), relation, num_words)


def number_paragraphs(text: str, num_paragraphs: int) -> bool:
    """Return whether ``***`` divides so many paragraphs; only outer ones may be empty."""
    parts = [part.strip() for part in _DIVIDER.split(text)]
    if not all(parts[1:-1]):
        return False
    return sum(map(bool, parts)) == num_paragraphs


def nth_paragraph_first_word(
    text: str, num_paragraphs: int, nth_paragraph: int, first_word: str
) -> bool:
    """Return whether there are so many paragraphs, and one of them starts with a word."""
    parts = text.split("\n\n")
    if nth_paragraph > len(parts) or not parts[nth_paragraph - 1].strip():
        return False
    word = parts[nth_paragraph - 1].split()[0].lstrip("'\"")
    found = re.split(f"[{re.escape(_PUNCTUATION)}]", word)[0].lower()
    n_paragraphs = sum(bool(part.strip()) for part in parts)
    return n_paragraphs == num_paragraphs and found == first_word.lower()


def keyword_frequency(text: str, keyword: str, frequency: int, relation: str) -> bool:
    """Return whether at least, or less than, so many keywords occur, in any case."""
    found = re.findall(re.escape(keyword.strip()), text, re.IGNORECASE)
    return compare(len(found), relation, frequency)


def letter_frequency(text: str, letter: str, let_frequency: int, let_relation: str) -> bool:
    """Return whether at least, or less than, so many letters occur, in any case."""
    return compare(text.lower().count(letter.lower()), let_relation, let_frequency)


def capital_word_frequency(text: str, capital_frequency: int, capital_relation: str) -> bool:
    """Return whether at least, or less than, so many words have capitals only."""
    count = sum(word.isupper() for word in _WORD.findall(text))
    return compare(count, capital_relation, capital_frequency)
