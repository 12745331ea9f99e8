"""Reads over several models, each with all that its page needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any
from uuid import UUID, uuid4

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    CharField,
    Count,
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
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from accounts.models import Agent, Contact
from accounts.selectors import reach_of, read_reaches
from core.actors import Actor
from core.compiled import Compiled
from tickets.enums import ASIDE, CUSTOMER_FACING, OPEN, SPOKEN, EntryKind, OutboundStatus, Visibility
from tickets.hidden import file_ways
from tickets.in_sight import InSight
from tickets.models import (
    Attachment,
    AttemptMark,
    Draft,
    OutboundMessage,
    Placement,
    ReferenceCounter,
    Task,
    Ticket,
    TimelineEntry,
)
from tickets.querysets import TicketQuerySet, TimelineQuerySet

REFERENCE = re.compile(r"\b(INC|REQ)-(?:(\d{4})-)?0*(\d{1,9})\b", re.IGNORECASE)
MAX_NAMED = 10
TOKEN = re.compile(r"\[((?:INC|REQ)-\d{4}-\d{6,})\]", re.IGNORECASE)


def open_ticket_count(agent: Agent) -> int:
    """How many open tickets count towards the agent's capacity; computed, never stored."""
    return Ticket.objects.filter(owner=agent, status__in=OPEN).count()


SHOWN = (
    *("ticket", "seq", "kind", "visibility", "author_type", "author_name", "created_at", "redacted_at"),
    *("author", "api_client", "body_text", "facts", "email_from", "email_to", "email_cc", "in_reply_to"),
    *("contact__first_name", "contact__last_name", "contact__email", "on_behalf_of__name"),
    *("outbound_message__status", "outbound_message__sent_at", "outbound_message__last_error"),
    *("outbound_message__delivery", "outbound_message__may_have_left"),
    *("outbound_message__to_recipients", "outbound_message__cc_recipients"),
)
"""Columns of an entry and of what stands around it that a page shows."""
BESIDE: dict[str, tuple[str, ...]] = {}
"""Rows that connectors keep beside these, read with them, and their columns that are shown; added in `ready()`."""


def attempt_marks_of(ticket: Ticket) -> QuerySet[AttemptMark]:
    """All marks of the entries that stand on the ticket, with `is_current` for the newest of each."""
    newer = AttemptMark.objects.filter(entry=OuterRef("entry"), pk__gt=OuterRef("pk"))
    marks = AttemptMark.objects.filter(entry__in=entries_of(ticket).main_thread().values("pk"))
    return marks.select_related("entry", "by").annotate(is_current=~Exists(newer))


def drafts_of(agent: Agent) -> QuerySet[Draft]:
    """The agent's own drafts; nobody else's exist for them."""
    return Draft.objects.filter(person=agent).select_related("ticket")


PAGE_ENTRIES = 30


@dataclass(frozen=True)
class TimelinePage:
    entries: Sequence[TimelineEntry]
    earlier_count: int
    """Entries before the first one shown, or 0."""
    held: Sequence[OutboundMessage]
    earlier_authors: Sequence[str]
    """Who has written these, as `authors_in` tells; empty unless asked for."""


def authors_in() -> dict[str, Any]:
    """Aggregate of entries: who has written, each once as `id|name`, without id what the desk itself tells."""
    person = Cast(Coalesce("author", "contact", "api_client"), CharField())
    return {"authors": ArrayAgg(Concat(Coalesce(person, Value("")), Value("|"), F("author_name")), distinct=True)}


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


WRITTEN = (*CUSTOMER_FACING, EntryKind.NOTE)
"""Kinds in which people write something."""


def written_since(ticket: Ticket, seq: int, *, besides: Agent) -> TimelineQuerySet:
    """What the customer, or a colleague of `besides`, has written after the entry `seq`, oldest first.

    Own notes are no news; own public words are, as another window may not have them.
    """
    said = Q(visibility=Visibility.PUBLIC) | Q(kind__in=WRITTEN)
    found = entries_of(ticket).main_thread().filter(said, seq__gt=seq)
    return found.exclude(visibility=Visibility.INTERNAL, author=besides).order_by("seq")


