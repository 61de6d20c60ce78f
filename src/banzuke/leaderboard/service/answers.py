"""Answers of a run, stored under its claim: each item once, whoever evaluates it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from banzuke.evaluation.records import Record
from banzuke.leaderboard.service.claims import Claim, lock
from banzuke.leaderboard.service.database import Database, now
from banzuke.leaderboard.service.tables import ResultRow, RunRow, StepRow

_LAST_LINES = 8


class AnswerStore:
    """Progress and answers in the results database; every write is behind the fence.

    Parameters
    ----------
    database : Database

    Notes
    -----
    Each method raises LostClaimError where the claim is lost, and then writes nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, claim: Claim, data_sets: Mapping[str, int], facts: Mapping[str, Any]) -> None:
        """Note which data sets a run has, with their numbers of items, and how it is run.

        What is there already, from a worker before, stays as it is.
        """

        def work(session: Session) -> None:
            row = lock(session, claim)
            for position, (name, n_items) in enumerate(data_sets.items()):
                if session.get(StepRow, (claim.submission, claim.run, name)) is None:
                    session.add(_new_step(claim, name, position, n_items))
            row.n_items = sum(data_sets.values())
            if session.get(RunRow, (claim.submission, claim.run)) is None:
                session.add(RunRow(submission=claim.submission, run=claim.run, facts=dict(facts)))

        self._database.write(work)

    def begin(self, claim: Claim, data_set: str) -> frozenset[str] | None:
        """Start or continue a data set.

        Returns
        -------
        frozenset of str or None
            The items that have an answer; None where the data set is finished.
        """

        def work(session: Session) -> frozenset[str] | None:
            lock(session, claim)
            step = _step(session, claim, data_set)
            if step.state == "finished":
                return None
            if step.state == "pending":
                step.state, step.started_at = "running", now()
            query = select(ResultRow.item).where(*_of(claim, data_set))
            done = frozenset(session.scalars(query))
            _log(step, f"{len(done)} of {step.n_items} answers are here; {claim.worker} goes on")
            return done

        return self._database.write(work)

    def save(self, claim: Claim, data_set: str, records: Sequence[Record]) -> int:
        """Store answers; an item that has one already keeps it.

        Returns
        -------
        int
            How many were new.
        """

        def work(session: Session) -> int:
            row = lock(session, claim)
            ids = [record.item_id for record in records]
            there = set(
                session.scalars(
                    select(ResultRow.item).where(*_of(claim, data_set), ResultRow.item.in_(ids))
                )
            )
            new = [record for record in records if record.item_id not in there]
            session.add_all(_result(claim, data_set, record) for record in new)
            step = _step(session, claim, data_set)
            step.n_done += len(new)
            step.n_unreadable += sum(record.parse_failure for record in new)
            step.score_sum += sum(record.score or 0.0 for record in new)
            for record in new:
                _log(step, _line(record))
            row.n_done += len(new)
            return len(new)

        return self._database.write(work)

    def records(self, claim: Claim, data_set: str) -> list[tuple[Record, datetime]] | None:
        """Return the answers of a data set by item; None once the logs have them."""
        query = (
            select(ResultRow.record, ResultRow.at)
            .where(*_of(claim, data_set))
            .order_by(ResultRow.item)
        )
        rows = self._database.read(lambda session: session.execute(query).all())
        kept = [(Record(**orjson.loads(text)), at) for text, at in rows if text is not None]
        return kept if len(kept) == len(rows) else None

    def finish(self, claim: Claim, data_set: str) -> None:
        """Close a data set whose answers are in the logs.

        Raises
        ------
        RuntimeError
            Where an item has no answer.
        """

        def work(session: Session) -> None:
            lock(session, claim)
            step = _step(session, claim, data_set)
            if step.state == "finished":
                return
            if step.n_done != step.n_items:
                raise RuntimeError(f"{data_set} has {step.n_done} of {step.n_items} answers")
            step.state, step.finished_at = "finished", now()
            _log(step, f"all {step.n_items} answers are in the logs")
            session.execute(update(ResultRow).where(*_of(claim, data_set)).values(record=None))

        self._database.write(work)

    def facts(self, submission: str, run: int) -> dict[str, Any]:
        """Return how a run was run: versions, digests, seeds, hardware."""

        def work(session: Session) -> dict[str, Any]:
            row = session.get(RunRow, (submission, run))
            return {} if row is None else dict(row.facts)

        return self._database.read(work)


def _new_step(claim: Claim, name: str, position: int, n_items: int) -> StepRow:
    return StepRow(
        submission=claim.submission,
        run=claim.run,
        data_set=name,
        position=position,
        state="pending",
        n_items=n_items,
        n_done=0,
        n_unreadable=0,
        score_sum=0.0,
        last_lines=[],
    )


def _step(session: Session, claim: Claim, data_set: str) -> StepRow:
    return session.get_one(StepRow, (claim.submission, claim.run, data_set))


def _of(claim: Claim, data_set: str) -> tuple[Any, ...]:
    return (
        ResultRow.submission == claim.submission,
        ResultRow.run == claim.run,
        ResultRow.data_set == data_set,
    )


def _result(claim: Claim, data_set: str, record: Record) -> ResultRow:
    return ResultRow(
        submission=claim.submission,
        run=claim.run,
        data_set=data_set,
        item=record.item_id,
        score=record.score,
        fence=claim.fence,
        at=now(),
        # PostgreSQL keeps no NUL in text; JSON writes it as an escape
        record=orjson.dumps(asdict(record)).decode(),
    )


def _log(step: StepRow, line: str) -> None:
    stamped = f"{now():%H:%M:%S} {line}"
    step.last_lines = [*step.last_lines, stamped][-_LAST_LINES:]


def _line(record: Record) -> str:
    score = "no score of its own" if record.score is None else f"score {record.score:.2f}"
    remarks = ", unreadable" * record.parse_failure + ", cut off" * record.truncated
    return f"{record.item_id}: {score}{remarks}, {record.latency_seconds:.2f} s"
