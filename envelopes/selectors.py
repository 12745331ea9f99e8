"""Reads of envelopes, each with all that its page needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    When,
    prefetch_related_objects,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Agent
from accounts.selectors import reach_of, read_reaches
from core.actors import Actor
from core.compiled import Compiled
from envelopes.enums import OPEN, Awaiting, EnvelopeStatus
from envelopes.models import Envelope, EnvelopeBookmark, EnvelopeParticipant, EnvelopePost, HelpOffer
from envelopes.policies import acts_of
from envelopes.querysets import EnvelopeQuerySet
from tickets.around import has_surroundings, surroundings_of
from tickets.enums import ScanStatus
from tickets.models import Attachment, OutboundMessage, Task, Ticket, TimelineEntry
from tickets.models.search import WORDS_OF
from tickets.search import tsquery_of

S = EnvelopeStatus
PAGE_ENTRIES = 30
LISTED = 100
"""Envelopes in a list that is read in one piece: nobody works through more."""


def active_envelope_count(agent: Agent) -> int:
    """How many envelopes count towards the agent's capacity; computed, never stored."""
    return Envelope.objects.filter(assigned_to=agent, status=S.ACTIVE).count()


def readers_among(people: Sequence[Agent], envelope: Envelope) -> set[UUID]:
    """Ids of those of `people` who may read the envelope now. As many queries for many as for one."""
    if not people:
        return set()
    read_reaches(people, at=timezone.now())
    found = [
        Envelope.objects.thread_visible_to(person)
        .filter(pk=envelope.pk)
        .order_by()
        .annotate(reader=Value(person.pk, output_field=UUIDField()))
        .values_list("reader", flat=True)
        for person in people
    ]
    return set(found[0].union(*found[1:], all=True))


def open_envelope_flags(tickets: Sequence[Ticket]) -> dict[UUID, bool]:
    """Tickets with envelopes that are not closed; the others are left out. One query."""
    with_some = Envelope.objects.open().filter(ticket__in=[ticket.pk for ticket in tickets])
    return dict.fromkeys(with_some.order_by().values_list("ticket", flat=True).distinct(), True)


@dataclass(frozen=True)
class EnvelopeRow:
    """An envelope as a list or a tab shows it."""

    id: UUID
    number: int
    level: int
    parent_number: int | None
    ticket_id: UUID
    reference: str
    subject: str
    """Of the ticket."""
    target: str
    team_id: UUID | None
    team_name: str
    assigned_to_id: UUID | None
    status: EnvelopeStatus
    priority: str
    """Of the ticket, as it is now: what presses the customer presses those who help."""
    priority_score: Decimal
    is_blocking: bool
    opened_at: datetime
    is_readable: bool
    """Whether the reader may open its thread; what is below is empty if not."""
    awaiting: str = ""
    due_at: datetime | None = None
    """Of the next thing promised; None once it is closed."""
    kind: str = ""
    reason: str = ""
    summary: str = ""
    outcome: str = ""
    unread_count: int = 0
    is_helping: bool = False
    """Whether the reader is one of its experts, or is asked to become one."""
    expert_name: str = ""
    """Of a sealed one: who helped, which stands on the main thread with outcome and summary, for all who read that."""
    offer_count: int = 0
    """Colleagues who were not asked and say that they can help."""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


def due_of(envelope: Envelope) -> datetime | None:
    """What is promised next: the acceptance, then the end, also while it waits for another expert."""
    if not envelope.is_open:
        return None
    return envelope.completion_due_at or envelope.response_due_at


def envelopes_on(ticket: Ticket, agent: Agent) -> list[EnvelopeRow]:
    """All envelopes of a ticket that the reader sees, in their order: those they may not open with target and status
    alone. Two queries, one for the owner; none where the ticket was read with its surroundings and has no envelope.
    """
    if has_surroundings(ticket) and not surroundings_of(ticket).also["envelopes"]:
        return []
    found = _ON_TICKET.fetch(agent.pk, ticket.pk)
    readable = {row.pk for row in found}
    reach = reach_of(agent)
    if found and not (ticket.owner_id in reach.covers | {agent.pk} or reach.sees_everything):
        own = Envelope.objects.thread_visible_to(agent).filter(ticket=ticket)
        readable = set(own.order_by().values_list("pk", flat=True))
    return [_row(each, is_readable=each.pk in readable) for each in found]


def rows_for(envelopes: Sequence[Envelope], agent: Agent) -> list[EnvelopeRow]:
    """Envelopes of which the reader knows, as they may see them, in their order. One query."""
    if not envelopes:
        return []
    some = Envelope.objects.filter(pk__in=[each.pk for each in envelopes])
    readable = {row.pk: row for row in _with_news(some, agent)}
    return [_row(readable.get(each.pk, each), is_readable=each.pk in readable) for each in envelopes]


