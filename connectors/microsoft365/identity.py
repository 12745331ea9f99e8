"""Tokens of Microsoft's identity platform: client credentials by a secret or a certificate, kept in the process.

integrations.md section 1. What msal says of a failure becomes one sentence that names the cure.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.utils import timezone

from connectors.base.bounds import bounded
from connectors.base.failures import CredentialsRefused, Failure, Transient
from connectors.base.models import Connection
from connectors.base.retrying import asked_pause
from connectors.base.secrets import has_secret, secret_of
from connectors.base.sentences import Said
from connectors.base.services import Health
from connectors.base.wire import session
from connectors.microsoft365 import sentences  # noqa: F401  # they are said here

logger = logging.getLogger(__name__)

SECRET, CERTIFICATE = "client_secret", "certificate"
PUBLIC = "https://graph.microsoft.com"
CLOUDS = {
    "graph.microsoft.us": "https://graph.microsoft.us",
    "dod-graph.microsoft.us": "https://dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn": "https://microsoftgraph.chinacloudapi.cn",
}
"""Graph of the national clouds, each of which is asked for its own tokens."""
MICROSOFTS = ("login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn")
"""Authorities that msal may look up at Microsoft; others are taken as they are set."""
_NUMBER = re.compile(r"AADSTS(\d{4,8})")
SENTENCES = {
    "7000215": "ms_secret_wrong",
    "7000218": "ms_secret_wrong",
    "7000222": "ms_secret_expired",
    "700016": "ms_app_unknown",
    "90002": "ms_tenant_unknown",
    "900023": "ms_tenant_unknown",
    "700027": "ms_certificate_refused",
    "700024": "ms_certificate_refused",
    "7000213": "ms_certificate_refused",
    "65001": "ms_consent_missing",
}
"""By AADSTS number. Others are told with their number."""
LONGEST_SECONDS = 40.0
"""That one request of a sign-in may take; with its two and the one that wants it less than `gates.PLACE_SECONDS`."""
PLEAS = (408, 425, 429)
BUSY = ("temporarily_unavailable", "server_error", "service_unavailable")
BUSY_NUMBERS = ("90033", "50196", "90055")


@dataclass
class _Held:
    """One application of this process, as msal wants it: its cache is the application's own."""

    credentials: tuple[str, ...]
    app: Any  # msal has no types


_held: dict[str, _Held] = {}
_lock = Lock()


