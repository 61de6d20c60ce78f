"""banzuke (番付): which language model is good at what, for how much, and how sure that is."""

from typing import TYPE_CHECKING, Any

from banzuke._version import __version__
from banzuke.exceptions import BanzukeError
from banzuke.outcomes import Lake, Outcomes, aggregate, merge

if TYPE_CHECKING:
    from banzuke.leaderboard.client import Client

__all__ = ["BanzukeError", "Client", "Lake", "Outcomes", "__version__", "aggregate", "merge"]


def __getattr__(name: str) -> Any:
    # loaded when asked for: results can be worked with without an HTTP client
    if name == "Client":
        from banzuke.leaderboard.client import Client

        return Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
