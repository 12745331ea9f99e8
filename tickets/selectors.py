"""Reads over several models, each with all that its page needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from django.db.models import (
    Exists,
    F,
    JSONField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    prefetch_related_objects,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Agent, Contact
from accounts.selectors import reach_of, read_reaches
from core.actors import Actor
from core.compiled import Compiled
from tickets.enums import CUSTOMER_FACING, OPEN, EntryKind, OutboundStatus
from tickets.in_sight import InSight
from tickets.models import Attachment, Draft, OutboundMessage, Placement, ReferenceCounter, Ticket, TimelineEntry
from tickets.querysets import TicketQuerySet, TimelineQuerySet

REFERENCE = re.compile(r"\b(INC|REQ)-(?:(\d{4})-)?0*(\d{1,9})\b", re.IGNORECASE)
TOKEN = re.compile(r"\[((?:INC|REQ)-\d{4}-\d{6,})\]", re.IGNORECASE)


def open_ticket_count(agent: Agent) -> int:
    """How many open tickets count towards the agent's capacity; computed, never stored."""
    return Ticket.objects.filter(owner=agent, status__in=OPEN).count()


SHOWN = (
    *("ticket", "seq", "kind", "visibility", "author_type", "author_name", "created_at", "redacted_at"),
    *("body_text", "facts", "email_from", "email_to", "email_cc", "in_reply_to"),
    *("contact__first_name", "contact__last_name", "contact__email", "on_behalf_of__name"),
    *("outbound_message__status", "outbound_message__sent_at", "outbound_message__last_error"),
    "outbound_message__delivery",
)
"""Columns of an entry and of what stands around it that a page shows."""


@dataclass(frozen=True)
class Surroundings:
    """What stands around a ticket, so that its page asks for nothing that most tickets do not have."""

    is_watched: bool
    tags: Sequence[str]
    has_held: bool
    has_moved: bool
    has_tasks: bool
    has_links: bool
    may_be_absent: bool
    """Whether the owner is absent today is a question of their own zone; True for all for whom it must be asked."""
    drafts: dict[str, dict[str, Any]] | None
    """The reader's own, by mode; `drafts_on` reads them."""


def with_surroundings(tickets: TicketQuerySet, reader: Agent) -> TicketQuerySet:
    """Annotated for `surroundings_of`. One text, since each of these as an expression costs more to put together than
    PostgreSQL takes for all of them.
    """
    return tickets.annotate(_around=RawSQL(AROUND, [reader.pk, reader.pk], output_field=JSONField()))  # noqa: S611  # our own text


def surroundings_of(ticket: Ticket) -> Surroundings:
    return Surroundings(**vars(ticket)["_around"])


AROUND = """jsonb_build_object(
    'is_watched', EXISTS (SELECT FROM tickets_ticketwatch w WHERE w.ticket_id = tickets_ticket.id AND w.person_id = %s),
    'tags', ARRAY(SELECT t.name FROM tickets_ticket_tags l JOIN tickets_tag t ON t.id = l.tag_id
                   WHERE l.ticket_id = tickets_ticket.id ORDER BY t.name),
    'has_held', EXISTS (SELECT FROM tickets_outboundmessage o
                         WHERE o.ticket_id = tickets_ticket.id AND o.status = 'held'),
    'has_moved', EXISTS (SELECT FROM tickets_placement p
                          WHERE p.from_ticket_id = tickets_ticket.id OR p.to_ticket_id = tickets_ticket.id),
    'has_tasks', EXISTS (SELECT FROM tickets_task k WHERE k.ticket_id = tickets_ticket.id),
    'has_links', EXISTS (SELECT FROM tickets_ticketlink l
                          WHERE l.from_ticket_id = tickets_ticket.id OR l.to_ticket_id = tickets_ticket.id),
    'may_be_absent', EXISTS (SELECT FROM accounts_absence a
                              WHERE a.agent_id = tickets_ticket.owner_id AND a.cancelled_at IS NULL
                                AND a.starts_on <= current_date + 1
                                AND (a.ends_on IS NULL OR a.ends_on >= current_date - 1)),
    'drafts', (SELECT jsonb_object_agg(d.mode, jsonb_build_object(
                   'body_text', d.body_text, 'cc', d.cc, 'version', d.version, 'at', d.updated_at))
                 FROM tickets_draft d WHERE d.ticket_id = tickets_ticket.id AND d.person_id = %s))"""


