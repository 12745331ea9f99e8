"""Header blocks as bytes: splitting, unfolding and repairing them.

The standard library's parser ends the header at the first malformed line, so that all the rest becomes body; here such
a line is part of the header as long as true header lines follow.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.mail.parsing.datatypes import Limits

LINE_END = re.compile(rb"\r{0,3}\n|\r")
FIELD = re.compile(rb"([!-9;-~\x80-\xff]{1,200})[ \t]*:")
# A line that is surely a header, used to tell a broken header line from the beginning of a body without blank line.
KNOWN_FIELD = re.compile(
    rb"(?:from|to|cc|bcc|date|subject|sender|reply-to|message-id|in-reply-to|references|received|return-path|"
    rb"delivered-to|mime-version|content-[a-z-]+|x-[a-z0-9-]+|list-[a-z-]+|dkim-signature|auto-submitted|precedence|"
    rb"user-agent|organization|importance|priority|thread-[a-z]+|arc-[a-z-]+|authentication-results)[ \t]*:",
    re.IGNORECASE,
)
SINGLE_FIELDS = ("from", "subject", "date", "message-id", "to", "cc", "in-reply-to", "references", "reply-to", "sender",
                 "content-type", "content-transfer-encoding")  # fmt: skip
LOOK_AHEAD_LINES = 20


@dataclass(slots=True)
class Headers:
    """Header fields in their order, names lower-cased, values unfolded bytes."""

    fields: list[tuple[str, bytes]] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    too_many: bool = False

    def get(self, name: str) -> bytes | None:
        """The first field of that name with a value; an empty one, then None, if there is none."""
        values = self.get_all(name)
        return next((value for value in values if value), values[0] if values else None)

    def get_all(self, name: str) -> list[bytes]:
        return [value for known, value in self.fields if known == name]

    def text(self, name: str) -> str:
        """The value as lower-case ASCII for comparing machine words; "" if missing."""
        return (self.get(name) or b"").decode("ascii", "replace").strip().lower()

    def has(self, name: str) -> bool:
        return any(known == name for known, _ in self.fields)


def split_headers(data: bytes, start: int, end: int, limits: Limits) -> tuple[Headers, int]:
    """The header block of `data` that begins at `start`, and where its body begins (at most `end`)."""
    headers = Headers()
    values: list[tuple[str, list[bytes]]] = []
    body = end
    lines = _lines(data, start, end)
    for line_start, line, after in lines:
        if not line:
            body = after
            break
        if line[:1] in b" \t":
            if not line.strip() and not _header_follows(data, after, end):
                body = after
                break
            if values:
                values[-1][1].append(line)
                continue
            line = line.lstrip()
        if found := FIELD.match(line):
            if len(values) >= limits.headers:
                headers.too_many = True
                continue
            values.append((found[1].decode("latin-1").lower(), [line[found.end() :]]))
        elif re.match(rb">?From ", line) and line_start == start:
            headers.defects.append("stray From line")
        elif _known_header_follows(data, after, end):
            headers.defects.append("header line without colon")
            if values:
                values[-1][1].append(b" " + line)
        else:
            headers.defects.append("header without end")
            body = line_start
            break
    headers.fields = [(name, _unfold(pieces, limits, headers.defects)) for name, pieces in values]
    _note_duplicates(headers)
    return headers, body


def _lines(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes, int]]:
    """(start, line without its end, start of the next line), lazily: the header is short, the mail may not be."""
    while start < end:
        found = LINE_END.search(data, start, end)
        stop, after = (found.start(), found.end()) if found else (end, end)
        yield start, data[start:stop], after
        start = after


def _header_follows(data: bytes, start: int, end: int) -> bool:
    """After a line of blanks: does the header go on (a folded empty line), or was it the end?"""
    for _, line, _ in _lines(data, start, end):
        return bool(KNOWN_FIELD.match(line)) or (line[:1] in (b" ", b"\t") and bool(line.strip()))
    return False


def _known_header_follows(data: bytes, start: int, end: int) -> bool:
    for count, (_, line, _) in enumerate(_lines(data, start, end)):
        if not line.strip() or count >= LOOK_AHEAD_LINES:
            return False
        if KNOWN_FIELD.match(line):
            return True
    return False


def _unfold(pieces: list[bytes], limits: Limits, defects: list[str]) -> bytes:
    value = b"".join(pieces).strip(b" \t\r\n\x00").replace(b"\x00", b"")
    if len(value) > limits.header_size:
        defects.append("header cut")
        value = value[: limits.header_size]
    return value


def _note_duplicates(headers: Headers) -> None:
    names = [name for name, _ in headers.fields]
    headers.defects.extend(f"duplicate {name}" for name in SINGLE_FIELDS if names.count(name) > 1)
