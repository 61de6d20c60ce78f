"""What every importer takes and gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes._outcomes import Outcomes


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What the user may say about the files.

    Parameters
    ----------
    name : str, optional
        Collection to import into; each format has a default.
    scale : float, default 1
        The best possible score in the files, above 0; scores are divided by it.
    model_column : str, optional
        Column of a table that names the model, where it is not called ``model``.
    benchmarks : sequence of str, optional
        Columns of a table that hold scores; ``*`` in a name stands for anything.
    missing : float, optional
        A number that means 'not evaluated' in a table, such as -1.
    """

    name: str | None = None
    scale: float = 1.0
    model_column: str | None = None
    benchmarks: Sequence[str] = ()
    missing: float | None = None

    def __post_init__(self) -> None:
        """Refuse a scale that no score can be divided by."""
        if not 1e-9 <= self.scale < math.inf:
            raise InvalidInputError(
                f"--scale {self.scale:g} is not a best possible score; give a number above 0"
            )

    def collection(self, default: str, path: Path, n_paths: int) -> str:
        """Return the name of the collection that one of `n_paths` files or folders goes into."""
        if self.name and n_paths > 1:
            raise InvalidInputError(
                f"--name {self.name!r} is one collection, and {path} one of {n_paths} that make a "
                "collection each; import them one at a time"
            )
        return self.name or default


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an importer read: collections by name, and remarks for the user."""

    collections: Mapping[str, Outcomes]
    notes: Sequence[str] = field(default_factory=tuple)


Read = Callable[[Sequence[Path], ImportOptions], Imported]
"""An importer's `read`: all paths or an error, and nothing is stored by it."""
