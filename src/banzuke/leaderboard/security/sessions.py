"""The visitor's session: a signed cookie that scripts cannot read."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from banzuke.exceptions import StorageError

_WEEK_SECONDS = 7 * 24 * 3600
_SECRET_BYTES = 48


@dataclass(frozen=True, kw_only=True)
class SessionCookie:
    """How the session's cookie is made.

    Attributes
    ----------
    secret : str
        Signs it; whoever has it can log in as anyone.
    secure : bool
        Sent over https only. On for every server that is not on this machine alone.
    max_age_seconds : int
    """

    secret: str
    secure: bool = False
    max_age_seconds: int = _WEEK_SECONDS

    @property
    def name(self) -> str:
        """Name of the cookie: with ``__Host-`` no other host can set it."""
        return "__Host-banzuke" if self.secure else "banzuke"


def session_secret(path: Path) -> str:
    """Read the secret that signs cookies, or make one that only this user can read.

    Raises
    ------
    StorageError
        Where the file can be neither read nor made.
    """
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            f"the secret for sessions in {path} can be neither read nor made: {error}"
        ) from None


def _make(path: Path) -> None:
    """Write the file whole, then give it its name: two processes agree on one secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
