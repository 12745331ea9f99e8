"""Microsoft's sign-in of people, as far as the desk uses it: discovery, authorize, token and keys, with real RS256.

What a token says, how it is signed and what the server does are switches; each is one of the ways in which an answer
can be wrong. Built from OpenID Connect Core 1.0, RFC 7636 (PKCE) and RFC 6749, not from our own client.
"""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests.fakes.serving import Call, Reply, serving

TENANT, CLIENT = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-9999-000000000000"
SECRET = "s3cret~value"


@cache
def signing_key(number: int) -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@dataclass
class Person:
    object_id: str
    email: str = ""
    is_vouched_for: bool = True
    groups: list[str] | None = None
    app_roles: list[str] = field(default_factory=list)
    has_more_groups: bool = False


@dataclass
class Entra:
    """`claims` go over those of the token; None takes one away."""

    port: int = 0
    person: Person | None = None
    """Who sits before the browser; None: refuses to sign in."""
    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    signed_with: int = 1
    kid: str = "key-1"
    named_keys: tuple[int, ...] = (1,)
    secret: str = SECRET
    certified_key: int = 3
    """Of the certificate that the app registration has."""
    token_instead: str = ""
    busy: str = ""
    """Number with which tokens are refused for a while."""
    fails_with: Reply | None = None
    delay_seconds: float = 0.0
    reuses_codes: bool = False
    calls: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def authority(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def own(self) -> str:
        return f"{self.authority}/{TENANT}"

    def answer(self, call: Call) -> Reply:
        path = urlsplit(call.path).path
        self.calls.append(path)
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        if self.fails_with is not None:
            return self.fails_with
        match path.removeprefix(f"/{TENANT}"):
            case "/v2.0/.well-known/openid-configuration":
                return _json(200, self._configuration())
            case "/discovery/v2.0/keys":
                return _json(200, {"keys": [self._public(number) for number in self.named_keys]})
            case "/oauth2/v2.0/token":
                return self._token(dict(parse_qsl(call.body.decode())))
        return _json(400, {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."})

    def _configuration(self) -> dict[str, str]:
        return {
            "issuer": f"{self.own}/v2.0",
            "authorization_endpoint": f"{self.own}/oauth2/v2.0/authorize",
            "token_endpoint": f"{self.own}/oauth2/v2.0/token",
            "jwks_uri": f"{self.own}/discovery/v2.0/keys",
        }

    def _public(self, number: int) -> dict[str, Any]:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(signing_key(number).public_key()))
        return {**key, "kid": f"key-{number}", "use": "sig"}

    def authorize(self, address: str) -> dict[str, str]:
        """What the browser comes back with, once the person has done what Microsoft asks."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        expected = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256"}
        self.wrong += [f"{name}={asked.get(name)}" for name, value in expected.items() if asked.get(name) != value]
        if not address.startswith(f"{self.own}/oauth2/v2.0/authorize?") or not asked.get("nonce"):
            self.wrong.append("not asked where and as it is to be")
        if "offline_access" in asked["scope"]:
            self.wrong.append("asked for a token that outlives the sign-in")
        if self.person is None:
            return {"error": "access_denied", "error_description": "AADSTS65004: declined", "state": asked["state"]}
        code = token_urlsafe(24)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "session_state": token_urlsafe(8)}

    def _token(self, form: dict[str, str]) -> Reply:
        if self.busy:
            return _refusal("temporarily_unavailable", self.busy.removeprefix("AADSTS"))
        if form.get("client_id") != CLIENT or not self._is_proved(form):
            return _refusal("invalid_client", "7000215")
        if form.get("grant_type") == "client_credentials":
            return _json(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": "of-the-application"})
        asked = (
            self.codes.get(form.get("code", "")) if self.reuses_codes else self.codes.pop(form.get("code", ""), None)
        )
        if asked is None:
            return _refusal("invalid_grant", "54005")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if challenge.rstrip(b"=").decode() != asked["code_challenge"]:
            return _refusal("invalid_grant", "501481")
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return _refusal("invalid_request", "50011")
        token = self.token_instead or self.id_token(nonce=asked["nonce"])
        return _json(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": "theirs", "id_token": token})

    def _is_proved(self, form: dict[str, str]) -> bool:
        """By secret, or by what the application has signed (RFC 7523)."""
        if "client_assertion" not in form:
            return form.get("client_secret") == self.secret
        key = signing_key(self.certified_key).public_key()
        try:
            jwt.decode(
                form["client_assertion"], key, algorithms=["PS256", "RS256"], audience=f"{self.own}/oauth2/v2.0/token"
            )
        except jwt.PyJWTError:
            return False
        return True

    def id_token(self, *, nonce: str) -> str:
        assert self.person is not None
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": f"{self.own}/v2.0", "aud": CLIENT, "iat": now, "nbf": now, "exp": now + 3600, "ver": "2.0",
            "sub": f"pairwise-{self.person.object_id[:8]}", "oid": self.person.object_id, "tid": TENANT, "nonce": nonce,
            "email": self.person.email, "xms_edov": self.person.is_vouched_for, "roles": self.person.app_roles,
            "groups": self.person.groups,
        }  # fmt: skip
        if self.person.has_more_groups:
            claims |= {
                "groups": None,
                "_claim_names": {"groups": "src1"},
                "_claim_sources": {"src1": {"endpoint": "x"}},
            }
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        if self.algorithm == "none":
            return jwt.encode(claims, None, algorithm="none", headers={"kid": self.kid})
        if self.algorithm == "HS256":  # with what everybody may read as the key
            return jwt.encode(claims, b"n" * 32, algorithm="HS256", headers={"kid": self.kid})
        return jwt.encode(claims, signing_key(self.signed_with), algorithm=self.algorithm, headers={"kid": self.kid})

    def back_from(self, address: str) -> str:
        """The query of the address to which the browser comes back."""
        return urlencode(self.authorize(address))


def _refusal(error: str, number: str) -> Reply:
    told = f"AADSTS{number}: refused. Trace ID: 0 Correlation ID: 0"
    return _json(400, {"error": error, "error_description": told, "error_codes": [int(number)]})


def _json(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value).encode(), (("Content-Type", "application/json"),))


@contextmanager
def entra() -> Iterator[Entra]:
    """Fails the test at its end for what was asked in another way than the standards say."""
    fake = Entra()
    with serving(fake.answer) as fake.port:
        yield fake
    assert fake.wrong == []
