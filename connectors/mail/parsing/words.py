"""Text of header values: RFC 2047 encoded words, as the standard has them and as mailers write them."""

import base64
import binascii
import re

from connectors.mail.parsing.charsets import clean_line, decode

# Blanks inside Q words, a language after the charset (RFC 2231) and missing padding all occur.
ENCODED_WORD = re.compile(r"=\?([\w.:+\-]{1,60})(?:\*[\w-]*)?\?([bBqQ])\?([^\r\n]{0,5000}?)\?=")
BASE64_JUNK = re.compile(rb"[^A-Za-z0-9+/]")


def decode_text(raw: bytes, *, hint: str = "") -> str:
    """One line of text of a raw header value; `hint` is the charset to suppose for raw 8-bit text."""
    return clean_line(decode_words(raw, hint=hint))


def decode_words(raw: bytes, *, hint: str = "") -> str:
    """As `decode_text`, white space and controls untouched."""
    wire = raw.decode("latin-1")
    if "=?" not in wire:
        return decode(raw, hint=hint)
    pieces: list[str] = []
    pending: list[tuple[str, bytes]] = []
    position = 0
    for word in ENCODED_WORD.finditer(wire):
        between = wire[position : word.start()]
        if between.strip() or (between and not pending):
            pieces.append(_joined(pending))
            pending = []
            pieces.append(decode(between.encode("latin-1"), hint=hint))
        pending.append((word[1].lower(), _transfer_decoded(word[2], word[3])))
        position = word.end()
    pieces.append(_joined(pending))
    pieces.append(decode(wire[position:].encode("latin-1"), hint=hint))
    return "".join(pieces)


def _joined(words: list[tuple[str, bytes]]) -> str:
    """Adjacent words of one charset become one byte string first: characters are split across words."""
    text: list[str] = []
    index = 0
    while index < len(words):
        charset, raw = words[index]
        index += 1
        while index < len(words) and words[index][0] == charset:
            raw += words[index][1]
            index += 1
        text.append(decode(raw, charset))
    return "".join(text)


def _transfer_decoded(encoding: str, text: str) -> bytes:
    raw = text.encode("latin-1")
    if encoding in "bB":
        return decode_base64(raw)
    return binascii.a2b_qp(raw.replace(b" ", b"_"), header=True)


def decode_base64(raw: bytes) -> bytes:
    """Base64 with junk, missing padding, or several padded blocks one after the other."""
    try:
        return base64.b64decode(raw, validate=True)
    except binascii.Error:
        pass
    blocks = [block for block in re.split(rb"=+", BASE64_JUNK.sub(b"", raw) if b"=" not in raw else raw) if block]
    return b"".join(_decode_block(BASE64_JUNK.sub(b"", block)) for block in blocks)


def _decode_block(block: bytes) -> bytes:
    if len(block) % 4 == 1:
        block = block[:-1]  # six bits make no byte
    return base64.b64decode(block + b"=" * (-len(block) % 4))
