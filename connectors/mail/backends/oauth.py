"""Access tokens for IMAP and SMTP: asked for at the token endpoint, kept in memory until shortly before they end."""

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlencode

from connectors.mail.backends.base import MailboxNotReadable
from connectors.mail.backends.secrets import secret

TIMEOUT_SECONDS = 10
MAX_ANSWER_BYTES = 65_536
EARLY_SECONDS = 60
"""A token is not used in its last minute."""


@dataclass(frozen=True, kw_only=True)
class TokenSource:
    """Where tokens come from. `secret` and `refresh_token` name variables of the environment."""

    token_url: str
    client_id: str
    secret: str
    scope: str = ""
    refresh_token: str = ""
    """Empty: the application signs in for itself (client credentials)."""


@dataclass(frozen=True)
class _Token:
    value: str
    ends_at: float
    """By the monotonic clock."""


_tokens: dict[TokenSource, _Token] = {}


def access_token(source: TokenSource, *, anew: bool = False) -> str:
    """A token that lets us in; `anew` after the server has refused the one at hand.

    Raises MailboxNotReadable.
    """
    held = _tokens.get(source)
    if held and not anew and time.monotonic() < held.ends_at - EARLY_SECONDS:
        return held.value
    _tokens.pop(source, None)
    _tokens[source] = token = _asked_for(source)
    return token.value


def xoauth2(user: str, token: str) -> str:
    """What is said to a server that takes tokens in Google's and Microsoft's way."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _asked_for(source: TokenSource) -> _Token:
    form = {"client_id": source.client_id, "client_secret": secret(source.secret)}
    if source.refresh_token:
        form |= {"grant_type": "refresh_token", "refresh_token": secret(source.refresh_token)}
    else:
        form |= {"grant_type": "client_credentials"}
    if source.scope:
        form["scope"] = source.scope
    request = urllib.request.Request(source.token_url, urlencode(form).encode(), {"Accept": "application/json"})  # noqa: S310  # https, or this machine: ImapSettings, env.email
    try:
        with _without_redirects().open(request, timeout=TIMEOUT_SECONDS) as response:
            answer = json.loads(response.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            raise MailboxNotReadable(f"The token endpoint refused us: {error.code}{_reason(error)}.") from error
    except (OSError, http.client.HTTPException) as error:
        raise MailboxNotReadable(f"The token endpoint was not reached: {_cause(error)}.") from error
    except ValueError as error:
        raise MailboxNotReadable("The token endpoint did not answer in JSON.") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
        raise MailboxNotReadable("The answer of the token endpoint holds no access token.")
    seconds = answer.get("expires_in")
    return _Token(answer["access_token"], time.monotonic() + (seconds if isinstance(seconds, int) else 300))


def _cause(error: Exception) -> str:
    """Of what is no HTTP only that it is none: the answer is somebody else's, and may be long."""
    return str(error) if isinstance(error, OSError) else f"its answer is no HTTP ({type(error).__name__})"


def _reason(error: urllib.error.HTTPError) -> str:
    """The endpoint's own word for it (RFC 6749 section 5.2), which is no secret."""
    try:
        word = json.loads(error.read(MAX_ANSWER_BYTES)).get("error")
    except (ValueError, AttributeError, OSError, http.client.HTTPException):
        return ""
    return f" {word[:60]}" if isinstance(word, str) and word.isascii() and word.isprintable() else ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the secret to another place."""

    def redirect_request(self, *_unused: object) -> None:
        return None


def _without_redirects() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirect)
