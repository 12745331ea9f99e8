"""Which parts of the tree are the message to read, and which are files beside it (email.md section 8)."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from connectors.mail.parsing.attachments import (
    attachment,
    attachment_from,
    marked_inline,
)
from connectors.mail.parsing.charsets import clean, clean_line, decode
from connectors.mail.parsing.crypto import is_pkcs7, pkcs7_kind, signed_content
from connectors.mail.parsing.datatypes import Attachment, Limits
from connectors.mail.parsing.html import escape_text
from connectors.mail.parsing.htmltext import html_to_text
from connectors.mail.parsing.rtf import decompress, rtf_to_text
from connectors.mail.parsing.structure import MESSAGE_TYPES, Part, parse_tree
from connectors.mail.parsing.tnef import parse_tnef
from connectors.mail.parsing.uuencode import uuencoded_blocks

TNEF_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
TEXT_BODIES = {"text/plain", "text/enriched", "text/richtext", "text/x-markdown", "text/markdown", "text/x-amp-html"}
REPORT_PARTS = {"message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
                "message/global-disposition-notification", "message/feedback-report", "text/rfc822-headers",
                "message/global-headers", "message/tracking-status"}  # fmt: skip
META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
CID = re.compile(r"(?:cid:)([^\"'\s<>)]+)", re.IGNORECASE)
CID_IN_TEXT = re.compile(r"\[cid:([^\]\s]{1,300})\]")  # Outlook's text for an image in the HTML
MAX_OPAQUE_DEPTH = 3


@dataclass(slots=True)
class Segment:
    """One stretch of the message: as text, as HTML, or as both (alternatives of each other)."""

    text: str = ""
    html: str = ""
    html_text: str = ""

    def best_text(self) -> str:
        """The text, unless it has less than a tenth of what the HTML says."""
        if self.html and not self.html_text:
            self.html_text = html_to_text(self.html)
        if len("".join(self.text.split())) * 10 < len("".join(self.html_text.split())):
            return self.html_text
        return self.text


@dataclass(slots=True)
class Content:
    """The message to read and the files of a mail."""

    segments: list[Segment] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    locations: dict[int, str] = field(default_factory=dict)
    calendars: list[Part] = field(default_factory=list)
    report_parts: list[Part] = field(default_factory=list)
    over_limit: str = ""

    def text(self) -> str:
        return "\n\n".join(text for segment in self.segments if (text := segment.best_text().strip("\n")))

    def html(self) -> str:
        """All segments as one HTML; "" if none of them is HTML."""
        if not any(segment.html for segment in self.segments):
            return ""
        return "\n".join(segment.html or escape_text(segment.text) for segment in self.segments)


def collect(root: Part, limits: Limits) -> Content:
    """Divide the tree of a mail into what is read and what is attached."""
    collector = _Collector(limits)
    collector.visit(root)
    collector.link_inline_parts()
    return collector.content


class _Collector:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.content = Content()
        self.size = 0
        self.opaque_depth = 0
        self.body_left = limits.body_size

    def visit(self, part: Part) -> None:
        """Read one node; the depth of the tree is bounded by the limits."""
        if not part.is_multipart:
            self._leaf(part)
        elif part.content_type == "multipart/alternative":
            self._alternative(part)
        else:
            for child in _root_first(part) if part.content_type == "multipart/related" else part.children:
                self.visit(child)

    def _alternative(self, part: Part) -> None:
        """One segment of all readable children; what cannot be read by people is kept as a file."""
        whole = Segment()
        outer, self.content.segments = self.content.segments, []
        for child in part.children:
            self.content.segments = []
            self.visit(child)
            found = self.content.segments
            text = "\n\n".join(segment.text for segment in found if segment.text)
            html = "\n".join(segment.html or escape_text(segment.text) for segment in found)
            if any(segment.html for segment in found):
                whole.html = html if not whole.html else whole.html
                if len(found) > 1 or found[0].text:
                    whole.text = whole.text or "\n\n".join(segment.best_text() for segment in found)
            elif text:
                whole.text = text if not whole.text.strip() else whole.text
        self.content.segments = outer
        if whole.text or whole.html:
            outer.append(whole)

    def _leaf(self, part: Part) -> None:
        kind = part.content_type
        if kind in ("text/calendar", "application/ics"):
            self.content.calendars.append(part)
        if kind in REPORT_PARTS:
            self.content.report_parts.append(part)
        elif kind == "message/external-body":
            self.content.segments.append(Segment(text=_external_note(part)))
        elif kind in MESSAGE_TYPES:
            self._file(attachment_from(part, self._number()), part)
        elif self._is_body(part):
            self._body(part)
        elif part.main_type == "multipart":
            if part.content.strip():
                self.content.segments.append(Segment(text=_text_of(part)))
        elif kind in TNEF_TYPES or part.filename.lower() == "winmail.dat":
            self._tnef(part)
        elif is_pkcs7(part) and pkcs7_kind(part) == "signed-data":
            self._opaque(part)
        else:
            self._file(attachment_from(part, self._number()), part)

    def _is_body(self, part: Part) -> bool:
        if part.content_type not in TEXT_BODIES and part.content_type != "text/html":
            return False
        if part.disposition == "attachment":
            return False
        return not part.filename or (part.disposition == "inline" and not self.content.segments)

    def _body(self, part: Part) -> None:
        content = self._within_budget(part)
        if part.content_type == "text/html":
            self.content.segments.append(Segment(html=decode_html(content, part.charset)))
            return
        content = self._without_uuencoded(content)
        text = decode(content, part.charset).replace("\r\n", "\n").replace("\r", "\n")
        if part.params.get("format", "").lower() == "flowed":
            text = unflowed(text, delete_space=part.params.get("delsp", "").lower() == "yes")
        if part.content_type in ("text/enriched", "text/richtext"):
            text = _without_enrichment(text)
        if text.strip():
            self.content.segments.append(Segment(text=text))

    def _within_budget(self, part: Part) -> bytes:
        """What of a text is shown; one that is cut for it is kept whole as a file."""
        content = part.content
        if len(content) > self.body_left:
            self._file(attachment_from(part, self._number()), part)
            content = content[: content.rfind(b"\n", 0, self.body_left) + 1] or content[: self.body_left]
        self.body_left -= len(content)
        return content

    def _without_uuencoded(self, content: bytes) -> bytes:
        for block in reversed(list(uuencoded_blocks(content))):
            content = content[: block.start] + content[block.end :]
            self._add("application/octet-stream", block.content, name=decode(block.filename))
        return content

    def _add(self, content_type: str, content: bytes, *, name: str, content_id: str = "") -> None:
        """A file that is no part of the tree."""
        number = self._number()
        self._file(
            attachment(name=name, content_type=content_type, content=content, number=number, content_id=content_id)
        )

    def _tnef(self, part: Part) -> None:
        """The container stays, its files come beside it; its text only counts if the mail has no other."""
        self._file(attachment_from(part, self._number()), part)
        found = parse_tnef(part.content)
        if found is None:
            return
        for file in found.files:
            kind = file.content_type or "application/octet-stream"
            self._add(kind, file.content, name=file.name, content_id=file.content_id)
        if not any(segment.text.strip() or segment.html for segment in self.content.segments):
            text = found.text or ("" if found.html else rtf_to_text(decompress(found.rtf)))
            if text.strip() or found.html:
                self.content.segments.append(Segment(text=text.replace("\r\n", "\n"), html=found.html))

    def _opaque(self, part: Part) -> None:
        """Signed data that wraps the mail: show what is inside, keep the container."""
        self._file(attachment_from(part, self._number()), part)
        inner = signed_content(part.content) if self.opaque_depth < MAX_OPAQUE_DEPTH else b""
        if inner:
            self.opaque_depth += 1
            self.visit(parse_tree(inner, self.limits).root)

    def _number(self) -> int:
        return len(self.content.files) + 1

    def _file(self, file: Attachment, part: Part | None = None) -> None:
        if self.size + file.size > self.limits.attachments_size:
            self.content.over_limit = "attachments"
            return
        self.size += file.size
        if part is not None and (location := part.headers.get("content-location")):
            self.content.locations[len(self.content.files)] = clean_line(location.decode("utf-8", "replace"))
        self.content.files.append(file)

    def link_inline_parts(self) -> None:
        """A part is inline if the HTML refers to it, whatever its disposition says (RFC 2392, RFC 2557)."""
        html = self.content.html()
        texts = [segment.text for segment in self.content.segments]
        wanted = {unquote(reference) for reference in CID.findall(html.replace("&amp;", "&"))}
        wanted.update(reference for text in texts for reference in CID_IN_TEXT.findall(text))
        for index, file in enumerate(self.content.files):
            location = self.content.locations.get(index, "")
            if (file.content_id and file.content_id in wanted) or (location and f'"{location}"' in html):
                self.content.files[index] = marked_inline(file)


def _root_first(part: Part) -> list[Part]:
    """Children of multipart/related, the root (RFC 2387 `start`, else the first) before its resources."""
    start = clean_line(part.params.get("start", "")).strip("<> ")
    return sorted(part.children, key=lambda child: bool(start) and child.content_id != start)


def decode_html(raw: bytes, label: str) -> str:
    """Text of an HTML part: the header's charset first, then a byte order mark, then what the document says."""
    declared = META_CHARSET.search(raw[:4096]) or XML_ENCODING.search(raw[:200])
    inner = declared[1].decode("ascii") if declared else ""
    if inner.lower().replace("-", "") == "utf7":
        inner = ""
    if label:
        return decode(raw, label, hint=inner)
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return decode(raw)
    return decode(raw, inner)


