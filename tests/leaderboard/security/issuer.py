"""A small OpenID Connect provider on this machine: it consents at once and signs properly."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "banzuke", "issuer-secret"


class Issuer(http.server.ThreadingHTTPServer):
    """The provider.

    Attributes
    ----------
    person : dict
        Claims of whoever is logged in there.
    forge : dict
        Claims that replace the right ones in the next tokens.
    signing_key : RSAKey
        Replace it to sign with a key that is not published.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.signing_key = RSAKey.generate_key(2048, parameters={"kid": "1"}, private=True)
        self.published = self.signing_key
        self.person = {"sub": "person-1", "preferred_username": "Hanako"}
        self.forge: dict = {}
        self.issuer = self.url
        self.codes: dict[str, dict] = {}
        self.with_id_token = True

    def authorize(self, query: dict) -> str:
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict, authorization: str) -> dict | None:
        asked = self.codes.pop(form.get("code"), None)
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or authorization != f"Basic {known}":
            return None
        if asked["code_challenge_method"] != "S256" or asked["code_challenge"] != challenge:
            return None
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
        }
        signed = jwt.encode(
            {"alg": "RS256", "kid": "1"}, {**claims, **self.person, **self.forge}, self.signing_key
        )
        found = {"access_token": "at", "token_type": "Bearer", "expires_in": 60}
        return {**found, "id_token": signed} if self.with_id_token else found


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self):
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            url = self.server.url
            self._json(
                {
                    "issuer": self.server.issuer,
                    "authorization_endpoint": f"{url}/authorize",
                    "token_endpoint": f"{url}/token",
                    "jwks_uri": f"{url}/jwks",
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )
        elif parts.path == "/jwks":
            self._json({"keys": [self.server.published.as_dict(private=False)]})
        else:
            self.send_response(302)
            self.send_header("Location", self.server.authorize(query))
            self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {key: values[0] for key, values in parse_qs(body).items()}
        answer = self.server.token(form, self.headers.get("Authorization", ""))
        self._json(answer or {"error": "invalid_grant"}, 200 if answer else 400)

    def _json(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Run a provider while the block runs."""
    with Issuer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
