"""Importers: result files of other tools in, Outcomes out. One file for each format.

To add a format, write a module with ``read(paths, options) -> Imported`` and name it in
`FORMATS`. An importer checks everything before it returns and never touches the lake.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from banzuke.exceptions import ImportFormatError, InvalidInputError
from banzuke.outcomes.importers._base import Imported, ImportOptions, Read

FORMATS: dict[str, str] = {
    "table": "a folder with scores.parquet, items.parquet, models.parquet (and answers)",
    "leaderboard": "a CSV or Parquet file: a row a model, a column a benchmark, metadata",
    "long": "a CSV or Parquet file: a row a result, with columns model, item and score",
    "llm-jp-eval": "results and generated files of llm-jp-eval 1.x and 2.x",
    "lm-eval": "results_*.json and samples_*.jsonl of lm-evaluation-harness",
    "inspect": ".eval and .json logs of inspect_ai",
    "helm": "run directories of HELM",
    "lighteval": "results_*.json and details_*.parquet of lighteval",
    "open-llm-leaderboard": "the contents table of the Open LLM Leaderboard, version 1 or 2",
    "alpaca-eval": "annotations.json and leaderboard CSV files of AlpacaEval",
}
"""Name of each format and what it is, in the words of the help page."""

TAKES: dict[str, tuple[str, ...]] = {
    "scale": ("table", "leaderboard", "long", "llm-jp-eval", "lm-eval", "lighteval"),
    "model_column": ("leaderboard", "long"),
    "benchmarks": ("leaderboard",),
    "missing": ("leaderboard", "long"),
}
"""The formats that an option means something to; every other one refuses it."""

_DEFAULTS = ImportOptions()

__all__ = ["FORMATS", "TAKES", "ImportOptions", "Imported", "read"]


def read(
    format_name: str, paths: Iterable[str | Path], options: ImportOptions | None = None
) -> Imported:
    """Read result files of one format.

    Parameters
    ----------
    format_name : str
        A key of `FORMATS`.
    paths : iterable of path
        Files or folders.
    options : ImportOptions, optional

    Returns
    -------
    Imported

    Raises
    ------
    ImportFormatError
        Where a file is cut off, of another format, or holds an impossible value; the
        message names file, line or key, and reason.
    InvalidInputError
        Where there is no such format, or it does not take one of the options.
    """
    if format_name not in FORMATS:
        raise InvalidInputError(
            f"there is no format '{format_name}'; there are {', '.join(FORMATS)}"
        )
    options = options or ImportOptions()
    _refuse_unused(format_name, options)
    given = [Path(path) for path in paths]
    if not given:
        raise InvalidInputError("name at least one file or folder to import")
    for path in given:
        if not path.exists():
            raise ImportFormatError(path, "there is no such file or folder")
    module = import_module(f"{__name__}.{format_name.replace('-', '_')}")
    reader: Read = module.read
    return reader(given, options)


def _refuse_unused(format_name: str, options: ImportOptions) -> None:
    for option, formats in TAKES.items():
        if format_name not in formats and getattr(options, option) != getattr(_DEFAULTS, option):
            raise InvalidInputError(
                f"{format_name} takes no --{option.replace('_', '-')}: "
                f"that is for {', '.join(formats)}"
            )
