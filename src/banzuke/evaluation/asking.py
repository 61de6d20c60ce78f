"""How a suite is asked: settings, requests, and what identifies a run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from banzuke._version import __version__
from banzuke.evaluation.engines import Answer, EngineInfo, Request
from banzuke.evaluation.prompts import build_prompt, stop_sequences
from banzuke.evaluation.records import Appender
from banzuke.evaluation.scoring import failed_record, record_of
from banzuke.evaluation.tasks import Item, Suite, Task
from banzuke.exceptions import InvalidInputError, PromptTooLongError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a suite is run.

    Parameters
    ----------
    style : str, default "chat"
        A key of `banzuke.evaluation.prompts.STYLES`.
    n_shots : int, default 0
        Solved examples in each prompt.
    limit : int, optional
        Only the first items of each benchmark.
    temperature : float, default 0
    seed : int, default 0
        Sent to the engine.
    thinking_tokens : int, default 0
        Tokens that a reasoning model may use besides those of the answer.
    concurrency : int, default 8
        Requests at a time; not part of what identifies a run.
    """

    style: str = "chat"
    n_shots: int = 0
    limit: int | None = None
    temperature: float = 0.0
    seed: int = 0
    thinking_tokens: int = 0
    concurrency: int = 8

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise InvalidInputError(f"a limit of {self.limit} items leaves nothing to ask; use 1+")
        if self.concurrency < 1 or self.thinking_tokens < 0 or self.temperature < 0:
            raise InvalidInputError(
                "concurrency must be 1 or more, thinking tokens and temperature 0 or more; got "
                f"{self.concurrency}, {self.thinking_tokens} and {self.temperature:g}"
            )


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A suite with settings: makes a request when its turn comes, and keeps the answer."""

    suite: Suite
    settings: Settings

    def request(self, task: Task, item: Item) -> Request:
        """Return what the engine is sent for an item."""
        settings = self.settings
        return Request(
            prompt=build_prompt(
                settings.style, task, item, settings.n_shots, preamble=self.suite.preamble
            ),
            max_tokens=task.benchmark.output_tokens + settings.thinking_tokens,
            temperature=settings.temperature,
            seed=settings.seed,
            stop=stop_sequences(settings.style, task.benchmark),
        )

    def keep(
        self,
        task: Task,
        item: Item,
        request: Request,
        outcome: Answer | PromptTooLongError,
        appender: Appender,
    ) -> None:
        """Score an answer, or note why there is none, and put it on the disk."""
        if isinstance(outcome, PromptTooLongError):
            record = failed_record(task.benchmark, item, request.prompt, str(outcome))
        else:
            style = self.settings.style
            record = record_of(task.benchmark, item, request.prompt, outcome, style)
        appender.append(record)

    def items_digest(self) -> str:
        """Return the sha256 of the items and of how they are scored.

        Passages are left out: they change errors, not scores, and are not known everywhere.
        """
        return _digest_of_many(
            asdict(replace(item, cluster=""))
            | {"by": [task.benchmark.metric, *task.benchmark.measures]}
            for task, item in self.suite.questions(self.settings.limit)
        )

    def identity(self, info: EngineInfo) -> dict[str, Any]:
        """Return everything that could change an answer or a score."""
        settings = self.settings
        questions = list(self.suite.questions(settings.limit))
        return {
            "banzuke": __version__,
            "suite": self.suite.name,
            "items": len(questions),
            "items_sha256": self.items_digest(),
            "clusters_sha256": _digest_of_many(item.cluster for _, item in questions),
            "data": dict(self.suite.source),
            "engine": {"name": info.name, "version": info.version, "endpoint": info.endpoint},
            "model": {
                "name": info.model,
                "sha256": info.model_digest,
                "revision": info.metadata.get("revision"),
            },
            "prompt": {
                "style": settings.style,
                "shots": settings.n_shots,
                "sha256": _digest_of_many(asdict(self.request(*pair)) for pair in questions),
            },
            "sampling": {
                "temperature": settings.temperature,
                "seed": settings.seed,
                "thinking_tokens": settings.thinking_tokens,
            },
        }


def _digest_of_many(rows: Iterable[Any]) -> str:
    """Return the sha256 over JSON lines, without holding them all."""
    found = hashlib.sha256()
    for row in rows:
        options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        found.update(orjson.dumps(row, option=options))
    return found.hexdigest()