def entries_to_merge(ticket: Ticket) -> TimelineQuerySet:
    """What people wrote, and the mails to and from them: a merge shows these elsewhere. The lines about the ticket's
    own life stay with it.
    """
    return entries_of(ticket).main_thread().filter(kind__in=list(SPOKEN))


def place_of(entry_id: UUID) -> UUID:
    """Id of the ticket on which an entry stands now."""
    moved = Placement.objects.filter(entry=entry_id).order_by("-id").values_list("to_ticket_id", flat=True).first()
    return moved or TimelineEntry.objects.values_list("ticket_id", flat=True).get(pk=entry_id)


def places_of(entry_id: UUID) -> list[UUID]:
    """Ids of all tickets on which an entry stands or has stood, in their order: each may hold its words as well."""
    home = TimelineEntry.objects.values_list("ticket_id", flat=True).get(pk=entry_id)
    moved = Placement.objects.filter(entry=entry_id).order_by().values_list("to_ticket_id", flat=True)
    return sorted({home, *moved})


def timeline_of(
    ticket: Ticket,
    *,
    last: int = PAGE_ENTRIES,
    before_seq: int | None = None,
    only: Q | None = None,
    has_held: bool = True,
    has_moved: bool = True,
    tells_authors: bool = False,
) -> TimelinePage:
    """The newest `last` entries of the main thread in their order, and the replies still held. One query, and one
    more for each of: held replies, files, entries before the first one.

    `only` narrows the entries; `has_held` and `has_moved` may say that there is none of these; `tells_authors`: also
    of the entries before. Read are the columns of `SHOWN`; `has_html` and `has_files` say whether there is more.
    """
    thread = entries_of(ticket, has_moved=has_moved).main_thread()
    is_plain = only is None and before_seq is None and not has_moved
    if is_plain:
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
    told: dict[str, Any] = {"count": 0}
    if has_earlier and is_plain and tells_authors:
        told = next(vars(row)["told"] for row in _EARLIER.fetch(shown[0].seq, ticket.pk))
    elif has_earlier:
        asked = {"count": Count("pk"), **(authors_in() if tells_authors else {})}
        told = thread.filter(seq__lt=shown[0].seq).aggregate(**asked)
    held = _held(ticket) if has_held and before_seq is None else []
    return TimelinePage(shown, told["count"], held, told.get("authors") or [])


def _shown(entries: TimelineQuerySet, count: int) -> TimelineQuerySet:
    """The last `count` of them, the newest first."""
    has_files = Exists(Attachment.objects.filter(entry=OuterRef("pk")))
    beside = [f"{row}__{column}" for row, columns in BESIDE.items() for column in columns]
    rows = entries.select_related("contact", "on_behalf_of", "outbound_message", *BESIDE).only(*SHOWN, *beside)
    return rows.annotate(has_html=Q(body_html__gt=""), has_files=has_files).order_by("-seq")[:count]


_EARLIER = Compiled(
    lambda seq, pk: (
        Ticket.objects.filter(pk=pk).only("pk").annotate(told=RawSQL(_OF_EARLIER, [seq], output_field=JSONField()))  # noqa: S611  # our own text
    ),
    -1,
    uuid4(),
)
_OF_EARLIER = """
    SELECT jsonb_build_object('count', coalesce(sum(of_one.count), 0), 'authors',
               jsonb_agg(concat(coalesce(of_one.author_id, of_one.contact_id, of_one.api_client_id), '|',
                                of_one.author_name)))
      FROM (SELECT e.author_id, e.contact_id, e.api_client_id, e.author_name, count(*) AS count
              FROM tickets_timelineentry e
             WHERE e.ticket_id = tickets_ticket.id AND e.visibility <> 'envelope_only' AND e.seq < %s
             GROUP BY e.author_id, e.contact_id, e.api_client_id, e.author_name) of_one"""
"""As `authors_in`, beside the number of the entries."""


