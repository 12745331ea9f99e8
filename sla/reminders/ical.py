"""Moments as a calendar that programs read (RFC 5545). Plain Python without Django."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

PRODUCT = "-//ITIL-NEXT//Reminders//EN"
LONGEST_LINE = 75
"""Octets, without the line break (section 3.1)."""
NOTHING = (
    *("BEGIN:VTIMEZONE", "TZID:Etc/UTC", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0000"),
    *("TZOFFSETTO:+0000", "TZNAME:UTC", "END:STANDARD", "END:VTIMEZONE"),
)
"""A calendar has one component at least (section 3.6)."""
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    uid: str
    """The same whenever the calendar is read, and nobody else's."""
    at: datetime
    """Aware."""
    minutes: int = 15
    """Calendars draw nothing for less than these."""
    is_busy: bool = False
    """Whether it takes its time; what only reminds takes none."""
    summary: str
    url: str = ""
    changed_at: datetime
    """Aware."""
    sequence: int
    """Counts its changes."""


def calendar(name: str, events: Iterable[Event]) -> bytes:
    """The whole of it, in UTF-8."""
    told = [line for event in events for line in _lines_of(event)]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        f"NAME:{_text(name)}",  # RFC 7986, and the name that older programs know
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        *(told or NOTHING),
        "END:VCALENDAR",
    ]
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _lines_of(event: Event) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTAMP:{_moment(event.changed_at)}"
    yield f"DTSTART:{_moment(event.at)}"
    yield f"DURATION:PT{event.minutes}M"
    yield f"SUMMARY:{_text(event.summary)}"
    if event.url:
        yield f"URL:{event.url}"
    yield "CLASS:PRIVATE"
    yield "TRANSP:OPAQUE" if event.is_busy else "TRANSP:TRANSPARENT"
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield "TRIGGER:PT0S"
    yield f"DESCRIPTION:{_text(event.summary)}"
    yield "END:VALARM"
    yield "END:VEVENT"


def _text(value: str) -> str:
    """As section 3.3.11 has it; other control characters may not stand in one."""
    kept = "".join(sign for sign in value if sign >= " " or sign in "\n\t")
    return kept.translate(ESCAPED)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _folded(line: str) -> Iterator[str]:
    """Parts of a long line, each but the first begun by a space; no character is cut in two."""
    part, room = "", LONGEST_LINE
    for sign in line:
        size = len(sign.encode())
        if size > room:
            yield part
            part, room = " ", LONGEST_LINE - 1
        part += sign
        room -= size
    yield part
