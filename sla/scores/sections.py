"""In which section of a person's work queue a ticket stands, and why: one definition for pages, neighbours and the API.

As SQL, so that a queue is ordered by its sections and paged like any other list. Source: domain.md section 11.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db.models import (
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.models import Agent
from accounts.selectors import Outline, reach_of, stand_in
from core.compiled import KeptExpression, SlottedSql, text_of
from envelopes.enums import Awaiting
from envelopes.models import Envelope
from sla.enums import ClockState
from sla.models import Reminder, ScoreValue, SlaClock, TicketScore
from sla.reminders.enums import ReminderStatus
from sla.scores.enums import SECTION_OF, ScoreCode, Section, Why
from tickets.enums import OPEN, TicketStatus
from tickets.models import Ticket
from tickets.querysets import QUEUE_ORDER, due_sorted

T = TypeVar("T", bound=QuerySet[Any])  # of tickets

WAITING = (TicketStatus.WAITING_CUSTOMER, TicketStatus.WAITING_INTERNAL)
QUEUE = ("section", *QUEUE_ORDER)
"""Order of a queue with `with_sections`, for keyset paging."""


def with_sections(tickets: T, reader: Agent, now: datetime) -> T:
    """Annotated with `why` (`Why`) and `section` (`Section`), as far as the reader may know, and with what `QUEUE`
    orders by.
    """
    ids = [reader.pk, *(reach_of(reader).covers - {reader.pk})]
    why, section = (KeptExpression(text, [*ids, now], SmallIntegerField()) for text in _texts(len(ids) - 1))
    annotated: T = tickets.annotate(why=why, section=section, due_sorted=due_sorted())
    return annotated


@lru_cache(maxsize=32)
def _texts(covers: int) -> tuple[SlottedSql, SlottedSql]:
    """Of `why` and `section`, for readers who cover for so many; places for their ids and for the moment."""
    reader, ids = stand_in(
        Outline(is_active=True, sees_everything=False, in_charge=0, others=0, foreign=0, covers=covers)
    )
    moment = datetime.min.replace(tzinfo=UTC)
    reasons = list(_reasons(reader, moment))
    whys = {reason: int(reason) for reason in Why}
    sections = {reason: int(SECTION_OF.get(reason, Section.NEEDS_ATTENTION)) for reason in Why}
    why, section = (text_of(Ticket.objects.all(), _first(each, reasons), [*ids, moment]) for each in (whys, sections))
    return why, section


def _first(numbers: Mapping[Why, int], reasons: Sequence[tuple[Why, Any]]) -> Case:
    """The number of the first reason that holds. Asked of `why`, the section would hold all of it once a reason."""
    return Case(
        *(When(condition, then=Value(numbers[reason])) for reason, condition in reasons),
        default=Value(numbers[Why.ON_TRACK]),
        output_field=SmallIntegerField(),
    )


def _reasons(reader: Agent, now: datetime) -> Iterator[tuple[Why, Any]]:
    """The first that holds is why; what somebody did says more than a number, which comes last."""
    yield Why.ENDED, ~Q(status__in=OPEN)
    promises = SlaClock.objects.filter(ticket=OuterRef("pk")).of_customer().open()
    is_missed = Q(breached_at__isnull=False) | Q(state=ClockState.RUNNING, due_at__lt=now)
    yield Why.MISSED, Exists(promises.filter(is_missed))
    yield Why.DUE_SOON, Exists(TicketScore.objects.filter(ticket=OuterRef("pk"), urgent_at__lt=now))
    yield Why.CUSTOMER_REPLY, Q(last_customer_message_at__gt=Coalesce("last_public_reply_at", F("created_at")))
    turns = Envelope.objects.open().filter(ticket=OuterRef("pk"), awaiting=Awaiting.OWNER)
    handles = Q(owner__in=reach_of(reader).covers | {reader.pk})
    yield Why.HELP, handles & Q(Exists(turns))
    due = Reminder.objects.handled_by(reader).filter(status=ReminderStatus.TRIGGERED, ticket=OuterRef("pk"))
    yield Why.REMINDER, Exists(due)
    least = Subquery(ScoreValue.objects.filter(code=ScoreCode.ATTENTION).values("value")[:1])
    yield Why.SCORE, Q(priority_score__gte=least) & ~Q(status__in=WAITING)
    yield Why.OFFERED, Q(offered_to=reader.pk)
    yield Why.WAITS_FOR_CUSTOMER, Q(status=TicketStatus.WAITING_CUSTOMER)
    yield Why.WAITS_FOR_COLLEAGUES, Q(status=TicketStatus.WAITING_INTERNAL)
