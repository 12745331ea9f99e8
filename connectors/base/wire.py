"""One exchange over HTTP: time-outs, a cap on the body, no redirects, nothing taken from the environment."""

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from connectors.base.addresses import host_of
from connectors.base.bounds import adapter_class, bounded
from connectors.base.failures import Ambiguous, Failure, RefusedForGood, Transient
from connectors.base.sentences import Said

if TYPE_CHECKING:
    import requests

PIECE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """What was answered. `headers` by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    host: str

    @property
    def at(self) -> datetime | None:
        """When the other side says that it answered: its clock, by which it means its other dates, too."""
        try:
            moment = parsedate_to_datetime(self.headers.get("date", ""))
        except (ValueError, OverflowError):
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def is_json(self) -> bool:
        try:
            json.loads(self.body)
        except ValueError:
            return False
        return True

    def json(self) -> Any:
        """Raises RefusedForGood if the body is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise RefusedForGood(Said("no_json", {"host": self.host}), status=self.status) from error


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    most_bytes: int,
    ca_file: str,
    may_repeat: bool,
    read_seconds: float | None = None,
) -> Answer:
    """Whatever was answered, also 4xx and 5xx. Raises Transient where nothing was done, Ambiguous where that is not
    known of what may not be repeated, RefusedForGood for an answer that is too large.
    """
    import requests  # noqa: PLC0415  # slow to load, and of use to workers alone

    host = host_of(url)
    try:
        with (
            bounded(settings.CONNECTORS_WHOLE_SECONDS),
            session(ca_file).request(
                method,
                url,
                headers=dict(headers),
                data=body,
                timeout=(settings.CONNECTORS_CONNECT_SECONDS, read_seconds or settings.CONNECTORS_READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            content = _read(response, host=host, most_bytes=most_bytes)
            lowered = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, lowered, content, host)
    except requests.RequestException as error:
        raise _failed(error, host, may_repeat=may_repeat) from error
    except OSError as error:  # what requests says of a file that is not there
        raise Transient(Said("no_ca_file"), is_breaking=False) from error


def _read(response: "requests.Response", *, host: str, most_bytes: int) -> bytes:
    pieces, size = [], 0
    for piece in response.iter_content(PIECE_BYTES):
        size += len(piece)
        if size > most_bytes:
            raise RefusedForGood(Said("too_large", {"host": host}), status=response.status_code)
        pieces.append(piece)
    return b"".join(pieces)


def _failed(error: "requests.RequestException", host: str, *, may_repeat: bool) -> Failure:
    """Before a byte could be sent nothing was done; after that nobody knows."""
    import requests  # noqa: PLC0415  # as above
    from urllib3.exceptions import NewConnectionError  # noqa: PLC0415

    if any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(error)):
        return Transient(Said("not_trusted", {"host": host}))
    cause = getattr(error.args[0], "reason", None) if error.args else None
    is_unsent = isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError)
    if is_unsent or isinstance(cause, NewConnectionError):
        return Transient(Said("not_reached", {"host": host, "cause": type(cause or error).__name__}))
    said = Said("too_slow" if isinstance(error, requests.Timeout) else "cut_off", {"host": host})
    return Transient(said) if may_repeat else Ambiguous(said)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it comes of, as requests and urllib3 wrap them."""
    yield error
    within = [*error.args, getattr(error, "reason", None)]
    for cause in within:
        if isinstance(cause, BaseException):
            yield from _causes(cause)


@cache
def session(ca_file: str) -> "requests.Session":
    """Keeps connections open between requests of this process; cookies and the environment's proxies, certificates and
    passwords have no part in it.
    """
    import requests  # noqa: PLC0415  # as above
    from requests.cookies import RequestsCookieJar  # noqa: PLC0415

    class NoCookies(RequestsCookieJar):
        def set_cookie(self, cookie: Any, *args: Any, **kwargs: Any) -> None:
            """None is kept."""

    made = requests.Session()
    for scheme in ("https://", "http://"):
        made.mount(scheme, adapter_class()())
    made.trust_env = False
    made.cookies = NoCookies()
    made.verify = ca_file or True
    if settings.CONNECTORS_PROXY:
        made.proxies = {"https": settings.CONNECTORS_PROXY, "http": settings.CONNECTORS_PROXY}
    return made
