"""What every page shows around its content, and how provenance is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import visible
from banzuke.leaderboard.snapshot import Snapshot

_LONGEST_VALUE = 300
_MOST_VALUES = 40


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who looks at the pages of a server that takes submissions; no name: nobody logged in."""

    name: str | None = None
    is_operator: bool = False


@dataclass(frozen=True, kw_only=True)
class Site:
    """Names of the boards and analyses, for the navigation.

    Attributes
    ----------
    boards : tuple of (str, int)
        Name and number of models.
    statistics, capabilities : tuple of str
        Collections that have the page.
    ensembles : mapping of str to str
        First page of ensembles of each board that has some.
    alternates : list of (str, str, str)
        Code, name and address of this page in each language.
    account : Account or None
        None where the server takes no submissions.
    """

    boards: tuple[tuple[str, int], ...] = ()
    statistics: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    ensembles: Mapping[str, str] = field(default_factory=dict)
    alternates: list[tuple[str, str, str]] = field(default_factory=list)
    account: Account | None = None


def site(snapshot: Snapshot, alternates: list[tuple[str, str, str]]) -> Site:
    """Return the navigation of a snapshot; the default board comes first."""
    names = sorted(snapshot.boards, key=lambda name: (name != snapshot.default_board, name))
    return Site(
        boards=tuple((name, snapshot.boards[name].board.models.height) for name in names),
        statistics=tuple(snapshot.statistics),
        capabilities=tuple(snapshot.hierarchies),
        ensembles={name: pages[0] for name in names if (pages := snapshot.ensembles_of(name))},
        alternates=alternates,
    )


@dataclass(frozen=True, kw_only=True)
class ErrorPage:
    """A friendly page for what did not work."""

    title: str
    status: int
    message: str


@dataclass(frozen=True, kw_only=True)
class TextPage:
    """A page that is all in its template."""

    title: str


def describe(provenance: Mapping[str, Any], say: Catalogue) -> list[tuple[str, list[str]]]:
    """Return label and values of each entry of a provenance, as short safe text."""
    found = []
    for key, value in sorted(provenance.items()):
        values = _entries(value)
        texts = [visible(_text(one), _LONGEST_VALUE) for one in values[:_MOST_VALUES]]
        if len(values) > _MOST_VALUES:
            texts.append(say("common.and_more", n=len(values) - _MOST_VALUES))
        if texts:
            found.append((visible(key.replace("_", " "), 60), texts))
    return found


def _entries(value: Any) -> list[Any]:
    """Return what stands on a line of its own: the elements of a list, the keys of a mapping."""
    if isinstance(value, Mapping):
        return [f"{key}: {_text(one)}" for key, one in value.items()]
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{str(key).replace('_', ' ')} {_text(one)}" for key, one in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def headline(provenance: Mapping[str, Any]) -> str | None:
    """Return the title that the provenance gives, if it does."""
    title = provenance.get("title")
    return visible(title, 200) if isinstance(title, str) and title else None
