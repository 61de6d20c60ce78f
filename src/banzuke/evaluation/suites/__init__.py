"""Suites: sets of benchmarks that are run together. One folder for each suite.

To add a suite, write a module with ``load() -> Suite`` and name it in `SUITES`.
"""

from __future__ import annotations

from importlib import import_module

from banzuke.evaluation.tasks import Suite
from banzuke.exceptions import NotFoundError

SUITES: dict[str, str] = {
    "mini": "96 Japanese questions in 12 categories, written for banzuke",
}
"""Name of each suite and what it is, in the words of the help page."""


def load_suite(name: str) -> Suite:
    """Read a suite with its items.

    Parameters
    ----------
    name : str
        A key of `SUITES`.

    Raises
    ------
    NotFoundError
        Where there is no such suite.

    Examples
    --------
    >>> suite = load_suite("mini")
    >>> len({task.benchmark.category for task in suite.tasks}), len(list(suite.questions()))
    (12, 96)
    """
    if name not in SUITES:
        raise NotFoundError(
            f"there is no suite '{name}'; there is {', '.join(SUITES)}, or name a folder that "
            "banzuke suite build has made"
        )
    suite: Suite = import_module(f"{__name__}.{name}").load()
    return suite