class Tokens:
    """`connectors.base.client.Signer` of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._row = connection

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token()}"}

    def drop(self) -> None:
        """The application goes with its cache: msal has no other way to forget a token of client credentials."""
        with _lock:
            _held.pop(str(self._row.pk), None)

    def _token(self) -> str:
        app = self._application()
        try:
            answer: dict[str, Any] = app.acquire_token_for_client(scopes=[scope()])
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:  # msal names none; what its HTTP client raises, and its own kinds
            raise _unreached(error) from error
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise self._refused(answer)
        if answer.get("token_source") != "cache":
            self._note_end(answer)
        return token

    def _note_end(self, answer: Mapping[str, Any]) -> None:
        seconds = answer.get("expires_in")
        if isinstance(seconds, int):
            Health(self._row.pk).ends("token", timezone.now() + timedelta(seconds=seconds))

    def _application(self) -> Any:  # Any: msal has no types
        """The one of this process; another one once tenant, application or credential are others."""
        tenant, client = self._row.settings.get("tenant_id", ""), self._row.settings.get("client_id", "")
        kind = CERTIFICATE if has_secret(self._row, CERTIFICATE) else SECRET
        credentials = (tenant, client, kind, secret_of(self._row, kind), settings.MSGRAPH_AUTHORITY)
        with _lock:
            held = _held.get(str(self._row.pk))
            if held is None or held.credentials != credentials:
                held = _Held(credentials, _make(*credentials))
                _held[str(self._row.pk)] = held
        return held.app

    def _refused(self, answer: Mapping[str, Any]) -> Failure:
        """What msal answers instead of a token (RFC 6749 section 5.2, with Microsoft's numbers in the description)."""
        error = str(answer.get("error", ""))[:60]
        number = number_in(answer)
        if error in BUSY or number in BUSY_NUMBERS:
            return Transient(Said("ms_sign_in_busy", {"error": error}))
        code = SENTENCES.get(number, "ms_sign_in_refused")
        if number == "7000215" and has_secret(self._row, CERTIFICATE):
            code = "ms_certificate_refused"
        if code == "ms_certificate_refused" and (ended := end_of_certificate(self._row)) and ended < timezone.now():
            return CredentialsRefused(Said("ms_certificate_expired", {"date": ended.date().isoformat()}), is_final=True)
        facts = {
            "error": error,
            "number": number,
            "tenant": self._row.settings.get("tenant_id", ""),
            "client": self._row.settings.get("client_id", ""),
        }
        return CredentialsRefused(Said(code, facts), is_final=True)


def scope() -> str:
    """Exactly this one; of all permissions that were consented to."""
    return f"{CLOUDS.get(urlsplit(settings.MSGRAPH_BASE_URL).hostname or '', PUBLIC)}/.default"


def _make(tenant: str, client: str, kind: str, credential: str, authority: str) -> Any:
    """Asks the authority for its addresses. Raises Transient, CredentialsRefused."""
    import msal  # noqa: PLC0415  # slow to load, and of use to workers alone

    given: Any = credential if kind == SECRET else certificate_for_msal(credential)
    try:
        return msal.ConfidentialClientApplication(
            client,
            client_credential=given,
            authority=f"{authority.rstrip('/')}/{tenant}",
            instance_discovery=None if urlsplit(authority).hostname in MICROSOFTS else False,
            http_client=_Http(session(settings.MSGRAPH_CA_FILE or settings.CONNECTORS_CA_FILE), tenant),
        )
    except ValueError as error:
        if kind == CERTIFICATE and "authority" not in str(error).lower():
            raise CredentialsRefused(Said("ms_certificate_unusable"), is_final=True) from error
        raise _unreached(error) from error  # it has not described itself
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # as in `_token`
        raise _unreached(error) from error


class _Http:
    """What msal sends with: our session, with our time-outs. Raises a `Failure` for what is no answer of a sign-in, and
    for the one that says that there is no such tenant; msal takes both for the same.
    """

    def __init__(self, kept: Any, tenant: str) -> None:
        self._session, self._tenant = kept, tenant

    def get(self, url: str, **options: Any) -> Any:
        answer, told = self._asked(self._session.get, url, options)
        number = number_in(told)
        if SENTENCES.get(number) == "ms_tenant_unknown":
            facts = {"tenant": self._tenant, "number": number}
            raise CredentialsRefused(Said("ms_tenant_unknown", facts), is_final=True)
        if answer.status_code >= 400:
            raise _busy(answer)
        return answer

    def post(self, url: str, **options: Any) -> Any:
        return self._asked(self._session.post, url, options)[0]

    def close(self) -> None:
        """It is the process's."""

    def _asked(self, send: Any, url: str, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        timeout = (settings.CONNECTORS_CONNECT_SECONDS, settings.CONNECTORS_READ_SECONDS)
        with bounded(LONGEST_SECONDS):
            answer = send(url, **{**options, "timeout": timeout, "allow_redirects": False})
        try:
            told = answer.json()
        except ValueError:
            told = None
        if answer.status_code in PLEAS or answer.status_code >= 500 or not isinstance(told, dict):
            raise _busy(answer)
        return answer, told


def _busy(answer: Any) -> Transient:
    """A proxy's page, or Microsoft's own plea for patience."""
    pause = asked_pause(answer.headers.get("Retry-After"), now=timezone.now())
    return Transient(Said("ms_sign_in_busy", {"error": str(answer.status_code)}), pause=pause)


def number_in(told: Mapping[str, Any]) -> str:
    """The AADSTS number of what was refused; "?" without one."""
    found = _NUMBER.search(str(told.get("error_description", "")))
    return found[1] if found else str(next(iter(told.get("error_codes") or []), "?"))


def _unreached(error: Exception) -> Failure:
    import requests  # noqa: PLC0415  # slow to load

    if isinstance(error, Failure):
        return error
    if isinstance(error, requests.exceptions.SSLError):
        return Transient(Said("ms_sign_in_untrusted"))
    return Transient(Said("ms_sign_in_unreached", {"cause": type(error).__name__}))


# Certificates ---------------------------------------------------------------------------------------------------------


def certificate_for_msal(pem: str) -> dict[str, str]:
    """As msal takes it, which makes the thumbprint itself. Raises CredentialsRefused."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  # slow to load
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    try:
        key = load_pem_private_key(pem.encode(), password=None)
        certificate = load_pem_x509_certificate(pem[pem.index("-----BEGIN CERTIFICATE") :].encode())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    except (ValueError, TypeError) as error:
        raise CredentialsRefused(Said("ms_certificate_unusable"), is_final=True) from error
    return {
        "private_key": private,
        "public_certificate": certificate.public_bytes(Encoding.PEM).decode(),
    }


def end_of_certificate(connection: Connection) -> datetime | None:
    """UTC; None where there is none, or it cannot be read."""
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415  # slow to load

    if not has_secret(connection, CERTIFICATE):
        return None
    try:
        pem = secret_of(connection, CERTIFICATE)
        return load_pem_x509_certificate(pem[pem.index("-----BEGIN CERTIFICATE") :].encode()).not_valid_after_utc
    except (Failure, ValueError):
        return None


def ends_of(connection: Connection) -> dict[str, datetime]:
    """What ends when: the certificate says it itself, of a secret an administrator has told us."""
    ends: dict[str, datetime] = {}
    if at := end_of_certificate(connection):
        ends["certificate"] = at
    if told := connection.settings.get("secret_ends_on"):
        ends["secret"] = datetime.fromisoformat(told).replace(tzinfo=UTC)
    return ends
