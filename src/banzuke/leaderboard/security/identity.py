"""Who asks: a visitor, a submitter or an operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["submitter", "operator"]
ROLES: tuple[Role, ...] = ("submitter", "operator")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Someone who proved who they are.

    Attributes
    ----------
    subject : str
        Stays the same over log-ins: ``token:<id>`` or ``oidc:<issuer's subject>``. It is what
        submissions are owned by.
    name : str
        For people to read.
    role : str
        ``submitter`` or ``operator``; an operator may do all that a submitter may.
    """

    subject: str
    name: str
    role: Role

    @property
    def is_operator(self) -> bool:
        """Whether flags, re-runs and withdrawals of all submissions are theirs to decide."""
        return self.role == "operator"

    def may_change(self, owner: str | None) -> bool:
        """Whether they may withdraw or re-run what the owner submitted."""
        return self.is_operator or (owner is not None and owner == self.subject)