@dataclass(frozen=True)
class KeptDraft:
    """A draft as the page offers it again."""

    body_text: str
    cc: str
    version: int
    at: datetime


def drafts_on(ticket: Ticket) -> dict[str, KeptDraft]:
    """What the reader has written here and not sent, by mode; no query."""
    found = surroundings_of(ticket).drafts or {}
    return {mode: KeptDraft(**values | {"at": datetime.fromisoformat(values["at"])}) for mode, values in found.items()}


def drafts_of(agent: Agent) -> QuerySet[Draft]:
    """The agent's own drafts; nobody else's exist for them."""
    return Draft.objects.filter(person=agent).select_related("ticket")


@dataclass(frozen=True)
class TimelinePage:
    entries: Sequence[TimelineEntry]
    earlier_count: int
    """Entries before the first one shown, or 0."""
    held: Sequence[OutboundMessage]


def entries_of(ticket: Ticket, *, has_moved: bool = True) -> TimelineQuerySet:
    """The entries that stand on `ticket` now: its own without those moved away, and those moved here (ruling 12).

    One query; none if `has_moved` says that nothing was ever moved.
    """
    touching = Placement.objects.filter(Q(from_ticket=ticket) | Q(to_ticket=ticket)).order_by("id")
    here = dict(touching.values_list("entry_id", "to_ticket_id")) if has_moved else {}  # the newest of each entry
    if not here:
        return ticket.entries.all()
    moved_here = [entry_id for entry_id, place in here.items() if place == ticket.pk]
    moved_away = [entry_id for entry_id, place in here.items() if place != ticket.pk]
    return TimelineEntry.objects.filter(Q(ticket=ticket) | Q(pk__in=moved_here)).exclude(pk__in=moved_away)


def entries_to_merge(ticket: Ticket) -> TimelineQuerySet:
    """What people wrote, and the mails to and from them: a merge shows these elsewhere. The lines about the ticket's
    own life stay with it.
    """
    return entries_of(ticket).main_thread().filter(kind__in=[*CUSTOMER_FACING, EntryKind.NOTE])


def place_of(entry_id: UUID) -> UUID:
    """Id of the ticket on which an entry stands now."""
    moved = Placement.objects.filter(entry=entry_id).order_by("-id").values_list("to_ticket_id", flat=True).first()
    return moved or TimelineEntry.objects.values_list("ticket_id", flat=True).get(pk=entry_id)


def timeline_of(
    ticket: Ticket,
    *,
    last: int = 30,
    before_seq: int | None = None,
    only: Q | None = None,
    has_held: bool = True,
    has_moved: bool = True,
) -> TimelinePage:
    """The newest `last` entries of the main thread in their order, and the replies still held. One query, and one
    more for each of: held replies, files, entries before the first one.

    `only` narrows the entries; `has_held` and `has_moved` may say that there is none of these. Read are the columns of
    `SHOWN`; `has_html` and `has_files` say whether there is more.
    """
    thread = entries_of(ticket, has_moved=has_moved).main_thread()
    if only is None and before_seq is None and not has_moved:
        shown = _newest(last + 1).fetch(ticket.pk)
    else:
        thread = thread.filter(only) if only is not None else thread
        earlier = thread.filter(seq__lt=before_seq) if before_seq is not None else thread
        shown = list(_shown(earlier, last + 1))
    for entry in shown:
        entry.ticket = ticket
    has_earlier, shown = len(shown) > last, shown[:last][::-1]
    with_files = [entry for entry in shown if vars(entry)["has_files"]]
    prefetch_related_objects(with_files, Prefetch("attachments", Attachment.objects.order_by()))
    earlier_count = thread.filter(seq__lt=shown[0].seq).count() if has_earlier else 0
    return TimelinePage(shown, earlier_count, _held(ticket) if has_held and before_seq is None else [])


