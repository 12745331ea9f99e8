"""The calendar of a shared mailbox in Microsoft 365 (integrations.md section 3): events of ours made, found again,
changed, cancelled, read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.html import escape, linebreaks

from connectors.base.client import Request
from connectors.base.failures import Ambiguous, CredentialsRefused, Gone, RefusedForGood
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.base.services import Health
from connectors.base.wire import Answer
from connectors.meetings import sentences  # noqa: F401  # they are said here
from connectors.meetings.enums import Answer as Answered
from connectors.meetings.kinds import MICROSOFT_365
from connectors.meetings.models import Meeting
from connectors.microsoft365.borrowing import HealthOfABorrower
from connectors.microsoft365.graph import Graph
from core.moments import is_possible, zone_named
from envelopes.enums import EnvelopeKind

MARK = "String {6a0d1b57-3c5e-4f0e-9d2b-7f1c8e2a4b90} Name itilnext-meeting"
"""The property by which a meeting of ours is found again; it holds our key."""
EVENTS = "/users/{user-id}/events"
EVENT = f"{EVENTS}/{{event-id}}"
IN_UTC = {"Prefer": 'outlook.timezone="UTC"'}
READ = "id,subject,start,end,attendees,isCancelled,onlineMeeting,transactionId"
PATIENCE_SECONDS = 2.0
"""That one request waits in pauses: the row is tried again anyway, and others wait behind it."""
ACCEPTED = 202


@dataclass(frozen=True, kw_only=True)
class Invited:
    """One attendee as the calendar has them: a person, or a room that somebody has booked in Outlook."""

    address: str
    """In lower case; empty where the desk cannot write it down, as of an X.500 name."""
    answer: str
    given: Mapping[str, Any]
    """What a change must say of them for them to stay who they are."""

    @classmethod
    def of(cls, told: Any) -> "Invited | None":
        mail, answer = _within(told, "emailAddress"), str(_within(told, "status").get("response") or "")
        written = str(mail.get("address") or "").strip()
        if not written:
            return None
        kind = {"type": told["type"]} if isinstance(told.get("type"), str) else {}
        name = {"name": mail["name"]} if isinstance(mail.get("name"), str) else {}
        return cls(
            address=written.lower() if _is_address(written) else "",
            answer=answer if answer in Answered.values else str(Answered.NONE),
            given={"emailAddress": {"address": written} | name} | kind,
        )


@dataclass(frozen=True, kw_only=True)
class Told:
    """A meeting as the calendar has it. Moments are UTC, None where they cannot be read; addresses in lower case."""

    id: str
    title: str
    starts_at: datetime | None
    ends_at: datetime | None
    invited: tuple[Invited, ...]
    is_cancelled: bool
    join_url: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Told":
        online = event.get("onlineMeeting")
        return cls(
            id=str(event["id"]),
            title=str(event.get("subject") or ""),
            starts_at=_instant(event.get("start")),
            ends_at=_instant(event.get("end")),
            invited=tuple(filter(None, map(Invited.of, event.get("attendees") or ()))),
            is_cancelled=bool(event.get("isCancelled")),
            join_url=_https(str((online if isinstance(online, dict) else {}).get("joinUrl") or "")),
        )

    @property
    def answers(self) -> dict[str, str]:
        """By address; of all whom the desk can know."""
        return {one.address: one.answer for one in self.invited if one.address}


class SharedCalendar:
    """All of it raises a `Failure`. Everything is tried once: who sends looks before it is tried again."""

    def __init__(self, row: Connection, mailbox: str) -> None:
        try:
            application = signs_in(row)
        except CredentialsRefused as failure:
            Health(row.pk).failed(failure)
            raise
        health = HealthOfABorrower(row, application)
        self._graph = Graph(application, patience=PATIENCE_SECONDS, attempts=1, watcher=health, circuit=circuit_of(row))
        self._mailbox = mailbox

    def look(self) -> None:
        """Whether it is there for us."""
        self._graph.page(self._request("GET", EVENTS, query={"$top": "1", "$select": "id"}))

    def find(self, key: UUID) -> Told | None:
        """By our mark; it can be found a while after it was made."""
        filter_ = f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARK}' and ep/value eq '{key}')"
        request = self._request("GET", EVENTS, query={"$filter": filter_, "$select": READ})
        items = [item for page in self._graph.pages(request) for item in page.items]
        return next((Told.of(item) for item in items if isinstance(item, dict) and item.get("id")), None)

    def get(self, event_id: str) -> Told:
        """Raises Gone where it is not there any more."""
        request = self._request("GET", EVENT, event_id, query={"$select": READ})
        return Told.of(_told(self._graph.send(request)))

    def create(self, meeting: Meeting) -> Told:
        """`transactionId` makes of a second request the same event, as far as the service remembers."""
        return self._sent("POST", EVENTS, values_of(meeting) | made_once(meeting))

    def change(self, event_id: str, values: Mapping[str, Any]) -> Told:
        """`values` as `differences.to_write` has them. Who is invited is told of it."""
        return self._sent("PATCH", EVENT, values, event_id)

    def cancel(self, event_id: str, farewell: str) -> None:
        """Tell the attendees. Raises Gone where there is nothing to cancel."""
        request = self._request("POST", f"{EVENT}/cancel", event_id).with_json({"comment": farewell})
        answer = self._graph.send(request)
        if answer.status != ACCEPTED:
            raise Ambiguous(Said("calendar_unreadable"), status=answer.status)

    def refuse_if_gone(self) -> None:
        """Raises RefusedForGood where it is not the event that has gone but the whole mailbox."""
        try:
            self.look()
        except Gone as failure:
            raise RefusedForGood(Said("calendar_no_mailbox"), status=failure.status) from failure

    def _sent(self, method: str, route: str, values: Mapping[str, Any], event_id: str = "") -> Told:
        return Told.of(_told(self._graph.send(self._request(method, route, event_id).with_json(values))))

    def _request(self, method: str, route: str, event_id: str = "", **more: Any) -> Request:
        values = {"user-id": self._mailbox} | ({"event-id": event_id} if event_id else {})
        return Request(method=method, route=route, values=values, headers=IN_UTC, **more)


def circuit_of(row: Connection) -> str:
    """Apart from the mails of the application's tenant: where a calendar fails they go on."""
    return f"calendar:{row.pk}"


