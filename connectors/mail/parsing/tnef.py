"""winmail.dat: files and text of Microsoft's TNEF (MS-OXTNEF).

An own reader: the one library for it has had no release for years, copies the rest of the stream for every object and
loses all when one object is broken; here what was read before the damage is kept.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.mail.parsing.charsets import clean_line, decode

SIGNATURE = 0x223E9F78
OBJECT_HEADER = struct.Struct("<BII")
LEVEL_ATTACHMENT = 2
# Attributes: the low word of the id.
BODY, ATTACH_DATA, ATTACH_TITLE, ATTACH_RENDER, MESSAGE_PROPS, ATTACH_PROPS, CODE_PAGE = (
    0x800C, 0x800F, 0x8010, 0x9002, 0x9003, 0x9005, 0x9007)  # fmt: skip
# MAPI properties.
P_BODY, P_BODY_HTML, P_RTF, P_INTERNET_CPID = 0x1000, 0x1013, 0x1009, 0x3FDE
P_ATTACH_DATA, P_ATTACH_NAME, P_ATTACH_LONG_NAME, P_DISPLAY_NAME = 0x3701, 0x3704, 0x3707, 0x3001
P_ATTACH_MIME, P_ATTACH_CONTENT_ID = 0x370E, 0x3712
FIXED_SIZES = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x000B: 4, 0x000A: 4, 0x0001: 0, 0x0005: 8, 0x0006: 8, 0x0007: 8,
               0x0014: 8, 0x0040: 8, 0x0048: 16}  # fmt: skip
VARIABLE = {0x001E, 0x001F, 0x0102, 0x000D}
UNICODE_STRING = 0x001F
MULTI_VALUED = 0x1000
MAX_PROPERTIES = 10_000


@dataclass(slots=True)
class TnefFile:
    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Tnef:
    """What a TNEF stream holds. `rtf` is still compressed (MS-OXRTFCP)."""

    files: list[TnefFile] = field(default_factory=list)
    text: str = ""
    html: str = ""
    rtf: bytes = b""


def parse_tnef(data: bytes) -> Tnef | None:
    """The content of a TNEF stream; None if it is none."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != SIGNATURE:
        return None
    found = Tnef()
    code_page = "cp1252"
    for level, name, value in _objects(data):
        if name == CODE_PAGE and len(value) >= 4:
            code_page = f"cp{struct.unpack_from('<I', value)[0]}"
        elif name == ATTACH_RENDER:
            found.files.append(TnefFile())
        elif level == LEVEL_ATTACHMENT and found.files:
            _read_file(found.files[-1], name, value, code_page)
        elif name == BODY:
            found.text = found.text or decode(value.rstrip(b"\x00"), code_page)
        elif name == MESSAGE_PROPS:
            _read_message(found, value, code_page)
    found.files = [file for file in found.files if file.content or file.name]
    return found


def _objects(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(level, name, value) of each attribute, up to the first that leaves the stream."""
    position = 6
    while position + OBJECT_HEADER.size <= len(data):
        level, identifier, length = OBJECT_HEADER.unpack_from(data, position)
        if level not in (1, LEVEL_ATTACHMENT):
            return
        start = position + OBJECT_HEADER.size
        yield level, identifier & 0xFFFF, data[start : start + length]
        position = start + length + 2  # a checksum follows


def _read_file(file: TnefFile, name: int, value: bytes, code_page: str) -> None:
    if name == ATTACH_TITLE:
        file.name = file.name or _text(value, code_page)
    elif name == ATTACH_DATA:
        file.content = value
    elif name == ATTACH_PROPS:
        props = dict(_properties(value, code_page))
        long_name = props.get(P_ATTACH_LONG_NAME) or props.get(P_ATTACH_NAME) or props.get(P_DISPLAY_NAME)
        file.name = _text(long_name, code_page) or file.name
        file.content_type = _text(props.get(P_ATTACH_MIME), code_page).lower()
        file.content_id = _text(props.get(P_ATTACH_CONTENT_ID), code_page).strip("<>")
        embedded = props.get(P_ATTACH_DATA)
        if isinstance(embedded, bytes) and not file.content:
            file.content = embedded[16:]  # the interface id of the object comes first


def _read_message(found: Tnef, value: bytes, code_page: str) -> None:
    props = dict(_properties(value, code_page))
    internet = props.get(P_INTERNET_CPID)
    charset = f"cp{int.from_bytes(internet, 'little')}" if isinstance(internet, bytes) else code_page
    charset = {"cp65001": "utf-8", "cp20127": "us-ascii", "cp28591": "iso-8859-1"}.get(charset, charset)
    html = props.get(P_BODY_HTML)
    found.html = html if isinstance(html, str) else decode((html or b"").rstrip(b"\x00"), charset)
    body = props.get(P_BODY)
    found.text = (body if isinstance(body, str) else decode((body or b"").rstrip(b"\x00"), charset)) or found.text
    rtf = props.get(P_RTF)
    found.rtf = rtf if isinstance(rtf, bytes) else b""


def _text(value: bytes | str | None, code_page: str) -> str:
    if isinstance(value, str):
        return clean_line(value)
    return clean_line(decode((value or b"").split(b"\x00", 1)[0], code_page))


def _properties(data: bytes, code_page: str) -> Iterator[tuple[int, bytes | str]]:
    """(id, first value) of each MAPI property, up to the first that cannot be read."""
    try:
        yield from _read_properties(data, code_page)
    except (struct.error, IndexError, ValueError):
        return


def _read_properties(data: bytes, code_page: str) -> Iterator[tuple[int, bytes | str]]:
    count = min(struct.unpack_from("<I", data)[0], MAX_PROPERTIES)
    position = 4
    for _ in range(count):
        kind, identifier = struct.unpack_from("<HH", data, position)
        position += 4
        if identifier >= 0x8000:
            position = _after_name(data, position)
        multi, kind = kind & MULTI_VALUED, kind & ~MULTI_VALUED
        values = 1
        if multi or kind in VARIABLE:
            values = struct.unpack_from("<I", data, position)[0]
            position += 4
        first: bytes | None = None
        for _ in range(min(values, MAX_PROPERTIES)):
            if kind in VARIABLE:
                length = struct.unpack_from("<I", data, position)[0]
                position += 4
                value, step = data[position : position + length], (length + 3) & ~3
            elif kind in FIXED_SIZES:
                step = FIXED_SIZES[kind]
                value = data[position : position + step]
            else:
                raise ValueError(kind)
            position += step
            first = value if first is None else first
        if first is not None:
            yield identifier, first.decode("utf-16-le", "replace").rstrip("\x00") if kind == UNICODE_STRING else first


def _after_name(data: bytes, position: int) -> int:
    """Behind the GUID and the number or name of a named property."""
    position += 16
    is_string = struct.unpack_from("<I", data, position)[0]
    position += 4
    if not is_string:
        return position + 4
    length: int = struct.unpack_from("<I", data, position)[0]
    return position + 4 + ((length + 3) & ~3)
