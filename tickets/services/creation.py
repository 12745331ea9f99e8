"""How a ticket comes to be."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from typing_extensions import Unpack

from accounts.enums import Scope, Tier
from accounts.errors import ScopeMissing
from accounts.guards import refuse_address
from accounts.models import Agent, ApiClient, Contact, Team
from accounts.services import contact_for
from core.actors import Actor, SystemActor
from core.errors import Invalid
from core.events import publish
from core.history import record, record_soon
from core.service import service
from core.writing import Counted, write_waiting
from tickets.enums import Channel, EntryKind, Grade, LinkKind, Priority, TicketType, Visibility
from tickets.errors import RoleForbids
from tickets.events import TicketCreated
from tickets.extensions import creation_ways
from tickets.models import Attachment, Category, Ticket, TicketLink, TimelineEntry
from tickets.models.timeline import ENCRYPTED, SIGNED, UNVERIFIED
from tickets.policies import may_create
from tickets.scoring import base_score, proposed_priority
from tickets.services._common import add_entry
from tickets.services.attachments import NewFile, attach, store_blobs
from tickets.services.ownership import put_offer, refusal_to_offer
from tickets.services.participants import join


class Details(TypedDict, total=False):
    """What else may be known at the beginning."""

    type: TicketType
    channel: Channel
    impact: Grade | str
    urgency: Grade | str
    category: Category | None
    product: str
    region: str
    language: str


FIRST_ENTRY: dict[Channel, EntryKind] = {
    Channel.EMAIL: EntryKind.EMAIL_INBOUND,
    Channel.PHONE: EntryKind.PHONE_NOTE,
}


@dataclass(frozen=True, kw_only=True)
class Message:
    """A customer's words as they arrived; `email_*` only where they came by mail."""

    body_text: str
    body_html: str = ""
    subject: str = ""
    email_message_id: str = ""
    email_from: str = ""
    email_to: list[str] = field(default_factory=list)
    email_cc: list[str] = field(default_factory=list)
    in_reply_to: str = ""
    unverified: str = ""
    """Which check of the sender has failed, such as dmarc=fail; stands in the entry's facts."""
    is_signed: bool = False
    is_encrypted: bool = False
    """Both stand in the entry's facts; nothing is verified or decrypted."""
    files: Sequence[NewFile] = ()

    def entry_fields(self, **facts: Any) -> dict[str, Any]:
        names = ("subject", "body_html", "email_message_id", "email_from", "email_to", "email_cc", "in_reply_to")
        fields = {name: getattr(self, name) for name in names}
        if self.unverified:
            facts[UNVERIFIED] = self.unverified
        facts |= {name: True for name, is_so in ((SIGNED, self.is_signed), (ENCRYPTED, self.is_encrypted)) if is_so}
        return fields | {"facts": facts}


@service
def create_ticket(
    *,
    by: Actor,
    requester: Contact,
    team: Team,
    subject: str,
    message: Message,
    follow_up_of: Ticket | None = None,
    related_to: Ticket | None = None,
    participants: Sequence[Contact] = (),
    may_be_answered: bool = False,
    entry: TimelineEntry | None = None,
    priority: Priority | None = None,
    waits: bool = False,
    **details: Unpack[Details],
) -> Ticket:
    """Put a new, unowned ticket into the queue of `team`, the customer's words as its first public entry.

    `participants` take part from the beginning. `may_be_answered` says that an automatic acknowledgement may go out. A
    follow-up is offered first to the owner of what it follows. An `entry` that stands elsewhere begins the ticket
    instead of a new one; the caller places it here. Without a `priority`, impact and urgency propose one if both are
    given, else it is medium. One that `waits` is written along with the next statement of the act that makes it, and
    has its reference then.
    Raises RoleForbids, ScopeMissing, or Invalid for an empty subject or a team that is not active.
    """
    _refuse_creation(by, subject=subject, team=team)
    now = timezone.now()
    details.setdefault("language", requester.language)
    priority = priority or _proposed(details)
    attachments = store_blobs(message.files)
    ticket = Ticket(
        subject=subject.strip()[:255],
        description=message.body_text,
        description_html=message.body_html,
        priority=priority,
        priority_score=base_score(priority),
        requester=requester,
        company=requester.company,
        team=team,
        follow_up_of=follow_up_of,
        created_by=by if isinstance(by, Agent) else None,
        created_at=now,
        last_customer_message_at=now,
        **details,
    )
    for prepare in () if waits else creation_ways:
        prepare(ticket)
    # Its row stays locked until the commit, so all other creations wait from here on: no slow work behind it.
    counted = _next_reference(TicketType(ticket.type), year=now.year)
    record_soon(ticket, by=by, counted=counted)  # with its first entry, in one statement
    entry = ticket.first_entry = entry or _first_entry(ticket, message, attachments, by=by, at=now, waits=waits)
    if not ticket.reference and not waits:
        write_waiting()
    join(ticket, [contact for contact in participants if contact.pk != requester.pk], by=by, at=now)
    _connect(ticket, follow_up_of=follow_up_of, related_to=related_to, by=by, at=now)
    publish(
        TicketCreated(
            ticket_id=ticket.pk,
            entry_id=entry.pk,
            may_be_answered=may_be_answered,
            is_vip=requester.effective_tier == Tier.VIP,
            may_be_repeated=ticket.category_id is not None or follow_up_of is not None,
            is_prepared=not waits,
            occurred_at=now,
        )
    )
    return ticket


