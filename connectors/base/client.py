"""How one request to another system runs: gate, token, request, class of the answer, pause, gate again.

Whoever sends is a worker outside of any transaction; pages never do. What is logged of a request is its method, its
route with names instead of values, the status and the other side's id of it; no token, no body, no address.
"""

import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from connectors.base import gates
from connectors.base.addresses import host_of, same_origin
from connectors.base.failures import Ambiguous, CredentialsRefused, Failure, Gone, HeldBack, RefusedForGood, Transient
from connectors.base.gates import LOOK_AGAIN_SECONDS, Way
from connectors.base.retrying import ATTEMPTS, asked_pause, own_pause
from connectors.base.sentences import Said
from connectors.base.wire import Answer, exchange

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 45.0
"""That one run waits altogether, in pauses and for places; what needs longer is for the next run."""
LEAVES_ITS_PLACE = ("", ".", "..")
"""Steps of a path that do not stay one."""
UNSAID_PAUSE_SECONDS = 2.0
"""Where the other side asks for patience and does not say for how long."""


class Signer(Protocol):
    """Puts our sign-in on requests."""

    def headers(self) -> Mapping[str, str]:
        """Raises CredentialsRefused, Transient."""

    def drop(self) -> None:
        """The last headers were refused: the next ones are to be new."""


class Reader(Protocol):
    """Tells what an answer means; `connectors.base.answers.Plain`, or what a vendor needs beyond it."""

    def failure_of(self, answer: Answer, request: "Request") -> Failure | None:
        """None where it was done."""

    def scope_of_pause(self, answer: Answer, request: "Request") -> str | None:
        """Which scope a plea for patience is about: that of the request, "" for all of the account, or None where it is
        about one object alone.
        """

    def request_id(self, answer: Answer) -> str:
        """The other side's name for the request, for its support."""


class Watcher(Protocol):
    """Is told how requests go; `connectors.base.services.health`."""

    def succeeded(self) -> None: ...

    def failed(self, failure: Failure) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request. `route` is a path below the base address with names in braces, filled by `values`, each quoted; or,
    with `link`, what the log calls an address that the other side gave us, which is used as it is.
    """

    method: str
    route: str
    values: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    scope: str = ""
    is_repeatable: bool | None = None
    """Whether doing it twice is as good as once; None: by its method (RFC 9110), so a POST is not."""
    is_of_an_object: bool = False
    """That it is gone, or refused as it is, says something about one object of many, nothing about the connection."""
    wants_json: bool = False
    """An answer that is none comes of something between us and the other side, such as a proxy's page."""
    most_bytes: int = 4 * 1024 * 1024
    """Of the answer's body; more is refused."""
    read_seconds: float | None = None
    """Without a byte of the answer; None: as the settings say."""

    @property
    def may_repeat(self) -> bool:
        return self.method in ("GET", "HEAD", "PUT", "DELETE") if self.is_repeatable is None else self.is_repeatable

    def with_json(self, value: Any) -> "Request":
        headers = {**self.headers, "Content-Type": "application/json"}
        return replace(self, body=json.dumps(value).encode(), headers=headers)

    def url(self, base: str) -> str:
        """Raises RefusedForGood for a link that leads to another place than `base`, and for values that would."""
        if self.link:
            if not same_origin(self.link, base):
                raise RefusedForGood(Said("elsewhere", {"host": host_of(base)}))
            return self.link
        if any(value in LEAVES_ITS_PLACE for value in self.values.values()):
            raise RefusedForGood(Said("no_place", {"host": host_of(base)}))
        path = self.route.format_map({name: quote(value, safe="") for name, value in self.values.items()})
        query = f"?{urlencode(self.query, quote_via=quote)}" if self.query else ""
        return f"{base.rstrip('/')}{path}{query}"


def _not_agreed_on(answer: Answer, request: Request) -> Failure | None:
    if not request.wants_json or answer.is_json:
        return None
    said = Said("no_json", {"host": answer.host})
    return Transient(said, status=answer.status) if request.may_repeat else Ambiguous(said, status=answer.status)


