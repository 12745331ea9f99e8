"""The MIME tree of a mail, without recursion and within limits.

An own reader instead of the standard library's parser: that one stops reading headers (of parts too) at the first
malformed line, takes seconds for very many parts and recurses once a level. This one divides the bytes from the top
down: the delimiters of an outer multipart always win, so a missing end of an inner one harms nobody. Attached messages
are leaves: their parts are not ours.
"""

import binascii
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.mail.parsing.charsets import clean_line
from connectors.mail.parsing.datatypes import Limits
from connectors.mail.parsing.fields import Headers, split_headers
from connectors.mail.parsing.parameters import parse_valued
from connectors.mail.parsing.uuencode import uuencoded_blocks
from connectors.mail.parsing.words import decode_base64

TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+")
REST_OF_DELIMITER = re.compile(rb"(--)?(?:[ \t\x00]{0,200}|(?<=--)[<>;\"#*!][^\r\n]{0,200})(\r{0,3}\n|\r|\Z)")
"""Of a delimiter line, behind the boundary; the closing one may bear rubbish that can be no more of the boundary."""
GUESSED_BOUNDARY = re.compile(rb"(?:^|[\r\n])--([0-9A-Za-z'()+_,./:=? -]{1,100}?)[ \t]*(?=[\r\n])")
ARMOUR_CHECKSUM = re.compile(rb"(?<=[A-Za-z0-9+/=])\s{1,4}=[A-Za-z0-9+/]{4}\s{0,8}\Z")
"""Of PGP armour (RFC 4880 6.1), where mailers send what it held as base64."""
GUESS_WITHIN = 64 * 1024
MESSAGE_TYPES = {"message/rfc822", "message/global"}


@dataclass(slots=True)
class Part:
    """One node of the tree: its headers, its raw content (transfer encoding untouched), its children if multipart."""

    headers: Headers
    raw: bytes
    content_type: str
    params: dict[str, str]
    disposition: str = ""
    disposition_params: dict[str, str] = field(default_factory=dict)
    children: list["Part"] = field(default_factory=list)
    preamble: bytes = b""
    is_signature: bool = False
    """The second part of a multipart/signed (RFC 1847)."""
    _content: bytes | None = None

    @property
    def is_multipart(self) -> bool:
        return bool(self.children)

    @property
    def main_type(self) -> str:
        return self.content_type.split("/", 1)[0]

    @property
    def filename(self) -> str:
        """The sender's name for the file, decoded but not made safe; "" if none is given."""
        return clean_line(self.disposition_params.get("filename") or self.params.get("name") or "")

    @property
    def charset(self) -> str:
        return self.params.get("charset", "")

    @property
    def content_id(self) -> str:
        raw = (self.headers.get("content-id") or b"").strip()
        return clean_line(raw.decode("utf-8", "replace")).strip("<> ")

    @property
    def content(self) -> bytes:
        """The content with its transfer encoding resolved, as far as it can be."""
        if self._content is None:
            self._content = transfer_decoded(self.raw, self.headers.text("content-transfer-encoding"))
        return self._content

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the mail."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))

    def leaves(self) -> Iterator["Part"]:
        return (part for part in self.walk() if not part.is_multipart)


@dataclass(slots=True)
class Tree:
    """The root part, and what was wrong on the way."""

    root: Part
    defects: list[str]
    over_limit: str = ""


def parse_tree(raw: bytes, limits: Limits) -> Tree:
    """The tree of one mail. Beyond the limits of depth and number of parts the rest stays undivided."""
    data, defects = _repaired(raw)
    root = _part(data, 0, len(data), limits, default_type="text/plain")
    defects += root.headers.defects
    tree = Tree(root, defects, "headers" if root.headers.too_many else "")
    work = [(root, 0)]
    count = 1
    while work:
        part, depth = work.pop()
        pieces = _pieces(part, tree.defects) if part.main_type == "multipart" else []
        if not pieces:
            continue
        if depth >= limits.depth or count + len(pieces) > limits.parts:
            tree.over_limit = tree.over_limit or ("depth" if depth >= limits.depth else "parts")
            pieces = pieces[: max(0, limits.parts - count)] if depth < limits.depth else []
        default_type = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        part.children = [_part(piece, 0, len(piece), limits, default_type=default_type) for piece in pieces]
        for child in part.children[1:2]:
            child.is_signature = part.content_type == "multipart/signed"
        tree.defects.extend(f"part: {defect}" for child in part.children for defect in child.headers.defects)
        count += len(part.children)
        work.extend((child, depth + 1) for child in reversed(part.children))
    return tree


