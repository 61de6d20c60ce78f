"""Loops on a cluster: ``joblib.parallel_config(backend="ray")`` works as ``"dask"`` does."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

from joblib import Parallel
from joblib.parallel import EXTERNAL_BACKENDS

from banzuke.exceptions import MissingExtraError
from banzuke.progress import track

__all__ = ["in_parallel", "offer_ray"]


def in_parallel(tasks: Sequence[Any], description: str, n_jobs: int | None = None) -> Iterator[Any]:
    """Yield the results of ``joblib.delayed`` calls in their order, and report progress.

    Parameters
    ----------
    tasks : sequence of delayed calls
    description : str
        What is under way.
    n_jobs : int, optional
        Calls at a time; None: what ``joblib.parallel_config`` says, else 1.
    """
    try:
        parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    except ValueError:  # Ray gives all results at the end
        parallel = Parallel(n_jobs=n_jobs)
    yield from track(parallel(tasks), description, len(tasks))


def offer_ray() -> None:
    """Let joblib know the backend ``"ray"``; Ray itself is imported when it is first asked for.

    Joblib brings the backend "dask" but has to be told of "ray". Loops over seeds, folds and fits
    that take ``n_jobs=None`` then run where ``joblib.parallel_config`` says.

    Examples
    --------
    >>> offer_ray()
    >>> "ray" in EXTERNAL_BACKENDS
    True
    """
    EXTERNAL_BACKENDS.setdefault("ray", _register)


def _register() -> None:
    try:
        library = importlib.import_module("ray.util.joblib")
    except ImportError:
        raise MissingExtraError(
            "joblib's backend 'ray' needs Ray; pip install 'banzuke[ray]'"
        ) from None
    library.register_ray()
