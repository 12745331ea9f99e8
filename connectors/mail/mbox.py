"""Splitting mbox files (RFC 4155) and telling them from single mails."""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

SEPARATOR = re.compile(
    rb"^From \S+ +\w{3} +\w{3} +\d{1,2} +\d{1,2}:\d\d(?::\d\d)?(?: +\S+){0,2} +\d{4}[^\r\n]*\r?\n", re.MULTILINE
)
LENIENT = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\r?\n")
QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
TWICE_QUOTED = re.compile(rb"^>>+From ", re.MULTILINE)


def is_mbox(path: Path) -> bool:
    """By its first line; a single `.eml` may begin with a stray one and stays a single mail."""
    if path.suffix.lower() == ".eml":
        return False
    with path.open("rb") as file:
        return file.read(5) == b"From "


def split_mbox(path: Path) -> Iterator[bytes]:
    """The mails of an mbox file, without their separators; `>From ` is unquoted if the file is of the mboxrd kind."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        pattern = SEPARATOR if SEPARATOR.match(content) else LENIENT
        is_mboxrd = TWICE_QUOTED.search(content) is not None
        found = [(mark.start(), mark.end()) for mark in pattern.finditer(content)]
        if not found:  # one line alone: no separator, so not cut
            yield content[:]
            return
        ends = [start for start, _end in found[1:]] + [len(content)]
        for (_start, begin), end in zip(found, ends, strict=True):
            mail = _without_last_blank_line(content[begin:end])
            yield QUOTED.sub(rb"\1", mail) if is_mboxrd else mail


def _without_last_blank_line(mail: bytes) -> bytes:
    """The blank line before the next separator belongs to the file, not to the mail."""
    for ending in (b"\r\n\r\n", b"\n\n"):
        if mail.endswith(ending):
            return mail[: -len(ending) // 2]
    return mail
