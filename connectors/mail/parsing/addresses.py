"""Address lists and message ids from raw header values.

Split before decoding, as decoded names hold commas. Tolerant for reading; authorise nobody by what is found here.
"""

import re
from collections.abc import Iterator

from connectors.mail.parsing.charsets import clean_line
from connectors.mail.parsing.datatypes import Address
from connectors.mail.parsing.words import ENCODED_WORD, decode_text

ANGLE = re.compile(r"<([^<>]*)>?")
BARE_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]+@(?:\[[^\]\s]+\]|[^\s<>()\[\],;:\"]+)")
MESSAGE_ID = re.compile(r"<([^<>]*)>")
MAX_MAILBOX = 4_000
GROUP_START = re.compile(r"^[^<>@\"\[]*$")


def parse_addresses(raw: bytes | None, *, hint: str = "", limit: int = 500) -> list[Address]:
    """The mailboxes of an address list, groups flattened. One more than `limit` at most."""
    if not raw:
        return []
    pieces = _without_groups(raw.decode("latin-1"))
    found: list[Address] = []
    pending = ""
    for piece in pieces:
        text = f"{pending}, {piece}" if pending else piece
        pending = ""
        if "@" not in text and "<" not in text and not ENCODED_WORD.search(text) and len(text) < 200:
            pending = text  # "Doe, John <john@...>" without quotes: the comma belongs to the name
            continue
        found.extend(_mailboxes(text, hint))
        if len(found) > limit:
            return found[: limit + 1]
    found.extend(_mailboxes(pending, hint))
    return found


def first_address(raw: bytes | None, *, hint: str = "") -> Address | None:
    found = parse_addresses(raw, hint=hint, limit=20)
    return next((address for address in found if address.address), found[0] if found else None)


def message_ids(raw: bytes | None) -> list[str]:
    """Every `<...>` in order; without brackets the words that look like ids. Comments and phrases are left out."""
    if not raw:
        return []
    text = raw.decode("latin-1")
    found = MESSAGE_ID.findall(text) or [word for word in re.split(r"[\s,;]+", text) if "@" in word]
    cleaned = (_clean_id(item.encode("latin-1")) for item in found)
    return [item for item in cleaned if item]


def message_id(raw: bytes | None) -> str:
    """The one id of a Message-ID field, however malformed; "" if there is none."""
    if not raw:
        return ""
    text = raw.decode("latin-1")
    start = text.find("<")
    inner = text[start + 1 :].rsplit(">", 1)[0] if start >= 0 else text.split("(", 1)[0]
    return _clean_id(inner.strip("<> ").encode("latin-1"))


def _clean_id(raw: bytes) -> str:
    return "".join(decode_text(raw).split())[:998]


def _without_groups(text: str) -> Iterator[str]:
    """The comma- or semicolon-separated pieces of a list, group names and their ends taken away."""
    for piece in _split(text):
        stripped = piece.strip()
        head, colon, rest = stripped.partition(":")
        if colon and GROUP_START.match(head) and head.strip().lower() != "mailto" and not ENCODED_WORD.match(stripped):
            stripped = rest.strip()
        if stripped:
            yield stripped


def _split(text: str) -> Iterator[str]:
    """At commas and semicolons outside quotes, brackets, comments and encoded words."""
    start = position = depth = 0
    in_quotes = in_angle = False
    while position < len(text):
        char = text[position]
        if char == "\\" and (in_quotes or depth):
            position += 1
        elif char == '"' and not depth:
            in_quotes = not in_quotes and text.find('"', position + 1) >= 0
        elif in_quotes:
            pass
        elif char == "=" and (word := ENCODED_WORD.match(text, position)):
            position = word.end() - 1
        elif char == "(" and text.find(")", position) >= 0:
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif depth:
            pass
        elif char == "<":
            in_angle = text.find(">", position) >= 0
        elif char == ">":
            in_angle = False
        elif char in ",;" and not in_angle:
            yield text[start:position]
            start = position + 1
        position += 1
    yield text[start:]


