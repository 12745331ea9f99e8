"""Help of a vendor: whom an envelope's mails go to, and writing to them. The vendor gets what is written for them,
from the shared mailbox; the customer's thread, its reference and the rest of the envelope stay here.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.guards import refusal_of_address
from accounts.models import Agent
from accounts.selectors import companies_for_addresses, contacts_for_addresses
from core.arrays import any_of
from core.errors import Invalid, Text
from core.events import publish
from core.history import record
from core.service import service
from envelopes.enums import Awaiting, EnvelopeKind, EnvelopeStatus
from envelopes.events import EnvelopePosted, VendorMailDropped
from envelopes.models import Envelope, EnvelopePost, VendorMessage
from envelopes.policies import may_name_vendor, may_write_to_vendor
from envelopes.selectors import files_of
from envelopes.services._common import (
    check_version,
    lock,
    needed,
    not_yours,
    put_in_thread,
    refuse_unless_in,
    save,
    write,
)
from envelopes.services.mail import KEPT
from envelopes.vendor_drafts import vendor_mode
from tickets.enums import EntryKind
from tickets.events import AsideDropped, AsideReleased
from tickets.models import Attachment, OutboundMessage, Ticket, TimelineEntry
from tickets.policies import may_keep_drafts
from tickets.services import NewFile, hold_aside, keep_above, undo_aside
from tickets.services.draft_files import refuse_too_much

S = EnvelopeStatus
MAX_VENDOR_ADDRESSES = 10
MAX_SUBJECT = 200


def usable_vendors(envelope: Envelope, given: Sequence[str]) -> list[str]:
    """Addresses in lower case, each once. Raises Invalid for what is none, for mailboxes of ours, for agents, and for
    the customer's side: none of them is to get what is written to a vendor.
    """
    if envelope.kind != EnvelopeKind.EXTERNAL_VENDOR:
        raise Invalid({"vendor_addresses": _("Only help of a vendor goes to addresses outside.")})
    addresses = list(dict.fromkeys(address.strip().lower() for address in given if address.strip()))
    if len(addresses) > MAX_VENDOR_ADDRESSES:
        raise Invalid({"vendor_addresses": _("At most 10 addresses.")})
    agents = set(Agent.objects.values_list(Lower("email"), flat=True).filter(any_of(Lower("email"), addresses)))
    customers = _of_the_customer(envelope.ticket, addresses)
    for address in addresses:
        if why := _why_no_vendor(address, agents, customers):
            raise Invalid({"vendor_addresses": why})
    return addresses


def _why_no_vendor(address: str, agents: set[str], customers: set[str]) -> Text | None:
    try:
        validate_email(address)
    except ValidationError:
        return _("“%(address)s” is not an e-mail address.") % {"address": address}
    if refusal := refusal_of_address(address):
        return str(refusal)
    if address in agents:
        return _("%(address)s is a colleague's; invite them instead.") % {"address": address}
    if address in customers:
        return _("%(address)s belongs to the customer's side of this ticket.") % {"address": address}
    return None


def _of_the_customer(ticket: Ticket, addresses: Sequence[str]) -> set[str]:
    """Those of them who take part in the customer's thread, or are of the customer's company."""
    people = {address.lower() for address in ticket.participants.values_list("contact__email", flat=True)}
    people.add(ticket.requester.email.lower())
    contacts, companies = contacts_for_addresses(addresses), companies_for_addresses(addresses)
    of_company = {
        address
        for address in addresses
        if ticket.company_id is not None
        and ticket.company_id
        in (
            contacts[address].company_id if address in contacts else None,
            companies[address].pk if address in companies else None,
        )
    }
    return (people | of_company) & set(addresses)


@service
def name_vendor(
    envelope_id: UUID, *, by: Agent, vendor_addresses: Sequence[str], version: int | None = None
) -> Envelope:
    """Whom the envelope's mails go to from now on, and whose answers belong into it.

    Raises EnvelopeActForbidden, EnvelopeTransition, Invalid, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_name_vendor(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, S.PENDING, S.ACTIVE)
    addresses = usable_vendors(envelope, vendor_addresses)
    check_version(envelope, version)
    if addresses != envelope.vendor_addresses:
        envelope.vendor_addresses = addresses
        save(envelope, by=by)
    return envelope


@service
def write_to_vendor(
    envelope_id: UUID,
    *,
    by: Agent,
    body_text: str,
    subject: str = "",
    files: Sequence[NewFile] = (),
    attachments: Sequence[UUID] = (),
    version: int | None = None,
) -> OutboundMessage:
    """Hold a mail to the envelope's vendor for the author's undo time; then it becomes a post and is sent. It goes on
    with the envelope's conversation; without one it needs a subject. `attachments` are files of its thread that go
    along, `files` are new.

    Raises EnvelopeActForbidden, EnvelopeTransition, Invalid, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_write_to_vendor(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, S.ACTIVE)
    addresses = usable_vendors(envelope, envelope.vendor_addresses)  # somebody may have joined the customer's side
    if not addresses:
        raise Invalid({"vendor_addresses": _("Name the vendor's address first.")})
    body_text = needed(body_text, "body", _("A message needs some text."))
    subject = " ".join(subject.split())[:MAX_SUBJECT] or _subject_so_far(envelope)
    subject = needed(subject, "subject", _("The first mail to a vendor needs a subject."))
    _refuse_reference(envelope, body=body_text, subject=subject)
    copies = _files_to_send(envelope, attachments, files)
    check_version(envelope, version)
    message = hold_aside(
        envelope.ticket_id, by=by, to=addresses, subject=subject, body_text=body_text, files=files, copies=copies
    )
    VendorMessage.objects.create(outbound=message, envelope=envelope)
    return message


def _refuse_reference(envelope: Envelope, **texts: str) -> None:
    """The customer's reference is nothing for a vendor, in whichever field it stands."""
    for field, text in texts.items():
        if envelope.ticket.reference in text.upper():
            words = _("Leave out %(reference)s: it is the customer's reference.")
            raise Invalid({field: words % {"reference": envelope.ticket.reference}})


