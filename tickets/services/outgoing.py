"""Mail to the customer: freezing a message, releasing it onto the timeline, and what the system itself writes."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Max, Min
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Agent
from core import wake
from core.actors import DESK, Actor
from core.events import publish
from tickets.enums import ASIDE, EntryKind, OutboundKind, OutboundStatus, Then, TicketStatus, Unsent, Visibility
from tickets.events import (
    AnswerWithdrawn,
    AsideDropped,
    AsideReleased,
    PublicReplyReleased,
    ScheduledReplyDropped,
)
from tickets.links import Answer, sign_answer
from tickets.message_ids import new_message_id
from tickets.models import Attachment, OutboundMessage, Ticket, TimelineEntry
from tickets.placeholders import customer_language
from tickets.services._common import add_entry, change_status, touch

HUMAN = (OutboundKind.REPLY, OutboundKind.RESOLUTION)
"""Messages that a person wrote; only these count as a response (domain.md section 9)."""


def freeze_message(
    ticket: Ticket,
    *,
    kind: OutboundKind,
    author: Agent | None,
    body_text: str,
    at: datetime,
    release_at: datetime | None = None,
    is_scheduled: bool = False,
    on_behalf_of: Agent | None = None,
    cc: Sequence[str] = (),
    body_html: str = "",
    then: str = "",
) -> OutboundMessage:
    """The outbox row, not yet saved. Once it is, recipients and body do not change any more.

    It becomes an entry when its hold ends, at `release_at`.
    """
    return OutboundMessage(
        ticket=ticket,
        kind=kind,
        author=author,
        on_behalf_of=on_behalf_of,
        to_recipients=[ticket.requester.email],
        cc_recipients=list(cc),
        subject=f"RE: [{ticket.reference}] {ticket.subject}",
        body_text=body_text,
        body_html=body_html,
        email_message_id=new_message_id(),
        then=then,
        release_at=release_at or at,
        is_scheduled=is_scheduled,
    )


def put_on_timeline(message: OutboundMessage, ticket: Ticket, *, at: datetime) -> TimelineEntry:
    """End the hold: the message becomes a public entry of the locked ticket and is queued for sending. What is not the
    customer's becomes an entry that is on nobody's main thread, and whoever wrote it aside is told in this transaction.
    """
    author: Actor = message.author or DESK
    is_aside = message.kind in ASIDE
    entry = add_entry(
        ticket,
        EntryKind.ENVELOPE_MESSAGE if is_aside else EntryKind.EMAIL_OUTBOUND,
        author=author,
        at=at,
        visibility=Visibility.ENVELOPE_ONLY if is_aside else Visibility.PUBLIC,
        on_behalf_of=message.on_behalf_of,
        subject=message.subject,
        body_text=message.body_text,
        body_html=message.body_html,
        email_message_id=message.email_message_id,
        email_to=message.to_recipients,
        email_cc=message.cc_recipients,
        facts={"outbound": str(message.kind)},
        is_act=is_aside or message.kind in HUMAN,
    )
    Attachment.objects.filter(outbound=message).update(entry=entry)
    message.release(entry=entry, at=at)
    message.save(update_fields=["entry", "status", "released_at", "next_attempt_at"])
    wake.after_commit("connectors.mail.send_due")
    if is_aside:
        publish(
            AsideReleased(
                ticket_id=ticket.pk,
                message_id=message.pk,
                entry_id=entry.pk,
                author_id=message.author_id,
                occurred_at=at,
            )
        )
    if message.kind in HUMAN and message.author is not None:
        _count_as_answer(ticket, message, entry, at=at)
    return entry


def _count_as_answer(ticket: Ticket, message: OutboundMessage, entry: TimelineEntry, *, at: datetime) -> None:
    first = ticket.first_response_at or at
    touch(ticket, first_response_at=first, last_public_reply_at=at, last_staff_activity_at=at)
    publish(
        PublicReplyReleased(
            ticket_id=ticket.pk,
            entry_id=entry.pk,
            message_id=message.pk,
            author_id=message.author_id,
            occurred_at=at,
        )
    )


def held_messages(ticket: Ticket) -> list[OutboundMessage]:
    held = ticket.outbound_messages.select_for_update().filter(status=OutboundStatus.HELD)
    return list(held.order_by("release_at"))


def release_held_messages(ticket: Ticket, *, by: Actor, at: datetime) -> None:
    """End the hold of what is still waiting before an act that writes to the customer itself.

    What waits for a later moment was not meant to leave now, and comes too late then.
    """
    for message in held_messages(ticket):
        if message.waits_for_moment:
            drop_unsent(message, ticket, reason=Unsent.RESOLVED, by=by, at=at)
        else:
            put_on_timeline(message, ticket, at=at)


def cancel_held_messages(ticket: Ticket, *, by: Actor, at: datetime) -> None:
    """A ticket that has ended sends nothing more; what was still held is taken back and says so."""
    for message in held_messages(ticket):
        if message.waits_for_moment:
            drop_unsent(message, ticket, reason=Unsent.ENDED, by=by, at=at)
            continue
        _cancel(message, ticket, by=by, at=at)


def _cancel(message: OutboundMessage, ticket: Ticket, *, by: Actor, at: datetime) -> None:
    if message.kind in ASIDE:  # its thread shows its state, and nobody else is to know of it
        drop_aside(message, ticket, by=by, at=at)
        return
    facts = {"event": "message_cancelled", "author": by.audit_name}
    add_entry(ticket, EntryKind.SYSTEM, author=by, at=at, facts=facts)
    take_back(message, ticket, by=by, at=at)


def drop_aside(message: OutboundMessage, ticket: Ticket, *, by: Actor, at: datetime) -> None:
    take_back(message, ticket, by=by, at=at)
    publish(
        AsideDropped(
            ticket_id=ticket.pk,
            message_id=message.pk,
            author_id=message.author_id,
            by_id=by.pk if isinstance(by, Agent) else None,
            occurred_at=at,
        )
    )


def take_back(message: OutboundMessage, ticket: Ticket, *, by: Actor, at: datetime) -> None:
    """Not sent after all. What had been released was no answer then, and nobody waits for one to it."""
    message.undo()
    message.save(update_fields=["status", "next_attempt_at", "leased_until"])
    if message.entry_id is not None and message.kind not in ASIDE:
        _forget_answer(ticket, message, at=at)
        _wait_no_longer(ticket, message, by=by, at=at)


def _wait_no_longer(ticket: Ticket, message: OutboundMessage, *, by: Actor, at: datetime) -> None:
    """Nobody answers a mail that nobody got: a ticket that waits since the release of this very one goes on."""
    waits_for_this = message.then == Then.WAIT_FOR_CUSTOMER and ticket.waiting_since == message.released_at
    if not waits_for_this or ticket.status != TicketStatus.WAITING_CUSTOMER:
        return
    old = ticket.status
    ticket.resume()
    change_status(ticket, old, by=by, at=at, fields=["waiting_since"])


def _forget_answer(ticket: Ticket, message: OutboundMessage, *, at: datetime) -> None:
    """A reply taken back after its release was no answer: count from those that remain."""
    remaining = ticket.outbound_messages.filter(kind__in=HUMAN, released_at__isnull=False).exclude(
        status=OutboundStatus.CANCELLED
    )
    moments = remaining.aggregate(first_response_at=Min("released_at"), last_public_reply_at=Max("released_at"))
    touch(ticket, **moments)
    if message.kind in HUMAN and message.released_at is not None:
        publish(
            AnswerWithdrawn(
                ticket_id=ticket.pk,
                given_at=message.released_at,
                first_at=moments["first_response_at"],
                last_at=moments["last_public_reply_at"],
                occurred_at=at,
            )
        )


def drop_all_scheduled(ticket: Ticket, *, reason: Unsent, by: Actor, at: datetime) -> None:
    """The customer has said something that these replies do not know of."""
    for message in held_messages(ticket):
        if message.waits_for_moment:
            drop_unsent(message, ticket, reason=reason, by=by, at=at)


def drop_unsent_to(ticket: Ticket, address: str, *, reason: Unsent, by: Actor, at: datetime) -> None:
    """What has not left for this address is not meant for it any more, be it held or queued.

    What is being handed over at this moment stays, and so does what some recipient may have already.
    """
    unsent = ticket.outbound_messages.unsent_to(address).select_for_update(of=("self",))
    for message in unsent.order_by("release_at", "pk"):
        if message.kind in HUMAN:
            drop_unsent(message, ticket, reason=reason, by=by, at=at)
        else:  # our own words are nobody's to write again
            _cancel(message, ticket, by=by, at=at)


def drop_unsent(message: OutboundMessage, ticket: Ticket, *, reason: Unsent, by: Actor, at: datetime) -> None:
    """Not sent, in the transaction of what `by` did; the entry offers its text again, and the owner is told.

    The entry's facts and the event say "scheduled" for every reply, as those that waited for their moment were the
    first to be dropped; `is_scheduled` tells which they are.
    """
    facts: dict[str, object] = {"event": "scheduled_dropped", "reason": reason.value}
    if message.kind != OutboundKind.RESOLUTION or reason != Unsent.REQUESTER_CHANGED:
        facts["message"] = str(message.pk)  # a resolution's links speak for the former requester
    if not message.waits_for_moment:
        facts["is_scheduled"] = False
    add_entry(ticket, EntryKind.SYSTEM, author=DESK, at=at, facts=facts)
    take_back(message, ticket, by=by, at=at)
    publish(
        ScheduledReplyDropped(
            ticket_id=ticket.pk,
            message_id=message.pk,
            author_id=message.author_id,
            reason=reason.value,
            by_id=by.pk if isinstance(by, Agent) else None,
            is_scheduled=message.waits_for_moment,
            occurred_at=at,
        )
    )


def send_at_once(
    ticket: Ticket,
    *,
    kind: OutboundKind,
    body_text: str,
    at: datetime,
    author: Agent | None = None,
    on_behalf_of: Agent | None = None,
) -> OutboundMessage:
    """A message without hold: part of an act that is itself not taken back."""
    message = freeze_message(ticket, kind=kind, author=author, on_behalf_of=on_behalf_of, body_text=body_text, at=at)
    message.save(force_insert=True)
    put_on_timeline(message, ticket, at=at)
    return message


def introduce(ticket: Ticket, owner: Agent, *, at: datetime) -> OutboundMessage:
    """Tell the customer once who looks after them from now on; nothing of the reason."""
    with translation.override(customer_language(ticket)):
        text = _(
            "Hello %(customer)s,\n\nmy name is %(owner)s. From now on I look after your request %(reference)s "
            "(%(subject)s). I have read everything you wrote, so you need not repeat anything.\n\n"
            "Kind regards\n%(owner)s"
        ) % {
            "customer": ticket.requester.name,
            "owner": owner.name,
            "reference": ticket.reference,
            "subject": ticket.subject,
        }
    return send_at_once(ticket, kind=OutboundKind.INTRODUCTION, author=owner, body_text=text, at=at)


def tell_resolution(
    ticket: Ticket, *, note: str, author: Agent, on_behalf_of: Agent | None, at: datetime
) -> OutboundMessage:
    """The resolution mail with its two signed links, solved and not solved (ruling 20)."""
    with translation.override(customer_language(ticket)):
        text = _(
            "Hello %(customer)s,\n\n%(note)s\n\nDoes this solve your request %(reference)s?\n\n"
            "Yes, it is solved: %(solved)s\nNo, it is not solved: %(not_solved)s\n\n"
            "Or simply answer this mail. Without an answer we close the request after five business days.\n\n"
            "Kind regards\n%(owner)s"
        ) % {
            "customer": ticket.requester.name,
            "note": note,
            "reference": ticket.reference,
            "solved": answer_url(ticket, Answer.SOLVED),
            "not_solved": answer_url(ticket, Answer.NOT_SOLVED),
            "owner": (on_behalf_of or author).name,
        }
    return send_at_once(
        ticket, kind=OutboundKind.RESOLUTION, author=author, on_behalf_of=on_behalf_of, body_text=text, at=at
    )


def answer_url(ticket: Ticket, answer: Answer) -> str:
    """Absolute address of a signed link; GET shows a page, only its POST acts."""
    return settings.SITE_URL.rstrip("/") + reverse("answer", args=[sign_answer(ticket, answer)])
