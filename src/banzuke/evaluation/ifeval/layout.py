"""Instructions on the form of an answer: lists, sections, titles, JSON."""

from __future__ import annotations

import json
import re

_CHOICES = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_RESPONSES = "******"
_FENCE = re.compile(r"^```(?:json)?\s*(.*?)\s*```$", re.DOTALL | re.IGNORECASE)


def number_bullet_lists(text: str, num_bullets: int) -> bool:
    """Return whether exactly so many lines start with a bullet, ``*`` or ``-``."""
    stars = re.findall(r"^\s*\*[^*].*$", text, re.MULTILINE)
    dashes = re.findall(r"^\s*-.*$", text, re.MULTILINE)
    return len(stars) + len(dashes) == num_bullets


def constrained_response(text: str) -> bool:
    """Return whether one of the three given sentences occurs."""
    return any(choice in text for choice in _CHOICES)


def number_highlighted_sections(text: str, num_highlights: int) -> bool:
    """Return whether at least so many parts of lines stand between asterisks, single or double."""
    single = [part for part in re.findall(r"\*([^\n*]*)\*", text) if part.strip()]
    double = [part for part in re.findall(r"\*\*([^\n*]*)\*\*", text) if part.strip()]
    return len(single) + len(double) >= num_highlights


def multiple_sections(text: str, section_spliter: str, num_sections: int) -> bool:
    """Return whether at least so many sections have a heading such as ``Section 1``."""
    headings = re.findall(rf"\s?{re.escape(section_spliter.strip())}\s?\d+\s?", text)
    return len(headings) >= num_sections


def json_format(text: str) -> bool:
    """Return whether the whole answer is JSON, which may stand in a fence."""
    stripped = text.strip()
    fenced = _FENCE.match(stripped)
    try:
        json.loads(fenced[1] if fenced else stripped)
    except (ValueError, RecursionError):
        return False
    return True


def title(text: str) -> bool:
    """Return whether a title in double angular brackets occurs."""
    return any(found.strip(" <>") for found in re.findall(r"<<([^\n]+)>>", text))


def two_responses(text: str) -> bool:
    """Return whether there are two different responses, with six asterisks between them."""
    parts = [part.strip() for part in text.split(_RESPONSES)]
    if not all(parts[1:-1]):
        return False
    kept = [part for part in parts if part]
    return len(kept) == 2 and kept[0] != kept[1]
