"""Mail that is not the customer's: to somebody whose help an app above has asked for. It stands in the outbox like a
reply, with its hold, its states and its attempts, and comes to be an entry aside.

None of these asks for a right: the app above, which alone knows who takes part in the help, has done so.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from core.actors import Actor
from core.service import service
from tickets.enums import ASIDE, OutboundKind, OutboundStatus
from tickets.errors import TooLateToUndo
from tickets.message_ids import new_message_id
from tickets.models import Attachment, OutboundMessage
from tickets.services._common import deputised, lock, touched
from tickets.services.attachments import NewFile, attach, store_blobs
from tickets.services.draft_files import as_attachments
from tickets.services.outgoing import drop_aside, take_back


@service
def hold_aside(
    ticket_id: UUID,
    *,
    by: Agent,
    to: Sequence[str],
    subject: str,
    body_text: str,
    files: Sequence[NewFile] = (),
    copies: Sequence[Attachment] = (),
) -> OutboundMessage:
    """Hold a mail to others for its author's undo time; recipients, body and files are frozen now. Nothing on the
    ticket's main thread tells of it. `copies` are files that were written aside before and go along.
    """
    ticket = lock(ticket_id)
    now = timezone.now()
    message = OutboundMessage(
        ticket=ticket,
        kind=OutboundKind.VENDOR,
        author=by,
        on_behalf_of=deputised(by, ticket),
        to_recipients=list(to),
        subject=subject,
        body_text=body_text,
        email_message_id=new_message_id(),
        release_at=now + timedelta(seconds=by.undo_seconds),
    )
    message.save(force_insert=True)
    attach([*as_attachments(copies), *store_blobs(files)], outbound=message)
    touched(ticket.pk, at=now)
    return message


@service
def undo_aside(message_id: UUID, *, by: Actor) -> OutboundMessage:
    """Take a held or queued one back. Raises TooLateToUndo."""
    rows = OutboundMessage.objects.filter(kind__in=ASIDE)
    ticket = lock(rows.values_list("ticket_id", flat=True).get(pk=message_id))
    message = rows.select_for_update(of=("self",)).get(pk=message_id)
    if not message.may_be_undone or message.leased_until is not None:
        raise TooLateToUndo(status=OutboundStatus(message.status).label)
    now = timezone.now()
    touched(ticket.pk, at=now)
    take_back(message, ticket, by=by, at=now)
    return message


@service
def drop_held_asides(message_ids: Collection[UUID], *, ticket_id: UUID, by: Actor) -> int:
    """Those of them that are still held are not sent; answers how many."""
    ticket = lock(ticket_id)
    held = OutboundMessage.objects.filter(pk__in=message_ids, kind__in=ASIDE, status=OutboundStatus.HELD)
    dropped = list(held.select_for_update(of=("self",)).order_by("pk"))
    for message in dropped:
        drop_aside(message, ticket, by=by, at=timezone.now())
    return len(dropped)
