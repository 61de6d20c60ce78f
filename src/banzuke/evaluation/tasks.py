"""Items, benchmarks and suites: what is asked, and how an answer is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question with its gold answers.

    Parameters
    ----------
    item_id : str
        Unique in its suite, such as ``"nli-3"``.
    text : str
        What the model reads, without the instruction.
    answers : sequence of str
        Gold answers; the first is the one shown as a shot and stored as the label, the
        others are accepted as well.
    labels : sequence of str
        Everything that an answer may be; empty where the answer is free text.
    tests : sequence of mapping
        For code: ``{"given": {name: value}, "expected": value}``.
    cluster : str, default ""
        Items with the same cluster share a passage, so their scores are not independent;
        "" stands for an item of its own.
    """

    item_id: str
    text: str
    answers: Sequence[str]
    labels: Sequence[str] = ()
    tests: Sequence[Mapping[str, Any]] = ()
    cluster: str = ""


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """The declaration of a benchmark; its data are in a `Task`.

    Parameters
    ----------
    name : str
        Such as ``"mt_ja_en"``; also the name of its data file.
    category : str
        Such as ``"MT"``; benchmarks of a category are averaged.
    metric : str
        A key of `banzuke.evaluation.metrics.METRICS`.
    instruction : str
        What the model is told to do.
    layout : str
        A format string that turns the fields of a data row into the text of an item.
        ``{choices}`` stands for the labelled choices, one on a line.
    output_tokens : int
        Longest answer, in the model's own tokens; longer ones are cut off and counted.
    labels : sequence of str, default ()
        Everything that an answer may be; empty where the answer is free text.
    measures : sequence of str, default ()
        For a built data set: keys of `banzuke.evaluation.measures.MEASURES`, the main one
        first. Each gives a compat and a strict score; `metric` is the strict score's name.
    zero_shot : bool, default False
        Whether prompts have no shots, however many those of other benchmarks have.
    """

    name: str
    category: str
    metric: str
    instruction: str
    layout: str
    output_tokens: int
    labels: Sequence[str] = ()
    measures: Sequence[str] = ()
    zero_shot: bool = False


@dataclass(frozen=True, kw_only=True)
class Task:
    """A benchmark with its data: shots (never scored) and items."""

    benchmark: Benchmark
    shots: Sequence[Item]
    items: Sequence[Item]


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Tasks that are run together; the results go into the collection of that name.

    Parameters
    ----------
    name : str
    tasks : sequence of Task
    source : mapping, optional
        Where built data sets come from: split, digests, what stands in for the prompts.
        Part of a run's identity.
    preamble : str, optional
        The sentence that opens an ``alpaca-ja`` prompt, where it is not our own.
    """

    name: str
    tasks: Sequence[Task]
    source: Mapping[str, Any] = field(default_factory=dict)
    preamble: str | None = None

    @property
    def is_built(self) -> bool:
        """Whether it consists of built data sets, with two scores for each answer."""
        return any(task.benchmark.measures for task in self.tasks)

    def questions(self, limit: int | None = None) -> Iterator[tuple[Task, Item]]:
        """Yield the first `limit` items of each task (None: all), with their task."""
        for task in self.tasks:
            for item in task.items[:limit]:
                yield task, item
