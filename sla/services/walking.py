"""Tickets follow what is edited: policies, calendars, the tier of a customer. In batches, behind the request."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actors import TIMER, Actor
from core.events import publish
from core.service import service
from core.sweep import run_each
from sla.events import TermsFollowed
from sla.models import SlaClock, TermsWalk
from sla.services.book import Book, case_of, current_book, forget_book
from sla.services.receiving import follow_terms
from sla.states import Terms
from tickets.enums import OPEN, TicketStatus
from tickets.models import Ticket
from tickets.services import lock_ticket

BATCH = 500
FOLLOWING = [str(status) for status in (*OPEN, TicketStatus.RESOLVED)]
"""What is resolved may be opened again."""


def follow_new_terms(*, now: datetime) -> int:
    """A timer: one batch of the oldest walk. Answers how many tickets were looked at."""
    forget_book()
    book = current_book()
    _begin_walk(book, now)
    walk = TermsWalk.objects.filter(ended_at__isnull=True).order_by("id").first()
    if walk is None:
        return 0
    tickets = list(_next_tickets(walk))
    differing = _differing(tickets, book)
    run_each(differing, lambda ticket_id: follow_terms_now(ticket_id, by=TIMER, at=now))
    _tell([ticket.pk for ticket in tickets], by=TIMER, at=now)
    _go_on(walk, tickets, now)
    return len(tickets)


@service
def _tell(ticket_ids: Sequence[UUID], *, by: Actor, at: datetime) -> None:
    publish(TermsFollowed(ticket_ids=tuple(ticket_ids), occurred_at=at))


def _begin_walk(book: Book, now: datetime) -> None:
    """What has been edited since the last walk through all tickets began, another one follows."""
    last = TermsWalk.objects.exclude(book="").order_by("-id").first()
    if last is not None and last.book == book.stamp:
        return
    if last is not None and last.ended_at is None:
        TermsWalk.objects.filter(pk=last.pk).update(book=book.stamp, cursor=None)
    else:
        TermsWalk.objects.create(book=book.stamp, begun_at=now)


def _next_tickets(walk: TermsWalk) -> QuerySet[Ticket]:
    tickets = Ticket.objects.filter(status__in=FOLLOWING).select_related("requester__company")
    if walk.contact_id is not None:
        tickets = tickets.filter(requester=walk.contact_id)
    if walk.company_id is not None:
        tickets = tickets.filter(Q(company=walk.company_id) | Q(requester__company=walk.company_id))
    if walk.cursor is not None:
        tickets = tickets.filter(pk__gt=walk.cursor)
    return tickets.order_by("pk")[:BATCH]


def _go_on(walk: TermsWalk, tickets: Sequence[Ticket], now: datetime) -> None:
    """Another worker that took the same batch did nothing that is not so already."""
    rows = TermsWalk.objects.filter(pk=walk.pk, cursor=walk.cursor, book=walk.book)
    if len(tickets) < BATCH:
        rows.update(ended_at=now)
    else:
        rows.update(cursor=tickets[-1].pk)


def _differing(tickets: Sequence[Ticket], book: Book) -> list[UUID]:
    """Those whose clocks show other terms than what is promised now, or that may do so as colleagues help on them."""
    clocks: dict[UUID, list[SlaClock]] = {}
    for clock in SlaClock.objects.of_tickets([ticket.pk for ticket in tickets]).order_by("ticket", "cycle"):
        clocks.setdefault(clock.ticket_id, []).append(clock)
    return [
        ticket.pk
        for ticket in tickets
        if _differs(clocks.get(ticket.pk, []), book.terms_for(case_of(ticket)), ticket.status)
    ]


def _differs(clocks: Sequence[SlaClock], terms: Terms | None, status: str) -> bool:
    if not clocks:
        return terms is not None
    if status == TicketStatus.RESOLVED:
        return True  # its clocks show what they were completed under
    counted = [clock for clock in clocks if clock.state in ("running", "paused")]
    return any(clock.envelope_id is not None or not _shows(clock, terms) for clock in counted)


def _shows(clock: SlaClock, terms: Terms | None) -> bool:
    if terms is None:
        return False
    shown = (clock.policy_id, clock.hours_id, clock.target_minutes)
    return shown == (terms.policy_id, terms.hours.id, terms.targets.get(clock.metric))


@service
def follow_terms_now(ticket_id: UUID, *, by: Actor, at: datetime) -> bool:
    """`follow_terms` for whoever does not hold the ticket's lock."""
    lock_ticket(ticket_id)
    return follow_terms(ticket_id, at=at)