class Client:
    """Sends to one account. Not shared between threads."""

    def __init__(
        self,
        *,
        base: str,
        account: str,
        signer: Signer,
        reader: Reader,
        watcher: Watcher,
        places: Mapping[str, int] | None = None,
        ca_file: str = "",
        connection_id: UUID | None = None,
        circuit: str = "",
        rest: Callable[[float], None] = time.sleep,
        attempts: int = ATTEMPTS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """`connection_id`: whose sign-in the signer puts on; the log names it. `circuit`: by what failures are counted,
        where others of the same account are to go on. `attempts` in one run, which waits for `patience` seconds
        altogether: less where a row of its own is tried again anyway, and others wait for it.
        """
        self._base, self._account, self._signer, self._reader = base, account, signer, reader
        self._circuit = circuit or account
        self._watcher, self._places, self._rest = watcher, places or {}, rest
        self._connection_id = connection_id
        self._sign_in = gates.sign_in_of(connection_id) if connection_id else ""
        self._ca_file = ca_file or settings.CONNECTORS_CA_FILE
        self._attempts, self._patience = attempts, patience

    @property
    def host(self) -> str:
        return host_of(self._base)

    def send(self, request: Request) -> Answer:
        """What was answered, once it was done; a run of at most three attempts. Raises a `Failure`."""
        try:
            answer = self._run(request)
        except HeldBack:
            raise  # nobody was asked, so nothing is known that was not known before
        except Failure as failure:
            if isinstance(failure, CredentialsRefused) and self._sign_in:  # an administrator has to act
                gates.stop(self._sign_in)
            if not (request.is_of_an_object and isinstance(failure, Gone | RefusedForGood)):
                self._watcher.failed(failure)
            raise
        self._watcher.succeeded()
        return answer

    def _run(self, request: Request) -> Answer:
        attempt, has_new_token, waited, looks = 1, False, 0.0, 0
        while True:
            try:
                return self._attempt(request)
            except HeldBack as held:  # no attempt: nothing was sent
                looks += 1
                longest = 0.0 if held.said.code != "held_full" else min(1.0, LOOK_AGAIN_SECONDS * 2**looks)
                waited += self._wait(held, max(held.pause or 0.0, random.uniform(0, longest)), waited)  # noqa: S311
            except Transient as failure:
                if attempt >= self._attempts:
                    raise
                waited += self._wait(failure, max(own_pause(attempt), failure.pause or 0.0), waited)
                attempt += 1
            except CredentialsRefused as refused:
                if has_new_token or refused.is_final:
                    raise
                has_new_token = True
                self._signer.drop()

    def _wait(self, failure: Transient, seconds: float, waited: float) -> float:
        """The seconds waited now. Raises the failure where that would be more than one run has."""
        if waited + seconds > self._patience:
            raise failure
        self._rest(seconds)
        return seconds

    def _attempt(self, request: Request) -> Answer:
        scope_kind = request.scope.partition(":")[0]
        places = self._places.get(scope_kind, 0) if scope_kind else 0
        way = Way(self._account, request.scope, places, self._sign_in, self._circuit)
        url = request.url(self._base)
        with gates.place(way):
            gates.look(way)
            try:
                sign_in = self._signer.headers()  # which may take a request of its own, so not where nothing is sent
                answer = self._exchange(request, url, {**request.headers, **sign_in})
            except (Transient, Ambiguous) as failure:
                if isinstance(failure, Ambiguous) or failure.is_breaking:
                    gates.count_failure(self._circuit)
                raise
        self._take_note(request, answer)
        return answer

    def _exchange(self, request: Request, url: str, headers: Mapping[str, str]) -> Answer:
        began = time.monotonic()
        try:
            answer = exchange(
                request.method,
                url,
                headers=headers,
                body=request.body,
                most_bytes=request.most_bytes,
                ca_file=self._ca_file,
                may_repeat=request.may_repeat,
                read_seconds=request.read_seconds,
            )
        except Failure as failure:
            self._log(request, failure.said.code, "", began)
            raise
        self._log(request, answer.status, self._reader.request_id(answer), began)
        return answer

    def _take_note(self, request: Request, answer: Answer) -> None:
        """Of what the answer says about the account. Raises the `Failure` that it is."""
        failure = self._reader.failure_of(answer, request) or _not_agreed_on(answer, request)
        if isinstance(failure, Transient):
            failure.pause = asked_pause(answer.headers.get("retry-after"), now=answer.at or timezone.now())
            if failure.pause is None and not failure.is_breaking:
                failure.pause = UNSAID_PAUSE_SECONDS
        is_broken = isinstance(failure, Ambiguous) or (isinstance(failure, Transient) and failure.is_breaking)
        if is_broken:
            gates.count_failure(self._circuit)
        else:
            gates.count_success(self._circuit)
        if isinstance(failure, Transient) and failure.pause:
            scope = self._reader.scope_of_pause(answer, request)
            if scope is not None:
                gates.pause(self._account, scope, seconds=failure.pause)
        if failure is not None:
            failure.vendor_request = self._reader.request_id(answer)
            raise failure

    def _log(self, request: Request, status: int | str, vendor_request: str, began: float) -> None:
        facts = {
            "connection": str(self._connection_id or ""),
            "method": request.method,
            "route": request.route,
            "status": status,
            "vendor_request": vendor_request,
            "seconds": round(time.monotonic() - began, 3),
        }
        logger.info("request to another system", extra=facts)
