"""Words on the timeline: notes, replies with their hold, what the customer wrote, redaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Contact
from core import steps
from core.actors import TIMER, Actor
from core.errors import Invalid, StaleVersion
from core.events import publish
from core.history import get_or_record
from core.markdown import to_html
from core.service import service
from core.sweep import run_each
from tickets import guards
from tickets.enums import (
    ENDED,
    DraftMode,
    EntryKind,
    OutboundKind,
    OutboundStatus,
    SendWhen,
    Then,
    TicketStatus,
    Unsent,
    Visibility,
)
from tickets.errors import (
    NotYourMessage,
    TicketUnowned,
    TooLateToUndo,
    UnseenEntries,
    WrongTicketContext,
)
from tickets.events import CustomerReplied, NoteAdded, TicketReopened
from tickets.flagging import refuse_other_text
from tickets.mentions import mentioned_in
from tickets.models import OutboundMessage, Ticket, TicketParticipant, TimelineEntry
from tickets.placeholders import filled
from tickets.policies import may_undo, works_in
from tickets.selectors import written_since
from tickets.services._common import (
    add_entry,
    change_status,
    check_version,
    deputised,
    lock,
    refuse_if_ended,
    refuse_unless_owner,
    save,
    touch,
    touched,
)
from tickets.services._noting import refuse_unless_may_note
from tickets.services.addresses import usable_addresses
from tickets.services.attachments import NewFile, store_files
from tickets.services.creation import Message
from tickets.services.draft_files import draft_files_of, send_draft_files
from tickets.services.drafts import end_draft
from tickets.services.outgoing import (
    cancel_held_messages,
    drop_all_scheduled,
    drop_unsent,
    freeze_message,
    put_on_timeline,
    send_at_once,
    take_back,
)
from tickets.services.requester import was_replaced
from tickets.services.scheduling import moment_to_send

RELEASED = steps.declare("tickets.release", "released")


@service
def add_note(
    ticket_id: UUID,
    *,
    by: Actor,
    body_text: str,
    files: Sequence[NewFile] = (),
    kind: EntryKind = EntryKind.NOTE,
    draft_version: int | None = None,
    draft_files: Sequence[UUID] = (),
    version: int | None = None,
) -> TimelineEntry:
    """An internal entry on the main thread; the customer never sees it, now or later. Whom it names after an @ is told.

    `draft_version`: the text is that of the author's draft, which goes with it unless it was changed since;
    `draft_files`: those of the draft's files that belong to the note.
    """
    ticket = lock(ticket_id)
    refuse_unless_may_note(by, ticket)
    if not body_text.strip():
        raise Invalid({"body": _("A note needs some text.")})
    refuse_if_ended(ticket)
    author_id = by.pk if isinstance(by, Agent) else None
    told = mentioned_in(body_text, ticket, besides=author_id)
    check_version(ticket, version)
    now = timezone.now()
    entry = add_entry(
        ticket,
        kind,
        author=by,
        at=now,
        body_text=body_text.strip(),
        on_behalf_of=deputised(by, ticket),
        facts={"mentioned": [str(person.pk) for person in told]} if told else {},
    )
    store_files(files, entry=entry)
    send_draft_files(draft_files_of(ticket, by=by, mode=DraftMode.NOTE, ids=draft_files), entry=entry)
    end_draft(ticket.pk, by=by, mode=DraftMode.NOTE, version=draft_version)
    if isinstance(by, Agent):
        touch(ticket, last_staff_activity_at=now)
    publish(NoteAdded(ticket_id=ticket.pk, entry_id=entry.pk, author_id=author_id, occurred_at=now))
    return entry


@service
def reply_to_customer(
    ticket_id: UUID,
    *,
    by: Agent,
    body_text: str,
    cc: Sequence[str] = (),
    to_confirm: str = "",
    then: str = "",
    when: str = SendWhen.NOW,
    send_at: datetime | None = None,
    files: Sequence[NewFile] = (),
    last_seen_seq: int | None = None,
    draft_version: int | None = None,
    draft_files: Sequence[UUID] = (),
    version: int | None = None,
) -> OutboundMessage:
    """Hold a public reply for the author's undo time, or until the moment they chose; then it becomes an entry and is
    sent (ruling 11).

    Recipients and body, its variables filled, are frozen now. `to_confirm`, if given, must be the primary recipient;
    `last_seen_seq`, if given, the newest entry the author had on screen; `send_at` goes with `when="at"`;
    `draft_version` names the author's draft with this text, which goes with it unless it was changed since, and
    `draft_files` those of its files that are to go. Raises NotOwner, TicketUnowned, TicketClosed, Invalid,
    WrongTicketContext or UnseenEntries.
    """
    ticket = lock(ticket_id)
    message = _drafted(ticket, by=by, body_text=body_text, cc=cc, to_confirm=to_confirm, then=then, seen=last_seen_seq)
    message.release_at, message.is_scheduled = moment_to_send(
        ticket, when=when, send_at=send_at, by=by, now=message.created_at
    )
    check_version(ticket, version)
    message.save(force_insert=True)
    store_files(files, outbound=message)
    send_draft_files(draft_files_of(ticket, by=by, mode=DraftMode.REPLY, ids=draft_files), outbound=message)
    end_draft(ticket.pk, by=by, mode=DraftMode.REPLY, version=draft_version)
    touched(ticket.pk, at=message.created_at)
    return message


@service
def preview_reply(
    ticket_id: UUID,
    *,
    by: Agent,
    body_text: str,
    cc: Sequence[str] = (),
    to_confirm: str = "",
    when: str = SendWhen.NOW,
    send_at: datetime | None = None,
) -> OutboundMessage:
    """What `reply_to_customer` would hold now, unsaved: nothing is written. Raises what that would."""
    ticket = lock(ticket_id)
    message = _drafted(ticket, by=by, body_text=body_text, cc=cc, to_confirm=to_confirm)
    message.release_at, message.is_scheduled = moment_to_send(
        ticket, when=when, send_at=send_at, by=by, now=message.created_at
    )
    return message


def _drafted(
    ticket: Ticket,
    *,
    by: Agent,
    body_text: str,
    cc: Sequence[str],
    to_confirm: str,
    then: str = "",
    seen: int | None = None,
) -> OutboundMessage:
    """A reply on the locked ticket, if it may be written."""
    if ticket.owner is None and works_in(by, ticket.team) and ticket.status not in ENDED:
        raise TicketUnowned(reference=ticket.reference, allowed=["accept"])
    refuse_unless_owner(by, ticket)
    refuse_if_ended(ticket)
    if not body_text.strip():
        raise Invalid({"body": _("A reply needs some text.")})
    if then not in ("", Then.WAIT_FOR_CUSTOMER):
        raise Invalid({"then": _("Only wait_for_customer can follow a reply.")})
    recipient = ticket.requester.email
    if to_confirm and to_confirm.strip().lower() != recipient.lower():
        raise WrongTicketContext(given=to_confirm, actual=recipient)
    text = filled(body_text.strip(), ticket, by=by)
    refuse_other_text(text, ticket, by=by)
    if seen is not None and written_since(ticket, seen, besides=by).exists():
        raise UnseenEntries(reference=ticket.reference)
    return freeze_message(
        ticket,
        kind=OutboundKind.REPLY,
        author=by,
        on_behalf_of=deputised(by, ticket),
        body_text=text,
        body_html=to_html(text),
        cc=usable_addresses(cc, besides=recipient),
        at=timezone.now(),
        then=then,
    )


@service
def undo_message(message_id: UUID, *, by: Agent, version: int | None = None) -> OutboundMessage:
    """Take a held or queued reply back; what was released stays on the timeline. Raises NotYourMessage,
    TooLateToUndo.
    """
    ticket_id = OutboundMessage.objects.values_list("ticket_id", flat=True).get(pk=message_id)
    ticket = lock(ticket_id)
    message = OutboundMessage.objects.select_for_update().get(pk=message_id)
    message.ticket = ticket
    if not may_undo(by, message):
        raise NotYourMessage
    if not message.may_be_undone or message.leased_until is not None:
        raise TooLateToUndo(status=OutboundStatus(message.status).label)
    if version is not None and version != message.version:
        raise StaleVersion(given=version, current=message.version)
    now = timezone.now()
    touched(ticket.pk, at=now)
    if message.entry_id is not None or message.author_id != by.pk:
        facts = {"event": "message_cancelled", "author": by.name}
        add_entry(ticket, EntryKind.SYSTEM, author=by, at=now, facts=facts)
    take_back(message, ticket, by=by, at=now)
    return message


def release_due_messages(*, now: datetime, limit: int = 100) -> int:
    """Release every reply whose hold has ended; several workers at once release each one once."""
    due = list(OutboundMessage.objects.due_for_release(now).values_list("pk", flat=True)[:limit])
    return run_each(due, lambda message_id: release_message(message_id, now=now))


@service
def release_message(message_id: UUID, *, now: datetime) -> bool:
    """End the hold of one reply: entry, queueing and `then` in one transaction. False if that has happened already, or
    if a scheduled one waits until the customer has been heard.
    """
    ticket_id = OutboundMessage.objects.values_list("ticket_id", flat=True).get(pk=message_id)
    ticket = lock(ticket_id)
    message = OutboundMessage.objects.select_for_update().get(pk=message_id)
    if message.status != OutboundStatus.HELD or message.release_at > now:
        return False
    at = timezone.now()
    if ticket.is_ended:
        cancel_held_messages(ticket, by=TIMER, at=at)
        return True
    if message.waits_for_moment and ticket.owner_id not in (message.author_id, message.on_behalf_of_id):
        drop_unsent(message, ticket, reason=Unsent.OWNER_CHANGED, by=TIMER, at=at)
        return True
    message.ticket = ticket
    if message.waits_for_moment and now - message.release_at < guards.LISTENING and guards.may_be_unheard(message):
        return False
    put_on_timeline(message, ticket, at=at)
    if _may_wait_after(message, ticket) and message.author is not None:
        old = ticket.status
        ticket.wait_for_customer(at=at)
        change_status(ticket, old, by=message.author, at=at, fields=["waiting_since"])
    RELEASED.reached()
    return True


def _may_wait_after(message: OutboundMessage, ticket: Ticket) -> bool:
    """Not when the customer has written during the hold: what they wrote has not been read."""
    waitable = (TicketStatus.IN_PROGRESS, TicketStatus.WAITING_INTERNAL)
    has_written = ticket.last_customer_message_at is not None and ticket.last_customer_message_at > message.created_at
    return message.then == Then.WAIT_FOR_CUSTOMER and ticket.status in waitable and not has_written


@service
def record_customer_message(
    ticket_id: UUID,
    *,
    by: Contact,
    message: Message,
    may_resume: bool = True,
    kind: EntryKind = EntryKind.EMAIL_INBOUND,
) -> TimelineEntry:
    """Append what a customer wrote, and let it act: resume a waiting ticket, reopen a resolved one with the same owner.

    `may_resume` is False for monitoring, bulk and list mail, which never reopens (ruling 17). What comes from a former
    requester who has no part in the ticket any more stays inside and does nothing. Closed and cancelled tickets take
    no message: the caller makes a follow-up.
    """
    ticket = lock(ticket_id)
    refuse_if_ended(ticket)
    now = timezone.now()
    is_foreign = was_replaced(ticket, by)
    entry = add_entry(
        ticket,
        kind,
        author=by,
        at=now,
        visibility=Visibility.INTERNAL if is_foreign else Visibility.PUBLIC,
        body_text=message.body_text,
        **message.entry_fields(**({"event": "former_requester"} if is_foreign else {})),
    )
    store_files(message.files, entry=entry)
    if is_foreign:
        return entry
    if by.pk != ticket.requester_id:
        get_or_record(TicketParticipant.objects.all(), by=by, ticket=ticket, contact=by)
    if not may_resume:
        return entry
    drop_all_scheduled(ticket, reason=Unsent.CUSTOMER_WROTE, by=by, at=now)
    ticket.last_customer_message_at = now
    fields = ["last_customer_message_at"]
    old = ticket.status
    if old == TicketStatus.WAITING_CUSTOMER:
        ticket.customer_replied()
        fields += ["status", "waiting_since"]
    elif old == TicketStatus.RESOLVED:
        ticket.reopen()
        fields += ["status", "reopen_count", "resolved_at", "value_delivered_at", "auto_closes_at"]
    save(ticket, by=by, fields=fields)
    was_answered = ticket.first_response_at is not None
    publish(CustomerReplied(ticket_id=ticket.pk, entry_id=entry.pk, was_answered=was_answered, occurred_at=now))
    if old != ticket.status:
        change_status(ticket, old, by=by, at=now)
    if old == TicketStatus.RESOLVED:
        publish(TicketReopened(ticket_id=ticket.pk, occurred_at=now))
    return entry


@service
def record_automatic_message(
    ticket_id: UUID, *, by: Actor, message: Message, reason: str, agent: str = ""
) -> TimelineEntry:
    """Keep an automatic reply or report inside: it never reopens or resumes, and no clock sees it (ruling 17).

    The same with the mail of an agent, who is named; `reason` is then what became of it. `by` is no Agent even so: an
    address proves nobody, so that no mail speaks in an agent's name.
    """
    ticket = lock(ticket_id)
    facts = {"event": reason, "agent": agent} if agent else {"event": "automatic", "reason": reason}
    entry = add_entry(
        ticket,
        EntryKind.EMAIL_INBOUND,
        author=by,
        at=timezone.now(),
        visibility=Visibility.INTERNAL,
        body_text=message.body_text,
        **message.entry_fields(**facts),
    )
    store_files(message.files, entry=entry)
    return entry


@service
def queue_system_message(ticket_id: UUID, *, kind: OutboundKind, body_text: str) -> OutboundMessage | None:
    """One mail of this kind in the system's name; None if the ticket already has one, so that repeating is harmless."""
    ticket = lock(ticket_id)
    if ticket.outbound_messages.filter(kind=kind).exists():
        return None
    return send_at_once(ticket, kind=kind, body_text=body_text, at=timezone.now())
