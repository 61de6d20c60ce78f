"""Values of neural metrics for a run that is on its board already."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from banzuke.evaluation.values import keep_values, read_values
from banzuke.exceptions import ConflictError
from banzuke.leaderboard.service.answers import AnswerStore
from banzuke.leaderboard.service.claims import workflow_of
from banzuke.leaderboard.service.database import Database
from banzuke.leaderboard.service.evaluation import asking_of, in_order
from banzuke.leaderboard.service.item_logs import ItemLogs
from banzuke.leaderboard.service.publishing import Published, write_records
from banzuke.leaderboard.service.schemas import State
from banzuke.leaderboard.service.settings import ServiceSettings
from banzuke.leaderboard.service.submissions import SubmissionStore
from banzuke.outcomes import Lake


@dataclass(frozen=True, kw_only=True)
class Added:
    """What `add_values` did: how many values the run has now, and the board they are on."""

    submission: str
    run: int
    n_values: int
    board: str
    changed: bool


def add_values(
    submission: str,
    fill: Callable[[Path], None],
    *,
    database: Database,
    settings: ServiceSettings,
) -> Added:
    """Add values of neural metrics to a finished run, and put it on its board anew.

    Nothing is asked again. The values are kept beside the logs of the run, so a back-up
    holds them; another run of the submission starts without them.

    Parameters
    ----------
    submission : str
    fill : callable
        Keeps values beside the run in the folder that it is given: imports or computes them.
    database : Database
    settings : ServiceSettings

    Raises
    ------
    ConflictError
        Where the submission is not on a board, or the suite's files are no longer those that
        were asked.
    """
    found = SubmissionStore(database, settings).get(submission)
    if found.state is not State.FINISHED:
        raise ConflictError(
            f"the submission {submission} is {found.state.value}; values are added to finished ones"
        )
    asking, run = asking_of(found.request, settings), found.run
    facts = AnswerStore(database).facts(submission, run)
    if asking.items_digest() != facts["identity"]["items_sha256"]:
        raise ConflictError(
            f"the questions of {submission} are not those of the suite now: its files or "
            "BANZUKE_ITEM_LIMIT changed; set them as they were, or re-run the submission"
        )
    logs = ItemLogs(settings.logs)
    records = list(in_order(logs, asking, submission, run))
    with tempfile.TemporaryDirectory(prefix="banzuke-values-") as folder:
        path = Path(folder) / workflow_of(submission, run)
        path.mkdir()
        write_records(path, records)
        keep_values(path, logs.values(submission, run))
        fill(path)
        values = read_values(path)
    logs.keep_values(submission, run, values)
    published = Published(
        run_id=workflow_of(submission, run),
        submission=submission,
        request=found.request,
        asking=asking,
        facts=facts,
    )
    stored = published.put(Lake(settings.data), records, values)
    return Added(
        submission=submission,
        run=run,
        n_values=sum(map(len, values.values())),
        board=stored.collection,
        changed=stored.changed,
    )