def signs_in(row: Connection) -> Connection:
    """The connection to Microsoft 365 whose application makes the meetings. Raises CredentialsRefused."""
    found = Connection.objects.active().of_kind("microsoft365").filter(pk=row.settings.get(MICROSOFT_365, "")).first()
    if found is None:
        raise CredentialsRefused(Said("calendar_graph_missing"), is_final=True)
    return found


def title_of(meeting: Meeting) -> str:
    """With the reference, by which answers find their ticket. Of an envelope's without: its mails find no customer's
    thread.
    """
    return meeting.title if meeting.envelope_id else f"{meeting.title} [{meeting.origin.reference}]"


def values_of(meeting: Meeting) -> dict[str, Any]:
    """All that a change can write. Of the text nothing: Microsoft keeps the link to join in it."""
    return {"subject": title_of(meeting), **times_of(meeting), "attendees": list(map(required, meeting.attendees))}


def times_of(meeting: Meeting) -> dict[str, Any]:
    return {"start": _moment(meeting.starts_at), "end": _moment(meeting.ends_at)}


def required(address: str) -> dict[str, Any]:
    return {"emailAddress": {"address": address}, "type": "required"}


def made_once(meeting: Meeting) -> dict[str, Any]:
    """What a meeting has from its beginning. Nobody is asked to answer to one in an envelope: answers are mails to the
    shared mailbox, which name it, and are read there by its whole team.
    """
    online = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"} if meeting.is_online else {}
    return {
        "body": {"contentType": "html", "content": _body(meeting)},
        "transactionId": str(meeting.pk),
        "singleValueExtendedProperties": [{"id": MARK, "value": str(meeting.pk)}],
        "sensitivity": "private" if meeting.envelope_id else "normal",
        "responseRequested": meeting.envelope_id is None,
        **online,
    }


def _body(meeting: Meeting) -> str:
    """What the agent wrote and the reference, which is nothing for a vendor."""
    envelope = meeting.envelope
    is_for_vendor = envelope is not None and envelope.kind == EnvelopeKind.EXTERNAL_VENDOR
    parts = [meeting.text.strip(), "" if is_for_vendor else meeting.origin.reference]
    return linebreaks(escape("\n\n".join(filter(None, parts))))


def _moment(at: datetime) -> dict[str, str]:
    return {"dateTime": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": "UTC"}


def _instant(told: Any) -> datetime | None:
    """Of `dateTimeTimeZone`, whose fractions have seven digits; None for what is no moment."""
    if not isinstance(told, dict):
        return None
    name = str(told.get("timeZone") or "UTC")
    zone = ZoneInfo("UTC") if name == "UTC" else zone_named(name)
    try:
        found = datetime.fromisoformat(str(told.get("dateTime"))[:19])
    except ValueError:
        return None
    if zone is None or found.tzinfo is not None:
        return None
    return found.replace(tzinfo=zone).astimezone(UTC) if is_possible(found.replace(tzinfo=UTC)) else None


def _within(told: Any, name: str) -> Mapping[str, Any]:
    found = told.get(name) if isinstance(told, dict) else None
    return found if isinstance(found, dict) else {}


def _is_address(written: str) -> bool:
    try:
        validate_email(written)
    except ValidationError:
        return False
    return True


def _https(url: str) -> str:
    return url if len(url) <= 2000 and urlsplit(url).scheme == "https" else ""


def _told(answer: Answer) -> Mapping[str, Any]:
    """Raises Ambiguous for what is not Graph's answer, such as a proxy's page: it may have been done."""
    told = answer.json() if answer.is_json else None
    if not isinstance(told, dict) or not told.get("id"):
        raise Ambiguous(Said("calendar_unreadable"), status=answer.status)
    return told