def my_envelopes(agent: Agent) -> list[EnvelopeRow]:
    """Open envelopes in which the reader helps or is asked to by name, and those on tickets they own or cover: the
    reader's turn first, then those of the most urgent tickets, then what is due first. One query.
    """
    own = Q(ticket__owner__in=reach_of(agent).covers | {agent.pk})
    helps = Q(assigned_to=agent) | Q(Exists(taking_part(agent.pk)))
    rows = _with_news(Envelope.objects.open().filter(own | helps), agent)
    is_my_turn = helps & Q(awaiting=Awaiting.EXPERT) | ~helps & Q(awaiting=Awaiting.OWNER)
    in_order = rows.order_by(
        Case(When(is_my_turn, then=0), default=1, output_field=IntegerField()),
        "-ticket__priority_score",
        Coalesce("completion_due_at", "response_due_at", "opened_at"),
        "id",
    )
    return [_row(each, is_readable=True) for each in in_order[:LISTED]]


def helped_on() -> Q:
    """Tickets with open envelopes: their ids are gathered once, and not asked for ticket by ticket."""
    return Q(pk__in=Envelope.objects.open().order_by().values("ticket"))


def _shown(envelopes: EnvelopeQuerySet) -> EnvelopeQuerySet:
    return envelopes.select_related("ticket", "team", "assigned_to", "parent_envelope")


def _with_news(envelopes: EnvelopeQuerySet, agent: Agent) -> EnvelopeQuerySet:
    """Those the reader may open, each with how much is new in it and whether they help in it."""
    return _as_read_by(_shown(envelopes.thread_visible_to(agent)), agent.pk)


