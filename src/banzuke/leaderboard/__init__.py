"""The leaderboard: pages, JSON and CSV of what the data directory holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from banzuke.leaderboard.app import create_app, page_paths

__all__ = ["create_app", "page_paths"]


def __getattr__(name: str) -> Any:
    # loaded when asked for: the client of the API needs no web server
    if name in __all__:
        from banzuke.leaderboard import app

        return getattr(app, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
