"""How the English multiple-choice sets lay out a question."""

from __future__ import annotations

from collections.abc import Sequence

from banzuke.evaluation.data_sets._records import Sample

LETTERS = "ABCDEFGHIJ"
INSTRUCTION = "Answer the question with the letter of the right choice only."


def multiple_choice(question: str, choices: Sequence[str], answer: int) -> Sample:
    r"""Lay out a question with one labelled choice on each line.

    Parameters
    ----------
    question : str
    choices : sequence of str
        At most ten.
    answer : int
        The index of the right choice.

    Examples
    --------
    >>> multiple_choice("2 + 2?", ["3", "4"], 1)
    Sample(input='Question: 2 + 2?\nA. 3\nB. 4', output='B', document='')
    """
    lines = [f"{letter}. {choice}" for letter, choice in zip(LETTERS, choices, strict=False)]
    return Sample("\n".join([f"Question: {question}", *lines]), LETTERS[answer])
