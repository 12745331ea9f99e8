"""Files that old mailers put into the text itself: `begin 644 name` ... `end`."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

UU_BEGIN = re.compile(rb"(?:^|(?<=[\r\n]))begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
UU_END = re.compile(rb"(?<=[\r\n])end[ \t]*(?=[\r\n]|$)")


@dataclass(slots=True)
class Uuencoded:
    """A uuencoded file inside a text; `start` and `end` are its place there."""

    filename: bytes
    content: bytes
    start: int
    end: int


def uuencoded_blocks(text: bytes) -> Iterator[Uuencoded]:
    """The files between `begin 644 name` and `end`."""
    position = 0
    while begin := UU_BEGIN.search(text, position):
        end = UU_END.search(text, begin.end())
        if end is None:
            return
        content = b"".join(_uu_line(line) for line in text[begin.end() : end.start()].splitlines())
        if content:
            yield Uuencoded(begin[1].strip(), content, begin.start(), end.end())
        position = end.end()


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        pass
    length = ((line[0] - 32) & 63) * 4 + 2 if line else 0  # some encoders pad lines with rubbish
    try:
        return binascii.a2b_uu(line[: length // 3 + 1])
    except binascii.Error:
        return b""