@lru_cache(maxsize=16)
def _newest(count: int) -> Compiled[TimelineEntry]:
    return Compiled(lambda pk: _shown(TimelineEntry.objects.filter(ticket=pk).main_thread(), count), uuid4())


def _held(ticket: Ticket) -> list[OutboundMessage]:
    held = ticket.outbound_messages.to_customers().filter(status=OutboundStatus.HELD).select_related("author")
    return sorted(held.prefetch_related("attachments").order_by(), key=lambda message: message.release_at)


def attachments_visible_to(actor: Actor) -> QuerySet[Attachment]:
    """Files of entries and held replies whose ticket `actor` may read; they inherit the visibility of their entry, on
    the ticket where it stands now. Of what is written aside, sent or not, those alone that an app above shows them.
    """
    visible = Ticket.objects.visible_to(actor).filter(pk=OuterRef("place")).order_by()
    newest = Placement.objects.filter(entry=OuterRef("entry")).order_by("-id").values("to_ticket")[:1]
    place = Coalesce(Subquery(newest), F("entry__ticket"), F("outbound__ticket"), output_field=UUIDField())
    is_aside = Q(entry__visibility=Visibility.ENVELOPE_ONLY) | Q(outbound__kind__in=ASIDE)
    shown_aside = reduce(or_, (way(actor) for way in file_ways), Q(pk__in=[]))
    rows = Attachment.objects.annotate(place=place)
    return rows.filter((~is_aside & Q(Exists(visible))) | (is_aside & shown_aside))


def outbox_of(agent: Agent) -> QuerySet[OutboundMessage]:
    """The agent's own messages to customers, newest first."""
    own = OutboundMessage.objects.to_customers().filter(author=agent)
    return own.select_related("ticket__requester").order_by("-created_at", "-id")


def messages_in_hand_of(agent: Agent) -> QuerySet[OutboundMessage]:
    """The agent's own messages to customers, and on tickets they own or cover what is scheduled and what was not
    sent.
    """
    unfinished = Q(is_scheduled=True) | Q(status=OutboundStatus.FAILED)
    answers_for = unfinished & Q(ticket__owner__in=reach_of(agent).covers | {agent.pk})
    rows = OutboundMessage.objects.to_customers().filter(Q(author=agent) | answers_for)
    return rows.select_related("ticket__requester")


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
    """Tokens such as [INC-2025-000123], upper case, in the order in which they stand, no more than ten."""
    return list(dict.fromkeys(token.upper() for token in TOKEN.findall(subject)))[:MAX_NAMED]


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


def task_readers_among(people: Sequence[Agent], task: Task) -> set[UUID]:
    """As `readers_among`, of a task that is hidden from most."""
    if not people:
        return set()
    read_reaches(people, at=timezone.now())
    found = [
        Task.objects.shown_to(person)
        .filter(pk=task.pk)
        .order_by()
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


OPEN_COUNTED = 99
RECENT_SHOWN = 5


@dataclass(frozen=True)
class CompanyHistory:
    """What else goes on at the company of a ticket's customer, as far as the reader may see it."""

    open_count: int
    """At most `OPEN_COUNTED` + 1, which stands for more."""
    open: Sequence[Ticket]
    ended: Sequence[Ticket]


def history_of_company(company_id: UUID, *, besides: Ticket, seen_by: Agent) -> CompanyHistory:
    """The newest open tickets and the newest of the others. Two queries."""
    seen = Ticket.objects.visible_to(seen_by).filter(company=company_id).exclude(pk=besides.pk)
    columns = (*("reference", "subject", "status", "created_at"), *("requester__first_name", "requester__last_name"))
    newest = seen.select_related("requester").only(*columns, "requester__email").order_by("-created_at", "-id")
    still_open = list(newest.filter(status__in=OPEN)[: OPEN_COUNTED + 1])
    ended = newest.exclude(status__in=OPEN)[:RECENT_SHOWN]
    return CompanyHistory(len(still_open), still_open[:RECENT_SHOWN], list(ended))


_OTHERS = InSight(_others, uuid4(), uuid4())
