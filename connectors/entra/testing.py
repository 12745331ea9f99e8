"""What a test of the connection looks at, without anybody who signs in."""

from collections.abc import Iterator
from typing import Any

from connectors.base.enums import FindingState
from connectors.base.failures import CredentialsRefused, Failure
from connectors.base.kinds import Finding
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.entra import flow, keys
from connectors.entra.wire import failure_of
from connectors.microsoft365.identity import BUSY, BUSY_NUMBERS, number_in, scope

FINE, MISSING, FAILED = FindingState.FINE, FindingState.MISSING, FindingState.FAILED


def look_over(connection: Connection) -> Iterator[Finding]:
    """Addresses and keys of the tenant; then whether Microsoft accepts the application, by a token of its own."""
    answers = Said("entra_answers")
    try:
        app = flow.application(connection)
        keys.forget()
        keys.key_named("", tenant=connection.settings.get("tenant_id", ""))
    except (Failure, OSError) as error:  # the HTTP library's are of the latter kind
        yield _finding(answers, error)
        return
    yield Finding(FINE, answers)
    yield _credentials(app)


def _credentials(app: Any) -> Finding:
    what = Said("entra_credentials")
    try:
        got = app.acquire_token_for_client(scopes=[scope()])
    except (Failure, OSError) as error:
        return _finding(what, error)
    if got.get("access_token"):
        return Finding(FINE, what)
    word, number = str(got.get("error", ""))[:60], number_in(got)
    if word in BUSY or number in BUSY_NUMBERS:
        return Finding(FAILED, what, Said("ms_sign_in_busy", {"error": word}))
    return Finding(MISSING, what, Said("entra_secret_refused", {"number": number}))


def _finding(what: Said, error: Exception) -> Finding:
    """Raises what is no failure of the way to Microsoft."""
    failure = failure_of(error)
    if failure is None:
        raise error
    return Finding(MISSING if isinstance(failure, CredentialsRefused) else FAILED, what, failure.said)
