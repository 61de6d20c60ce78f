"""Accuracy of IFEval: prompts of which all instructions are kept, and single instructions."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import orjson

from banzuke.evaluation.ifeval import Followed, follow
from banzuke.evaluation.measures._base import Combine, Judged, Measure, Value, mean
from banzuke.evaluation.tasks import Item


@lru_cache(maxsize=64)
def _follow(answer: str, gold: str) -> Followed:
    wanted = orjson.loads(gold)
    return follow(answer, wanted["instruction_id_list"], wanted["kwargs"])


def of_instructions(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the share of instructions that are kept, shape (n_draws,)."""
    kept, every = (weights @ values).T
    with np.errstate(invalid="ignore", divide="ignore"):
        share: np.ndarray = kept / every
    return share


def _prompt(kind: str) -> Callable[[str, Item], Value]:
    def value(answer: str, item: Item) -> Value:
        return float(all(getattr(_follow(answer, item.answers[0]), kind)))

    return value


def _instructions(kind: str) -> Callable[[str, Item], Value]:
    def value(answer: str, item: Item) -> Value:
        kept = getattr(_follow(answer, item.answers[0]), kind)
        return float(sum(kept)), float(len(kept))

    return value


def _measure(
    name: str, value: Callable[[str, Item], Value], description: str, combine: Combine
) -> Measure:
    return Measure(
        name=name,
        description=description,
        difference="the same value: llm-jp-eval v1.4.1 has no IFEval; both are the authors'",
        compat=value,
        strict=lambda answer, item: Judged(value(answer, item), not answer.strip()),
        combine_compat=combine,
        combine_strict=combine,
        whole=True,
    )


MEASURES = (
    _measure(
        "instruction_following",
        _prompt("strict"),
        "share of the prompts of which every instruction is kept",
        mean,
    ),
    _measure(
        "instructions_followed",
        _instructions("strict"),
        "share of the instructions that are kept",
        of_instructions,
    ),
    _measure(
        "instruction_following_loose",
        _prompt("loose"),
        "the share of prompts, forgiving a first line, a last line and asterisks",
        mean,
    ),
    _measure(
        "instructions_followed_loose",
        _instructions("loose"),
        "the share of instructions, forgiving the same",
        of_instructions,
    ),
)
