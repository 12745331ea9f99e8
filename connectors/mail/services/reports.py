"""Reports of mail systems: which mail of ours they are about, and what they say of its recipients (email.md section 6).

A report changes no ticket. What it says is noted on the outgoing message; the entry shows it from there.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.mail.bounce_address import message_of
from connectors.mail.enums import Reason
from connectors.mail.models import MailMessage
from connectors.mail.parsing import MailKind, ParsedMail
from connectors.mail.parsing.datatypes import DeliveryReport, RecipientOutcome
from connectors.mail.threads import Match
from tickets.enums import Delivery, OutboundStatus
from tickets.message_ids import is_ours
from tickets.models import OutboundMessage
from tickets.selectors import references_in_subject
from tickets.services import note_delivery

KINDS = (MailKind.BOUNCE, MailKind.DELAY, MailKind.REPORT)
LONGEST_WAY = timedelta(days=6)
"""How long after a mail its report may come: servers try for five days (RFC 5321 section 4.5.4.1), and then say so."""
QUOTED = 20_000
"""Characters of a report's text that are looked through for what it quotes."""
CALENDAR_ANSWER = "REPLY"
"""Method of an answer to an invitation (RFC 5546 section 3.2.3)."""
READ = ("read", "displayed", "display")
ACTIONS = {
    "delayed": Delivery.DELAYED,
    "delivered": Delivery.DELIVERED,
    "relayed": Delivery.DELIVERED,
    "expanded": Delivery.DELIVERED,
}


@dataclass(frozen=True)
class Found:
    """The outgoing message a report is about; not sure if only recipient and time speak for it."""

    message: OutboundMessage
    rule: str
    matched: str
    is_sure: bool

    @property
    def match(self) -> Match:
        return Match(self.message.ticket, self.rule, self.matched, is_sure=self.is_sure)


def reason_of(mail: ParsedMail) -> Reason | None:
    """Why this mail is kept without effect, by what it reports; None for what is no report or answer of a calendar."""
    if mail.kind in (MailKind.BOUNCE, MailKind.DELAY):
        return Reason.BOUNCE
    if mail.kind == MailKind.REPORT:
        return Reason.READ_RECEIPT if is_receipt(mail) else Reason.REPORT
    if mail.calendar_method == CALENDAR_ANSWER:
        return Reason.CALENDAR_ANSWER
    return None


def is_receipt(mail: ParsedMail) -> bool:
    return bool(mail.delivery.disposition) or any("disposition-notification" in reason for reason in mail.reasons)


def find_message(mail: ParsedMail, *, at: datetime) -> Found | None:
    """The mail of ours that a report is about: by its id, by a plus address that carries it, by recipient and time.

    A report that names the ids of mails, none of them ours, is about somebody else's mail, whomever it was sent to.
    """
    if mail.kind not in KINDS:
        return None
    ids = [*mail.delivery.original_message_ids, *mail.in_reply_to_all, mail.in_reply_to, *reversed(mail.references)]
    ours = [found for found in dict.fromkeys(ids) if found and is_ours(found)]
    if found := _first(ours):
        return Found(found, "report", found.email_message_id, is_sure=True)
    if found := _by_plus_address(mail):
        return Found(found, "plus_address", found.email_message_id, is_sure=True)
    if ours or mail.delivery.original_message_ids:
        return None
    return _by_recipient(mail, at=at)


def _first(ids: list[str]) -> OutboundMessage | None:
    rows = OutboundMessage.objects.filter(email_message_id__in=ids).select_related("ticket") if ids else []
    by_id = {row.email_message_id: row for row in rows}
    return next((by_id[found] for found in ids if found in by_id), None)


def _by_plus_address(mail: ParsedMail) -> OutboundMessage | None:
    """The sender that our mail's envelope had: where the report came to, or as it quotes what came back."""
    addresses = [*mail.envelope_recipients, *(person.address for person in (*mail.to, *mail.cc))]
    return message_of([*addresses, *mail.delivery.original_senders, mail.body_text[:QUOTED]])


