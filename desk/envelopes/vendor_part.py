"""The vendor in an envelope's tab: whom mails go to, what is on its way, what became of it, and the composer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from desk.composing import context_of, renew_context
from desk.drafts import saved_words
from desk.envelopes.forms import VendorMailForm
from desk.envelopes.tabs import tab_url
from desk.outgoing import outgoing_of
from desk.refusals import Refusal
from desk.timeline import RESTORABLE, sending_of
from desk.workspace import Part
from envelopes.enums import EnvelopeKind
from envelopes.selectors import EnvelopeThread, files_to_send, vendor_mail_of
from envelopes.vendor_drafts import vendor_mode
from tickets.around import drafts_on
from tickets.enums import OutboundStatus
from tickets.models import Attachment, OutboundMessage, Ticket


@dataclass
class VendorWriting:
    """State of the composer to the vendor: the form that came back, what was in its way, what to write again."""

    is_open: bool = False
    form: VendorMailForm | None = None
    error: Refusal | None = None
    restored: UUID | None = None
    """The mail whose text and files are wanted again."""
    files_of: UUID | None = None
    """The one whose files alone are: its text is the draft."""
    ticked: Sequence[UUID] = ()
    """Files that were ticked in a form that met the sign-in page."""


def again_url(ticket: Ticket, number: int, message_id: UUID) -> str:
    """The tab with the text of a mail that was not sent in the composer."""
    return f"{tab_url(ticket.reference, number)}?compose=vendor&restore={message_id}"


def vendor_part(
    agent: Agent, ticket: Ticket, thread: EnvelopeThread, writing: VendorWriting, *, last_seq: int
) -> Part | None:
    """As `desk/envelopes/_vendor.html` wants it; None where no vendor helps. Two queries."""
    envelope = thread.envelope
    if envelope.kind != EnvelopeKind.EXTERNAL_VENDOR:
        return None
    seqs = {entry.pk: str(entry.seq) for entry in thread.entries}
    shown = Q(status=OutboundStatus.HELD) | Q(entry__in=seqs)
    if again := {writing.restored, writing.files_of} - {None}:
        shown |= Q(pk__in=again, status__in=RESTORABLE)
    mails = list(vendor_mail_of(envelope).filter(shown).select_related("handover").prefetch_related("attachments"))
    addresses = ", ".join(envelope.vendor_addresses)
    may_write = ("vendor_mails" in thread.acts and addresses) or writing.form is not None
    held = [mail for mail in reversed(mails) if mail.status == OutboundStatus.HELD]
    return {
        "addresses": addresses,
        "held": [_outgoing(mail, agent, ticket, envelope.number) for mail in held],
        "sending": {
            seqs[mail.entry_id]: _sending(mail, ticket, envelope.number) for mail in mails if mail.entry_id in seqs
        },
        "composer": _composer(agent, ticket, thread, writing, mails, last_seq) if may_write else None,
        "unsent": None if may_write else _unsent(ticket, envelope.number),
    }


def _unsent(ticket: Ticket, number: int) -> Part | None:
    """What was begun, subject and text, for where there is no composer any more that holds it."""
    draft = drafts_on(ticket).get(vendor_mode(number))
    if draft is None:
        return None
    text = "\n\n".join(part for part in (draft.cc, draft.body_text) if part.strip())
    url = reverse("desk:envelope-vendor-draft", args=[ticket.reference, number])
    return {"text": text, "version": draft.version, "url": url}


def with_sending(days: list[Part], vendor: Part | None) -> list[Part]:
    """What was written to the vendor says so, with what became of it."""
    sending: dict[str, Part] = vendor["sending"] if vendor else {}
    for day in days:
        for item in day["items"]:
            item.update(sending.get(str(item.get("id")), {}))
    return days


def _outgoing(mail: OutboundMessage, agent: Agent, ticket: Ticket, number: int) -> Part:
    undo_url = reverse("desk:envelope-vendor-undo", args=[ticket.reference, number, mail.pk])
    shown = outgoing_of(mail, agent, name=", ".join(mail.to_recipients))
    return shown | {"undo_url": undo_url if mail.author_id == agent.pk else ""}


def _sending(mail: OutboundMessage, ticket: Ticket, number: int) -> Part:
    way = {"retry_url": again_url(ticket, number, mail.pk), "retry_label": _("Write again with its text")}
    facts = {"addresses": ", ".join(mail.to_recipients), "subject": mail.subject}
    shown = sending_of(mail, ticket, way)
    if "retry_url" in shown:  # of a report that it came back, too: the ticket's own composer writes to the customer
        shown |= way
    return shown | {"addresses": _("To the vendor: %(addresses)s · %(subject)s") % facts}


def _composer(
    agent: Agent,
    ticket: Ticket,
    thread: EnvelopeThread,
    writing: VendorWriting,
    mails: Sequence[OutboundMessage],
    last_seq: int,
) -> Part:
    """What `components/composer_vendor.html` wants."""
    number = thread.envelope.number
    mode = vendor_mode(number)
    draft = drafts_on(ticket).get(mode)
    files = files_to_send(thread.envelope)
    initial = _begun(draft, writing, mails) | {"attachments": _ticked(writing, mails, files)}
    form = writing.form or VendorMailForm(auto_id="vendor-%s", initial=initial, files=files)
    token = context_of(ticket, last_seen_seq=last_seq, by=agent, mode=mode).signed()
    renew_context(form, token)
    return {
        "form": form,
        "number": number,
        "action": reverse("desk:envelope-vendor-mails", args=[ticket.reference, number]),
        "to": ", ".join(thread.envelope.vendor_addresses),
        "is_open": writing.is_open,
        "error": writing.error,
        "hold_seconds": agent.undo_seconds,
        "draft": {
            "url": reverse("desk:envelope-vendor-draft", args=[ticket.reference, number]),
            "text": "" if writing.form else saved_words(draft),
            "is_kept": draft is not None,
            "is_behind": writing.form is not None or writing.restored is not None,
        },
    }


def _begun(draft: Any, writing: VendorWriting, mails: Sequence[OutboundMessage]) -> dict[str, Any]:
    """What the composer begins with: the draft, above it a mail that is to be written again and is not part of it."""
    body, subject = (draft.body_text, draft.cc) if draft else ("", "")
    failed = next((mail for mail in mails if mail.pk == writing.restored), None)
    if failed is not None and failed.body_text.strip() not in body:
        body = "\n\n".join(part for part in (failed.body_text, body) if part.strip())
        subject = failed.subject
    return {"body": body, "cc": subject, "draft_version": draft.version if draft else 0}


def _ticked(writing: VendorWriting, mails: Sequence[OutboundMessage], files: Sequence[Attachment]) -> list[str]:
    """Which of `files` are ticked already: those of a mail that is written again, of which it had copies."""
    again = [mail for mail in mails if mail.pk in (writing.restored, writing.files_of)]
    wanted = [(file.sha256, file.filename) for mail in again for file in mail.attachments.all()]
    found = [str(file.pk) for file in files if file.pk in writing.ticked]
    for file in files:
        if (file.sha256, file.filename) in wanted:
            wanted.remove((file.sha256, file.filename))
            found.append(str(file.pk))
    return found