def _files_to_send(envelope: Envelope, ids: Sequence[UUID], files: Sequence[NewFile]) -> list[Attachment]:
    """Files of the thread that were chosen, if all of them may leave, and not more than a mail takes with new `files`.

    Raises Invalid.
    """
    chosen = list(files_of(envelope).filter(pk__in=ids).order_by("created_at", "id")) if ids else []
    if len(chosen) < len(set(ids)) or not all(file.may_be_served for file in chosen):
        raise Invalid({"attachments": _("Only files of this envelope that are clean can go along.")})
    refuse_too_much(
        [(file.filename, len(file.content)) for file in files], besides=[file.size_bytes for file in chosen]
    )
    for name in (*(file.filename for file in chosen), *(file.filename for file in files)):
        _refuse_reference(envelope, attachments=name)
    return chosen


def _subject_so_far(envelope: Envelope) -> str:
    rows = OutboundMessage.objects.filter(vendor_message__envelope=envelope).order_by("-created_at", "-id")
    last = rows.values_list("subject", flat=True).first() or ""
    return last if not last or last.upper().startswith("RE: ") else f"RE: {last}"


@service
def undo_vendor_message(message_id: UUID, *, by: Agent) -> OutboundMessage:
    """Take an own mail back that has not left. Raises OutboundMessage.DoesNotExist, also for a message to a customer,
    EnvelopeActForbidden, TooLateToUndo.
    """
    mails = OutboundMessage.objects.select_related("vendor_message")
    message = mails.get(pk=message_id, vendor_message__isnull=False)
    envelope = lock(message.vendor_message.envelope_id)
    if message.author_id != by.pk:
        raise not_yours(envelope)
    message = undo_aside(message_id, by=by)
    if message.entry is not None:
        _tell_that_it_never_left(envelope, message.entry, message_id, by=by)
    return message


def _tell_that_it_never_left(envelope: Envelope, entry: TimelineEntry, message_id: UUID, *, by: Agent) -> None:
    """It stood in the thread already, and stays there; whose turn it is is as before, if nobody has written since."""
    later = EnvelopePost.objects.filter(envelope=envelope, entry__seq__gt=entry.seq)
    facts = later.exclude(entry__kind=EntryKind.SYSTEM).values_list("entry__facts", flat=True)
    is_last = all(each.get("event") == KEPT for each in facts)
    write(envelope, by=by, event="envelope_mail_undone", subject=entry.subject)
    history: Any = Envelope.history
    rows = history.filter(id=envelope.pk).order_by("-history_id")
    release = rows.filter(history_change_reason=_release_of(message_id)).first()
    if release is not None and is_last and envelope.status == S.ACTIVE:
        envelope.awaiting = rows.filter(history_id__lt=release.history_id).values_list("awaiting", flat=True)[0]
        record(envelope, by=by)


@service
def keep_dropped(event: AsideDropped) -> None:
    """A held mail to a vendor is not sent, as nobody waits for an answer any more: its author has the words again as a
    draft, with what was begun since below them, and is told.
    """
    row = VendorMessage.objects.select_related("envelope", "outbound__author").filter(outbound=event.message_id).first()
    if row is None or row.outbound.author is None or not may_keep_drafts(row.outbound.author):
        return
    message, envelope = row.outbound, row.envelope
    mode = vendor_mode(envelope.number)
    keep_above(event.ticket_id, by=row.outbound.author, mode=mode, body_text=message.body_text, cc=message.subject)
    publish(
        VendorMailDropped(
            envelope_id=envelope.pk,
            ticket_id=event.ticket_id,
            by_id=event.by_id,
            message_id=message.pk,
            author_id=row.outbound.author.pk,
            occurred_at=event.occurred_at,
        )
    )


def _release_of(message_id: UUID) -> str:
    """Why it is the vendor's turn, for its history."""
    return f"mail {message_id} released"


@service
def post_released(event: AsideReleased) -> None:
    """The hold of a mail to a vendor is over: it stands in the thread, and it is the vendor's turn. Once the envelope
    is not worked on any more it is nobody's, and the owner is told.
    """
    row = VendorMessage.objects.filter(outbound=event.message_id).first()
    if row is None or event.author_id is None:
        return
    envelope = lock(row.envelope_id)
    put_in_thread(envelope, TimelineEntry.objects.get(pk=event.entry_id))
    by = Agent.objects.get(pk=event.author_id)
    turn = Awaiting.EXPERT if envelope.status == S.ACTIVE else Awaiting.OWNER
    if envelope.status == S.ACTIVE:
        envelope.awaiting = turn
        record(envelope, by=by, reason=_release_of(event.message_id))
    publish(
        EnvelopePosted(
            envelope_id=envelope.pk,
            ticket_id=envelope.ticket_id,
            by_id=by.pk,
            entry_id=event.entry_id,
            awaiting=str(turn),
            is_first_response=False,
            occurred_at=event.occurred_at,
        )
    )
