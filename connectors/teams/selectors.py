"""What the page of a card's button shows, and what was posted to channels."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Agent
from connectors.base.policies import may_see_connections
from connectors.teams.enums import CardAct
from connectors.teams.links import CardLink
from connectors.teams.models import ChannelPost, UsedCard
from core.actors import Actor
from core.errors import NotFound
from envelopes.models import Envelope
from sla.reminders.models import Reminder
from tickets.models import Ticket

OF_ENVELOPES = (CardAct.ACCEPT_ENVELOPE, CardAct.DECLINE_ENVELOPE)
OF_REMINDERS = (CardAct.SNOOZE, CardAct.COMPLETE)


@dataclass(frozen=True, kw_only=True)
class CardPage:
    """A button of a card, for one person; `ticket` and `envelope` only as far as they may know of them."""

    link: CardLink
    ticket: Ticket | None
    envelope: Envelope | None
    reminder: Reminder | None
    used: UsedCard | None
    is_over: bool
    is_of_another: bool


def card_page(link: CardLink, reader: Agent) -> CardPage:
    """Raises NotFound where the reader may not know of what it is about, unless they have pressed it themselves."""
    used = UsedCard.objects.filter(key=str(link.key), act=link.act).select_related("by").first()
    ticket, envelope, reminder = _subject(link, reader)
    is_seen = any(subject is not None for subject in (ticket, envelope, reminder))
    if not is_seen and (used is None or used.by_id != reader.pk):
        raise NotFound
    return CardPage(
        link=link,
        ticket=ticket,
        envelope=envelope,
        reminder=reminder,
        used=used,
        is_over=link.is_over_at <= timezone.now(),
        is_of_another=link.person_id not in (None, reader.pk),
    )


def is_in_sight(link: CardLink, reader: Agent) -> bool:
    """Whether the reader may know of what the button is about."""
    return any(subject is not None for subject in _subject(link, reader))


def _subject(link: CardLink, reader: Agent) -> tuple[Ticket | None, Envelope | None, Reminder | None]:
    """Of an envelope and a reminder also their ticket, if it is in sight."""
    envelope: Envelope | None = None
    reminder: Reminder | None = None
    ticket_id: UUID | None = link.subject_id
    if link.act in OF_ENVELOPES:
        envelope = Envelope.objects.visible_to(reader).with_people().filter(pk=link.subject_id).first()
        ticket_id = envelope.ticket_id if envelope else None
    elif link.act in OF_REMINDERS:
        reminder = Reminder.objects.handled_by(reader).filter(pk=link.subject_id).first()
        ticket_id = reminder.ticket_id if reminder else None
    ticket = Ticket.objects.visible_to(reader).filter(pk=ticket_id).first() if ticket_id else None
    return ticket, envelope, reminder


def posts_for(actor: Actor) -> QuerySet[ChannelPost]:
    """Newest first; for admins and auditors."""
    if not may_see_connections(actor):
        return ChannelPost.objects.none()
    return ChannelPost.objects.order_by("-created_at", "-id")