def _as_read_by(envelopes: EnvelopeQuerySet, agent_id: UUID) -> EnvelopeQuerySet:
    seen = EnvelopeBookmark.objects.filter(envelope=OuterRef(OuterRef("pk")), person=agent_id).values("seq")[:1]
    news = (
        EnvelopePost.objects.filter(envelope=OuterRef("pk"), entry__seq__gt=Coalesce(Subquery(seen), 0))
        .exclude(entry__author=agent_id)
        .order_by()
        .values("envelope")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return envelopes.annotate(
        unread_count=Coalesce(Subquery(news, output_field=IntegerField()), 0),
        takes_part=Exists(taking_part(agent_id)),
        offer_count=Coalesce(Subquery(_standing_offers(), output_field=IntegerField()), 0),
        reader=Value(agent_id, output_field=UUIDField()),
    )


def _standing_offers() -> QuerySet[Any]:
    helping = EnvelopeParticipant.objects.filter(
        envelope=OuterRef("envelope"), agent=OuterRef("agent"), left_at__isnull=True
    )
    rows = HelpOffer.objects.standing().filter(envelope=OuterRef("pk"), agent__is_active=True)
    rows = rows.exclude(Exists(helping)).exclude(envelope__assigned_to=F("agent"))
    return rows.order_by().values("envelope").annotate(count=Count("pk")).values("count")


_ON_TICKET = Compiled(
    lambda agent_id, ticket_id: _as_read_by(
        _shown(Envelope.objects.filter(ticket=ticket_id)).order_by("number"), agent_id
    ),
    uuid4(),
    uuid4(),
)


def taking_part(agent_id: UUID) -> QuerySet[EnvelopeParticipant]:
    return EnvelopeParticipant.objects.filter(envelope=OuterRef("pk"), agent=agent_id, left_at__isnull=True)


def _row(envelope: Any, *, is_readable: bool) -> EnvelopeRow:  # Any: annotated where it is readable
    words: dict[str, Any] = {}
    if envelope.status == S.COMPLETED:
        words |= {"expert_name": envelope.assigned_to.name, "summary": envelope.summary, "outcome": envelope.outcome}
    if is_readable:
        is_asked = envelope.assigned_to_id == envelope.reader and envelope.is_open
        words |= {
            "kind": envelope.kind,
            "awaiting": envelope.awaiting,
            "due_at": due_of(envelope),
            "reason": envelope.reason,
            "summary": envelope.summary,
            "outcome": envelope.outcome,
            "unread_count": envelope.unread_count,
            "offer_count": envelope.offer_count,
            "is_helping": envelope.takes_part or is_asked,
        }
    above = envelope.parent_envelope
    return EnvelopeRow(
        id=envelope.pk,
        number=envelope.number,
        level=envelope.level,
        parent_number=above.number if above else None,
        ticket_id=envelope.ticket_id,
        reference=envelope.ticket.reference,
        subject=envelope.ticket.subject,
        target=envelope.target,
        team_id=envelope.team_id,
        team_name=envelope.team.name if envelope.team else "",
        assigned_to_id=envelope.assigned_to_id,
        status=EnvelopeStatus(envelope.status),
        priority=envelope.ticket.priority,
        priority_score=envelope.ticket.priority_score,
        is_blocking=envelope.is_blocking,
        opened_at=envelope.opened_at,
        is_readable=is_readable,
        **words,
    )


@dataclass(frozen=True)
class EnvelopeThread:
    """An envelope with all that its tab shows."""

    envelope: Envelope
    entries: Sequence[TimelineEntry]
    """In their order; the last ones."""
    has_earlier: bool
    experts: Sequence[EnvelopeParticipant]
    """Those who take part now, in the order in which they came."""
    tasks: Sequence[Task]
    above: Sequence[Envelope]
    """The envelopes from which it was opened, the outermost first, as far as the reader may read them."""
    below: Sequence[Envelope]
    """Those opened from it."""
    acts: tuple[str, ...]
    """What the reader may do now; names as in the API's paths."""


def readable_envelope(agent: Actor, **wanted: Any) -> Envelope | None:
    """The envelope so named, if `agent` may read its thread: `pk=…`, or `ticket__reference=…, number=…`."""
    return Envelope.objects.thread_visible_to(agent).with_people().filter(**wanted).first()


def thread_of(
    envelope: Envelope, agent: Agent, *, last: int = PAGE_ENTRIES, before_seq: int | None = None, find: str = ""
) -> EnvelopeThread:
    """`envelope` as `readable_envelope` gives it. A fixed number of queries, whatever its length; one more where there
    are files. `has_files` says which entries have some.
    """
    shown = list(_newest_first(envelope, before_seq, find)[: last + 1])
    with_files = [entry for entry in shown[:last] if vars(entry)["has_files"]]
    prefetch_related_objects(with_files, files_in_order())
    kin = _shown(Envelope.objects.filter(Q(pk__in=envelope.ancestor_ids) | Q(parent_envelope=envelope)))
    readable = list(kin.thread_visible_to(agent).order_by("level", "number"))
    people = envelope.participants.filter(left_at__isnull=True).select_related("agent", "invited_by")
    tasks = Task.objects.filter(envelope_task__envelope=envelope).select_related("assigned_to")
    return EnvelopeThread(
        envelope=envelope,
        entries=shown[:last][::-1],
        has_earlier=len(shown) > last,
        experts=list(people.order_by("created_at", "id")),
        tasks=list(tasks.order_by("created_at", "id")),
        above=[each for each in readable if each.level < envelope.level],
        below=[each for each in readable if each.level > envelope.level],
        acts=acts_of(agent, envelope),
    )


def vendor_mail_of(envelope: Envelope) -> QuerySet[OutboundMessage]:
    """What was written to its vendor, newest first; who reads the thread has been asked before."""
    rows = OutboundMessage.objects.filter(vendor_message__envelope=envelope).select_related("ticket", "author")
    return rows.select_related("on_behalf_of").order_by("-created_at", "-id")


_SEARCHED = """left(concat_ws(' ', tickets_timelineentry.author_name, tickets_timelineentry.facts ->> 'title',
    tickets_timelineentry.body_text), 200000)"""
_FOUND = WORDS_OF % _SEARCHED + " @@ %s::tsquery"


def entries_of(envelope: Envelope, *, find: str = "") -> QuerySet[TimelineEntry]:
    """The thread, in no order; who reads it has been asked before. `find`: those with all its words, the last one as a
    beginning, which are taken as data, as in every search; one query for them.
    """
    entries = TimelineEntry.objects.filter(envelope_post__envelope=envelope)
    if not find.strip():
        return entries
    words = tsquery_of(find)
    return entries.filter(RawSQL(_FOUND, [words], output_field=BooleanField())) if words else entries.none()  # noqa: S611  # our own text


def files_of(envelope: Envelope) -> QuerySet[Attachment]:
    """All files of the thread, in no order; who reads it has been asked before."""
    return Attachment.objects.filter(entry__envelope_post__envelope=envelope)


OFFERED_FILES = 50


def files_to_send(envelope: Envelope) -> list[Attachment]:
    """The newest files of the thread that a mail to the vendor may take along, the newest first; those that have gone
    with one, and what belongs to a mail's layout, are left out.
    """
    files = files_of(envelope).filter(is_inline=False, outbound__isnull=True, scan_status=ScanStatus.CLEAN)
    return list(files.order_by("-created_at", "-id")[:OFFERED_FILES])


def files_in_order() -> Any:  # a prefetch
    """The files of entries, each entry's in their order: one query for all."""
    return Prefetch("attachments", Attachment.objects.order_by("created_at", "id"))


def _newest_first(envelope: Envelope, before_seq: int | None, find: str) -> QuerySet[TimelineEntry]:
    has_files = Exists(Attachment.objects.filter(entry=OuterRef("pk")))
    entries = entries_of(envelope, find=find).select_related("author", "on_behalf_of").annotate(has_files=has_files)
    entries = entries if before_seq is None else entries.filter(seq__lt=before_seq)
    return entries.order_by("-seq")
