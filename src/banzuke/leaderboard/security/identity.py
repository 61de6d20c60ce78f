"""Who asks: a submitter or an operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from banzuke.exceptions import AccessError

Role = Literal["submitter", "operator"]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Someone who proved who they are.

    Attributes
    ----------
    owner : str
        The name under which they submit; nobody else has it.
    role : str
        ``submitter`` or ``operator``; an operator may do all that a submitter may.
    """

    owner: str
    role: Role

    @property
    def is_operator(self) -> bool:
        """Whether flags, and the submissions of all, are theirs to decide."""
        return self.role == "operator"

    @property
    def actor(self) -> str:
        """How the history of a submission names them."""
        return f"{self.role}:{self.owner}"

    def may_change(self, owner: str) -> bool:
        """Whether they may withdraw or re-run what the owner submitted."""
        return self.is_operator or owner == self.owner


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who a log-in provider says somebody is.

    Attributes
    ----------
    subject : str
        Stays the same at that provider.
    name : str
        Chosen by them, for people to read.
    role : str
    """

    subject: str
    name: str
    role: Role


class LoginNeededError(AccessError):
    """Nobody is logged in, or the token is wrong, revoked or out of date."""
