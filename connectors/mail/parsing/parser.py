"""One mail from its bytes: `parse` never raises on any input; each field has its own fallback."""

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.mail.parsing.addresses import (
    first_address,
    message_id,
    message_ids,
    parse_addresses,
)
from connectors.mail.parsing.bodies import Content, collect
from connectors.mail.parsing.classify import Facts, classify
from connectors.mail.parsing.crypto import is_encrypted, is_signed
from connectors.mail.parsing.datatypes import (
    DEFAULT_LIMITS,
    Address,
    Limits,
    ParsedMail,
)
from connectors.mail.parsing.forwards import forwarded_sender
from connectors.mail.parsing.html import SANITISER_VERSION, sanitise
from connectors.mail.parsing.htmltext import html_to_marked_text
from connectors.mail.parsing.invitations import describe, method_of
from connectors.mail.parsing.quotemarks import FORWARD_SUBJECT, REPLY_SUBJECT
from connectors.mail.parsing.replies import trimmed_reply
from connectors.mail.parsing.reports import read_report_parts
from connectors.mail.parsing.structure import Tree, parse_tree
from connectors.mail.parsing.words import decode_text

MAX_STORED_HEADERS = 500
ENVELOPE_FIELDS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")


def parse(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> ParsedMail:
    """Read one mail. What exceeds `limits` is named in `over_limit`, and what could be read is returned."""
    over_limit = "raw size" if len(raw) > limits.raw_size else ""
    tree = parse_tree(raw[: limits.raw_size], limits)
    content = collect(tree.root, limits)
    return _Reader(raw, tree, content, limits, over_limit).mail()


class _Reader:
    """Reads the fields of one mail off its tree."""

    def __init__(self, raw: bytes, tree: Tree, content: Content, limits: Limits, over_limit: str) -> None:
        self.raw = raw
        self.root = tree.root
        self.headers = tree.root.headers
        self.content = content
        self.limits = limits
        self.defects = list(dict.fromkeys(tree.defects))
        self.over_limit = over_limit or tree.over_limit or content.over_limit
        self.hint = next((part.charset for part in tree.root.leaves() if part.charset), "")

    def mail(self) -> ParsedMail:
        """The whole: addressing and threading first, then what the content says."""
        subject, text = self._subject(), self._body()
        lists = {name: self._addresses(name) for name in ("from", "to", "cc", "reply-to")}
        safe = sanitise(self.content.html())
        found = ParsedMail(
            subject=subject,
            from_=next((who for who in lists["from"] if who.address), next(iter(lists["from"]), None)),
            from_all=lists["from"],
            sender=first_address(self.headers.get("sender"), hint=self.hint),
            original_from=first_address(self.headers.get("x-original-from"), hint=self.hint),
            forwarded_from=forwarded_sender(text, self.root),
            reply_to=lists["reply-to"],
            to=lists["to"],
            cc=lists["cc"],
            date=self._date(),
            is_signed=is_signed(self.root, text, by_quoted=True),
            is_signed_itself=is_signed(self.root, text, by_quoted=False),
            is_encrypted=is_encrypted(self.root, text),
            calendar_method=next((method for part in self.content.calendars if (method := method_of(part))), ""),
            is_partial=any(part.content_type == "message/partial" for part in self.root.leaves()),
            body_text=text,
            reply_text=self._reply(text, subject),
            html_sanitised=safe.html,
            sanitiser_version=SANITISER_VERSION,
            has_remote_images=safe.has_remote_images,
            attachments=tuple(self.content.files),
            content_hash=self._content_hash(subject, lists),
            raw_sha256=hashlib.sha256(self.raw).hexdigest(),
            raw_size=len(self.raw),
        )
        found = self._with_verdict(self._with_route(found))
        return replace(found, defects=tuple(self.defects), over_limit=self.over_limit)

    def _with_route(self, mail: ParsedMail) -> ParsedMail:
        """What the header says about how the mail came and what it answers."""
        answered = tuple(message_ids(self.headers.get("in-reply-to")))[: self.limits.references]
        results = self.headers.get_all("authentication-results")[:20]
        return replace(
            mail,
            return_path=self._return_path(),
            envelope_recipients=self._envelope_recipients(),
            received_from=self._received_from(),
            message_id=message_id(self.headers.get("message-id")),
            in_reply_to=answered[0] if answered else "",
            in_reply_to_all=answered,
            references=self._references(),
            thread_index=self._line("thread-index"),
            list_id=self._line("list-id"),
            loop_header=self._line("x-itil-next-loop"),
            authentication_results=tuple(decode_text(value) for value in results),
            auto_submitted=self._auto_submitted(),
            headers=self._stored_headers(),
        )

    def _with_verdict(self, mail: ParsedMail) -> ParsedMail:
        verdict = classify(
            Facts(
                headers=self.headers,
                root=self.root,
                subject=mail.subject,
                text=mail.body_text,
                from_=first_address(self.headers.get("from"), hint=self.hint),
                return_path=mail.return_path,
                auto_submitted=mail.auto_submitted,
                findings=read_report_parts(self.root, self.headers),
            )
        )
        return replace(
            mail,
            kind=verdict.kind,
            is_auto_reply=verdict.is_auto_reply,
            is_bounce=verdict.is_bounce,
            is_report=verdict.is_report,
            no_auto_response=verdict.no_auto_response,
            is_guess=verdict.is_guess,
            reasons=tuple(verdict.reasons),
            delivery=verdict.delivery,
        )

    def _line(self, name: str) -> str:
        return decode_text(self.headers.get(name) or b"", hint=self.hint)

    def _subject(self) -> str:
        subject = self._line("subject")
        if subject in ("", "...") and (protected := self._protected_subject()):
            return protected
        return subject

    def _protected_subject(self) -> str:
        """The real subject of a signed mail may stand in its first part (protected headers)."""
        for part in self.root.walk():
            if part is not self.root and part.params.get("protected-headers") and part.headers.has("subject"):
                return decode_text(part.headers.get("subject") or b"", hint=self.hint)
        return ""

    def _addresses(self, name: str) -> tuple[Address, ...]:
        found: list[Address] = []
        for value in self.headers.get_all(name)[:1] if name == "from" else self.headers.get_all(name):
            found += parse_addresses(value, hint=self.hint, limit=self.limits.addresses)
        if len(found) > self.limits.addresses:
            self.over_limit = self.over_limit or "addresses"
            found = found[: self.limits.addresses]
        if name != "from" and any(not address.address for address in found):
            self.defects.append(f"no address in {name}")
            found = [address for address in found if address.address]
        return tuple(dict.fromkeys(found))

    def _return_path(self) -> str | None:
        raw = self.headers.get("return-path")
        if raw is None:
            return None
        found = first_address(raw)
        return (found.address or found.name) if found else ""

    def _envelope_recipients(self) -> tuple[str, ...]:
        found: list[str] = []
        for name in ENVELOPE_FIELDS:
            for value in self.headers.get_all(name)[:20]:
                found += [address.address for address in parse_addresses(value, limit=20)]
        return tuple(dict.fromkeys(address for address in found if address))

    def _received_from(self) -> tuple[str, ...]:
        """The hosts of the Received fields, the last hop first: each the word of the one who received."""
        values = (decode_text(value[:2000]) for value in self.headers.get_all("received")[:100])
        return tuple(found[1] for value in values if (found := re.match(r"from\s+(\S{1,255})", value)))

    def _date(self) -> datetime | None:
        text = self._line("date")
        try:
            found = parsedate_to_datetime(text)
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
            return found.astimezone(UTC)
        except (TypeError, ValueError, IndexError, OverflowError):
            if text:
                self.defects.append("unreadable date")
            return None

    def _references(self) -> tuple[str, ...]:
        found: list[str] = []
        for value in self.headers.get_all("references"):
            found += message_ids(value)
        if len(found) > self.limits.references:
            self.defects.append("references cut")
            found = found[-self.limits.references :]  # the parent is the last
        return tuple(found)

    def _auto_submitted(self) -> str | None:
        return self._line("auto-submitted") if self.headers.has("auto-submitted") else None

    def _body(self) -> str:
        """Text for display; a mail that has none but an invitation shows that."""
        text = self.content.text().strip("\n")
        if not text.strip():
            text = "\n\n".join(found for part in self.content.calendars if (found := describe(part)))
        return text

    def _reply(self, text: str, subject: str) -> str:
        if FORWARD_SUBJECT.match(subject):
            return text.strip()
        is_reply = (
            self.headers.has("in-reply-to")
            or self.headers.has("references")
            or self.headers.has("thread-index")
            or bool(REPLY_SUBJECT.match(subject))
        )
        limit = self.limits.reply_size
        found = trimmed_reply(text, is_reply=is_reply, limit=limit)
        html = self.content.html()
        if found.is_cut or not html:
            return found.text
        marked = trimmed_reply(html_to_marked_text(html), is_reply=is_reply, limit=limit)
        return marked.text if marked.is_cut else found.text

    def _stored_headers(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (name, decode_text(value[: self.limits.header_size], hint=self.hint))
            for name, value in self.headers.fields[:MAX_STORED_HEADERS]
        )

    def _content_hash(self, subject: str, lists: dict[str, tuple[Address, ...]]) -> str:
        """What copies of one mail share: who, when, what; not how it travelled."""
        digest = hashlib.sha256()
        people = [
            ",".join(f"{who.name} <{who.address.lower()}>" for who in lists[name]) for name in ("from", "to", "cc")
        ]
        for value in (*people, self._line("date"), subject):
            digest.update(value.encode("utf-8", "replace") + b"\x00")
        for part in self.root.leaves():
            digest.update(hashlib.sha256(part.content.replace(b"\r\n", b"\n").strip()).digest())
        return digest.hexdigest()
