"""Evaluations as durable workflows: DBOS journals each data set as a step.

A workflow belongs to one run of a submission. The claim in the results database says who
may execute it; DBOS says which steps are done. A worker that takes a run over resumes its
workflow, which replays the finished steps from the journal and goes on with the next.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, error

from banzuke.exceptions import BanzukeError
from banzuke.leaderboard.service.claims import Claim, LostClaimError
from banzuke.leaderboard.service.evaluation import Evaluation, StoppedError

T = TypeVar("T")
_log = structlog.get_logger(__name__)
_APPLICATION = "banzuke"
# Raise it when the steps of the workflow change: a worker continues those of its own only.
_WORKFLOW_VERSION = "1"
_ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_OVER = "over"
_WORKFLOW = "evaluate"
_BATCH = 500


class Execution:
    """The durable workflows of this process.

    Parameters
    ----------
    url : str
        Database of DBOS.
    worker : str
        Name of this worker, unique among all that ever ran.
    on_end : callable
        Called with the claim when an evaluation stops running here, for whatever reason.
    poll_seconds : float
        How often workflows that this worker took over are looked for.
    """

    def __init__(
        self, url: str, worker: str, *, on_end: Callable[[Claim], object], poll_seconds: float
    ) -> None:
        self._queue = f"worker-{worker}"
        self._on_end = on_end
        self._poll_seconds = poll_seconds
        self._running: dict[str, Evaluation] = {}
        self._lock = threading.Lock()
        config: DBOSConfig = {
            "name": _APPLICATION,
            "system_database_url": url,
            "executor_id": worker,
            "application_version": _WORKFLOW_VERSION,
            "log_level": "ERROR",
            "enable_otlp": False,
            "notification_listener_polling_interval_sec": 1.0,
        }
        _quiet()
        DBOS(config=config)
        self._workflow = DBOS.workflow(name=_WORKFLOW)(self._evaluate_function())

    def launch(self) -> None:
        """Connect, make or upgrade DBOS's tables, and listen for this worker's workflows."""
        DBOS.listen_queues([self._queue])
        DBOS.launch()
        DBOS.register_queue(self._queue, polling_interval_sec=self._poll_seconds)

    def start(self, evaluation: Evaluation) -> None:
        """Begin the workflow of a claim, or go on with it."""
        claim = evaluation.claim
        with self._lock:
            self._running[claim.workflow] = evaluation
        status = DBOS.get_workflow_status(claim.workflow)
        if status is not None and status.status in _ENDED:
            # the results database, which may come from a back-up, says that it has not ended;
            # what is done is done there, too, so an empty journal is no loss
            DBOS.delete_workflow(claim.workflow)
            status = None
        if status is None:
            with SetWorkflowID(claim.workflow):
                DBOS.start_workflow(self._workflow, claim.workflow)
        else:
            DBOS.resume_workflow(claim.workflow, queue_name=self._queue)

    def evaluations(self) -> list[Evaluation]:
        """Return what runs here now."""
        with self._lock:
            return list(self._running.values())

    def forget_queues(self, workers: list[str]) -> None:
        """Remove the queues of workers that are long gone."""
        for worker in workers:
            DBOS.delete_queue(f"worker-{worker}")

    def prune(self, before: datetime, ended: Callable[[Sequence[str], datetime], list[str]]) -> int:
        """Remove the journals of runs that ended before a moment; nobody resumes those.

        Parameters
        ----------
        before : datetime
        ended : callable
            Says which of some workflows are no longer needed.

        Returns
        -------
        int
            How many were removed.
        """
        removed = kept = 0
        while True:
            found = DBOS.list_workflows(
                end_time=before.isoformat(),
                name=_WORKFLOW,
                limit=_BATCH,
                offset=kept,
                load_input=False,
                load_output=False,
            )
            names = [workflow.workflow_id for workflow in found]
            over = ended(names, before)
            if over:
                DBOS.delete_workflows(over)
            removed += len(over)
            kept += len(names) - len(over)
            if len(names) < _BATCH:
                return removed

    def close(self) -> None:
        """Leave the journal; workflows that still run here are left to other workers."""
        DBOS.delete_queue(self._queue)
        DBOS.destroy(workflow_completion_timeout_sec=0)

    def _evaluate_function(self) -> Callable[[str], str]:
        def evaluate(workflow: str) -> str:
            with self._lock:
                evaluation = self._running.get(workflow)
            if evaluation is None:  # the claim was lost between resuming and starting
                raise error.DBOSWorkflowConflictIDError(workflow)
            try:
                return _evaluate(evaluation)
            finally:
                self._end(evaluation)

        return evaluate

    def _end(self, evaluation: Evaluation) -> None:
        evaluation.close()
        with self._lock:
            if self._running.get(evaluation.claim.workflow) is evaluation:
                del self._running[evaluation.claim.workflow]
        self._on_end(evaluation.claim)


def _evaluate(evaluation: Evaluation) -> str:
    """Run the steps. What has ended otherwise (withdrawn) ends the workflow as well."""
    log = _log.bind(submission=evaluation.claim.submission, run=evaluation.claim.run)
    try:
        return _steps(evaluation)
    except BanzukeError as wrong:
        log.warning("the evaluation failed", reason=str(wrong))
        reason = str(wrong)
    except Exception as wrong:
        log.exception("the evaluation failed unexpectedly")
        reason = f"something went wrong in the worker ({type(wrong).__name__}); its log says what"
    _step(evaluation, "fail", lambda: evaluation.fail(reason))
    return "failed"


def _steps(evaluation: Evaluation) -> str:
    data_sets = _step(evaluation, "plan", evaluation.plan)
    if data_sets == _OVER:
        return _OVER
    for name in data_sets:
        if _step(evaluation, f"data set {name}", evaluation.run_data_set, name) == _OVER:
            return _OVER
    return str(_step(evaluation, "publish", evaluation.publish))


def _step(evaluation: Evaluation, name: str, work: Callable[..., Any], *given: Any) -> Any:
    """Run a step whose result is journalled; a lost claim leaves no trace in the journal."""

    def guarded() -> Any:
        try:
            return work(*given)
        except LostClaimError as lost:
            if lost.is_over:
                return _OVER
            raise error.DBOSWorkflowConflictIDError(evaluation.claim.workflow) from lost
        except StoppedError:
            raise error.DBOSWorkflowConflictIDError(evaluation.claim.workflow) from None

    return DBOS.run_step({"name": name}, guarded)


def _quiet() -> None:
    """Send DBOS's log the way of all others."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = True
