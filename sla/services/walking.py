"""Tickets follow what is edited: policies, calendars, the tier of a customer, the team of a helper. In batches, behind
the request.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from core.actors import TIMER, Actor
from core.events import publish
from core.service import service
from core.sweep import run_each
from envelopes.models import Envelope
from sla.events import TermsFollowed
from sla.models import ClockFact, TermsWalk
from sla.records import Data, terms_data
from sla.services.book import KNOWN_WITH, Book, current_book, forget_book, known_case_of
from sla.services.receiving import follow_terms
from sla.states import FactKind, Terms
from tickets.enums import OPEN, TicketStatus
from tickets.models import CaseFlag, Ticket
from tickets.services import lock_ticket

BATCH = 500
LINGER = timedelta(minutes=5)
"""No transaction lasts longer: what is not seen by then, is not there."""
FOLLOWING = [str(status) for status in (*OPEN, TicketStatus.RESOLVED)]
"""What is resolved may be opened again."""


def follow_new_terms(*, now: datetime) -> int:
    """A timer: one batch of the oldest walk. Answers how many tickets were looked at."""
    forget_book()
    book = current_book()
    _begin_walk(book, now)
    walk = TermsWalk.objects.filter(ended_at__isnull=True).order_by("id").first()
    if walk is None:
        return _look_again(book, now) + _try_again(now)
    tickets = list(_next_tickets(walk))
    _changed, failed = _follow(_differing(tickets, book), now)
    _tell([ticket.pk for ticket in tickets], by=TIMER, at=now)
    _go_on(walk, tickets, failed, now)
    return len(tickets)


def _look_again(book: Book, now: datetime) -> int:
    """What was created or changed about when a walk began may have been promised by what another process still kept,
    and not yet been committed when the walk passed. Answers how many of these tickets were changed.
    """
    walk = TermsWalk.objects.exclude(book="").order_by("-id").first()
    if walk is None or walk.ended_at is None or now > walk.ended_at + LINGER:
        return 0
    margin = timedelta(seconds=settings.SLA_BOOK_SECONDS)
    around = (walk.begun_at - LINGER - margin, walk.begun_at + LINGER + margin)
    ids = iter(_touched_within(around))
    rows = Ticket.objects.filter(status__in=FOLLOWING).select_related(*KNOWN_WITH)
    done = 0
    while some := list(islice(ids, BATCH)):
        batch = list(rows.filter(pk__in=some))
        differing = _differing(batch, book)
        changed, failed = _follow(differing, now)
        done += changed
        if changed:
            _tell(differing, by=TIMER, at=now)
        _keep_missed(walk, [*walk.missed, *(pk for pk in failed if pk not in walk.missed)])
    return done


def _try_again(now: datetime) -> int:
    """One batch of the tickets of each walk that failed to follow when it passed; those that fail still come last the
    next time, and what is over by now follows nothing any more. Answers how many have followed.
    """
    done = 0
    for walk in TermsWalk.objects.exclude(missed=[]).order_by("id"):
        batch = list(
            Ticket.objects.filter(status__in=FOLLOWING, pk__in=walk.missed[:BATCH]).values_list("pk", flat=True)
        )
        _changed, failed = _follow(batch, now)
        if followed := [pk for pk in batch if pk not in failed]:
            _tell(followed, by=TIMER, at=now)
        _keep_missed(walk, [*walk.missed[BATCH:], *failed])
        done += len(followed)
    return done


def _keep_missed(walk: TermsWalk, missed: list[UUID]) -> None:
    """Unless another worker has done so, which tried the same tickets."""
    if missed != walk.missed and TermsWalk.objects.filter(pk=walk.pk, missed=walk.missed).update(missed=missed):
        walk.missed = missed


def _touched_within(around: tuple[datetime, datetime]) -> list[UUID]:
    """Tickets that were made then, or of which something was changed that promises follow from: fields, flags, help.
    Their histories are found by moments.
    """
    histories: list[tuple[Any, str]] = [(Ticket, "id"), (CaseFlag, "ticket_id"), (Envelope, "ticket_id")]
    found = [
        model.history.filter(history_date__range=around).order_by().values_list(name).distinct()
        for model, name in histories
    ]
    return sorted(ticket_id for (ticket_id,) in found[0].union(*found[1:]))


def _follow(ticket_ids: Sequence[UUID], now: datetime) -> tuple[int, list[UUID]]:
    """How many were changed, and which failed."""
    left = dict.fromkeys(ticket_ids)

    def follow(ticket_id: UUID) -> bool:
        is_changed = follow_terms_now(ticket_id, by=TIMER, at=now)
        del left[ticket_id]
        return is_changed

    return run_each(ticket_ids, follow), list(left)


@service
def _tell(ticket_ids: Sequence[UUID], *, by: Actor, at: datetime) -> None:
    publish(TermsFollowed(ticket_ids=tuple(ticket_ids), occurred_at=at))


def _begin_walk(book: Book, now: datetime) -> None:
    """What has been edited since the last walk through all tickets began, another one follows."""
    last = TermsWalk.objects.exclude(book="").order_by("-id").first()
    if last is not None and last.book == book.stamp:
        return
    if last is not None and last.ended_at is None:
        TermsWalk.objects.filter(pk=last.pk).update(book=book.stamp, cursor=None, missed=[], begun_at=now)
    else:
        TermsWalk.objects.create(book=book.stamp, begun_at=now)


def _next_tickets(walk: TermsWalk) -> QuerySet[Ticket]:
    tickets = Ticket.objects.filter(status__in=FOLLOWING).select_related(*KNOWN_WITH)
    if walk.contact_id is not None:
        tickets = tickets.filter(requester=walk.contact_id)
    if walk.company_id is not None:
        tickets = tickets.filter(Q(company=walk.company_id) | Q(requester__company=walk.company_id))
    if walk.agent_id is not None:
        tickets = tickets.filter(pk__in=Envelope.objects.asked_alone(walk.agent_id).values("ticket"))
    if walk.cursor is not None:
        tickets = tickets.filter(pk__gt=walk.cursor)
    return tickets.order_by("pk")[:BATCH]


def _go_on(walk: TermsWalk, tickets: Sequence[Ticket], failed: Sequence[UUID], now: datetime) -> None:
    """Another worker that took the same batch did nothing that is not so already."""
    rows = TermsWalk.objects.filter(pk=walk.pk, cursor=walk.cursor, book=walk.book)
    missed = [*walk.missed, *failed]
    if len(tickets) < BATCH:
        rows.update(ended_at=now, missed=missed)
    else:
        rows.update(cursor=tickets[-1].pk, missed=missed)


def _differing(tickets: Sequence[Ticket], book: Book) -> list[UUID]:
    """Those of which other terms were recorded than what is promised now, and those on which colleagues are to help.
    Two queries.
    """
    ids = [ticket.pk for ticket in tickets]
    recorded = _recorded_terms(ids)
    helped = set(Envelope.objects.open().filter(ticket__in=ids).values_list("ticket", flat=True))
    return [
        ticket.pk
        for ticket in tickets
        if ticket.pk in helped or _differs(recorded.get(ticket.pk, NOTHING), book.terms_for(known_case_of(ticket)))
    ]


def _recorded_terms(ticket_ids: Sequence[UUID]) -> dict[UUID, Data]:
    """By ticket, what it was put under last."""
    kinds = [str(FactKind.CREATED), str(FactKind.TERMS)]
    rows = ClockFact.objects.filter(ticket__in=ticket_ids, kind__in=kinds).order_by("ticket", "-seq")
    found = rows.distinct("ticket").values_list("ticket", "data")
    return {ticket_id: data.get("terms", NOTHING) for ticket_id, data in found}


NOTHING: Data = {}


def _differs(recorded: Data, terms: Terms | None) -> bool:
    return recorded != (terms_data(terms) if terms else NOTHING)


@service
def follow_terms_now(ticket_id: UUID, *, by: Actor, at: datetime) -> bool:
    """`follow_terms` for whoever does not hold the ticket's lock."""
    lock_ticket(ticket_id)
    return follow_terms(ticket_id, at=at)
