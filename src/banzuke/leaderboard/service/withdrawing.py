"""Taking withdrawn submissions off their boards."""

from __future__ import annotations

import structlog
from sqlalchemy import select, update

from banzuke.exceptions import BanzukeError
from banzuke.leaderboard.service.database import Database
from banzuke.leaderboard.service.schemas import State
from banzuke.leaderboard.service.settings import ServiceSettings
from banzuke.leaderboard.service.tables import SubmissionRow

_log = structlog.get_logger(__name__)


def take_withdrawn_off_boards(database: Database, settings: ServiceSettings) -> int:
    """Remove the rows of withdrawn submissions that a board still shows.

    Safe to call at any time, from several processes; a row that cannot be removed now is
    removed by the next call.

    Returns
    -------
    int
        How many were removed.
    """
    query = select(SubmissionRow.id, SubmissionRow.board).where(
        SubmissionRow.state == State.WITHDRAWN, SubmissionRow.board.is_not(None)
    )
    found = database.read(lambda session: session.execute(query).all())
    shown = [(submission, board) for submission, board in found if board is not None]
    removed = 0
    for submission, board in shown:
        try:
            _remove(database, settings, submission, board)
        except BanzukeError as error:
            _log.warning("a withdrawn model is still shown", board=board, reason=str(error))
            continue
        removed += 1
    return removed


def _remove(database: Database, settings: ServiceSettings, submission: str, board: str) -> None:
    from banzuke.leaderboard.service.publishing import unpublish
    from banzuke.outcomes import Lake

    unpublish(Lake(settings.data), board, submission)
    clear = (
        update(SubmissionRow)
        .where(SubmissionRow.id == submission, SubmissionRow.state == State.WITHDRAWN)
        .values(board=None)
    )
    database.write(lambda session: session.execute(clear))
