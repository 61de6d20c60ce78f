"""Refusals whose sentence stands in the catalogues, told in the language of the visitor."""

from __future__ import annotations

from banzuke.exceptions import AccessError, InvalidInputError, NotFoundError
from banzuke.leaderboard.catalogue import DEFAULT, Catalogue, catalogue


class ToldError(Exception):
    """Mixed into an error: its sentence by key of the catalogue, English as text.

    Parameters
    ----------
    key : str
        Such as ``errors.no_board``.
    **values : object
        What the message needs.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(catalogue(DEFAULT)(key, **values))
        self.key = key
        self.values = values

    def told(self, say: Catalogue) -> str:
        """Return the sentence in a language."""
        return say(self.key, **self.values)


class NotThereError(ToldError, NotFoundError):
    """What was asked for does not exist."""


class RefusedError(ToldError, InvalidInputError):
    """A value of the request makes no sense here."""


class ForbiddenError(ToldError, AccessError):
    """Whoever asks may not do this."""


class NotLoggedInError(ToldError, AccessError):
    """A page that is for people who are logged in."""


def sentence(error: Exception, say: Catalogue) -> str:
    """Return what an error says, in a language where the catalogue has it."""
    return error.told(say) if isinstance(error, ToldError) else str(error)
