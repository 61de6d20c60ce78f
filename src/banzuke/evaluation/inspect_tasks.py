"""The built data sets as inspect_ai tasks: ``inspect eval banzuke/jcommonsenseqa``.

inspect_ai finds this module by an entry point. Every declared data set is a task with the
parameters ``suite`` (the folder of built data sets; default: the environment variable
BANZUKE_SUITE, otherwise ``suite``), ``split``, ``shots`` and ``style``. A score has the
values ``strict`` and ``compat``; their metrics are the score of the data set and its
standard error, 0 to 1, as in ``banzuke evaluate``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, GenerateConfig
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import TaskState, generate

from banzuke.evaluation.data_sets import data_sets
from banzuke.evaluation.drawing import cluster_codes
from banzuke.evaluation.engines import Answer
from banzuke.evaluation.measures import MEASURES
from banzuke.evaluation.prompts import Prompt, build_prompt, stop_sequences
from banzuke.evaluation.scoring import record_of
from banzuke.evaluation.suites.built import Selection, load_folder
from banzuke.evaluation.tasks import Benchmark, Item
from banzuke.evaluation.tasks import Task as OurTask
from banzuke.stats.bootstrap import cluster_replicates, standard_error, unanimous_replicates

SUITE_VARIABLE = "BANZUKE_SUITE"


@metric
def score_of_data_set(measure: str, kind: str) -> Metric:
    """Compute the score of all items, 0 to 1 (a correlation -1 to 1)."""

    def compute(scores: list[SampleScore]) -> float:
        values = _values(scores, kind)
        combine = getattr(MEASURES[measure], f"combine_{kind}")
        return float(combine(values, np.ones((1, len(values))))[0])

    return compute


@metric
def clustered_stderr(measure: str, kind: str) -> Metric:
    """Compute its standard error: a bootstrap over items, clustered by shared passage."""

    def compute(scores: list[SampleScore]) -> float:
        values = _values(scores, kind)
        combine = getattr(MEASURES[measure], f"combine_{kind}")
        clusters = [str((one.sample_metadata or {})["cluster"]) for one in scores]
        codes = cluster_codes([clusters])
        (drawn,) = cluster_replicates([lambda weights: combine(values, weights)], codes)
        value = float(combine(values, np.ones((1, len(values))))[0])
        return standard_error(unanimous_replicates(value, drawn, codes[0]))

    return compute


def _values(scores: Sequence[SampleScore], kind: str) -> np.ndarray:
    return np.array([(one.score.metadata or {})[kind] for one in scores], dtype=float)


def _scorer(benchmark: Benchmark, items: Sequence[Item], style: str) -> Scorer:
    measure = benchmark.metric
    by_id = {item.item_id: item for item in items}

    @scorer(
        name=measure,
        metrics={
            kind: [score_of_data_set(measure, kind), clustered_stderr(measure, kind)]
            for kind in ("strict", "compat")
        },
    )
    def two_scores() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            item = by_id[str(state.sample_id)]
            record = record_of(benchmark, item, "", _answer(state), style)
            numbers = {
                kind: _numbers(getattr(record, kind)[measure]) for kind in ("strict", "compat")
            }
            return Score(
                value={kind: found[0] for kind, found in numbers.items()},
                answer=record.answer,
                metadata={
                    **numbers,
                    "parse_failure": record.parse_failure,
                    "truncated": record.truncated,
                },
            )

        return score

    return two_scores()


def _numbers(value: Any) -> list[float]:
    """Return what an answer contributes; NaN is how inspect_ai marks an item without score."""
    if value is None:
        return [math.nan]
    return [float(v) for v in value] if isinstance(value, (list, tuple)) else [float(value)]


def _answer(state: TaskState) -> Answer:
    choice = state.output.choices[0] if state.output.choices else None
    cut = choice is not None and choice.stop_reason == "max_tokens"
    usage = state.output.usage
    return Answer(
        text=state.output.completion,
        thinking=None,
        finish_reason="length" if cut else "stop",
        prompt_tokens=usage.input_tokens if usage else None,
        completion_tokens=usage.output_tokens if usage else None,
        latency_seconds=state.output.time or 0.0,
    )


def _input(prompt: Prompt) -> str | list[Any]:
    if isinstance(prompt, str):
        return prompt
    kinds = {"user": ChatMessageUser, "assistant": ChatMessageAssistant}
    return [kinds[message["role"]](content=message["content"]) for message in prompt]


def build_task(name: str, suite: str | None, split: str, shots: int, style: str) -> Task:
    """Build the inspect_ai task of a data set from its built file."""
    folder = Path(suite or os.environ.get(SUITE_VARIABLE) or "suite")
    loaded, _ = load_folder(folder, Selection(names=(name,), split=split, n_shots=shots))
    ours: OurTask = loaded.tasks[0]
    samples = [
        Sample(
            id=item.item_id,
            input=_input(build_prompt(style, ours, item, shots)),
            target=item.answers[0],
            metadata={"cluster": item.cluster or f"#{item.item_id}"},
        )
        for item in ours.items
    ]
    return Task(
        dataset=MemoryDataset(samples, name=name),
        solver=generate(),
        scorer=_scorer(ours.benchmark, ours.items, style),
        config=GenerateConfig(
            max_tokens=ours.benchmark.output_tokens,
            temperature=0.0,
            seed=0,
            stop_seqs=list(stop_sequences(style, ours.benchmark)) or None,
        ),
        metadata={"split": split, "shots": shots, "style": style},
    )


def _register(name: str) -> Callable[..., Task]:
    def data_set(
        suite: str | None = None, split: str = "dev", shots: int = 0, style: str = "chat"
    ) -> Task:
        return build_task(name, suite, split, shots, style)

    data_set.__name__ = data_set.__qualname__ = name
    data_set.__doc__ = f"The data set {name}, built by ``banzuke suite build``."
    registered: Callable[..., Task] = task(name=name)(data_set)
    return registered


TASKS = {name: _register(name) for name in data_sets()}
"""The task of every declared data set by its name."""
