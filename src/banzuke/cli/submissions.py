"""``banzuke submissions``: what was submitted to this board, for its operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from banzuke.cli.options import JsonOption
from banzuke.cli.output import print_json, print_note, print_table
from banzuke.cli.service import ServiceData, results_database, service_settings
from banzuke.exceptions import InvalidInputError

if TYPE_CHECKING:
    from banzuke.leaderboard.service.schemas import Submission
    from banzuke.leaderboard.service.submissions import SubmissionStore

app = typer.Typer(help="See, withdraw and re-run what was submitted to this board.")

_Id = Annotated[str, typer.Argument(help="Name of the submission, as the list shows it.")]
_Reason = Annotated[str | None, typer.Option("--reason", help="Shown to everybody.")]
_ACTOR = "operator:command line"


class StateName(StrEnum):
    """States of a submission."""

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@app.command("list")
def list_submissions(
    state: Annotated[StateName | None, typer.Option("--state", help="Only these.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Only of this model.")] = None,
    page: Annotated[int, typer.Option("--page", min=1, help="Which page, from 1.")] = 1,
    page_size: Annotated[
        int, typer.Option("--page-size", min=1, max=500, help="How many on a page.")
    ] = 50,
    data: ServiceData = None,
    json: JsonOption = False,
) -> None:
    """List submissions, newest first.

    JSON keys: total, page, page_size, counts {state: n}, submissions [as in show].
    """
    from banzuke.leaderboard.service.schemas import State

    with _store(data) as store:
        found = store.list(
            state=None if state is None else State(state.value),
            model=model,
            page=page,
            page_size=page_size,
        )
        counts = {key.value: count for key, count in store.counts().items()}
    if json:
        shown = found.model_dump(mode="json")
        print_json({**shown, "counts": counts})
        return
    columns = ["id", "model", "state", "done", "worker", "submitter", "created", "reason"]
    print_table("submissions", columns, [_row(one) for one in found.submissions])
    print_note(", ".join(f"{count} {name}" for name, count in counts.items()))


@app.command("show")
def show(submission: _Id, data: ServiceData = None, json: JsonOption = False) -> None:
    """Show a submission with its progress and its whole history.

    JSON keys: id, request {...}, state, reason, submitter, created_at, updated_at, run,
    started_at, finished_at, worker, n_items, n_done, board, steps [{data_set, state,
    n_items, n_done, n_unreadable, score, last_lines, ...}], events [{at, before, after,
    actor, reason, run}].
    """
    with _store(data) as store:
        found = store.get(submission)
        steps, events = store.steps(submission), store.events(submission)
    if json:
        print_json(
            {
                **found.model_dump(mode="json"),
                "steps": [step.model_dump(mode="json") for step in steps],
                "events": [event.model_dump(mode="json") for event in events],
            }
        )
        return
    print_table(
        f"{found.request.model} is {found.state}",
        ["data set", "state", "done", "of", "score", "unreadable"],
        [
            [step.data_set, step.state, step.n_done, step.n_items, step.score, step.n_unreadable]
            for step in steps
        ],
    )
    print_table(
        "history",
        ["time (UTC)", "state", "by", "reason"],
        [[f"{one.at:%Y-%m-%d %H:%M:%S}", one.after, one.actor, one.reason] for one in events],
    )


@app.command("withdraw")
def withdraw(
    submission: _Id, reason: _Reason = None, data: ServiceData = None, json: JsonOption = False
) -> None:
    """Withdraw a submission: it stops, leaves the board, and stays in the history.

    JSON keys: as in show, without steps and events.
    """
    with _store(data) as store:
        _report(store.withdraw(submission, actor=_ACTOR, reason=reason), json)


@app.command("rerun")
def rerun(
    submission: _Id, reason: _Reason = None, data: ServiceData = None, json: JsonOption = False
) -> None:
    """Evaluate a submission again from the start.

    JSON keys: as in show, without steps and events.
    """
    with _store(data) as store:
        _report(store.rerun(submission, actor=_ACTOR, reason=reason), json)


@app.command("values")
def add_values(
    submission: _Id,
    values: Annotated[
        Path | None,
        typer.Option(
            "--values",
            metavar="FILE",
            help="Computed elsewhere: item_id, metric, value (JSON Lines, CSV).",
        ),
    ] = None,
    comet_model: Annotated[
        Path | None,
        typer.Option("--comet-model", metavar="FILE", help="Checkpoint of wmt22-comet-da."),
    ] = None,
    bert_model: Annotated[
        Path | None, typer.Option("--bert-model", metavar="DIR", help="Model of BERTScore.")
    ] = None,
    data: ServiceData = None,
    json: JsonOption = False,
) -> None:
    """Add COMET or BERTScore to a finished submission, and put it on its board anew.

    Nothing is asked again. Values that are there already stay, or give way to new ones of the
    same item and metric.

    JSON keys: submission, run, n_values, board, changed.
    """
    if values is None and comet_model is None and bert_model is None:
        raise InvalidInputError("there is nothing to add: pass --values, --comet-model or more")
    settings = service_settings(data=data)
    from banzuke.cli import evaluate_suite
    from banzuke.leaderboard.service import neural_values

    def fill(run: Path) -> None:
        evaluate_suite.add_values(
            run, values=values, comet_model=comet_model, bert_model=bert_model
        )

    with results_database(settings) as database:
        found = neural_values.add_values(submission, fill, database=database, settings=settings)
    if json:
        print_json(asdict(found))
        return
    print_note(
        f"{found.submission} has {found.n_values} values now; the board {found.board} "
        f"{'shows its new scores' if found.changed else 'is as it was'}"
    )


@contextmanager
def _store(data: str | None) -> Iterator[SubmissionStore]:
    settings = service_settings(data=data)
    from banzuke.leaderboard.service.submissions import SubmissionStore

    with results_database(settings) as database:
        yield SubmissionStore(database, settings)


def _row(one: Submission) -> list[Any]:
    return [
        one.id,
        one.request.model,
        one.state.value,
        f"{one.n_done}/{one.n_items}" if one.n_items else "",
        one.worker,
        one.submitter,
        f"{one.created_at:%Y-%m-%d %H:%M}",
        one.reason,
    ]


def _report(one: Submission, json: bool) -> None:
    if json:
        print_json(one.model_dump(mode="json"))
    else:
        print_note(f"{one.id} ({one.request.model}) is {one.state} now")