@service
def create_ticket_for(email: str, *, by: Actor, name: str = "", **details: Any) -> Ticket:
    """As `create_ticket`, for a requester known by address alone; a refusal leaves neither ticket nor contact
    behind. Raises what a higher app's guard objects to the address, besides.
    """
    _refuse_creator(by)
    refuse_address(email)
    return create_ticket(by=by, requester=contact_for(email, name=name, by=by), **details)


def _refuse_creation(by: Actor, *, subject: str, team: Team) -> None:
    _refuse_creator(by)
    if not subject.strip():
        raise Invalid({"subject": _("A ticket needs a subject.")})
    if not team.is_active:
        raise Invalid({"team": _("This team takes no tickets any more.")})


def _refuse_creator(by: Actor) -> None:
    if not may_create(by):
        raise ScopeMissing(scope=Scope.TICKETS_CREATE) if isinstance(by, ApiClient) else RoleForbids


def _proposed(details: Details) -> Priority:
    impact, urgency = details.get("impact"), details.get("urgency")
    return proposed_priority(Grade(impact), Grade(urgency)) if impact and urgency else Priority.MEDIUM


def _first_entry(
    ticket: Ticket, message: Message, attachments: Sequence[Attachment], *, by: Actor, at: datetime, waits: bool
) -> TimelineEntry:
    """The customer's words; whoever writes them down for a caller is the entry's author, and never the customer."""
    kind = FIRST_ENTRY.get(Channel(ticket.channel), EntryKind.CHAT)
    is_from_customer = isinstance(by, SystemActor | Contact)
    if kind == EntryKind.EMAIL_INBOUND and not is_from_customer:
        kind = EntryKind.PHONE_NOTE
    entry = add_entry(
        ticket,
        kind,
        author=ticket.requester if is_from_customer else by,
        at=at,
        visibility=Visibility.PUBLIC,
        body_text=message.body_text,
        words=f"{ticket.subject} {ticket.requester.name} {ticket.requester.email}",
        waits=waits,
        **message.entry_fields(),
    )
    attach(attachments, entry=entry)
    return entry


def _connect(
    ticket: Ticket, *, follow_up_of: Ticket | None, related_to: Ticket | None, by: Actor, at: datetime
) -> None:
    for other, kind in ((follow_up_of, LinkKind.FOLLOW_UP_OF), (related_to, LinkKind.RELATED)):
        if other is not None:
            record(TicketLink(from_ticket=ticket, to_ticket=other, kind=kind), by=by)
            facts = {"event": "linked", "kind": str(kind), "reference": other.reference}
            add_entry(ticket, EntryKind.LINK, author=by, at=at, facts=facts)
    owner = follow_up_of.owner if follow_up_of else None
    if owner is not None and refusal_to_offer(ticket, owner, at=at) is None:
        put_offer(ticket, owner, by=by, at=at)


def _next_reference(type: TicketType, *, year: int) -> Counted:
    """INC-2025-000123: at least six digits, counted per prefix and year under a row lock, never used again."""
    return Counted("reference", NEXT, [type.prefix, year], REFERENCE)


NEXT = """
    INSERT INTO tickets_referencecounter AS c (prefix, year, last) VALUES (%s, %s, 1)
    ON CONFLICT (prefix, year) DO UPDATE SET last = c.last + 1 RETURNING prefix, year, last
"""
REFERENCE = "prefix || '-' || year || '-' || lpad(last::text, greatest(6, length(last::text)), '0')"
