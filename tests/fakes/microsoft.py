"""Microsoft's identity platform and Graph, as far as connectors use them: with state, pages, faults and throttling.

What Graph is asked and what it answers is checked against Microsoft's own description; `MicrosoftFake.check` fails the
test for anything that does not fit. Rules that the description does not have (integrations.md sections 1 and 2) are
kept here: one scope, immutable ids, four requests at once for a mailbox.
"""

import base64
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as modern
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import count
from secrets import token_urlsafe
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.fakes import graph_calendar, graph_mailbox, graph_notifications, graph_sending
from tests.fakes.contracts import Answered, Asked, Contract, split
from tests.fakes.serving import Call, Reply, serving

TENANT, CLIENT, SECRET = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000", "s3cret~value"
PREFIX = "/v1.0"
SCOPE = "https://graph.microsoft.com/.default"
AT_ONCE = 4
PAGE_SIZE = 10
ALL_ROLES = ("Mail.ReadWrite", "Mail.Send")
Fault = Callable[[Call], Reply | None]
"""What happens instead of the answer; None: nothing."""


@dataclass
class Message:
    id: str
    raw: bytes
    folder: str
    received: str = "2026-03-02T08:00:00Z"
    is_draft: bool = False
    is_read: bool = False

    def shown(self) -> dict[str, Any]:
        mail = message_from_bytes(self.raw, policy=modern)
        return {
            "@odata.etag": f'W/"{self.id[:8]}"',
            "id": self.id,
            "internetMessageId": str(mail["Message-ID"] or ""),
            "subject": str(mail["Subject"] or ""),
            "receivedDateTime": self.received,
            "isDraft": self.is_draft,
            "isRead": self.is_read,
            "parentFolderId": self.folder,
        }


@dataclass
class Mailbox:
    """`log` is what has happened in each folder, in turn: (id, whether it is there)."""

    messages: dict[str, Message] = field(default_factory=dict)
    log: dict[str, list[tuple[str, bool]]] = field(default_factory=lambda: {"inbox": []})
    outbox: graph_sending.Outbox = field(default_factory=graph_sending.Outbox)
    calendar: graph_calendar.Calendar = field(default_factory=graph_calendar.Calendar)
    is_closed: bool = False
    """To the application: its roles are scoped elsewhere."""

    def deliver(self, raw: bytes, *, folder: str = "inbox") -> Message:
        message = Message(f"AAkALgAAAAAA{token_urlsafe(24)}=", raw, folder)
        if date := message_from_bytes(raw)["Date"]:
            message.received = parsedate_to_datetime(date).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.messages[message.id] = message
        self.log.setdefault(folder, []).append((message.id, True))
        return message

    def remove(self, message: Message) -> None:
        del self.messages[message.id]
        self.log[message.folder].append((message.id, False))


