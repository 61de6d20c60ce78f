"""``banzuke serve``: the leaderboard of a data directory, over HTTP."""

from __future__ import annotations

import errno
import socket
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from banzuke import progress
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption
from banzuke.cli.output import print_json, print_note
from banzuke.exceptions import InvalidInputError, MissingExtraError, NotFoundError
from banzuke.outcomes import Lake

if TYPE_CHECKING:
    from banzuke.leaderboard.service.settings import ServiceSettings


def serve(
    data: DataOption = DEFAULT_DATA,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", help="Port; 0 takes a free one.", min=0, max=65535)
    ] = 8000,
    submissions: Annotated[
        bool,
        typer.Option(
            "--submissions",
            help="Take submissions too, with the settings in BANZUKE_* variables and banzuke.toml; "
            "banzuke token and banzuke worker go with it.",
        ),
    ] = False,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            min=0,
            max=64,
            help="Evaluate as well, so many submissions at a time, in a process beside this one.",
        ),
    ] = 0,
    json: JsonOption = False,
) -> None:
    """Serve the leaderboard: pages, JSON and CSV of what the data directory holds.

    New results appear at the next load of a page. Stop it with Ctrl-C.

    JSON keys: url.
    """
    if workers and not submissions:
        raise InvalidInputError("--workers evaluates submissions: say --submissions as well")
    settings = _settings(data) if submissions else None
    data = data if settings is None else settings.data
    if settings is None and not Lake(data).names():
        raise NotFoundError(
            f"{data} holds no results to serve; run banzuke demo, or import some with "
            "banzuke import, or name another directory with --data"
        )
    listening = listen(host, port)
    url = address(listening)
    # imported here: every other command starts without a web server
    import uvicorn
    from uvicorn.config import LOGGING_CONFIG

    from banzuke.leaderboard import create_app
    from banzuke.leaderboard.security.redact import keep_secrets_out_of_logs

    app = create_app(data, settings)
    with progress.shown(), progress.step(f"reading {data}"):
        app.state.store.current().prepare()
    if json:
        print_json({"url": url})
    else:
        print_note(f"The leaderboard is on {url} (stop it with Ctrl-C)")
    trusted = () if settings is None else settings.trusted_proxies
    keep_secrets_out_of_logs()
    config = uvicorn.Config(
        app,
        # the service's own log takes the server's lines as well
        log_config=LOGGING_CONFIG if settings is None else None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted),
        forwarded_allow_ips=list(trusted),
    )
    with _worker_beside(settings, workers):
        uvicorn.Server(config).run(sockets=[listening])


def _worker_beside(settings: ServiceSettings | None, workers: int) -> AbstractContextManager[None]:
    if settings is None:
        return nullcontext()
    from banzuke.leaderboard.service.structured_logs import set_up_logs
    from banzuke.leaderboard.service.supervising import worker_beside

    set_up_logs(settings)
    return worker_beside(settings, workers) if workers else nullcontext()


def _settings(data: str) -> ServiceSettings:
    try:
        from banzuke.leaderboard.service.settings import load_settings
    except ImportError as error:
        raise MissingExtraError(
            f"--submissions needs more packages ({error.name}): pip install 'banzuke[service]'"
        ) from None
    return load_settings(data=None if data == DEFAULT_DATA else data)


def listen(host: str, port: int) -> socket.socket:
    """Open the port at once, so that a taken one is refused before anything is read.

    Raises
    ------
    InvalidInputError
        Where the port is taken or the address is not one of this machine.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[
            0
        ]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InvalidInputError(f"{host} is not an address to listen on: {error}") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(2048)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise InvalidInputError(
                f"port {port} of {host} is taken; choose another with --port (0 takes a free one)"
            ) from None
        raise InvalidInputError(f"cannot listen on port {port} of {host}: {error}") from None
    return listening


def address(listening: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
