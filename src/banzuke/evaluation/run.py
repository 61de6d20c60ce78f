"""Running a suite on an engine: every item once, each answer kept, a killed run continued."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from banzuke import progress
from banzuke._version import __version__
from banzuke.evaluation._hardware import hardware
from banzuke.evaluation.engines import Answer, Engine, EngineInfo, Request
from banzuke.evaluation.metrics import METRICS
from banzuke.evaluation.prompts import (
    build_prompt,
    digest,
    prompt_text,
    read_reply,
    stop_sequences,
)
from banzuke.evaluation.records import Appender, Record, RunFolder
from banzuke.evaluation.tasks import Item, Suite, Task
from banzuke.exceptions import ConflictError, EngineError, InvalidInputError


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
class Run:
    """A finished run.

    Parameters
    ----------
    run_id : str
    path : Path
        Its folder.
    info : EngineInfo
    settings : Settings
    questions : sequence of (Task, Item)
        In the order of the suite.
    records : mapping of str to Record
        By item id, in the same order.
    n_new : int
        How many answers were not there before.
    suite : str
    """

    run_id: str
    path: Path
    info: EngineInfo
    settings: Settings
    questions: list[tuple[Task, Item]]
    records: Mapping[str, Record]
    n_new: int
    suite: str


@dataclass(frozen=True, kw_only=True)
class _Question:
    task: Task
    item: Item
    request: Request


def evaluate(
    suite: Suite, engine: Engine, *, runs: str | Path, settings: Settings | None = None
) -> Run:
    """Ask every item of a suite that has no answer yet, and return the whole run.

    The run's folder is named after a digest of everything that could change an answer or
    a score: package version, engine, model, items, prompts, sampling. So the same call
    continues a killed run, and any other call is another run. An answer is on the disk
    before the next question takes its place; no answered request is sent again.

    Parameters
    ----------
    suite : Suite
    engine : Engine
    runs : path
        Folder of the run folders, on a local disk.
    settings : Settings, optional

    Returns
    -------
    Run

    Raises
    ------
    EngineError
        Where the engine is not there, dies, or refuses a request; all answers so far are
        kept.
    ConflictError
        Where another process works on the same run.
    """
    chosen = settings or Settings()
    questions = [_question(task, item, chosen) for task, item in suite.questions(chosen.limit)]
    return asyncio.run(_evaluate(suite, engine, Path(runs), chosen, questions))


def _question(task: Task, item: Item, settings: Settings) -> _Question:
    request = Request(
        prompt=build_prompt(settings.style, task, item, settings.n_shots),
        max_tokens=task.benchmark.output_tokens + settings.thinking_tokens,
        temperature=settings.temperature,
        seed=settings.seed,
        stop=stop_sequences(settings.style),
    )
    return _Question(task=task, item=item, request=request)


async def _evaluate(
    suite: Suite, engine: Engine, runs: Path, settings: Settings, questions: list[_Question]
) -> Run:
    async with engine:
        info = await engine.describe()
        identity = _identity(suite, info, settings, questions)
        run_id = f"{suite.name}-{digest(identity)[:16]}"
        folder = RunFolder(runs / run_id)
        with folder.locked():
            manifest = _open(folder, run_id, identity, settings)
            records = folder.records()
            missing = [q for q in questions if q.item.item_id not in records]
            if missing:
                await _ask_all(engine, missing, folder, settings, len(questions))
                records = folder.records()
            records = {q.item.item_id: records[q.item.item_id] for q in questions}
            _close(folder, manifest, records, bool(missing))
    return Run(
        run_id=run_id,
        path=folder.path,
        info=info,
        settings=settings,
        questions=[(q.task, q.item) for q in questions],
        records=records,
        n_new=len(missing),
        suite=suite.name,
    )


def _identity(
    suite: Suite, info: EngineInfo, settings: Settings, questions: Iterable[_Question]
) -> dict[str, Any]:
    """Everything that could change an answer or a score."""
    known = list(questions)
    return {
        "banzuke": __version__,
        "suite": suite.name,
        "items": len(known),
        "items_sha256": digest(*(asdict(q.item) | {"by": q.task.benchmark.metric} for q in known)),
        "engine": {"name": info.name, "version": info.version, "endpoint": info.endpoint},
        "model": {
            "name": info.model,
            "sha256": info.model_digest,
            "revision": info.metadata.get("revision"),
        },
        "prompt": {
            "style": settings.style,
            "shots": settings.n_shots,
            "sha256": digest(*(asdict(q.request) for q in known)),
        },
        "sampling": {
            "temperature": settings.temperature,
            "seed": settings.seed,
            "thinking_tokens": settings.thinking_tokens,
        },
    }


def _open(
    folder: RunFolder, run_id: str, identity: Mapping[str, Any], settings: Settings
) -> dict[str, Any]:
    manifest = folder.manifest()
    if manifest is None:
        manifest = {
            "run": run_id,
            "identity": dict(identity),
            "limit": settings.limit,
            "hardware": hardware(),
            "started": _now(),
            "finished": None,
        }
        folder.write_manifest(manifest)
    elif manifest.get("identity") != identity:
        raise ConflictError(
            f"the manifest in {folder.path} is of another run than its name says; "
            "it was changed by hand: move that folder away"
        )
    return manifest


def _close(
    folder: RunFolder, manifest: dict[str, Any], records: Mapping[str, Record], changed: bool
) -> None:
    if manifest["finished"] is not None and not changed:
        return
    folder.rewrite(records)
    tokens = {
        kind: sum(getattr(record, kind) or 0 for record in records.values())
        for kind in ("prompt_tokens", "completion_tokens")
    }
    folder.write_manifest({**manifest, "finished": _now(), "tokens": tokens})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


async def _ask_all(
    engine: Engine,
    missing: list[_Question],
    folder: RunFolder,
    settings: Settings,
    total: int,
) -> None:
    done = total - len(missing)
    with folder.appending() as appender, progress.step("asking", total) as advance:
        advance(done)

        def kept() -> None:
            nonlocal done
            done += 1
            advance(1)

        try:
            await _work(engine, missing, appender, settings, kept)
        except EngineError as error:
            raise EngineError(
                f"{error} ({done} of {total} answers are kept in {folder.path}; "
                "the same command continues from there)"
            ) from error


async def _work(
    engine: Engine,
    missing: list[_Question],
    appender: Appender,
    settings: Settings,
    kept: Callable[[], None],
) -> None:
    """Share the questions among workers; on an error keep what has been answered, then raise."""
    queue = iter(missing)
    keeping: set[asyncio.Future[None]] = set()

    async def worker() -> None:
        for question in queue:
            answer = await engine.answer(question.request)
            # from here on a failure elsewhere must not lose the answer
            step = asyncio.ensure_future(
                asyncio.to_thread(_keep, question, answer, settings.style, appender)
            )
            keeping.add(step)
            await asyncio.shield(step)
            keeping.discard(step)
            kept()

    workers = [asyncio.create_task(worker()) for _ in range(settings.concurrency)]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, *keeping, return_exceptions=True)


def _keep(question: _Question, answer: Answer, style: str, appender: Appender) -> None:
    reply = read_reply(answer.text, style, answer.thinking)
    scored = METRICS[question.task.benchmark.metric].score(reply.answer, question.item)
    appender.append(
        Record(
            item_id=question.item.item_id,
            prompt=prompt_text(question.request.prompt),
            raw=answer.text,
            answer=reply.answer,
            thinking=reply.thinking,
            score=scored.score,
            parse_failure=scored.parse_failure,
            truncated=answer.finish_reason == "length" and not reply.complete,
            finish_reason=answer.finish_reason,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            latency_seconds=round(answer.latency_seconds, 6),
        )
    )
