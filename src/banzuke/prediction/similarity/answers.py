"""What the right answer says of an item: how it is reached, and how it stands out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

__all__ = [
    "options_of",
    "right_option_features",
    "right_options",
    "solution_features",
    "solutions_of",
]

_SOLUTIONS = ("solution", "answer", "label")  # the first that an item has is its right answer
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_LARGEST = 1e12  # longer strings of digits would be infinite
_N_SOLUTION, _N_OPTION = 14, 12


def options_of(items: pl.DataFrame) -> list[list[str]]:
    """Return the options of each item, none where there is no list of texts."""
    if "choices" not in items.columns or items.schema["choices"] != pl.List(pl.String):
        return [[] for _ in range(items.height)]
    return [[str(choice) for choice in choices or []] for choices in items["choices"].to_list()]


def right_options(items: pl.DataFrame) -> list[int | None]:
    """Return the index of each item's right option, None where it has none.

    ``label`` is an index from 0, a letter from A, the option itself, or true or false.

    Examples
    --------
    >>> options = [["Kyoto", "Nara"]] * 3
    >>> right_options(pl.DataFrame({"choices": options, "label": ["B", "Kyoto", None]}))
    [1, 0, None]
    >>> right_options(pl.DataFrame({"choices": options, "label": [1, 0, 7]}))
    [1, 0, None]
    """
    if "label" not in items.columns:
        return [None] * items.height
    labels = items["label"].to_list()
    return [
        _place(label, options) for label, options in zip(labels, options_of(items), strict=True)
    ]


def solutions_of(items: pl.DataFrame) -> list[str]:
    """Return the right answer as text, empty where it only names an option."""
    columns = [_texts(items, name) for name in _SOLUTIONS]
    found = []
    for options, *texts in zip(options_of(items), *columns, strict=True):
        found.append("" if options else next((text for text in texts if text), ""))
    return found


def solution_features(items: pl.DataFrame) -> np.ndarray:
    """Describe the right answers that are written out, such as worked solutions.

    Parameters
    ----------
    items : polars.DataFrame
        With ``solution`` or ``answer``, or ``label`` for items without options; and ``text``.

    Returns
    -------
    ndarray of shape (n_items, 14), float64
        Length, lines, how many numbers and which, operations, and which numbers are not those of
        the question. 0 where no answer is written out.
    """
    solutions = solutions_of(items)
    texts = _texts(items, "text")
    return np.array([_of_solution(*pair) for pair in zip(solutions, texts, strict=True)])


def right_option_features(items: pl.DataFrame) -> np.ndarray:
    """Describe how the right option stands out among the others.

    Parameters
    ----------
    items : polars.DataFrame
        With ``text``, ``choices`` and ``label``.

    Returns
    -------
    ndarray of shape (n_items, 12), float64
        How much of the right option is in the question, how alike it is to the other options and
        these to each other (shares of common character trigrams, so any script will do), its
        length among theirs, and its place among numbers. 0 where the right option is unknown.
    """
    rows = zip(_texts(items, "text"), options_of(items), right_options(items), strict=True)
    return np.array([_of_option(*row) for row in rows])


def _place(label: Any, options: Sequence[str]) -> int | None:
    if label is None or not options:
        return None
    if isinstance(label, bool):
        spelled = ("true", "yes") if label else ("false", "no")
        return next((i for i, text in enumerate(options) if text.strip().lower() in spelled), None)
    if isinstance(label, int):
        return label if 0 <= label < len(options) else None
    text = str(label).strip()
    if text in options:
        return options.index(text)
    letter = text.strip("().").upper()
    place = ord(letter) - ord("A") if len(letter) == 1 else -1
    return place if 0 <= place < len(options) else None


def _texts(items: pl.DataFrame, column: str) -> list[str]:
    if column not in items.columns or items.schema[column].is_nested():
        return [""] * items.height
    return items[column].cast(pl.String).fill_null("").to_list()


def _numbers(text: str) -> list[float]:
    found = _NUMBER.findall(text)
    return [min(float(number.replace(",", "")), _LARGEST) for number in found]


def _of_solution(solution: str, text: str) -> list[float]:
    if not solution:
        return [0.0] * _N_SOLUTION
    numbers, asked = _numbers(solution), set(_numbers(text))
    last = numbers[-1] if numbers else 0.0
    used = set(numbers)
    return [
        np.log1p(len(solution)),
        np.log1p(solution.count("\n")),
        np.log1p(len(numbers)),
        np.log1p(max(numbers, default=0.0)),
        np.log1p(last),
        float(last != int(last)),
        float(any(number != int(number) for number in numbers)),
        np.log1p(solution.count("=")),
        np.log1p(solution.count("+") + solution.count("-")),
        np.log1p(solution.count("*")),
        np.log1p(solution.count("/")),
        np.log1p(solution.count("%")),
        np.log1p(len(used - asked)),
        float(len(asked - used)),
    ]


def _of_option(text: str, options: Sequence[str], right: int | None) -> list[float]:
    if right is None or len(options) < 2:
        return [0.0] * _N_OPTION
    asked, grams = _grams(text), [_grams(option) for option in options]
    found = Counter(gram for one in grams for gram in one)
    others = len(options) - 1
    there = np.array([len(one & asked) / len(one) for one in grams])
    # how much of an option is in the others, on average
    common = np.array([sum(found[gram] - 1 for gram in one) / len(one) / others for one in grams])
    lengths = np.array([len(option) for option in options], dtype=np.float64)
    rest = np.arange(len(options)) != right
    return [
        there[right],
        there[right] - there[rest].mean(),
        common[right],
        common[rest].mean(),
        common[right] - common[rest].mean(),
        max(_overlap(grams[right], one) for one, other in zip(grams, rest, strict=True) if other),
        np.log1p(lengths[right]) - np.log1p(lengths.mean()),
        np.log1p(lengths[right]) - np.log1p(lengths[rest].max()),
        float((lengths > lengths[right]).mean()),
        *_among_numbers(options, right),
    ]


def _grams(text: str) -> set[str]:
    """Return the character trigrams of a text; a shorter text is its own."""
    lower = text.lower()
    return {lower[i : i + 3] for i in range(max(1, len(lower) - 2))}


def _overlap(one: set[str], two: set[str]) -> float:
    common = len(one & two)
    return common / (len(one) + len(two) - common)


def _among_numbers(options: Sequence[str], right: int) -> list[float]:
    """Return whether all options are numbers, how far the right one is from their middle rank, 1.

    Where they are not: 0, 0, and whether the right one holds a number.
    """
    numbers = [_numbers(option) for option in options]
    if not all(numbers):
        return [0.0, 0.0, float(bool(numbers[right]))]
    first = [found[0] for found in numbers]
    rank = sum(number < first[right] for number in first) / (len(first) - 1)
    return [1.0, abs(rank - 0.5), 1.0]