def _by_recipient(mail: ParsedMail, *, at: datetime) -> Found | None:
    """What we last sent to a recipient the report names; best on the ticket whose reference it quotes."""
    recipients = _recipients(mail)
    if not recipients:
        return None
    sent = OutboundMessage.objects.filter(status=OutboundStatus.SENT, sent_at__gte=at - LONGEST_WAY, sent_at__lte=at)
    candidates = sent.filter(to_recipients__overlap=recipients) | sent.filter(cc_recipients__overlap=recipients)
    newest = list(candidates.select_related("ticket").order_by("-sent_at")[:50])
    quoted = references_in_subject(f"{mail.subject}\n{mail.body_text[:QUOTED]}")
    chosen = next((row for row in newest if row.ticket.reference in quoted), next(iter(newest), None))
    return Found(chosen, "recipient", ", ".join(recipients)[:500], is_sure=False) if chosen else None


def _recipients(mail: ParsedMail) -> list[str]:
    named = [*(outcome.address for outcome in mail.delivery.outcomes), *mail.delivery.recipients]
    return list(dict.fromkeys(address.strip().lower() for address in named if address.strip()))


def note(found: Found, message: MailMessage, mail: ParsedMail, *, at: datetime) -> None:
    """Write on the outgoing message what the report says, and into the ledger's evidence what was written."""
    written = []
    sent_to = {address.lower() for address in (*found.message.to_recipients, *found.message.cc_recipients)}
    for address, delivery, code, is_theirs in _outcomes(mail, sent_to):
        is_sure = found.is_sure and (is_theirs or delivery != Delivery.UNDELIVERABLE)
        note_delivery(found.message.pk, addresses=[address], delivery=delivery, at=at, code=code, is_sure=is_sure)
        written.append(f"{address}: {delivery.value} {code}".strip())
    message.evidence["delivery"] = written


def _outcomes(mail: ParsedMail, sent_to: set[str]) -> list[tuple[str, Delivery, str, bool]]:
    """(address, what became of it, status, whether that is said of the address itself). One we did not write to is
    where a recipient has mail forwarded: by Original-Recipient, else the only one there is. That such a place fails
    says little of the recipient's own address.
    """
    report = mail.delivery
    only = next(iter(sent_to)) if len(sent_to) == 1 else ""
    found = []
    for item, delivery in _said(mail, report):
        ours = next((address for address in (item.address.lower(), item.original) if address in sent_to), "")
        if ours or only:
            found.append((ours or only, delivery, item.status, bool(ours) or not item.address))
    return found


def _said(mail: ParsedMail, report: DeliveryReport) -> list[tuple[RecipientOutcome, Delivery]]:
    if is_receipt(mail):
        read = report.outcomes or (RecipientOutcome(mail.from_.address if mail.from_ else "", "read", ""),)
        is_read = not report.disposition or report.disposition in READ
        return [(replace(item, status=""), Delivery.READ) for item in read] if is_read else []
    if report.outcomes:
        return [(item, _delivery(item.action, item.status, mail)) for item in report.outcomes]
    if mail.kind == MailKind.REPORT:
        return []
    code = report.statuses[0] if report.statuses else ""
    action = "delayed" if mail.kind == MailKind.DELAY else "failed"
    words = [RecipientOutcome(address, action, code) for address in report.recipients or ("",)]
    return [(item, _delivery(action, code, mail)) for item in words]


def _delivery(action: str, status: str, mail: ParsedMail) -> Delivery:
    """Only a permanent status marks the address: 4.x.x of a failed mail says that the server has given up for now."""
    if action in ACTIONS:
        return ACTIONS[action]
    if mail.kind == MailKind.DELAY:
        return Delivery.DELAYED
    return Delivery.GIVEN_UP if status.startswith("4") else Delivery.UNDELIVERABLE
