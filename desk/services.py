"""Acts of a page that need several services in one transaction."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Agent, Contact, Team
from connectors.mail.services import block_sender
from core.errors import NotFound
from core.service import service
from desk.undoing import entries_of_one_act, entries_of_recent_acts, is_still_so, values_before
from envelopes.services import post_in_envelope, undo_vendor_message, write_to_vendor
from sla.reminders.enums import ReminderKind
from sla.reminders.services import create_reminder
from tickets.around import KeptDraft
from tickets.enums import Channel, ClosureCode, DraftMode, EntryKind, Priority, TicketStatus, TicketType
from tickets.errors import ChangedSince, NotOwner
from tickets.models import Attachment, Category, OutboundMessage, Ticket, TimelineEntry
from tickets.policies import acts_as_owner
from tickets.services import (
    NewFile,
    cancel_ticket,
    create_ticket_for,
    edit_ticket,
    keep_above,
    keep_draft,
    record_customer_message,
    reopen_by_customer,
    resolve_ticket,
    resume_ticket,
    unmerge_ticket,
    wait_for_customer,
)
from tickets.services.creation import Message
from tickets.services.draft_files import draft_files_of, keep_copies, send_draft_files
from tickets.services.drafts import end_draft


@service
def create_ticket_by_phone(
    email: str,
    *,
    by: Agent,
    name: str,
    team: Team,
    subject: str,
    description: str,
    type: TicketType,
    priority: Priority,
    category: Category | None,
) -> Ticket:
    """A ticket for a caller, who becomes a contact if unknown; a refusal leaves neither behind."""
    return create_ticket_for(
        email,
        by=by,
        name=name,
        team=team,
        subject=subject,
        message=Message(body_text=description),
        priority=priority,
        type=type,
        category=category,
        channel=Channel.PHONE,
    )


@service
def resolve_and_check_later(ticket_id: UUID, *, by: Agent, code: str, note: str, version: int | None = None) -> Ticket:
    """Resolve it, and remind whoever does in 24 hours to check that it works (acceptance 121)."""
    ticket = resolve_ticket(ticket_id, by=by, code=code, note=note, version=version)
    create_reminder(ReminderKind.CHECK_IN, by=by, ticket_id=ticket_id)
    return ticket


@service
def take_back(entry_id: UUID, *, by: Agent) -> Ticket:
    """Act the other way than an own entry of the last minutes did, and what belongs to the same act: all of it or
    nothing.

    Raises NotFound for what is none of them, ChangedSince, and what the other act refuses.
    """
    found = entries_of_recent_acts(by).filter(pk=entry_id).values_list("ticket", flat=True).first()
    if found is None:
        raise NotFound
    ticket = Ticket.objects.for_update().get(pk=found)
    entry = TimelineEntry.objects.select_related("ticket").get(pk=entry_id)
    together = entries_of_one_act(entry)
    if not all(map(is_still_so, together)):
        raise ChangedSince
    if entry.kind == EntryKind.STATUS_CHANGE:
        step = resume_ticket if ticket.status == TicketStatus.WAITING_CUSTOMER else wait_for_customer
        return step(ticket.pk, by=by)
    if entry.kind == EntryKind.SYSTEM:
        return unmerge_ticket(ticket.pk, by=by)
    before = values_before(together)
    reason = str(_("Taken back.")) if "priority" in before else ""
    return edit_ticket(ticket.pk, by=by, version=ticket.version, reason=reason, **before)


@service
def end_as_spam(ticket_id: UUID, *, by: Agent, version: int | None = None) -> Ticket:
    """Cancel a ticket as spam, and send further mail of its requester to quarantine."""
    ticket = cancel_ticket(ticket_id, by=by, code=ClosureCode.SPAM, version=version)
    block_sender(ticket.requester.email, by=by, reason=ticket.reference)
    return ticket


@service
def post_and_end_draft(
    envelope_id: UUID,
    *,
    by: Agent,
    body_text: str,
    mode: str,
    files: Sequence[NewFile] = (),
    draft_version: int | None = None,
    draft_files: Sequence[UUID] = (),
) -> TimelineEntry:
    """Write in an envelope; the draft of it goes exactly if the text went, and those of its files that are named become
    the post's. Raises what `post_in_envelope` refuses.
    """
    entry = post_in_envelope(envelope_id, by=by, body_text=body_text, files=files)
    send_draft_files(draft_files_of(entry.ticket, by=by, mode=mode, ids=draft_files), entry=entry)
    end_draft(entry.ticket_id, by=by, mode=mode, version=draft_version)
    return entry


@service
def write_to_vendor_and_end_draft(
    envelope_id: UUID,
    *,
    by: Agent,
    subject: str,
    body_text: str,
    mode: str,
    attachments: Sequence[UUID] = (),
    draft_version: int | None = None,
) -> OutboundMessage:
    """As `post_and_end_draft`, to the envelope's vendor. Raises what `write_to_vendor` refuses."""
    message = write_to_vendor(envelope_id, by=by, subject=subject, body_text=body_text, attachments=attachments)
    end_draft(message.ticket_id, by=by, mode=mode, version=draft_version)
    return message


@service
def take_back_from_vendor(message_id: UUID, *, by: Agent, mode: str) -> OutboundMessage:
    """A mail to a vendor is a draft again; what was begun meanwhile stands below it, so no word is lost. Raises what
    `undo_vendor_message` refuses.
    """
    message = undo_vendor_message(message_id, by=by)
    keep_above(message.ticket_id, by=by, mode=mode, body_text=message.body_text, cc=message.subject)
    return message


@service
def put_into_reply(
    ticket_id: UUID, *, by: Agent, body_text: str, cc: str, over: KeptDraft | None, files: Sequence[Attachment] = ()
) -> None:
    """Words that were written inside become part of the draft of the reply, `over` the one they were shown beside; so
    do `files`, which somebody has chosen one by one.

    Raises NotOwner, DraftChanged where the draft is not the one that was looked at, and Invalid for too many files.
    """
    ticket = Ticket.objects.select_related("owner").get(pk=ticket_id)
    if not acts_as_owner(by, ticket):
        raise NotOwner(owner=ticket.owner.name if ticket.owner else "–", reference=ticket.reference)
    keep_draft(ticket_id, by=by, mode=DraftMode.REPLY, body_text=body_text, cc=cc, version=over.version if over else 0)
    if files:
        keep_copies(ticket_id, by=by, mode=DraftMode.REPLY, files=files)


@service
def object_to_resolution(ticket_id: UUID, *, by: Contact, round: int, text: str) -> Ticket:
    """The customer's link "not solved": reopens, and keeps what they wrote as their message.

    Raises InvalidTransition for the link of an older resolution.
    """
    ticket = reopen_by_customer(ticket_id, by=by, round=round)
    if words := text.strip():
        record_customer_message(ticket_id, by=by, message=Message(body_text=words), kind=EntryKind.CHAT)
    return ticket
