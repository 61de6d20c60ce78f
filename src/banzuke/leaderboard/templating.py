"""The templates: autoescaped, strict about names that do not exist, one set a language."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from banzuke._version import __version__
from banzuke.leaderboard import cells, links
from banzuke.leaderboard.catalogue import DEFAULT, LANGUAGES, catalogue


@cache
def environment(language: str) -> Environment:
    """Return the environment that all pages of a language share."""
    environment = Environment(
        loader=PackageLoader("banzuke.leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: tuple[Callable[..., str], ...] = (
        cells.breakable,
        cells.score,
        cells.interval,
        cells.percent,
        cells.size,
        cells.visible,
    )
    addresses: tuple[Callable[..., str], ...] = (
        links.board_url,
        links.analysis_url,
        links.api_url,
        links.model_url,
        links.api_model_url,
    )
    environment.filters |= {function.__name__: function for function in filters}
    environment.globals |= {function.__name__: function for function in addresses}
    environment.globals |= {
        "t": catalogue(language).markup,
        "language": language,
        "languages": LANGUAGES,
        "version": __version__,
    }
    return environment


def render(template: str, page: Any, site: Any, language: str = DEFAULT) -> str:
    """Fill a template with a page's context and what all pages share."""
    return environment(language).get_template(template).render(page=page, site=site)


def macro(template: str, name: str, language: str) -> Callable[..., Markup]:
    """Return a macro of a template, to be called many times."""
    module = environment(language).get_template(template).module
    found: Callable[..., Markup] = getattr(module, name)
    return found