def _shown(entries: TimelineQuerySet, count: int) -> TimelineQuerySet:
    """The last `count` of them, the newest first."""
    has_files = Exists(Attachment.objects.filter(entry=OuterRef("pk")))
    rows = entries.select_related("contact", "on_behalf_of", "outbound_message").only(*SHOWN)
    return rows.annotate(has_html=Q(body_html__gt=""), has_files=has_files).order_by("-seq")[:count]


@lru_cache(maxsize=16)
def _newest(count: int) -> Compiled[TimelineEntry]:
    return Compiled(lambda pk: _shown(TimelineEntry.objects.filter(ticket=pk).main_thread(), count), uuid4())


def _held(ticket: Ticket) -> list[OutboundMessage]:
    held = ticket.outbound_messages.filter(status=OutboundStatus.HELD).select_related("author")
    return sorted(held.prefetch_related("attachments").order_by(), key=lambda message: message.release_at)


def attachments_visible_to(actor: Actor) -> QuerySet[Attachment]:
    """Files of entries and held replies whose ticket `actor` may read; they inherit the visibility of their entry, on
    the ticket where it stands now.
    """
    visible = Ticket.objects.visible_to(actor).values("pk")
    newest = Placement.objects.filter(entry=OuterRef("entry")).order_by("-id").values("to_ticket")[:1]
    place = Coalesce(Subquery(newest), F("entry__ticket"), F("outbound__ticket"), output_field=UUIDField())
    return Attachment.objects.annotate(place=place).filter(place__in=visible).exclude(entry__visibility="envelope_only")


def outbox_of(agent: Agent) -> QuerySet[OutboundMessage]:
    """The agent's own outgoing messages, newest first."""
    return (
        OutboundMessage.objects.filter(author=agent).select_related("ticket__requester").order_by("-created_at", "-id")
    )


def messages_in_hand_of(agent: Agent) -> QuerySet[OutboundMessage]:
    """The agent's own outgoing messages, and what is scheduled on tickets they own or cover."""
    answers_for = Q(is_scheduled=True, ticket__owner__in=reach_of(agent).covers | {agent.pk})
    return OutboundMessage.objects.filter(Q(author=agent) | answers_for).select_related("ticket__requester")


def tickets_by_reference(text: str) -> QuerySet[Ticket]:
    """Tickets that a typed reference names: INC-2025-000123 exactly, INC-123 in any year."""
    found = REFERENCE.fullmatch(text.strip())
    if not found:
        return Ticket.objects.none()
    prefix, year, number = found[1].upper(), found[2], int(found[3])
    if year:
        return Ticket.objects.filter(reference=f"{prefix}-{year}-{number:06}")
    years = ReferenceCounter.objects.filter(prefix=prefix).values_list("year", flat=True)
    return Ticket.objects.filter(reference__in=[f"{prefix}-{y}-{number:06}" for y in years])


def references_in_subject(subject: str) -> list[str]:
    """Tokens such as [INC-2025-000123], upper case, in the order in which they stand."""
    return [token.upper() for token in TOKEN.findall(subject)]


def readers_among(people: Sequence[Agent], ticket: Ticket) -> set[UUID]:
    """Ids of those of `people` who may read the ticket now. As many queries for many as for one."""
    if not people:
        return set()
    read_reaches(people, at=timezone.now())
    found = [
        Ticket.objects.visible_to(person)
        .filter(pk=ticket.pk)
        .annotate(reader=Value(person.pk, output_field=UUIDField()))
        .values_list("reader", flat=True)
        for person in people
    ]
    return set(found[0].union(*found[1:], all=True))


OTHERS_SHOWN = 5


def other_tickets_of(contact: Contact, *, besides: Ticket, seen_by: Agent) -> list[Ticket]:
    """The contact's newest other tickets, as far as the reader may see them."""
    return _OTHERS.fetch(seen_by, contact.pk, besides.pk)


def _others(seen: TicketQuerySet, _agent: Agent, contact_id: UUID, besides: UUID) -> TicketQuerySet:
    others = seen.filter(requester=contact_id).exclude(pk=besides)
    return others.only("reference", "subject", "status", "created_at").order_by("-created_at", "-id")[:OTHERS_SHOWN]


_OTHERS = InSight(_others, uuid4(), uuid4())
