"""Every address of the desk that can be asked for by GET, found by walking the URLconf with the ids of what is in the
database, and what each answers to a person: for tests that look for a word in all of it. A new one is asked by itself.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any
from uuid import uuid4

from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Absence, Agent, BusinessCalendar, Company, Contact, Team
from accounts.tokens import token_for
from connectors.base.models import Connection
from connectors.entra.models import GroupRole, MicrosoftAccount
from connectors.mail.models import Brake, MailMessage
from connectors.meetings.models import Meeting
from connectors.push.models import PushSubscription
from connectors.teams.models import ChannelPost
from desk.inline import FORMS
from desk.sections import above_feed, beside_feed
from desk.selectors import QUEUES
from desk.views import around, exports, flags, tasks
from envelopes.models import Envelope
from notifications.enums import EventType
from notifications.models import Delivery, Notification
from reports.wording import PAGES as REPORTS
from sla.alerts.models import Alert, AlertRule
from sla.models import SlaPolicy
from sla.proposals.models import Proposal
from sla.reminders.models import Reminder
from tests.browser import Browser
from tests.sessions import session_of
from tickets.links import Answer, sign_answer
from tickets.models import (
    Attachment,
    BulkAct,
    CalibrationItem,
    CalibrationSession,
    CannedResponse,
    CaseFlag,
    Draft,
    DraftFile,
    KanbanBoard,
    OutboundMessage,
    Resolution,
    SavedView,
    Task,
    Ticket,
    TicketTemplate,
    TimelineEntry,
)

WORDLESS = 2
"""Rows of a model in which the word does not stand are asked for by so many of them."""
OF_API: dict[str, type[Model]] = {
    "agents": Agent,
    "teams": Team,
    "contacts": Contact,
    "companies": Company,
    "absences": Absence,
    "attachments": Attachment,
    "tasks": Task,
    "flags": CaseFlag,
    "resolutions": Resolution,
    "sessions": CalibrationSession,
    "items": CalibrationItem,
    "outbox": OutboundMessage,
    "vendor_mails": OutboundMessage,
    "drafts": Draft,
    "canned_responses": CannedResponse,
    "ticket_templates": TicketTemplate,
    "views": SavedView,
    "boards": KanbanBoard,
    "envelopes": Envelope,
    "notifications": Notification,
    "deliveries": Delivery,
    "reminders": Reminder,
    "alerts": Alert,
    "proposals": Proposal,
    "connections": Connection,
    "microsoft_accounts": MicrosoftAccount,
    "group_roles": GroupRole,
    "channel_posts": ChannelPost,
    "meetings": Meeting,
    "brakes": Brake,
    "messages": MailMessage,
}
"""What `id` in a route of the API is of, by the word before it."""
OF_PAGES: dict[str, type[Model]] = {
    "task_id": Task,
    "resolution_id": Resolution,
    "flag_id": CaseFlag,
    "entry_id": TimelineEntry,
    "attachment_id": Attachment,
    "file_id": DraftFile,
    "brake_id": Brake,
    "act_id": BulkAct,
    "notification_id": Notification,
    "delivery_id": Delivery,
    "reminder_id": Reminder,
    "alert_id": Alert,
    "subscription_id": PushSubscription,
    "session_id": CalibrationSession,
    "item_id": CalibrationItem,
    "agent_id": Agent,
    "absence_id": Absence,
    "contact_id": Contact,
    "company_id": Company,
    "team_id": Team,
    "text_id": CannedResponse,
    "policy_id": SlaPolicy,
    "calendar_id": BusinessCalendar,
    "rule_id": AlertRule,
    "proposal_id": Proposal,
    "connection_id": Connection,
    "post_id": ChannelPost,
    "meeting_id": Meeting,
}
ALL_OF: tuple[type[Model], ...] = (Ticket, Envelope, Notification)
"""Of these every row is asked for: their pages tell what stands in other rows."""
FIXED = {
    "token": ["xyz"],
    "uidb64": ["xyz"],
    "code": ["M5", "M9", "M15", "M19"],
    "event_type": [EventType.ENVELOPE_MESSAGE.value, EventType.ALERT.value],
    "slug": [slug for slug in REPORTS if slug],
}
"""Parameters that name no row."""
BY_ENTRY = {"use/": "entry", "split/": "entry", "e/<int:number>/": "original"}
"""Ends of routes that show one entry of those named in their query."""
BESIDES = {
    "mail/": "state=quarantined",
    "reports/rows/": "figure=M5&part=base&by=month",
    "help/": "show=others&by=skill",
    "board/<slug:view>/": "by=status&lanes=priority",
    "api/v1/mail/messages/": "state=quarantined",
}
"""What else a route can be made to show."""
STEPS = ("cancel", "approve", "reject", "withdraw", *tasks.STEPS, *flags.STEPS)
SEARCHED_BY = ("q={word}", "q={word}&find={word}&filter={word}&show=internal&before=999999999&compose=envelope")
"""For programs, who may not ask in words that an address does not know, and for people."""
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class Canary:
    """A word that occurs nowhere else; each place where it is put says which one it is."""

    def __init__(self, *places: str) -> None:
        # Letters alone: PostgreSQL never takes it for a number.
        self.word = "canary" + "".join(chr(ord("a") + int(digit, 16)) for digit in uuid4().hex)
        self._places = places
        self._text = re.compile(rf"{self.word}(</mark>)?(?: |_|\+|%20)?({'|'.join(places)})(?![a-z])")

    def text(self, place: str) -> str:
        assert place in self._places
        return f"{self.word} {place}"

    def is_in(self, text: str) -> bool:
        """Whether a text that was put somewhere is in it, and not just the word that somebody looks for."""
        return bool(self._text.search(text))

    def places_in(self, texts: Iterable[str]) -> set[str]:
        return {found[2] for text in texts for found in self._text.finditer(text)}


def routes() -> Iterator[str]:
    """Every pattern that may answer a GET, but those of the admin."""
    yield from _routes_below(get_resolver().url_patterns, "")


def _routes_below(patterns: Any, prefix: str) -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith("admin/"):
            continue
        if isinstance(pattern, URLResolver):
            yield from _routes_below(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and "get" in getattr(pattern.callback, "actions", {"get": ""}):
            yield route


def addresses(word: str) -> list[str]:
    """Every route with all that its parameters may be: each row that holds the word, and some that do not."""
    rows = cache(lambda model: _ids(model, word))
    found = [path for route in routes() for path in _filled(route, rows)]
    return list(dict.fromkeys([*found, *_of_admin(rows, word)]))


def _filled(route: str, rows: Any) -> Iterator[str]:
    """Addresses of a route, for all that its parameters may be together."""
    by_entry = next((name for end, name in BY_ENTRY.items() if route.endswith(end)), "")
    queries = [f"?{by_entry}={pk}" for pk in rows(TimelineEntry)] if by_entry else []
    queries += [f"?{BESIDES[route]}"] if route in BESIDES else []
    for chosen in product(*[_values(name, route, rows) for name in PARAMETER.findall(route)]):
        path = "/" + PARAMETER.sub("{}", route).format(*chosen)
        yield from (path, *(path + query for query in queries))


def _ids(model: type[Model], word: str) -> list[str]:
    """Of rows that hold the word, and of some that do not; of nothing at all where there is none."""
    if model in ALL_OF:
        found = list(model._default_manager.values_list("pk", flat=True))
    else:
        holding = f'SELECT r.{model._meta.pk.column} FROM "{model._meta.db_table}" AS r WHERE r::text'  # type: ignore[union-attr]
        with connection.cursor() as cursor:
            cursor.execute(f"{holding} LIKE %s", [f"%{word}%"])
            found = cursor.fetchall()
            cursor.execute(f"{holding} NOT LIKE %s LIMIT {WORDLESS}", [f"%{word}%"])
            found = [pk for (pk,) in [*found, *cursor.fetchall()]]
    return [str(pk) for pk in found] or [str(uuid4())]


def _values(name: str, route: str, rows: Any) -> Sequence[str]:
    """What a parameter may be. A parameter that is not known here fails: say what it is of."""
    tickets = Ticket.objects.all()
    match name:
        case "id":
            return rows(OF_API[route[: route.index("<uuid:id>")].rstrip("/").rpartition("/")[2]])
        case "reference":
            return list(tickets.values_list("reference", flat=True))
        case "number":
            return [str(number) for number in sorted(set(Envelope.objects.values_list("number", flat=True)))]
        case "message_id":
            return rows(MailMessage if route.startswith("mail/") else OutboundMessage)
        case "view":
            kept = KanbanBoard.objects.values_list("slug", flat=True) if route.startswith("board/") else ()
            return [*QUEUES, *kept, *SavedView.objects.values_list("slug", flat=True)]
        case "kind":
            return [*exports.KINDS] if "export" in route else ["responses", "templates"]
        case "name":
            return (
                [*around.SECTIONS, *above_feed, *beside_feed]
                if "around/" in route
                else [*FORMS]
                if "inline/" in route
                else STEPS
            )
        case "mode":
            return ["reply", "note", *sorted(set(Draft.objects.values_list("mode", flat=True)))]
        case "key":
            modes = _values("mode", route, rows)
            return [f"{ticket.reference}-{mode}" for ticket in tickets for mode in modes]
        case "token" if route.startswith("answer/"):
            return [sign_answer(ticket, answer) for ticket in tickets for answer in Answer]
        case _ if name in FIXED:
            return FIXED[name]
    return rows(OF_PAGES[name])


def _of_admin(rows: Any, word: str) -> Iterator[str]:
    for model in admin.site._registry:
        at = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield from (at, f"{at}?q={word}")
        for pk in rows(model):
            yield from (f"{at}{pk}/change/", f"{at}{pk}/history/")


def all_that_reaches(person: Any, paths: Iterable[str], *, word: str = "") -> dict[str, str]:
    """Address -> what it answers to an agent, a program, or to nobody who has signed in (None). What answers is also
    searched for the word, if one is given.
    """
    found: dict[str, str] = {}
    browser = Browser()
    is_agent = isinstance(person, Agent)
    if is_agent:
        browser.cookies.load(session_of(Agent.objects.get(pk=person.pk)))
    token = token_for(person.user)[0] if person else ""
    for path in paths:
        is_api = path.startswith("/api/")
        if not is_api and person is not None and not is_agent:
            continue  # programs have no pages
        headers = {"Authorization": f"Bearer {token}"} if is_api and token else {}
        answer = browser.get(path, headers=headers)
        found[path] = text_of(answer)
        if word and answer.status_code == 200 and "?" not in path and not path.startswith("/admin/"):
            asked = f"{path}?{SEARCHED_BY[not is_api].format(word=word)}"
            found[asked] = text_of(browser.get(asked, headers=headers))
    return found


def text_of(answer: Any) -> str:
    """Headers and body as text; what is packed is unpacked."""
    body = answer.whole if answer.streaming else answer.content
    if zipfile.is_zipfile(io.BytesIO(body)):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    return f"{answer.headers}\n{body.decode(errors='replace')}"


def tables_holding(word: str) -> set[str]:
    """Every table of the database in which the word stands."""
    holding = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" AS r WHERE r::text LIKE %s)', [f"%{word}%"])
            if cursor.fetchone()[0]:
                holding.add(table)
    return holding