def unflowed(text: str, *, delete_space: bool) -> str:
    """RFC 3676: lines that end in a blank go on in the next of the same quote depth; a signature mark never does."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        quoted = re.match(r">*", line)
        depth = quoted.end() if quoted else 0
        content = line[depth:].removeprefix(" ")
        is_flowed = content.endswith(" ") and content != "-- "
        if content == "-- ":
            open_depth = -1
        piece = content[:-1] if is_flowed and delete_space else content
        if open_depth == depth:
            out[-1] += piece
        else:
            out.append(f"{'>' * depth} {piece}" if depth else piece)
        open_depth = depth if is_flowed else -1
    return "\n".join(out)


def _external_note(part: Part) -> str:
    """message/external-body names a file elsewhere: told, never fetched."""
    place = part.params.get("url") or part.params.get("site") or part.params.get("server") or ""
    return f"[{part.params.get('access-type', 'external')}: {part.params.get('name', '')} {clean_line(place)}]"


def _text_of(part: Part) -> str:
    return decode(part.content, part.charset).replace("\r\n", "\n").replace("\r", "\n")


def _without_enrichment(text: str) -> str:
    """text/enriched (RFC 1896) as plain text."""
    text = re.sub(r"<param>.{0,500}?</param>", "", text, flags=re.IGNORECASE | re.DOTALL)
    return clean(re.sub(r"</?[A-Za-z][\w-]{0,59}>", "", text).replace("<<", "<"))