@dataclass
class MicrosoftFake:
    """The whole of it. Faults are asked in turn before anything is answered; the first that has one decides."""

    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    secret: str = SECRET
    roles: tuple[str, ...] = ALL_ROLES
    refused: str = ""
    """AADSTS number with which the sign-in is refused."""
    token_seconds: int = 3600
    graph_port: int = 0
    authority_port: int = 0
    faults: list[Fault] = field(default_factory=list)
    late_faults: list[Fault] = field(default_factory=list)
    """Instead of the answer, too, but after it was done."""
    upload_port: int = 0
    sign_in_faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    sign_ins: list[dict[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    floors: dict[str, str] = field(default_factory=dict)
    """By token: the moment at which its list begins."""
    cursors: dict[str, tuple[str, str, int, bool]] = field(default_factory=dict)
    """By token: mailbox, folder, position, whether it asks for pages of messages or only for what follows."""
    subscriptions: graph_notifications.Subscriptions = field(default_factory=graph_notifications.Subscriptions)
    at_once: Counter[str] = field(default_factory=Counter)
    most_at_once: Counter[str] = field(default_factory=Counter)
    refused_at_once: int = 0
    slow: Callable[[], None] = lambda: None
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.contract = Contract("msgraph.json", PREFIX)
        self._lock, self._numbers = threading.Lock(), count(1)

    @property
    def base(self) -> str:
        return f"https://localhost:{self.graph_port}{PREFIX}"

    @property
    def login(self) -> str:
        return f"https://localhost:{self.authority_port}"

    def check(self) -> None:
        found = self.contract.violations + self.wrong
        assert found == [], "\n".join(found)

    def forget_tokens(self) -> None:
        """As if all had been revoked: the next request with one is answered 401."""
        self.tokens.clear()

    def forget_cursors(self) -> None:
        """As when the service drops its cache: every link is answered 410."""
        self.cursors.clear()

    # Identity ---------------------------------------------------------------------------------------------------------

    def sign_in(self, call: Call) -> Reply:
        path, _query = split(call.path)
        if call.method == "GET" and (reply := self._sign_in_fault(call)) is not None:
            return reply
        if path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            return _json(200, self._configuration())
        if path.endswith("/.well-known/openid-configuration"):
            return _json(400, {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."})
        if path != f"/{TENANT}/oauth2/v2.0/token" or call.method != "POST":
            return _json(404, {"error": "not_found"})
        form = dict(parse_qsl(call.body.decode()))
        self.sign_ins.append(form)
        reply = self._sign_in_fault(call)
        return self._token(form) if reply is None else reply

    def _sign_in_fault(self, call: Call) -> Reply | None:
        replies = (fault(call) for fault in self.sign_in_faults)
        return next((reply for reply in replies if reply is not None), None)

    def _configuration(self) -> dict[str, Any]:
        own = f"{self.login}/{TENANT}"
        return {
            "issuer": f"{own}/v2.0",
            "token_endpoint": f"{own}/oauth2/v2.0/token",
            "authorization_endpoint": f"{own}/oauth2/v2.0/authorize",
            "jwks_uri": f"{own}/discovery/v2.0/keys",
        }

    def _token(self, form: dict[str, str]) -> Reply:
        if form.get("grant_type") != "client_credentials" or form.get("scope") != SCOPE:
            self.wrong.append(f"token asked for with scope {form.get('scope')}")
        number = self.refused
        if not number and form.get("client_id") != CLIENT:
            number = "700016"
        if not number and "client_assertion" not in form and form.get("client_secret") != self.secret:
            number = "7000215"
        if number:
            told = f"AADSTS{number}: refused. Trace ID: 0 Correlation ID: 0"
            return _json(401, {"error": "invalid_client", "error_description": told, "error_codes": [int(number)]})
        token = _jwt({"roles": self.roles, "n": next(self._numbers)} if self.roles else {"n": next(self._numbers)})
        self.tokens.add(token)
        return _json(200, {"token_type": "Bearer", "expires_in": self.token_seconds, "access_token": token})

    # Graph ------------------------------------------------------------------------------------------------------------

    def ask(self, call: Call) -> Reply:
        path, query = split(call.path)
        asked = Asked("https://localhost", path, call.method, call.headers, query, call.body or None)
        with self._lock:
            self.calls.append(call)
            self.contract.judge_request(asked)
        reply = self._within_limits(call, path, query)
        if not reply.hangs_up:
            content_type = dict(reply.headers).get("Content-Type", "")
            with self._lock:
                self.contract.judge_answer(asked, Answered(reply.status, reply.body or None, content_type))
        return reply

    def _within_limits(self, call: Call, path: str, query: str) -> Reply:
        parts = [unquote(part) for part in path.removeprefix(f"{PREFIX}/").split("/")]
        address = parts[1].lower() if parts[0] == "users" and len(parts) > 1 else ""
        with self._lock:
            self.at_once[address] += 1
            running = self.at_once[address]
            self.most_at_once[address] = max(self.most_at_once[address], running)
        try:
            self.slow()
            if address and running > AT_ONCE:
                self.refused_at_once += 1
                return throttled(1, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.")
            return self._answer(call, parts, dict(parse_qsl(query)), address)
        finally:
            with self._lock:
                self.at_once[address] -= 1

    def _answer(self, call: Call, parts: list[str], query: dict[str, str], address: str) -> Reply:
        for fault in self.faults:
            if (reply := fault(call)) is not None:
                return reply
        if call.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return refusal(401, "InvalidAuthenticationToken")
        if 'IdType="ImmutableId"' not in call.headers.get("prefer", ""):
            self.wrong.append(f"{call.method} {call.path} does not ask for immutable ids")
        if parts[0] == "subscriptions":
            done = graph_notifications.answer(self, call, parts[1:])
            return next((reply for fault in self.late_faults if (reply := fault(call)) is not None), done)
        mailbox = self.mailboxes.get(address)
        if mailbox is None:
            return refusal(404, "ErrorInvalidUser")
        if mailbox.is_closed:
            return refusal(403, "ErrorAccessDenied")
        sending = graph_sending.answer(self, mailbox, call, parts[2:], query)
        done = sending or graph_mailbox.answer(self, mailbox, call, parts[2:], query)
        done = done or graph_calendar.answer(self, mailbox, call, parts[2:], query)
        done = done or self._of_mailbox(mailbox, address, parts[2:], query)
        return next((reply for fault in self.late_faults if (reply := fault(call)) is not None), done)

    def _of_mailbox(self, mailbox: Mailbox, address: str, parts: list[str], query: dict[str, str]) -> Reply:
        match parts:
            case ["mailFolders", folder]:
                return _json(200, {"id": folder, "displayName": folder, "totalItemCount": len(mailbox.messages)})
            case ["mailFolders", folder, "messages", "delta"]:
                return self._delta(mailbox, address, folder, query)
            case ["messages", message_id, "$value"] if message_id in mailbox.messages:
                return Reply(200, mailbox.messages[message_id].raw, (("Content-Type", "application/octet-stream"),))
            case ["messages", message_id] if message_id in mailbox.messages:
                return _json(200, mailbox.messages[message_id].shown())
        return refusal(404, "ErrorItemNotFound")

    def _delta(self, mailbox: Mailbox, address: str, folder: str, query: dict[str, str]) -> Reply:
        """A round goes through the log from a position to its end; a message may come several times, and gone."""
        position = 0
        if token := query.get("$skiptoken") or query.get("$deltatoken"):
            if token not in self.cursors:
                return refusal(410, "syncStateNotFound")
            _address, _folder, position, _is_page = self.cursors[token]
        floor = self.floors.get(token or "", query.get("$filter", "").removeprefix("receivedDateTime ge "))
        log = mailbox.log.setdefault(folder, [])
        end = min(position + PAGE_SIZE, len(log))
        value = [
            mailbox.messages[message_id].shown()
            if is_there and message_id in mailbox.messages
            else {"@odata.type": "#microsoft.graph.message", "id": message_id, "@removed": {"reason": "deleted"}}
            for message_id, is_there in log[position:end]
            if message_id not in mailbox.messages or mailbox.messages[message_id].received >= floor
        ]
        token, is_last = token_urlsafe(24), end == len(log)
        self.floors[token] = floor
        self.cursors[token] = (address, folder, end, not is_last)
        name, parameter = ("deltaLink", "deltatoken") if is_last else ("nextLink", "skiptoken")
        link = f"{self.base}/users/{address}/mailFolders/{folder}/messages/delta?${parameter}={token}"
        context = f"{self.base}/$metadata#Collection(message)"
        return _json(200, {"@odata.context": context, "value": value, f"@odata.{name}": link})


def throttled(seconds: float | str, code: str = "TooManyRequests", message: str = "Too many requests.") -> Reply:
    """A plea for patience; of the whole tenant unless code or message name the mailbox."""
    return refusal(429, code, message, (("Retry-After", str(seconds)),))


def refusal(status: int, code: str, message: str = "No.", headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    body = {
        "error": {"code": code, "message": message, "innerError": {"request-id": "1", "date": "2026-03-02T08:00:00"}}
    }
    return _json(status, body, headers)


def _json(status: int, value: Any, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    own = (("Content-Type", "application/json"), ("request-id", f"vendor-{status}"))
    return Reply(status, json.dumps(value).encode(), (*own, *headers))


def _jwt(claims: dict[str, Any]) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "signature"])


def once(reply: Reply, *, times: int = 1, path: str = "") -> Fault:
    """`reply` for the next requests whose path holds `path`, so many of them."""
    left = [times]
    lock = threading.Lock()

    def fault(call: Call) -> Reply | None:
        with lock:
            if left[0] and path in unquote(call.path):
                left[0] -= 1
                return reply
        return None

    return fault


def until(moment: float, reply: Reply) -> Fault:
    """`reply` to everything before `moment` of the monotonic clock."""
    return lambda _call: reply if monotonic() < moment else None


@contextmanager
def microsoft() -> Iterator[MicrosoftFake]:
    """Both servers; fails the test at its end for whatever did not fit the contract."""
    fake = MicrosoftFake()
    uploading = partial(graph_sending.take_piece, fake)
    with (
        serving(fake.sign_in) as fake.authority_port,
        serving(fake.ask) as fake.graph_port,
        serving(uploading) as fake.upload_port,
    ):
        yield fake
    fake.check()
