"""Who spoke with the customer, and how often that was enough (metrics.md M1, M7).

A staff message is what a person wrote or said to the customer: a reply, the message of a resolution, a conversation
that was logged. What the desk itself writes (acknowledgements, the introduction of a new owner) is none, and neither is
what was taken back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from core.worktime import add_business_days
from envelopes.models import Envelope
from reports.measures.asked import Asked, Rows, tickets, within
from reports.measures.customers import first_resolved
from reports.measures.figures import Figure, ratio, shares
from reports.measures.hours import Hours, business_time
from tickets.enums import AuthorType, Channel, EntryKind, OutboundKind, OutboundStatus, TicketStatus, Visibility
from tickets.models import OutboundMessage, OwnershipTransfer, TimelineEntry

TALKS = (Channel.PHONE, Channel.CHAT, Channel.SLACK, Channel.TEAMS)
LETTERS = (Channel.EMAIL, Channel.PORTAL)
OF_PROGRAMS = (Channel.MONITORING, Channel.API, Channel.JIRA)
"""Nobody contacted the desk."""
TALK_WITHIN, LETTER_WITHIN = timedelta(minutes=30), timedelta(minutes=60)
"""From the creation: of talks by the wall, of letters hours of work."""
HELD_BUSINESS_DAYS = 5
NOT_A_PERSONS = (OutboundKind.ACKNOWLEDGEMENT, OutboundKind.INTRODUCTION, OutboundKind.REMINDER)


def staff_messages() -> Rows:
    """On the ticket of the outer query."""
    taken_back = OutboundMessage.objects.filter(entry=OuterRef("pk"), status=OutboundStatus.CANCELLED)
    return (
        TimelineEntry.objects.filter(
            ticket=OuterRef("pk"),
            visibility=Visibility.PUBLIC,
            author_type=AuthorType.AGENT,
            kind__in=[EntryKind.EMAIL_OUTBOUND, EntryKind.CHAT, EntryKind.PHONE_NOTE],
        )
        .exclude(facts__outbound__in=[str(kind) for kind in NOT_A_PERSONS])
        .exclude(Exists(taken_back))
        .order_by()
    )


def _number(entries: Rows, counted: Any) -> Coalesce:
    """How many of `entries` of the outer query's ticket."""
    found = entries.values("ticket").annotate(n=counted).values("n")
    return Coalesce(Subquery(found, output_field=IntegerField()), Value(0))


def single_contact(asked: Asked) -> list[Figure]:
    """M1: all staff messages of one owner, whoever wrote for them; M1b: also where nobody wrote but those who owned the
    ticket one after the other. Of tickets closed in the period with at least one.
    """
    speaker = Coalesce("on_behalf_of", "author")
    messages = staff_messages().annotate(speaker=speaker)
    owned_before = OwnershipTransfer.objects.filter(ticket=OuterRef("ticket"), old_owner=OuterRef("speaker"))
    strangers = messages.exclude(speaker=OuterRef("owner")).exclude(Exists(owned_before))
    base: Rows = tickets(asked).filter(within(asked, "closed_at"), status=TicketStatus.CLOSED)
    base = base.annotate(
        speakers=_number(messages, Count("speaker", distinct=True)),
        strangers=_number(strangers, Count("pk")),
        is_handed_on=Exists(OwnershipTransfer.objects.filter(ticket=OuterRef("pk"))),
    ).filter(speakers__gt=0)
    kept = Q(speakers=1)
    return shares(base, {"M1": kept, "M1b": kept | Q(is_handed_on=True, strangers=0)})


def first_contact(asked: Asked) -> list[Figure]:
    """M7 of eligible tickets, M7b of all that were first resolved in the period.

    Provisional: counted, and may be reopened yet.
    """
    base = first_resolved(asked)
    until = {"created_at__lte": OuterRef("first_resolved_at")}
    base = base.annotate(
        replies=_number(staff_messages().filter(**until), Count("pk")),
        answers=_number(_customers().filter(created_at__gt=OuterRef("created_at"), **until), Count("pk")),
        kind=Case(When(channel__in=TALKS, then=Value("talk")), When(channel__in=LETTERS, then=Value("letter"))),
    )
    possible = base.filter(kind__isnull=False, answers=0).filter(
        ~Exists(Envelope.objects.filter(ticket=OuterRef("pk")))
    )
    possible = possible.filter(Q(kind="talk") | Q(replies__lte=1))
    columns = ("pk", "kind", "team", "created_at", "first_resolved_at", "reopened_at", "status")
    found = _in_time(list(possible.values_list(*columns)), asked.hours)
    ids = [row[0] for row in found]
    young = sum(row[-1] == TicketStatus.RESOLVED for row in found)
    eligible = Q(kind__isnull=False)
    counts = base.order_by().aggregate(of=Count("pk"), eligible=Count("pk", filter=eligible))
    return [
        ratio(
            code,
            rows.filter(pk__in=ids),
            rows,
            numerator=len(ids),
            denominator=of,
            provisional=young,
        )
        for code, rows, of in (
            ("M7", base.filter(eligible), counts["eligible"]),
            ("M7b", base, counts["of"]),
        )
    ]


def _customers() -> Rows:
    return TimelineEntry.objects.filter(
        ticket=OuterRef("pk"), visibility=Visibility.PUBLIC, author_type=AuthorType.CUSTOMER
    ).order_by()


Row = tuple[Any, str, Any, datetime, datetime, datetime | None, str]


def _in_time(rows: Sequence[Row], hours: Hours) -> list[Row]:
    """Resolved within the first interaction, and not reopened within five business days."""
    return [row for row in rows if _is_quick(row, hours) and not _is_back(row, hours)]


def _is_quick(row: Row, hours: Hours) -> bool:
    _pk, kind, team_id, created_at, resolved_at, _reopened_at, _status = row
    if kind == "talk":
        return resolved_at - created_at <= TALK_WITHIN
    return business_time(hours, team_id, created_at, resolved_at) <= LETTER_WITHIN


def _is_back(row: Row, hours: Hours) -> bool:
    _pk, _kind, team_id, _created_at, resolved_at, reopened_at, _status = row
    return reopened_at is not None and reopened_at <= add_business_days(hours(team_id), resolved_at, HELD_BUSINESS_DAYS)
