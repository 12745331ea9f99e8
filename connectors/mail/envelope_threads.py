"""Which envelopes a mail names. Asked before anything else: what names an envelope is never the customer's thread's.

Sure is what we have signed: the word in addresses, ids, subject and quoted text, and the ids of mails that left out of
an envelope. Ids and conversations of mails that came into one are the sender's word: they count as far as these came
from the envelope's people, and nothing that is signed says otherwise. All of it only decides that the mail stays
inside; whether it is a post, its sender decides.
"""

import re
from base64 import b64decode
from binascii import a2b_qp
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from connectors.mail.known_ids import KnownIds, addresses_of
from connectors.mail.models import EnvelopeMail, MailMessage
from connectors.mail.parsing import ParsedMail
from connectors.mail.selectors import agent_at, speaks_as_customer
from envelopes.guards import experts_write_in_their_envelope
from envelopes.mail_tokens import envelopes_in
from envelopes.models import Envelope
from envelopes.querysets import EnvelopeQuerySet
from tickets.message_ids import is_ours
from tickets.models import OutboundMessage, Ticket

SEARCHED = 1024 * 1024
"""Characters of a text, and of an attached mail, that are looked through."""
TEXTS = ("message/", "text/")
BY_CONVERSATION, BY_HELPER = "envelope_conversation", "envelope_helper"


@dataclass(frozen=True)
class Named:
    """An envelope that a mail names."""

    envelope_id: UUID
    rule: str
    matched: str
    is_sure: bool

    @property
    def evidence(self) -> dict[str, str]:
        confidence = "sure" if self.is_sure else "claimed"
        return {"rule": self.rule, "matched": self.matched, "confidence": confidence}


def envelopes_named(mail: ParsedMail, known: KnownIds) -> list[Named]:
    """Each once, by the first rule that names it: address, ids, subject, text, attached mails. Outlook's conversation,
    which others may share, where nothing else names any.
    """
    found: dict[UUID, Named] = {}
    for named in (*_by_word(mail), *_by_id(known)):
        if named.rule != BY_CONVERSATION or all(one.rule == BY_CONVERSATION for one in found.values()):
            found.setdefault(named.envelope_id, named)
    if not found:
        return []
    return [found[envelope_id] for envelope_id in known_of(found)]


def known_of(envelope_ids: Collection[UUID]) -> list[UUID]:
    """Those that are here: a word that another desk has signed with the same key names none of ours."""
    known = set(Envelope.objects.filter(pk__in=envelope_ids).values_list("pk", flat=True)) if envelope_ids else set()
    return [envelope_id for envelope_id in envelope_ids if envelope_id in known]


def _by_word(mail: ParsedMail) -> Iterator[Named]:
    addresses = addresses_of(mail)
    ids = [mail.in_reply_to, *mail.in_reply_to_all, *reversed(mail.references), *mail.delivery.original_message_ids]
    attached = [
        file.content[:SEARCHED].decode("latin-1") for file in mail.attachments if file.content_type.startswith(TEXTS)
    ]
    words: list[tuple[str, Sequence[str]]] = [
        ("envelope_address", addresses),
        ("envelope_id", ids),
        ("envelope_subject", [mail.subject]),
        ("envelope_text", [mail.body_text[:SEARCHED], mail.html_sanitised[:SEARCHED]]),
        ("envelope_file", attached),
    ]
    for rule, texts in words:
        for envelope_id in envelopes_in(texts):
            yield Named(envelope_id, rule, "", is_sure=True)


def _by_id(known: KnownIds) -> Iterator[Named]:
    """Ids of mails that left out of an envelope, of those that came into one, and Outlook's conversation."""
    for way, name, envelope_id in known.envelopes:
        yield Named(envelope_id, f"envelope_{way}", name, is_sure=way == "sent" and is_ours(name))


def envelope_of(message: OutboundMessage) -> list[Named]:
    """That of a mail of ours which a report is about."""
    rows = Envelope.objects.filter(vendor_messages__outbound=message.pk).values_list("pk", flat=True)
    return [Named(pk, "envelope_report", message.email_message_id, is_sure=False) for pk in rows]


def envelopes_of_helper(ticket: Ticket, addresses: Sequence[str]) -> list[Named]:
    """Where somebody who helps on the ticket writes, whatever thread their mail names: a vendor, and an expert who only
    reads the main thread (permissions.md, object rule 4). Whom the customer's side has taken in writes there.
    """
    wanted = [address.strip().lower() for address in addresses if address.strip()]
    agent = agent_at(*wanted)
    experts = [agent.pk] if agent and experts_write_in_their_envelope(agent, ticket) else []
    found = Envelope.objects.filter(ticket=ticket).of_helper(experts, wanted).values_list("pk", flat=True)
    rows = list(found.distinct())
    if rows and not experts and all(speaks_as_customer(address, ticket) for address in wanted):
        return []
    return [Named(pk, BY_HELPER, wanted[0], is_sure=False) for pk in rows]


def envelopes_of(message: MailMessage) -> EnvelopeQuerySet:
    """Those that the mail's row is sealed for."""
    named = Envelope.objects.filter(mails__message=message).select_related("ticket", "team", "assigned_to")
    return named.order_by("ticket__reference", "number")


def innermost(named: Sequence[Named]) -> Envelope | None:
    """Where a mail that names these may stand: the one whose readers read all of them, as experts read what is above
    theirs; None if there is none.
    """
    envelopes = list(Envelope.objects.filter(pk__in=[one.envelope_id for one in named]).with_people())
    deepest = max(envelopes, key=lambda envelope: envelope.level, default=None)
    if deepest is None or {envelope.pk for envelope in envelopes} - set(deepest.path):
        return None
    return deepest


def named_in_bytes(raw: bytes) -> list[UUID]:
    """Of a mail that nobody could read: by its bytes alone, as they are and with the usual encodings taken off."""
    blocks = [found[0] for block in _BLANK_LINE.split(raw) if (found := _BLOCK.match(block))]
    packed = [*_WORD.findall(raw), *blocks]
    return envelopes_in(text.decode("latin-1") for text in (raw, a2b_qp(raw), *map(_unpacked, packed)))


def _unpacked(text: bytes) -> bytes:
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    whole = letters[:-1] if len(letters) % 4 == 1 else letters
    return b64decode(whole + b"=" * (-len(whole) % 4))


_WORD = re.compile(rb"=\?[\w-]+\?[Bb]\?([A-Za-z0-9+/=]+)\?=")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_BLOCK = re.compile(rb"[A-Za-z0-9+/=\r\n]*")


def seal(message: MailMessage, envelope_ids: Sequence[UUID]) -> None:
    """From now on the ledger's row, and those of its copies, are for those who read all of these."""
    if not envelope_ids:
        return
    rows = [message.pk, *message.duplicates.values_list("pk", flat=True)]
    links = [EnvelopeMail(message_id=pk, envelope_id=envelope_id) for pk in rows for envelope_id in envelope_ids]
    EnvelopeMail.objects.bulk_create(links, ignore_conflicts=True)


def seal_like(copy: MailMessage, original: MailMessage) -> None:
    """A copy says what the mail itself says. What stands on a ticket is sealed by nothing."""
    if original.ticket_id is None:
        seal(copy, list(original.envelope_mails.values_list("envelope_id", flat=True)))
