"""The errors that banzuke raises on purpose.

Each message is one clear sentence: what came, where, and what to do. The command line
prints it without a traceback and exits with status 2. Every class is also the built-in
error that a caller would expect, so ``except ValueError`` keeps working.
"""

from __future__ import annotations

__all__ = [
    "AccessError",
    "BanzukeError",
    "ConflictError",
    "EngineError",
    "ImportFormatError",
    "InvalidInputError",
    "InvalidOutcomesError",
    "MissingExtraError",
    "NotFoundError",
    "PromptTooLongError",
    "ServerError",
    "StorageError",
]


class BanzukeError(Exception):
    """Base of every error that banzuke raises on purpose."""


class InvalidInputError(BanzukeError, ValueError):
    """An argument is outside what the function accepts."""


class InvalidOutcomesError(InvalidInputError):
    """The parts of an Outcomes do not agree, or hold values out of range."""


class ConflictError(BanzukeError, ValueError):
    """Two results for the same model and item differ."""


class NotFoundError(BanzukeError, LookupError):
    """A model, item, collection or file of that name does not exist."""


class StorageError(BanzukeError, OSError):
    """The data directory cannot be read or written."""


class MissingExtraError(BanzukeError, ImportError):
    """A feature needs an optional dependency that is not installed."""


class AccessError(BanzukeError, PermissionError):
    """The token or account is missing, wrong, or not entitled to this."""


class ServerError(BanzukeError, ConnectionError):
    """A leaderboard server cannot be reached, is overloaded or failed."""


class EngineError(BanzukeError, RuntimeError):
    """An inference engine did not start, died, or refused a request."""


class PromptTooLongError(EngineError):
    """One prompt does not fit into the model's context; other prompts may."""


class ImportFormatError(BanzukeError, ValueError):
    """A result file is cut off, of another format, or holds an impossible value.

    Parameters
    ----------
    path : object
        The file that was read.
    reason : str
        What is wrong and what to do about it, without a final full stop.
    where : str, optional
        The line, column or key, such as ``"line 3, column 'MMLU'"``.
    """

    def __init__(self, path: object, reason: str, where: str | None = None) -> None:
        self.path = str(path)
        self.where = where
        self.reason = reason
        place = f"{path}, {where}" if where else f"{path}"
        super().__init__(f"{place}: {reason}")
