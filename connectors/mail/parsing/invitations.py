"""Calendar parts: their method, and the invitation in words for mails that hold no other text."""

import re
from collections.abc import Iterator

from connectors.mail.parsing.charsets import clean_line, decode
from connectors.mail.parsing.structure import Part

MAX_SIZE = 256 * 1024
SHOWN = {"SUMMARY": "Summary", "DTSTART": "Start", "DTEND": "End", "LOCATION": "Location", "ORGANIZER": "Organizer",
         "DESCRIPTION": "Description"}  # fmt: skip


def method_of(part: Part) -> str:
    """REQUEST, REPLY, CANCEL ...; "" if neither the header nor the object says it."""
    method = part.params.get("method", "").strip().upper()
    if method:
        return method
    return next((value.strip().upper() for name, _, value in _properties(part) if name == "METHOD"), "")


def describe(part: Part) -> str:
    """The first event in plain lines. Times stay as written, with their zone; never accepted for anybody."""
    lines = []
    seen: set[str] = set()
    inside, is_answer = False, method_of(part) == "REPLY"
    for name, parameters, value in _properties(part):
        if name == "BEGIN":
            inside = value.strip().upper() in ("VEVENT", "VTODO")
        elif name == "END" and inside:
            break
        elif inside and name in SHOWN and name not in seen:
            seen.add(name)
            zone = re.search(r"TZID=\"?([^;\":]{1,80})", parameters)
            lines.append(f"{SHOWN[name]}: {_plain(value)}{f' ({clean_line(zone[1])})' if zone else ''}")
        elif (
            is_answer
            and inside
            and name == "ATTENDEE"
            and (said := re.search(r"PARTSTAT=\"?([\w-]{1,40})", parameters))
        ):
            lines.append(f"Answer: {said[1].lower()} ({_plain(value)})")
    return "\n".join(lines)


def _properties(part: Part) -> Iterator[tuple[str, str, str]]:
    """(name, parameters, value) of every content line, unfolded (RFC 5545 3.1)."""
    text = decode(part.content[:MAX_SIZE], part.charset or "utf-8").replace("\r\n", "\n").replace("\r", "\n")
    for line in re.sub(r"\n[ \t]", "", text).split("\n"):
        if found := re.match(r"([A-Za-z-]{1,40})((?:;[^:\"]{0,200}(?:\"[^\"]{0,200}\")?){0,20}):(.*)", line):
            yield found[1].upper(), found[2], found[3]


def _plain(value: str) -> str:
    text = re.sub(r"\\([,;\\])", r"\1", re.sub(r"\\[nN]", "\n", value))
    return re.sub(r"^mailto:", "", text, flags=re.IGNORECASE).strip()
