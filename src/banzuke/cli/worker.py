"""``banzuke worker``: evaluate what was submitted."""

from __future__ import annotations

from typing import Annotated

import typer

from banzuke.cli.service import ServiceData, service_settings


def worker(
    data: ServiceData = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=64, help="Submissions at a time.")
    ] = 1,
    name: Annotated[
        str | None,
        typer.Option("--name", help="How the history calls it.", show_default="the machine"),
    ] = None,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End once nothing waits, as a timer wants it.")
    ] = False,
) -> None:
    """Evaluate submissions, each data set a durable step, until it is told to stop.

    A worker that dies loses nothing: another one, or the same one started again, notices
    after BANZUKE_LEASE_SECONDS and goes on from the last answer that was stored. Many
    workers on many machines share one PostgreSQL database and one data directory. SIGTERM
    hands back what is under way at once.

    Settings are environment variables BANZUKE_* and banzuke.toml; see docs/operating.md.
    """
    from banzuke.exceptions import InvalidInputError

    settings = service_settings(data=data)
    from banzuke.leaderboard.service.structured_logs import set_up_logs
    from banzuke.leaderboard.service.worker import run_worker

    if name is not None and not (name.isprintable() and 1 <= len(name) <= 80):
        raise InvalidInputError("the name of a worker has 1 to 80 printable characters")
    set_up_logs(settings)
    run_worker(settings, concurrency=concurrency, name=name, until_idle=until_idle)
