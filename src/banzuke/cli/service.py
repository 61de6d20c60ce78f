"""What the commands of the service share: settings and an open results database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from banzuke.exceptions import MissingExtraError

if TYPE_CHECKING:
    from banzuke.leaderboard.service.database import Database
    from banzuke.leaderboard.service.settings import ServiceSettings

ServiceData = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="The data directory; by default the one of BANZUKE_DATA or banzuke.toml.",
        show_default=False,
    ),
]


def service_settings(**given: Any) -> ServiceSettings:
    """Read the settings; what is given on the command line wins.

    Raises
    ------
    MissingExtraError
        Where the libraries of the service are not installed.
    """
    try:
        from banzuke.leaderboard.service.settings import load_settings
    except ImportError as error:
        raise MissingExtraError(
            f"the service needs the package {error.name}; run: pip install 'banzuke[service]'"
        ) from None
    return load_settings(**given)


@contextmanager
def results_database(settings: ServiceSettings) -> Iterator[Database]:
    """Open the results database, whose tables must be those of this version.

    Raises
    ------
    StorageError
        Where it cannot be reached, or needs an upgrade.
    """
    from banzuke.leaderboard.service.database import Database
    from banzuke.leaderboard.service.migrating import require_current

    database = Database(settings.results_database)
    try:
        require_current(database)
        yield database
    finally:
        database.close()
