"""Compressed RTF of Outlook (MS-OXRTFCP) to plain text: for winmail.dat that holds its text nowhere else."""

import re
import struct

from connectors.mail.parsing.charsets import clean, decode

COMPRESSED = 0x75465A4C
UNCOMPRESSED = 0x414C454D
DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
MAX_SIZE = 16 * 1024 * 1024
TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)")
HIDDEN_GROUPS = {b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer",
                 b"generator",
                 b"listtable", b"listoverridetable", b"rsidtbl", b"themedata", b"latentstyles", b"mhtmltag",
                 b"fldinst"}  # fmt: skip
WORDS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"row": "\n", b"cell": " ", b"emdash": "—", b"endash": "–",
         b"bullet": "•", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”"}  # fmt: skip


def decompress(data: bytes) -> bytes:
    """The RTF of a compressed stream; b"" if it is none."""
    if len(data) < 16:
        return b""
    _, size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == UNCOMPRESSED:
        return data[16 : 16 + size]
    if kind != COMPRESSED or size > MAX_SIZE:
        return b""
    window = bytearray(4096)
    window[: len(DICTIONARY)] = DICTIONARY
    write = len(DICTIONARY)
    out = bytearray()
    position = 16
    while position < len(data) and len(out) < size:
        control = data[position]
        position += 1
        for bit in range(8):
            if not control >> bit & 1:
                run = data[position : position + 1]
                position += 1
            else:
                token = int.from_bytes(data[position : position + 2], "big")
                position += 2
                offset, length = token >> 4, (token & 0xF) + 2
                if offset == write or position > len(data):
                    return bytes(out)
                run = _run(window, offset, length, write)
            for byte in run:
                window[write] = byte
                write = (write + 1) % 4096
            out += run
    return bytes(out[:size])


def _run(window: bytearray, offset: int, length: int, write: int) -> bytes:
    """A run from the window that may overlap what it writes itself."""
    run = bytearray()
    for index in range(length):
        place = (offset + index) % 4096
        ahead = (place - write) % 4096
        run.append(run[ahead] if ahead < len(run) else window[place])
    return bytes(run)


def rtf_to_text(rtf: bytes) -> str:
    """The readable text of an RTF document."""
    charset = "cp1252"
    out: list[str] = []
    pending = bytearray()
    hidden = 0
    depth = 0
    skip = 0
    starred = False
    for found in TOKEN.finditer(rtf):
        word, number, code, symbol, brace, text = found.groups()
        if code or text:
            raw = bytes([int(code, 16)]) if code else text
            if skip:
                raw, skip = raw[skip:], max(0, skip - len(raw))
            if not hidden:
                pending += raw
            continue
        if word == b"ansicpg" and number:
            charset = f"cp{int(number)}"
        out.append(decode(bytes(pending), charset))
        pending.clear()
        if brace == b"{":
            depth += 1
        elif brace == b"}":
            hidden = 0 if hidden == depth else hidden
            depth -= 1
        elif not hidden and (word in HIDDEN_GROUPS or (starred and word)):
            hidden = depth
        elif not hidden and word == b"u" and number:
            out.append(chr(int(number) % 65536))
            skip = 1
        elif not hidden and word:
            out.append(WORDS.get(word, ""))
        elif not hidden and symbol in (b"\\", b"{", b"}", b"~"):
            out.append(" " if symbol == b"~" else symbol.decode())
        starred = symbol == b"*"
    out.append(decode(bytes(pending), charset))
    joined = "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # \\u comes in halves of pairs
    return clean(joined).strip()
