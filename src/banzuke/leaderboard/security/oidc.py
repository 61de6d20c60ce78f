"""Log-in at an OpenID Connect provider: authorization code, PKCE, state and nonce."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from banzuke.exceptions import AccessError, InvalidInputError, MissingExtraError
from banzuke.leaderboard.security.identity import Account, Role

_log = logging.getLogger(__name__)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST_NAME = 100


class LoginError(AccessError):
    """A log-in did not succeed; the sentence says why without giving anything away.

    Parameters
    ----------
    code : str
        ``away``, ``incomplete``, ``issuer`` or ``no_role``: for a message in the reader's
        language.
    sentence : str
    """

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


@dataclass(frozen=True, kw_only=True)
class OidcProvider:
    """A provider, as its console calls the settings.

    Attributes
    ----------
    issuer : str
        Its address; ``/.well-known/openid-configuration`` is below it. https, unless it is
        on this machine.
    client_id, client_secret : str
    scope : str
    label : str
        What the log-in button says.
    operators : frozenset of str
        Subjects, or e-mail addresses that the provider has verified, of operators.
    submitters : frozenset of str
        The same for submitters; everyone who can log in where it is empty. An entry
        ``@example.org`` stands for all verified addresses there.
    """

    issuer: str
    client_id: str
    client_secret: str
    scope: str = "openid profile email"
    label: str = "OpenID Connect"
    operators: frozenset[str] = frozenset()
    submitters: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise InvalidInputError(f"the issuer '{self.issuer}' must be an https address")
        if not self.client_id:
            raise InvalidInputError("log-in by OpenID Connect needs a client id")

    def role(self, subject: str, email: str | None) -> Role | None:
        """Return the role of someone who logged in, None where they have none."""
        names = {subject} if email is None else {subject, email, "@" + email.rpartition("@")[2]}
        names = {name.lower() for name in names}
        if names & {name.lower() for name in self.operators}:
            return "operator"
        if not self.submitters or names & {name.lower() for name in self.submitters}:
            return "submitter"
        return None


class OidcLogin:
    """The two steps of a log-in: away to the provider, and back.

    Parameters
    ----------
    provider : OidcProvider

    Raises
    ------
    MissingExtraError
        Where Authlib is not installed.
    """

    def __init__(self, provider: OidcProvider) -> None:
        self.provider = provider
        self._client = _client(provider)

    async def redirect(self, request: Request, back: str) -> Response:
        """Send the visitor to the provider; `back` is the address of the second step.

        Raises
        ------
        LoginError
            Where the provider cannot be reached or is not the configured one.
        """
        try:
            await self._check_issuer()
            answer: Response = await self._client.authorize_redirect(request, back)
        except LoginError:
            raise
        except Exception as error:  # httpx, JSON and Authlib errors of someone else's server
            sentence = "the log-in provider cannot be reached at the moment"
            raise self._failed("away", sentence, error) from None
        return answer

    async def complete(self, request: Request) -> Account:
        """Check what the provider sent back, and return who it is.

        Raises
        ------
        LoginError
            Where state, nonce, signature, issuer, audience or time do not fit, the provider
            refused, or the person has no role here.
        """
        options = {
            "iss": {"essential": True, "value": self.provider.issuer},
            "aud": {"essential": True, "value": self.provider.client_id},
        }
        try:
            await self._check_issuer()
            token = await self._client.authorize_access_token(request, claims_options=options)
        except LoginError:
            raise
        except Exception as error:
            sentence = "the log-in was not completed; start it again"
            raise self._failed("incomplete", sentence, error) from None
        return self._account(token.get("userinfo"))

    async def _check_issuer(self) -> None:
        """Refuse a provider whose description names another issuer (a mix-up attack)."""
        metadata = await self._client.load_server_metadata()
        if metadata.get("issuer") != self.provider.issuer:
            raise LoginError(
                "issuer", "the log-in provider names another issuer than the settings do"
            )

    def _account(self, claims: Mapping[str, Any] | None) -> Account:
        if not claims or not isinstance(claims.get("sub"), str):
            raise LoginError("incomplete", "the log-in provider did not say who you are")
        email = claims.get("email") if claims.get("email_verified") is True else None
        subject = str(claims["sub"])
        role = self.provider.role(subject, email if isinstance(email, str) else None)
        if role is None:
            raise LoginError("no_role", "this account may not submit here; ask the operator")
        name = claims.get("preferred_username") or claims.get("name") or "?"
        return Account(subject=subject[:255], name=str(name)[:_LONGEST_NAME], role=role)

    def _failed(self, code: str, sentence: str, error: Exception) -> LoginError:
        # the kind of error only: messages of OAuth libraries may quote codes and tokens
        _log.warning("log-in at %s failed: %s", self.provider.issuer, type(error).__name__)
        return LoginError(code, sentence)


def _client(provider: OidcProvider) -> Any:
    try:
        with warnings.catch_warnings(record=True):
            # Authlib announces its move to httpx2, and switches the filter for that on itself
            from authlib.integrations.starlette_client import OAuth
    except ImportError:
        raise MissingExtraError(
            "log-in by OpenID Connect needs Authlib: pip install 'banzuke[service]'"
        ) from None
    return OAuth().register(
        "banzuke",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": provider.scope, "code_challenge_method": "S256", "timeout": 10},
    )
