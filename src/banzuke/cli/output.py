"""What a command prints: a JSON value for programs, a table for people."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from banzuke.exceptions import InvalidInputError


def print_json(value: Any) -> None:
    """Print one JSON value; NaN becomes null, as JSON has no NaN."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
    print(orjson.dumps(value, option=options).decode(), flush=True)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; text is escaped, numbers are aligned to the right."""
    body = [list(row) for row in rows]
    table = Table(title=escape(title), title_justify="left")
    for index, column in enumerate(columns):
        numeric = bool(body) and all(isinstance(row[index], (int, float)) for row in body)
        table.add_column(escape(column), justify="right" if numeric else "left")
    for row in body:
        table.add_row(*(_text(value) for value in row))
    Console().print(table)


def one_line(text: str) -> str:
    """Return a text with line breaks and other control characters spelled out."""
    spelled = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return "".join(spelled)


def print_note(text: str) -> None:
    """Print a remark for people on standard error."""
    Console(stderr=True).print(escape(text), highlight=False)


def make_folder(folder: Path | None) -> None:
    """Make the folder of --plots before any work, so that no work is lost for its sake.

    Raises
    ------
    InvalidInputError
        Where there cannot be such a folder, or nothing can be written into it.
    """
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInputError(
            f"--plots {folder}: there cannot be such a folder ({error.strerror}); name another"
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InvalidInputError(f"--plots {folder}: nothing can be written there; name another")


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else escape(str(value))
