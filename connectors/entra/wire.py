"""Requests to Microsoft while somebody waits before the sign-in page: short, bounded, never repeated.

The one place where a page waits for another system, as there is no signing in without it (docs/adr/0010-sign-in.md).
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from connectors.base import gates
from connectors.base.bounds import bounded
from connectors.base.failures import Failure, HeldBack, Transient
from connectors.base.gates import Way
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.base.services import Health
from connectors.base.wire import session
from connectors.entra.errors import MicrosoftNotReached, SetUpWrong

MOST_BYTES = 512 * 1024
PIECE_BYTES = 16 * 1024


def authority() -> str:
    return str(settings.MSGRAPH_AUTHORITY).rstrip("/")


def ca_file() -> str:
    return str(settings.MSGRAPH_CA_FILE or settings.CONNECTORS_CA_FILE)


@dataclass(frozen=True)
class Answered:
    """As msal wants it."""

    status_code: int
    text: str
    headers: dict[str, str]

    def raise_for_status(self) -> None:
        """Those that would be raised here never become an answer."""


class Http:
    """What msal sends with, and we for keys: the frame's session, and the patience of somebody who waits.

    Raises the HTTP library's exceptions, also for faults of the other side.
    """

    def get(self, url: str, **options: Any) -> Answered:
        return self._send("GET", url, options)

    def post(self, url: str, **options: Any) -> Answered:
        return self._send("POST", url, options)

    def close(self) -> None:
        """The session is the process's."""

    def _send(self, method: str, url: str, options: dict[str, Any]) -> Answered:
        import requests  # noqa: PLC0415  # slow to load

        wanted = {**options, "timeout": settings.SIGN_IN_SECONDS, "allow_redirects": False, "stream": True}
        with bounded(settings.SIGN_IN_SECONDS), session(ca_file()).request(method, url, **wanted) as response:
            if response.status_code >= 500 or response.status_code == 429:
                raise requests.exceptions.ConnectionError(f"status {response.status_code}")
            body = b""
            for piece in response.iter_content(PIECE_BYTES):
                body += piece
                if len(body) > MOST_BYTES:
                    raise requests.exceptions.ContentDecodingError("more than a token is")
            return Answered(response.status_code, body.decode("utf-8", "replace"), dict(response.headers))


class Watched:
    """Around what asks Microsoft: nothing is asked while its circuit is open, and failures are written down.

    Raises MicrosoftNotReached for what can heal, SetUpWrong for what an admin has to mend.
    """

    def __init__(self, connection: Connection, *, tells_success: bool) -> None:
        self._tells_success = tells_success
        self._health, self._account = Health(connection.pk), account_of(connection.settings)

    def __enter__(self) -> None:
        try:
            gates.look(Way(self._account, "", 0), tries=self._tells_success)
        except HeldBack as held:
            raise MicrosoftNotReached from held

    def __exit__(self, _kind: Any, error: BaseException | None, _traceback: Any) -> None:
        if error is None:
            if self._tells_success:
                gates.count_success(self._account)
                self._health.succeeded()
            return
        failure = failure_of(error)
        if self._tells_success and not isinstance(failure, Transient):
            gates.count_success(self._account)  # whatever it was, Microsoft has answered
        if failure is None:
            return
        self._health.failed(failure)
        if isinstance(failure, Transient):
            gates.count_failure(self._account)
            raise MicrosoftNotReached from error
        raise SetUpWrong from error


def failure_of(error: BaseException) -> Failure | None:
    """None for what is not about the way to Microsoft."""
    import requests  # noqa: PLC0415  # slow to load

    if isinstance(error, Failure):
        return error
    if isinstance(error, requests.exceptions.SSLError):
        return Transient(Said("ms_sign_in_untrusted"))
    if isinstance(error, requests.RequestException):
        return Transient(Said("ms_sign_in_unreached", {"cause": type(error).__name__}))
    return None


def account_of(values: Any) -> str:
    return f"entra:{values.get('tenant_id', '')}"
