"""Requests to Microsoft Graph (integrations.md section 2): immutable ids, pages by opaque links, its errors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from django.conf import settings

from connectors.base.answers import Plain
from connectors.base.client import PATIENCE_SECONDS, Client, Request, Watcher
from connectors.base.failures import Failure, Gone, PermissionMissing, RefusedForGood, Transient
from connectors.base.models import Connection
from connectors.base.retrying import ATTEMPTS
from connectors.base.sentences import Said
from connectors.base.services import Health
from connectors.base.wire import Answer
from connectors.microsoft365.identity import Tokens

MAILBOX = "mailbox"
"""Kind of scope: what Exchange limits by application and mailbox."""
FORGOTTEN = frozenset({"syncstatenotfound", "resyncrequired", "syncstateinvalid"})
"""Codes, in lower case, of a position in a list that Graph no longer knows, whatever the status."""
LOCKED = frozenset({"resourcelocked", "erroritemsavelocked", "errorirresolvableconflict"})
OF_A_MAILBOX = ("mailboxconcurrency", "mailbox")
"""Words by which a refusal says that it is about the one mailbox; where it says nothing, all of the tenant waits."""
OK, NO_MAIL = 200, (b"<", b"{")
"""No header of a mail begins so, but a page or an object does."""
MOST_MAIL_BYTES = 160 * 1024 * 1024
"""Of a message as MIME; Exchange takes 150 MB."""


class GraphReader(Plain):
    """What Graph's answers mean: its error codes say more than its statuses."""

    def failure_of(self, answer: Answer, request: Request) -> Failure | None:
        failure = super().failure_of(answer, request)
        if failure is None:
            return None
        code = error_code(answer)
        facts: dict[str, str | int] = {"status": answer.status, "code": code}
        if code.lower() in FORGOTTEN or (answer.status == 410 and request.link):
            return Gone(Said("ms_resync"), status=answer.status)
        if answer.status in (409, 423) and code.lower() in LOCKED:
            return Transient(Said("busy", {"host": answer.host, "status": answer.status}), is_breaking=False)
        if isinstance(failure, Gone):
            return Gone(Said(failure.said.code, {**failure.said.facts, "code": code}), status=answer.status)
        if isinstance(failure, PermissionMissing):
            return PermissionMissing(Said("ms_forbidden", facts), status=answer.status)
        if isinstance(failure, RefusedForGood) and answer.status >= 400:
            return RefusedForGood(Said("ms_refused", facts), status=answer.status, body=failure.body)
        return failure

    def scope_of_pause(self, answer: Answer, request: Request) -> str | None:
        if answer.status in (409, 423):
            return None
        error = _error(answer)
        words = f"{error.get('code', '')} {error.get('message', '')}".lower()
        return request.scope if any(word in words for word in OF_A_MAILBOX) else ""

    def request_id(self, answer: Answer) -> str:
        return answer.headers.get("request-id", "")[:100]


def _error(answer: Answer) -> Mapping[str, Any]:
    try:
        found = answer.json()["error"]
    except (RefusedForGood, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def error_code(answer: Answer) -> str:
    """Graph's own word, such as ErrorAccessDenied; empty where there is none that could be shown."""
    code = str(_error(answer).get("code", ""))[:60]
    return code if code.isascii() and code.replace(".", "").replace("_", "").isalnum() else ""


@dataclass(frozen=True)
class Page:
    """One page of a list. Of `next_link` and `delta_link` at most one is there; both are opaque."""

    items: list[Any]
    next_link: str
    delta_link: str


class Graph:
    """Graph for one connection; for one thread."""

    def __init__(
        self,
        connection: Connection,
        *,
        client: Client | None = None,
        patience: float = PATIENCE_SECONDS,
        attempts: int = ATTEMPTS,
        watcher: Watcher | None = None,
        circuit: str = "",
    ) -> None:
        """`patience`: seconds that one request waits in pauses; less where others wait for whoever sends it.
        `attempts`: one where whoever sends looks before it is tried again. `watcher`: who is told how requests go
        instead of the connection's health. `circuit`: by what failures are counted instead of by the tenant.
        """
        self._client = client or Client(
            base=settings.MSGRAPH_BASE_URL,
            account=account_of(connection.settings),
            signer=Tokens(connection),
            reader=GraphReader(),
            watcher=watcher or Health(connection.pk),
            places={MAILBOX: settings.MSGRAPH_REQUESTS_AT_ONCE},
            ca_file=settings.MSGRAPH_CA_FILE,
            connection_id=connection.pk,
            circuit=circuit,
            patience=patience,
            attempts=attempts,
        )

    def send(self, request: Request) -> Answer:
        """Raises a `Failure`."""
        own = {"Prefer": 'IdType="ImmutableId"', "client-request-id": str(uuid4())}
        prefers = ", ".join(filter(None, (own["Prefer"], request.headers.get("Prefer"))))
        request = _of_mailbox(request)
        return self._client.send(replace(request, headers={**own, **request.headers, "Prefer": prefers}))

    def get(self, route: str, values: Mapping[str, str], *, query: Mapping[str, str] | None = None) -> Any:
        """The object at `route`. Raises a `Failure`."""
        request = Request(method="GET", route=route, values=values, query=query or {}, wants_json=True)
        return self.send(request).json()

    def source(self, mailbox: str, message_id: str) -> bytes:
        """A message as it came, MIME. Raises Gone if it has been deleted meanwhile, or another `Failure`, also for what
        is no mail, such as the page of a proxy: once stored, it would not be asked for again.
        """
        request = Request(
            method="GET",
            route="/users/{user-id}/messages/{message-id}/$value",
            values={"user-id": mailbox, "message-id": message_id},
            most_bytes=MOST_MAIL_BYTES,
        )
        answer = self.send(request)
        start = answer.body[:1000].lstrip()
        if answer.status != OK or not start or start.startswith(NO_MAIL):
            raise RefusedForGood(Said("ms_no_mail"), status=answer.status)
        return answer.body

    def pages(self, request: Request) -> Iterator[Page]:
        """A list, page by page; an empty page with a link to the next one is not its end. Raises a `Failure`."""
        while True:
            page = self.page(request)
            yield page
            if not page.next_link:
                return
            request = replace(request, link=page.next_link)

    def page(self, request: Request) -> Page:
        answer = self.send(replace(request, wants_json=True)).json()
        if not isinstance(answer, dict) or not isinstance(answer.get("value"), list):
            raise RefusedForGood(Said("no_json", {"host": self._client.host}))
        return Page(
            answer["value"], str(answer.get("@odata.nextLink") or ""), str(answer.get("@odata.deltaLink") or "")
        )


def _of_mailbox(request: Request) -> Request:
    """In the scope of its mailbox, whichever way the address is written."""
    mailbox = request.values.get("user-id", "")
    return replace(request, scope=f"{MAILBOX}:{mailbox.lower()}", is_of_an_object=True) if mailbox else request


def account_of(values: Mapping[str, str]) -> str:
    """Graph limits by tenant, too: its plea for patience slows all its mailboxes, whichever application asks."""
    return f"microsoft365:{values.get('tenant_id', '').lower()}"
