"""What the fake of Graph does with the calendar of a mailbox: events made once for a transaction, found by a property,
changed, cancelled, answered; and by whom they are taken out.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_urlsafe
from threading import RLock
from typing import TYPE_CHECKING, Any

from tests.fakes.serving import Call, Reply

if TYPE_CHECKING:
    from tests.fakes.microsoft import Mailbox, MicrosoftFake

FIXED = ("transactionId", "singleValueExtendedProperties")


@dataclass
class Event:
    id: str
    values: dict[str, Any]
    is_cancelled: bool = False

    @property
    def key(self) -> str:
        return str(self.values.get("transactionId", ""))

    @property
    def title(self) -> str:
        return str(self.values["subject"])

    @property
    def attendees(self) -> list[str]:
        return [one["emailAddress"]["address"] for one in self.values["attendees"]]

    def answer(self, address: str, response: str) -> None:
        for one in self.values["attendees"]:
            if one["emailAddress"]["address"] == address:
                one["status"] = {"response": response, "time": "2026-03-02T08:00:00Z"}

    def move(self, start: datetime, end: datetime) -> None:
        for name, at in (("start", start), ("end", end)):
            self.values[name] = {"dateTime": at.strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": "UTC"}

    def shown(self) -> dict[str, Any]:
        names = ("subject", "start", "end", "attendees", "transactionId")
        online = {"joinUrl": f"https://teams.test/l/{self.id[-8:-1]}"} if self.values.get("isOnlineMeeting") else None
        return {
            "@odata.etag": 'W/"1"',
            "id": self.id,
            "isCancelled": self.is_cancelled,
            "onlineMeeting": online,
            **{name: self.values[name] for name in names if name in self.values},
        }


@dataclass
class Calendar:
    events: dict[str, Event] = field(default_factory=dict)
    made: list[Event] = field(default_factory=list)
    told: list[tuple[str, str, str]] = field(default_factory=list)
    """What attendees were sent, in turn: what, the title, and the word to them."""
    hides: int = 0
    """So many looks by the property find nothing yet."""
    forgets_transactions: bool = False
    aliases: dict[str, str] = field(default_factory=dict)
    """Addresses that Exchange writes otherwise than it was given them."""
    lock: Any = field(default_factory=RLock)

    def take_out(self, event: Event) -> None:
        """As somebody does in Outlook who deletes it."""
        del self.events[event.id]

    @property
    def standing(self) -> list[Event]:
        return [event for event in self.events.values() if not event.is_cancelled]


def answer(
    fake: "MicrosoftFake", mailbox: "Mailbox", call: Call, parts: list[str], query: dict[str, str]
) -> Reply | None:
    """None where it is none of this."""
    calendar = mailbox.calendar
    with calendar.lock:
        match call.method, parts:
            case "GET", ["events"]:
                return _json({"value": [event.shown() for event in _found(calendar, query.get("$filter", ""))]})
            case "POST", ["events"]:
                return _made(fake, calendar, json.loads(call.body))
            case method, ["events", event_id, *rest]:
                if event_id not in calendar.events:
                    return _refusal(404, "ErrorItemNotFound")
                return _of_event(fake, calendar, calendar.events[event_id], method, rest, call)
    return None


def _found(calendar: Calendar, asked: str) -> list[Event]:
    by_mark = re.fullmatch(r"singleValueExtendedProperties/Any\(ep: ep/id eq '(.+)' and ep/value eq '(.+)'\)", asked)
    if by_mark is None:
        return list(calendar.events.values())
    if calendar.hides:
        calendar.hides -= 1
        return []
    wanted = {"id": by_mark[1], "value": by_mark[2]}
    return [each for each in calendar.events.values() if wanted in each.values.get(FIXED[1], [])]


def _made(fake: "MicrosoftFake", calendar: Calendar, values: dict[str, Any]) -> Reply:
    if any(values[name]["timeZone"] != "UTC" for name in ("start", "end")):
        fake.wrong.append("an event whose moments are not UTC")
    known = [event for event in calendar.made if event.key and event.key == values.get("transactionId")]
    if known and not calendar.forgets_transactions:
        return _json(known[0].shown(), status=201)
    for one in values["attendees"]:
        mail = one["emailAddress"]
        mail["address"] = calendar.aliases.get(mail["address"], mail["address"])
    event = Event(f"AAMkAGI{token_urlsafe(24)}=", values)
    calendar.events[event.id] = event
    calendar.made.append(event)
    calendar.told.append(("invited", event.title, ""))
    return _json(event.shown(), status=201)


def _of_event(
    fake: "MicrosoftFake", calendar: Calendar, event: Event, method: str, rest: list[str], call: Call
) -> Reply | None:
    match method, rest:
        case "GET", []:
            return _json(event.shown())
        case "PATCH", []:
            values = json.loads(call.body)
            if "body" in values or any(name in values for name in FIXED):
                fake.wrong.append(f"a change writes what it must not: {sorted(values)}")
            event.values |= values
            calendar.told.append(("changed", event.title, ""))
            return _json(event.shown())
        case "POST", ["cancel"]:
            if event.is_cancelled:
                return _refusal(400, "ErrorCancelledItem")
            event.is_cancelled = True
            calendar.told.append(("cancelled", event.title, json.loads(call.body).get("comment", "")))
            return Reply(202)
    return None


def _refusal(status: int, code: str) -> Reply:
    return _json({"error": {"code": code, "message": "No."}}, status=status)


def _json(value: Any, *, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), (("Content-Type", "application/json"),))
