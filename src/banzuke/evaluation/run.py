"""Running a suite on an engine: every item once, each answer kept, a killed run continued."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from banzuke import progress
from banzuke.evaluation._hardware import hardware
from banzuke.evaluation.asking import Asking, Settings
from banzuke.evaluation.engines import Answer, Engine, EngineInfo, Request
from banzuke.evaluation.prompts import digest
from banzuke.evaluation.records import Appender, Record, RunFolder
from banzuke.evaluation.sandbox import SandboxError
from banzuke.evaluation.scoring import check_isolation
from banzuke.evaluation.tasks import Item, Suite, Task
from banzuke.exceptions import ConflictError, EngineError, PromptTooLongError


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run; its answers stay on the disk.

    Parameters
    ----------
    run_id : str
    path : Path
        Its folder.
    info : EngineInfo
    settings : Settings
    suite : Suite
    n_new : int
        How many answers were not there before.
    """

    run_id: str
    path: Path
    info: EngineInfo
    settings: Settings
    suite: Suite
    n_new: int

    @property
    def n_items(self) -> int:
        """How many items were asked."""
        return sum(len(task.items[: self.settings.limit]) for task in self.suite.tasks)

    def questions(self) -> Iterator[tuple[Task, Item]]:
        """Yield the tasks and items in the order of the suite."""
        return self.suite.questions(self.settings.limit)

    def records(self) -> Iterator[Record]:
        """Yield the answers in the same order, one at a time."""
        return RunFolder(self.path).records()


def evaluate(
    suite: Suite, engine: Engine, *, runs: str | Path, settings: Settings | None = None
) -> Run:
    """Ask every item of a suite that has no answer yet, and return the whole run.

    The run's folder is named after a digest of everything that could change an answer or
    a score: package version, engine, model, items, prompts, sampling. So the same call
    continues a killed run, and any other call is another run. An answer is on the disk
    before the next question takes its place; no answered request is sent again. A prompt
    that is longer than the model's context fails alone: its record has an error.

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
    SandboxError
        Where programs are asked for and nothing isolates them, or an isolation does not
        start: an answer that could not be judged is no wrong one, and is asked again.
    ConflictError
        Where another process works on the same run.
    """
    chosen = settings or Settings()
    asking = Asking(suite=suite, settings=chosen)
    for task in suite.tasks:  # a wrong style or too few shots before an engine starts
        asking.request(task, task.items[0])
    return asyncio.run(_evaluate(asking, engine, Path(runs)))


async def _evaluate(asking: Asking, engine: Engine, runs: Path) -> Run:
    suite, settings = asking.suite, asking.settings
    async with engine:
        info = await engine.describe()
        identity = asking.identity(info)
        run_id = f"{suite.name}-{digest(identity)[:16]}"
        folder = RunFolder(runs / run_id)
        with folder.locked():
            manifest = _open(folder, run_id, identity, asking)
            answered = folder.places()
            questions = list(suite.questions(settings.limit))
            missing = [pair for pair in questions if pair[1].item_id not in answered]
            if missing:
                check_isolation(task.benchmark for task, _ in missing)
                await _ask_all(engine, missing, folder, asking, len(questions))
            order = [item.item_id for _, item in questions]
            _close(folder, manifest, order, bool(missing))
    return Run(
        run_id=run_id,
        path=folder.path,
        info=info,
        settings=settings,
        suite=suite,
        n_new=len(missing),
    )


def _open(
    folder: RunFolder, run_id: str, identity: Mapping[str, Any], asking: Asking
) -> dict[str, Any]:
    manifest = folder.manifest()
    if manifest is None:
        manifest = {
            "run": run_id,
            "identity": dict(identity),
            "limit": asking.settings.limit,
            "tasks": [asdict(task.benchmark) for task in asking.suite.tasks],
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
    folder: RunFolder, manifest: dict[str, Any], order: Iterable[str], changed: bool
) -> None:
    if manifest["finished"] is not None and not changed:
        return
    folder.rewrite(order)
    tokens: Counter[str] = Counter()
    failed = 0
    for record in folder.records():
        tokens["prompt_tokens"] += record.prompt_tokens or 0
        tokens["completion_tokens"] += record.completion_tokens or 0
        failed += record.error is not None
    folder.write_manifest(
        {**manifest, "finished": _now(), "tokens": dict(tokens), "failed_items": failed}
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


async def _ask_all(
    engine: Engine,
    missing: Sequence[tuple[Task, Item]],
    folder: RunFolder,
    asking: Asking,
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
            await _work(engine, missing, appender, asking, kept)
        except (EngineError, SandboxError) as error:
            raise type(error)(
                f"{error} ({done} of {total} answers are kept in {folder.path}; "
                "the same command continues from there)"
            ) from error


async def _work(
    engine: Engine,
    missing: Iterable[tuple[Task, Item]],
    appender: Appender,
    asking: Asking,
    kept: Callable[[], None],
) -> None:
    """Share the questions among workers; on an error keep what has been answered, then raise."""
    queue = iter(missing)
    keeping: set[asyncio.Future[None]] = set()

    async def worker() -> None:
        for task, item in queue:
            request = asking.request(task, item)
            outcome = await _answer(engine, request)
            # from here on a failure elsewhere must not lose the answer
            step = asyncio.ensure_future(
                asyncio.to_thread(asking.keep, task, item, request, outcome, appender)
            )
            keeping.add(step)
            await asyncio.shield(step)
            keeping.discard(step)
            kept()

    workers = [asyncio.create_task(worker()) for _ in range(asking.settings.concurrency)]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, *keeping, return_exceptions=True)


async def _answer(engine: Engine, request: Request) -> Answer | PromptTooLongError:
    try:
        return await engine.answer(request)
    except PromptTooLongError as error:
        return error
