"""One entry is about something else: it becomes a ticket of its own, linked to the first (rulings 12 and 21)."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.errors import Invalid
from core.events import publish
from core.service import service
from tickets.enums import AuthorType, Channel, EntryKind, PlacementCause, TicketStatus, Visibility
from tickets.errors import EntryNotSplittable
from tickets.events import TicketSplit
from tickets.models import Ticket, TimelineEntry
from tickets.policies import may_merge
from tickets.selectors import entries_of
from tickets.services._common import check_version, index_words, lock, not_the_owner, refuse_if_ended
from tickets.services.creation import Message, create_ticket
from tickets.services.moving import place_elsewhere
from tickets.transitions import transitions_from

SPLITTABLE: dict[str, Channel] = {
    EntryKind.EMAIL_INBOUND: Channel.EMAIL,
    EntryKind.PHONE_NOTE: Channel.PHONE,
    EntryKind.CHAT: Channel.CHAT,
}
"""What a customer said, and the channel of the ticket it becomes."""


@service
def split_entry(ticket_id: UUID, *, entry_id: UUID, by: Agent, subject: str = "", version: int | None = None) -> Ticket:
    """Make what a customer said a new, unowned ticket of the same team; the entry stands there from then on.

    Its requester is who said it. Without a `subject` it gets the entry's own, else that of the ticket. The owner of the
    first ticket stays its owner and no more. Raises RoleForbids, NotOwner, TicketClosed, Invalid for an entry that does
    not stand on the ticket, or EntryNotSplittable.
    """
    source = lock(ticket_id)
    if not may_merge(by, source):
        raise not_the_owner(by, source)
    refuse_if_ended(source)
    entry = entries_of(source).main_thread().select_related("contact").filter(pk=entry_id).first()
    if entry is None:
        raise Invalid({"entry": _("This entry does not stand on the ticket any more.")})
    if not may_be_split(entry) or not entries_of(source).public().exclude(pk=entry.pk).exists():
        raise EntryNotSplittable(allowed=transitions_from(TicketStatus(source.status)))
    check_version(source, version)
    is_own_word = entry.contact is not None and entry.author_type == AuthorType.CUSTOMER
    target = create_ticket(
        by=by,
        requester=entry.contact if is_own_word and entry.contact else source.requester,
        team=source.team,
        subject=subject.strip() or entry.subject.strip() or source.subject,
        message=Message(body_text=entry.body_text, body_html=entry.body_html),
        entry=entry,
        related_to=source,
        channel=SPLITTABLE[entry.kind],
        language=source.language,
    )
    index_words(target, f"{target.subject} {target.requester.name} {target.requester.email}")
    placement = place_elsewhere(entry, source, target, PlacementCause.SPLIT, by=by)
    publish(
        TicketSplit(ticket_id=target.pk, from_id=source.pk, entry_id=entry.pk, by_id=by.pk, occurred_at=placement.at)
    )
    return target


def may_be_split(entry: TimelineEntry) -> bool:
    """Only what the customer said, and not what has been redacted."""
    return entry.kind in SPLITTABLE and entry.visibility == Visibility.PUBLIC and entry.redacted_at is None
