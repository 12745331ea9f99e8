"""The way to Microsoft and back: authorization code with PKCE, state and nonce, by msal; tokens are kept nowhere."""

import re
import warnings
from collections.abc import Mapping
from hashlib import sha256
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.base.failures import CredentialsRefused, RefusedForGood, Transient
from connectors.base.models import Connection
from connectors.base.secrets import has_secret, secret_of
from connectors.base.sentences import Said
from connectors.base.services import Health
from connectors.entra import sentences  # noqa: F401  # they are said here
from connectors.entra.errors import AnswerNotTrusted, MicrosoftRefuses, NotBegunHere
from connectors.entra.tokens import Claims, read_token
from connectors.entra.wire import Http, Watched, authority
from connectors.microsoft365.identity import (
    BUSY,
    BUSY_NUMBERS,
    CERTIFICATE,
    MICROSOFTS,
    SECRET,
    certificate_for_msal,
)

NUMBER = re.compile(r"AADSTS(\d{4,8})")
WRONG_REDIRECT = ("50011", "500112")
USED_OR_OLD = ("54005", "70008", "70000", "501481")
"""Codes that were redeemed, have expired, or go with another verifier."""
_applications: dict[tuple[str, ...], Any] = {}
_lock = Lock()

Flow = dict[str, Any]
"""As msal makes it: state, nonce, verifier and where to send the person; for the session of their browser alone."""


def begin(connection: Connection, *, redirect_uri: str) -> Flow:
    """Raises MicrosoftNotReached, SetUpWrong."""
    with Watched(connection, tells_success=False):  # mostly nothing is asked
        app = application(connection)
        with warnings.catch_warnings():
            # msal wants the answer as a form of another site, with which browsers send no session (SameSite=Lax).
            warnings.simplefilter("ignore", UserWarning)
            flow: Flow = app.initiate_auth_code_flow(["email"], redirect_uri=redirect_uri, response_mode="query")
    return flow


def finish(connection: Connection, flow: Flow, answer: Mapping[str, str]) -> Claims:
    """Who it is. Raises NotBegunHere, MicrosoftRefuses, AnswerNotTrusted, MicrosoftNotReached, SetUpWrong."""
    if not flow.get("state") or flow["state"] != answer.get("state"):
        raise NotBegunHere
    if "code" not in answer:
        raise MicrosoftRefuses(error=_word(answer.get("error", "")))
    try:
        with Watched(connection, tells_success=True):
            token = _redeemed(connection, flow, answer)
            return read_token(
                token,
                tenant=connection.settings.get("tenant_id", ""),
                client=connection.settings.get("client_id", ""),
                nonce=sha256(str(flow["nonce"]).encode()).hexdigest(),  # as msal has sent it
            )
    except AnswerNotTrusted as refusal:
        Health(connection.pk).failed(RefusedForGood(Said("entra_untrusted", {"reason": refusal.reason})))
        raise


def _redeemed(connection: Connection, flow: Flow, answer: Mapping[str, str]) -> str:
    app = application(connection)
    given = {name: answer[name] for name in ("code", "state", "session_state") if name in answer}
    try:
        got: dict[str, Any] = app.acquire_token_by_auth_code_flow(dict(flow), given)
    except RuntimeError as error:  # msal's word for another nonce; its text holds the token
        raise AnswerNotTrusted("nonce") from error.__cause__
    except ValueError as error:  # what it cannot read, as a token in three parts without JSON in them
        raise AnswerNotTrusted("form") from error.__cause__
    token = got.get("id_token")
    if isinstance(token, str) and token:
        return token
    raise _refused(connection, flow, got)


def _refused(connection: Connection, flow: Flow, got: Mapping[str, Any]) -> Exception:
    error = _word(str(got.get("error", "")))
    found = NUMBER.search(str(got.get("error_description", "")))
    number = found[1] if found else str(next(iter(got.get("error_codes") or []), "?"))
    facts = {"error": error, "number": number}
    if error in BUSY or number in BUSY_NUMBERS:
        return Transient(Said("ms_sign_in_busy", {"error": error}))
    if number in WRONG_REDIRECT:
        return RefusedForGood(Said("entra_redirect", {"address": str(flow.get("redirect_uri", ""))}))
    if error in ("invalid_client", "unauthorized_client"):
        return CredentialsRefused(Said("entra_secret_refused", facts), is_final=True)
    if error == "invalid_grant" or number in USED_OR_OLD:
        return NotBegunHere()
    if not error:
        return AnswerNotTrusted("form")
    return RefusedForGood(Said("entra_refused", facts))


def _word(error: str) -> str:
    """An error's name as the standard allows it, and nothing that somebody has put into an address."""
    return error if re.fullmatch(r"[a-z_]{1,40}", error) else "?"


def address_to_sign_out(connection: Connection, *, back: str) -> str:
    """Where the browser is signed out of Microsoft, too."""
    tenant = connection.settings.get("tenant_id", "")
    return f"{authority()}/{tenant}/oauth2/v2.0/logout?{urlencode({'post_logout_redirect_uri': back})}"


def application(connection: Connection) -> Any:
    """One a process and set of settings; it knows Microsoft's addresses and keeps no token."""
    tenant, client = connection.settings.get("tenant_id", ""), connection.settings.get("client_id", "")
    kind = CERTIFICATE if has_secret(connection, CERTIFICATE) else SECRET
    credentials = (authority(), tenant, client, kind, secret_of(connection, kind))
    with _lock:
        app = _applications.get(credentials)
    if app is None:
        app = _made(*credentials)  # it asks for addresses: others need not wait for that
        with _lock:
            _applications[credentials] = app
    return app


def _made(at: str, tenant: str, client: str, kind: str, credential: str) -> Any:
    import msal  # noqa: PLC0415  # slow to load

    given: Any = credential if kind == SECRET else certificate_for_msal(credential)

    class KeepsNothing(msal.TokenCache):  # type: ignore[misc]  # msal has no types
        def add(self, event: Any, now: Any = None) -> None:
            """Whoever signs in, their tokens serve for that and no longer."""

    try:
        return msal.ConfidentialClientApplication(
            client,
            client_credential=given,
            authority=f"{at}/{tenant}",
            instance_discovery=None if urlsplit(at).hostname in MICROSOFTS else False,
            token_cache=KeepsNothing(),
            exclude_scopes=["offline_access"],
            http_client=Http(),
        )
    except ValueError as error:  # the authority answers, and knows no such tenant
        raise RefusedForGood(Said("entra_tenant", {"tenant": tenant})) from error
