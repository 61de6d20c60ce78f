"""One claimed submission in this process: its engine, its data sets, its end."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from banzuke.evaluation import Settings, load_suite
from banzuke.evaluation._hardware import hardware
from banzuke.evaluation.asking import Asking
from banzuke.evaluation.engines import EngineInfo, OpenAICompatible
from banzuke.evaluation.records import Record
from banzuke.evaluation.scoring import check_isolation, failed_record, record_of
from banzuke.evaluation.suites import SUITES
from banzuke.evaluation.tasks import Item, Suite, Task
from banzuke.exceptions import EngineError, NotFoundError, PromptTooLongError, StorageError
from banzuke.leaderboard.service.answers import AnswerStore
from banzuke.leaderboard.service.asking import ask_all
from banzuke.leaderboard.service.claims import Claim, ClaimStore, LostClaimError
from banzuke.leaderboard.service.database import now
from banzuke.leaderboard.service.engines import engine_for
from banzuke.leaderboard.service.item_logs import ItemLogs
from banzuke.leaderboard.service.publishing import Published
from banzuke.leaderboard.service.schemas import SubmissionRequest
from banzuke.leaderboard.service.settings import ServiceSettings
from banzuke.outcomes import Lake

T = TypeVar("T")
_log = structlog.get_logger(__name__)
_WAITS = 3  # request time-outs that one item may take, all tries together


class StoppedError(Exception):
    """The worker is to stop; what was answered is stored."""


class Evaluation:
    """Evaluates one run of a submission under a claim.

    Parameters
    ----------
    claim : Claim
    settings : ServiceSettings
    claims : ClaimStore
    answers : AnswerStore
    logs : ItemLogs

    Attributes
    ----------
    lost : threading.Event
        Set from outside once the claim is lost: nothing is waited for.
    stopping : threading.Event
        Set from outside when the worker is to stop: answers under way are waited for.

    Notes
    -----
    `plan`, `run_data_set` and `publish` may each be called again at any time by whoever
    holds the claim, and go on from where an earlier call stopped. All calls come from one
    thread.
    """

    def __init__(
        self,
        claim: Claim,
        settings: ServiceSettings,
        *,
        claims: ClaimStore,
        answers: AnswerStore,
        logs: ItemLogs,
    ) -> None:
        self.claim = claim
        self.lost = threading.Event()
        self.stopping = threading.Event()
        self._settings = settings
        self._claims = claims
        self._answers = answers
        self._logs = logs
        self._open = ExitStack()
        self._engine: OpenAICompatible | None = None
        self._runner: asyncio.Runner | None = None

    @functools.cached_property
    def _asking(self) -> Asking:
        return asking_of(self.claim.request, self._settings)

    def plan(self) -> list[str]:
        """Ask the engine who it is, note what is to be done, and return the data sets."""
        for task in self._asking.suite.tasks:  # too few shots are noticed before an engine starts
            self._asking.request(task, task.items[0])
        check_isolation(task.benchmark for task in self._asking.suite.tasks)
        info = self._describe(self._opened())
        facts = {
            "identity": self._asking.identity(info),
            "model": dict(info.metadata),
            "hardware": hardware(),
            "submitted": now().date().isoformat(),
        }
        self._answers.plan(self.claim, self._n_items(), facts)
        return list(self._n_items())

    def run_data_set(self, name: str) -> int:
        """Ask what has no answer yet, and put the whole data set into the logs.

        Returns
        -------
        int
            How many items it has.

        Raises
        ------
        StoppedError
            Where the worker is to stop.
        LostClaimError
            Where another worker has the submission, or it was withdrawn.
        EngineError
            Where the engine is gone or refuses.
        """
        task = next(task for task in self._asking.suite.tasks if task.benchmark.name == name)
        items = task.items[: self._asking.settings.limit]
        done = self._answers.begin(self.claim, name)
        if done is None:
            return len(items)
        missing = [item for item in items if item.item_id not in done]
        if missing:
            self._same_engine()
            self._ask(task, missing)
        records = self._answers.records(self.claim, name)
        if records is not None:
            self._logs.write(self.claim.submission, self.claim.run, name, records)
        self._answers.finish(self.claim, name)
        return len(items)

    def publish(self) -> str:
        """Put the run on its board and end it.

        Returns
        -------
        str
            Name of the board.
        """
        claim = self.claim
        if self._claims.renew([claim]):
            raise LostClaimError(f"the submission {claim.submission} was lost", is_over=False)
        published = Published(
            run_id=claim.workflow,
            submission=claim.submission,
            request=claim.request,
            asking=self._asking,
            facts=self._answers.facts(claim.submission, claim.run),
        )
        records = in_order(self._logs, self._asking, claim.submission, claim.run)
        values = self._logs.values(claim.submission, claim.run)
        stored = published.put(Lake(self._settings.data), records, values)
        note = None
        if stored.kept_other is not None:
            note = (
                f"the board keeps the run {stored.kept_other} of this model, which has more items"
            )
        self._claims.finish(claim, board=stored.collection, note=note)
        return stored.collection

    def fail(self, reason: str) -> None:
        """End the run with a reason."""
        self._claims.fail(self.claim, reason)

    def close(self) -> None:
        """Stop the engine."""
        try:
            self._open.close()
        except Exception:
            _log.warning("the engine did not stop in order", exc_info=True)

    def _n_items(self) -> dict[str, int]:
        limit = self._asking.settings.limit
        return {task.benchmark.name: len(task.items[:limit]) for task in self._asking.suite.tasks}

    def _opened(self) -> OpenAICompatible:
        """Start the engine, once for the whole submission."""
        if self._engine is None:
            engine = self._open.enter_context(engine_for(self.claim.request, self._settings))
            runner = self._open.enter_context(asyncio.Runner())
            runner.run(engine.__aenter__())
            self._open.callback(lambda: runner.run(engine.__aexit__(None, None, None)))
            self._engine, self._runner = engine, runner
        return self._engine

    def _describe(self, engine: OpenAICompatible) -> EngineInfo:
        assert self._runner is not None  # noqa: S101 - made with the engine
        return self._runner.run(_in_time(engine.describe(), self._settings))

    def _same_engine(self) -> None:
        """Refuse to mix answers of two servers in one run."""
        if self._engine is not None:
            return
        info = self._describe(self._opened())
        facts = self._answers.facts(self.claim.submission, self.claim.run)["identity"]
        now_there = {"name": info.name, "version": info.version, "endpoint": info.endpoint}
        if facts["engine"] != now_there or facts["model"]["sha256"] != info.model_digest:
            raise EngineError(
                f"the engine changed during the evaluation, from {_named(facts['engine'])} to "
                f"{_named(now_there)}; re-run the submission to measure all of it on one"
            )

    def _ask(self, task: Task, items: Sequence[Item]) -> None:
        assert self._engine is not None  # noqa: S101 - opened before
        assert self._runner is not None  # noqa: S101 - opened before
        engine, asking = self._engine, self._asking

        async def answer(item: Item) -> Record:
            request = asking.request(task, item)
            try:
                given = await _in_time(engine.answer(request), self._settings)
            except PromptTooLongError as error:
                return failed_record(task.benchmark, item, request.prompt, str(error))
            clean = replace(given, text=_clean(given.text), thinking=_clean(given.thinking))
            style = asking.settings.style
            return await asyncio.to_thread(
                record_of, task.benchmark, item, request.prompt, clean, style
            )

        def save(records: Sequence[Record]) -> None:
            self._answers.save(self.claim, task.benchmark.name, records)

        complete = self._runner.run(
            ask_all(
                items,
                answer,
                save,
                concurrency=asking.settings.concurrency,
                must_stop=self.stopping.is_set,
                must_break_off=self.lost.is_set,
            )
        )
        if self.lost.is_set():
            # the next write says how it was lost
            self._answers.begin(self.claim, task.benchmark.name)
        if not complete:
            raise StoppedError


def asking_of(request: SubmissionRequest, settings: ServiceSettings) -> Asking:
    """Return the suite of a submission, and how it is asked."""
    return Asking(
        suite=suite_of(request.suite or settings.default_suite, settings, request.shots),
        settings=Settings(
            style="chat" if request.prompt_style == "chat" else settings.base_style,
            n_shots=request.shots,
            limit=settings.item_limit,
            concurrency=settings.request_concurrency,
        ),
    )


def in_order(logs: ItemLogs, asking: Asking, submission: str, run: int) -> Iterator[Record]:
    """Yield the answers of a run from its logs, in the order of its suite."""
    for task in asking.suite.tasks:
        records = logs.records(submission, run, task.benchmark.name)
        for item in task.items[: asking.settings.limit]:
            if item.item_id not in records:
                raise StorageError(
                    f"the logs of run {run} of {submission} lack the answer to {item.item_id}; "
                    "re-run the submission"
                )
            yield records[item.item_id]


@functools.lru_cache(maxsize=8)
def suite_of(name: str, settings: ServiceSettings, shots: int) -> Suite:
    """Read a suite that this board may ask."""
    if name in SUITES:
        return load_suite(name)
    if settings.suite_directory is None:
        raise NotFoundError(
            f"the suite '{name}' needs built data sets; the operator sets BANZUKE_SUITE_DIRECTORY"
        )
    from banzuke.evaluation.suites.built import Selection, load_folder

    selection = Selection(names=(name,), n_shots=shots)
    suite, notes = load_folder(settings.suite_directory, selection)
    if notes:
        _log.info("data sets are left out or replaced", suite=name, notes=notes)
    return suite


async def _in_time(waited_for: Coroutine[Any, Any, T], settings: ServiceSettings) -> T:
    """Bound the whole time of a call: a server that drips bytes must not hold a worker."""
    seconds = settings.request_timeout_seconds * _WAITS
    try:
        async with asyncio.timeout(seconds):
            return await waited_for
    except TimeoutError:
        raise EngineError(f"the engine gave no whole answer in {seconds:g} s") from None


def _clean(text: str | None) -> Any:
    """Replace halves of surrogate pairs, which no file can hold."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _named(engine: Any) -> str:
    return f"{engine['name']} {engine['version'] or ''}".strip()
