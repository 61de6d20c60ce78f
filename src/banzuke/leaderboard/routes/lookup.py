"""What routes look up: the current snapshot, a board, a model by name or key."""

from __future__ import annotations

from fastapi import Request

from banzuke.leaderboard.board import Board
from banzuke.leaderboard.refusals import NotThereError
from banzuke.leaderboard.snapshot import Snapshot, SnapshotStore


def snapshot(request: Request) -> Snapshot:
    """Return the snapshot of the lake as it is now."""
    store: SnapshotStore = request.app.state.store
    return store.current()


def model_row(board: Board, name: str | None, key: str | None) -> int:
    """Return the row of a model, by name or by the key of `links.model_key`.

    Raises
    ------
    NotThereError
        Where the board has no such model.
    """
    row = board.rows.get(name) if name is not None else board.rows_by_key.get(key or "")
    if row is None:
        raise NotThereError("errors.no_model", board=board.name, model=(name or key or "")[:200])
    return row
