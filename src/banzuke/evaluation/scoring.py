"""From an engine's answer to a record with its scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from banzuke.evaluation.engines import Answer
from banzuke.evaluation.measures import MEASURES, Judged, Value
from banzuke.evaluation.metrics import METRICS
from banzuke.evaluation.prompts import Prompt, Reply, is_long, prompt_text, read_reply
from banzuke.evaluation.records import Record
from banzuke.evaluation.tasks import Benchmark, Item
from banzuke.evaluation.text import normalise


def check_isolation(benchmarks: Iterable[Benchmark]) -> None:
    """Refuse to ask for programs where nothing isolates them, before hours of other questions.

    Raises
    ------
    SandboxError
        Where answers to one of the benchmarks are run, and there is no isolation.
    """
    measures = {name for one in benchmarks for name in one.measures}
    if any(MEASURES[name].executes for name in measures):
        from banzuke.evaluation.sandbox import find_isolation

        find_isolation()


def record_of(
    benchmark: Benchmark, item: Item, prompt: Prompt, answer: Answer, style: str
) -> Record:
    """Score an answer, and return everything that is kept of it."""
    whole = bool(benchmark.measures) and is_long(benchmark)
    reply = read_reply(answer.text, style, answer.thinking, whole=whole)
    compat, strict, main = _judge(benchmark, item, reply)
    return Record(
        item_id=item.item_id,
        task=benchmark.name,
        cluster=item.cluster,
        text=item.text,
        gold=tuple(item.answers),
        prompt=prompt_text(prompt),
        raw=answer.text,
        answer=reply.answer,
        thinking=reply.thinking,
        score=_single(strict[benchmark.metric]),
        parse_failure=main.parse_failure,
        truncated=answer.finish_reason == "length" and not reply.complete,
        finish_reason=answer.finish_reason,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        latency_seconds=round(answer.latency_seconds, 6),
        compat=compat,
        strict=strict if benchmark.measures else {},
        verdict=dict(main.verdict or {}),
    )


def failed_record(benchmark: Benchmark, item: Item, prompt: Prompt, reason: str) -> Record:
    """Return the record of an item that could not be asked: an empty answer, and why."""
    empty = Answer(
        text="",
        thinking=None,
        finish_reason=None,
        prompt_tokens=None,
        completion_tokens=None,
        latency_seconds=0.0,
    )
    record = record_of(benchmark, item, prompt, empty, "chat")
    return record.with_error(reason)


def _judge(
    benchmark: Benchmark, item: Item, reply: Reply
) -> tuple[Mapping[str, Value], Mapping[str, Value], Judged]:
    if not benchmark.measures:
        scored = METRICS[benchmark.metric].score(reply.answer, item)
        main = Judged(scored.score, scored.parse_failure)
        return {}, {benchmark.metric: scored.score}, main
    first = normalise(reply.first_paragraph)
    judged = {name: MEASURES[name].strict(reply.answer, item) for name in benchmark.measures}
    compat = {
        name: MEASURES[name].compat(reply.answer if MEASURES[name].whole else first, item)
        for name in benchmark.measures
    }
    strict = {name: one.value for name, one in judged.items()}
    return compat, strict, judged[benchmark.metric]


def _single(value: Value) -> float | None:
    """Return a value that is a score by itself; None where only a data set has a score."""
    return value if isinstance(value, float) else None