def _mailboxes(piece: str, hint: str) -> list[Address]:
    piece = piece.strip()[:MAX_MAILBOX]
    if not piece:
        return []
    outside_quotes = re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: "_" * len(found[0]), piece)
    angles = [found for found in ANGLE.finditer(outside_quotes) if "@" in found[1]] or list(
        ANGLE.finditer(outside_quotes)
    )
    if len(angles) > 1 and not angles[0][1].strip().startswith("@"):
        return [_angled(piece, found.start(1), found.end(1), start, hint) for start, found in _with_starts(angles)]
    if angles:
        return [_angled(piece, angles[-1].start(1), angles[-1].end(1), 0, hint)]
    return [_bare(piece, hint)]


def _with_starts(angles: list[re.Match[str]]) -> Iterator[tuple[int, re.Match[str]]]:
    """Several mailboxes without a comma between: each begins where the one before ended."""
    start = 0
    for found in angles:
        yield start, found
        start = found.end()


def _angled(piece: str, begin: int, end: int, start: int, hint: str) -> Address:
    address = _address(piece[begin:end])
    name = _name(piece[start : begin - 1], hint)
    if not name and (comment := re.search(r"\(([^()]+)\)\s*$", piece[end:])):
        name = _name(comment[1], hint)
    if not address and (found := BARE_ADDRESS.search(name)):
        address = _address(found[0])
    return Address(name, address)


def _bare(piece: str, hint: str) -> Address:
    comment = re.search(r"\((.*)\)", piece)
    rest = re.sub(r"\(.*\)", " ", piece) if comment else piece
    name = _name(comment[1], hint) if comment else ""
    if quoted_local := re.fullmatch(r'\s*("[^"@]+"@[^\s"<>]+)\s*', rest):
        return Address(name, _quoted_local(quoted_local[1]))
    unquoted = rest.strip().strip("\"'")
    if found := BARE_ADDRESS.search(unquoted):
        around = (unquoted[: found.start()] + unquoted[found.end() :]).strip(" \"'<>[]:")
        around = re.sub(r"\s*\[?\bmailto:?\s*$", "", around, flags=re.IGNORECASE)
        return Address(name or _name(around, hint), _address(found[0]))
    decoded = decode_text(rest.strip().encode("latin-1"), hint=hint)
    if decoded != clean_line(rest) and (found := BARE_ADDRESS.search(decoded)):
        return Address(name or decoded[: found.start()].strip(" \"'<"), _address_text(found[0]))
    return Address(_name(rest, hint) or name, "")


def _name(raw: str, hint: str) -> str:
    """A display name: quotes and comments off, escapes resolved, words decoded."""
    text = raw.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"' and text.count('"') == 2:
        text = text[1:-1]
    elif '"' in text:
        text = re.sub(r'"((?:[^"\\]|\\.)*)"', r"\1", text).removeprefix('"')
    text = re.sub(r"\\(.)", r"\1", text)
    decoded = decode_text(text.encode("latin-1"), hint=hint).strip()
    if len(decoded) >= 2 and decoded[0] == decoded[-1] and decoded[0] in "\"'":
        decoded = decoded[1:-1].strip()
    return decoded


def _address(raw: str) -> str:
    """An address without route (`@a,@b:`), comments, blanks and `mailto:`."""
    text = re.sub(r"\([^()]*\)", "", raw).strip()
    if text.startswith("@") and ":" in text:
        text = text.split(":", 1)[1]
    return _address_text(decode_text(text.encode("latin-1")))


def _quoted_local(text: str) -> str:
    """`"first last"@host`: the quotes and what they hold are the address."""
    return clean_line(decode_text(text.encode("latin-1")))[:998]


def _address_text(text: str) -> str:
    text = re.sub(r"^mailto:", "", text.strip(), flags=re.IGNORECASE)
    return "".join(text.split()).strip("<>'")[:998]