def _repaired(raw: bytes) -> tuple[bytes, list[str]]:
    """Without byte order mark, leading blank lines, a stray From_ line; UTF-16 files become UTF-8."""
    defects: list[str] = []
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raw = raw.decode("utf-16", "replace").encode("utf-8", "replace")
        defects.append("UTF-16 file")
    if raw.startswith(codecs.BOM_UTF8):
        raw = raw[3:]
        defects.append("byte order mark")
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
        defects.append("lone CR line ends")
    stripped = raw.lstrip(b"\r\n\x00")
    if len(stripped) != len(raw) and stripped:
        defects.append("leading blank lines")
        raw = stripped
    return raw, defects


def _part(data: bytes, start: int, end: int, limits: Limits, *, default_type: str) -> Part:
    headers, body = split_headers(data, start, end, limits)
    valued = parse_valued(headers.get("content-type"))
    disposition = parse_valued(headers.get("content-disposition"), hint=valued.params.get("charset", ""))
    content_type = valued.value
    if not TYPE.fullmatch(content_type):
        content_type = {"text": "text/plain", "html": "text/html"}.get(content_type, default_type)
        if valued.value:
            headers.defects.append("malformed content type")
        elif "boundary" in valued.params:
            content_type = "multipart/mixed"
    return Part(headers, data[body:end], content_type, valued.params, disposition.value, disposition.params)


def _pieces(part: Part, defects: list[str]) -> list[bytes]:
    """The raw parts of a multipart; [] makes it a leaf."""
    data = part.raw
    boundary = part.params.get("boundary", "").strip().encode("utf-8", "replace")
    delimiters = _delimiters(data, boundary) if boundary else []
    if not delimiters and part.headers.text("content-transfer-encoding") in ("base64", "quoted-printable"):
        data = part.content  # forbidden, but seen
        delimiters = _delimiters(data, boundary) if boundary else []
    if not delimiters:
        guess = GUESSED_BOUNDARY.search(data, 0, GUESS_WITHIN)
        delimiters = _delimiters(data, guess[1].strip()) if guess else []
        defects.append("wrong boundary" if delimiters else "multipart without parts")
    if not delimiters:
        return []
    part.preamble = data[: delimiters[0][0]]
    pieces = []
    for index, (_, after, is_last) in enumerate(delimiters):
        if is_last:
            break
        stop = delimiters[index + 1][0] if index + 1 < len(delimiters) else len(data)
        pieces.append(data[after:stop])
    else:
        defects.append("missing end boundary")
    return [piece for piece in pieces if piece.strip()] or pieces[:1]


def _delimiters(data: bytes, boundary: bytes) -> list[tuple[int, int, bool]]:
    """(end of the content before, start of the content after, is it the closing one) of every delimiter line."""
    found = []
    opening = b"--" + boundary
    position = data.find(opening)
    while position >= 0:
        rest = REST_OF_DELIMITER.match(data, position + len(opening))
        if rest and (position == 0 or data[position - 1] in b"\r\n"):
            before = position
            if data[before - 1 : before] == b"\n":
                before -= 2 if data[before - 2 : before - 1] == b"\r" else 1
            elif data[before - 1 : before] == b"\r":
                before -= 1
            found.append((max(before, 0), rest.end(), bool(rest[1])))
        position = data.find(opening, position + 2)
    return found


def transfer_decoded(raw: bytes, encoding: str) -> bytes:
    """Content without its transfer encoding; what cannot be decoded stays as it is."""
    encoding = re.sub(r"\([^()]*\)", "", encoding).strip("\"' ;").split(";")[0].strip()
    if encoding in ("base64", "b64", "base-64"):
        return decode_base64(_without_trailer(raw))
    if encoding in ("quoted-printable", "quotedprintable", "qp"):
        return binascii.a2b_qp(raw)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        blocks = list(uuencoded_blocks(raw))
        return blocks[0].content if blocks else raw
    return raw


def _without_trailer(raw: bytes) -> bytes:
    """Base64 text up to a line that can be none, such as a list's footer or a banner below it."""
    raw = ARMOUR_CHECKSUM.sub(b"", raw)
    if not re.search(rb"[^A-Za-z0-9+/=\s]", raw):
        return b"".join(raw.split())
    lines = raw.split(b"\n")
    good = [line.strip() for line in lines if re.fullmatch(rb"[A-Za-z0-9+/=]*", line.strip())]
    bad = len(lines) - len(good)
    return b"".join(good) if bad * 5 < len(lines) else raw
