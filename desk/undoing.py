"""Own acts of the last minutes that can be taken back, as `/outbox/` lists them (ux.md section 5).

They are read from the timeline itself: an entry says what was so before. What somebody has changed since is not
offered, and the services that act the other way say again whether that is possible.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from tickets.enums import ON_THE_WAY, BulkKind, BulkStage, BulkState, EntryKind, TicketStatus
from tickets.models import BulkAct, BulkOutcome, Ticket, TimelineEntry
from tickets.services.bulk_kinds import is_undoable
from tickets.wording import describe

WINDOW = timedelta(minutes=5)
JUST_NOW = timedelta(seconds=3)
"""Within it an entry is that of the act this request has done; of a slower one the outbox tells."""
LISTED = 20
REVERSIBLE_FIELDS = frozenset({"subject", "product", "region", "language", "tags"})
"""Fields whose old value stands in the entry as it was; a category stands there by its name alone."""
S = TicketStatus
REVERSIBLE_STEPS = ((S.IN_PROGRESS, S.WAITING_CUSTOMER), (S.WAITING_CUSTOMER, S.IN_PROGRESS))
"""Neither sends anything nor ends anything."""
EDITS = Q(kind=EntryKind.PRIORITY_CHANGE) | Q(kind=EntryKind.CHANGE, facts__event="edited")
"""What `edit_ticket` writes."""


@dataclass(frozen=True)
class RecentAct:
    words: str
    at: datetime
    undo_url: str
    url: str
    reference: str = ""
    subject: str = ""


def entries_of_recent_acts(agent: Agent) -> QuerySet[TimelineEntry]:
    """The agent's entries within `WINDOW` that may tell an act to be taken back. Ids begin with their moment, so the
    primary key leads to the few newest entries, however many there are.
    """
    since = timezone.now() - WINDOW
    first = UUID(int=int(since.timestamp() * 1000) << 80)
    edits = Q(kind__in=(EntryKind.PRIORITY_CHANGE, EntryKind.CHANGE, EntryKind.STATUS_CHANGE))
    merges = Q(kind=EntryKind.SYSTEM, facts__event="merged_away")
    found = TimelineEntry.objects.filter(edits | merges, pk__gte=first, author=agent, created_at__gte=since)
    return found.filter(ticket__in=Ticket.objects.visible_to(agent).values("pk"))


def recent_acts_of(agent: Agent) -> list[RecentAct]:
    """The newest first; at most five queries. What belongs to an act on many tickets is taken back with it."""
    since = timezone.now() - WINDOW
    many = _bulk_acts_of(agent, since)
    found = entries_of_recent_acts(agent).exclude(_of_many(many)).select_related("ticket")
    entries = found.prefetch_related("ticket__tags").order_by("-pk")[: 2 * LISTED]  # at most two belong together
    acts = [_as_act(together) for together in _by_act(entries)[:LISTED] if all(map(is_still_so, together))]
    offered = [_as_act_on_many(act) for act in many if is_undoable(act) and act.has_done]
    return sorted([*acts, *offered], key=lambda act: act.at, reverse=True)


KIND_OF_MANY = {
    BulkKind.PRIORITY: EntryKind.PRIORITY_CHANGE,
    BulkKind.ADD_TAGS: EntryKind.CHANGE,
    BulkKind.REMOVE_TAGS: EntryKind.CHANGE,
    BulkKind.CHANGE_TEAM: EntryKind.CHANGE,
    BulkKind.CANCEL: EntryKind.STATUS_CHANGE,
}
CHANGED = (BulkState.DONE, BulkState.UNDONE, BulkState.KEPT)


def _bulk_acts_of(agent: Agent, since: datetime) -> list[Any]:
    """Those that may have left entries since then: that began, ended or were taken back, or are on their way."""
    moments = Q(created_at__gte=since) | Q(ended_at__gte=since) | Q(undone_at__gte=since)
    found = BulkAct.objects.filter(moments | Q(stage__in=ON_THE_WAY), person=agent).exclude(stage=BulkStage.ASKED)
    done = BulkOutcome.objects.filter(act=OuterRef("pk"), state=BulkState.DONE)
    return list(found.annotate(has_done=Exists(done)).order_by("-created_at"))


def _of_many(acts: list[BulkAct]) -> Q:
    """The entries that acts on many tickets, and taking them back, have left: until they ended, for what the person did
    to one of the tickets afterwards is an act of its own.
    """
    condition = Q(pk=None)
    for act in acts:
        if kind := KIND_OF_MANY.get(BulkKind(act.kind)):
            tickets = act.outcomes.filter(state__in=CHANGED).values("ticket")
            until = Q(created_at__lte=act.ended_at) if act.ended_at else Q()
            condition |= until & Q(kind=kind, created_at__gte=act.created_at, ticket__in=tickets)
    return condition


def _by_act(entries: Iterable[TimelineEntry]) -> list[list[TimelineEntry]]:
    """What one submit changed stands together; the newest first, as they come."""
    acts: dict[Any, list[TimelineEntry]] = {}
    for entry in entries:
        key = (entry.ticket_id, entry.created_at) if _is_edit(entry) else entry.pk
        acts.setdefault(key, []).append(entry)
    return list(acts.values())


def entries_of_one_act(entry: TimelineEntry) -> list[TimelineEntry]:
    """The entry with what the same submit changed besides: priority and other fields have an entry each, and
    `edit_ticket` gives both the same moment.
    """
    if not _is_edit(entry):
        return [entry]
    same = TimelineEntry.objects.filter(EDITS, ticket=entry.ticket_id, author=entry.author_id)
    return list(same.filter(created_at=entry.created_at).select_related("ticket").order_by("seq"))


def _is_edit(entry: TimelineEntry) -> bool:
    return entry.kind == EntryKind.PRIORITY_CHANGE or entry.facts.get("event") == "edited"


def _as_act(together: list[TimelineEntry]) -> RecentAct:
    entry = together[0]
    return RecentAct(
        words=" · ".join(describe(each) for each in reversed(together)),
        at=entry.created_at,
        undo_url=reverse("desk:undo-act", args=[entry.pk]),
        url=reverse("desk:ticket", args=[entry.ticket.reference]),
        reference=entry.ticket.reference,
        subject=entry.ticket.subject,
    )


def _as_act_on_many(act: BulkAct) -> RecentAct:
    return RecentAct(
        words=act.get_kind_display(),
        at=act.ended_at or act.created_at,
        undo_url=reverse("desk:undo-bulk", args=[act.pk]),
        url=reverse("desk:bulk-act", args=[act.pk]),
    )


def undo_url_of_act_just_done(agent: Agent, ticket: Ticket) -> str:
    """Where it is taken back; nothing for an act that cannot be, or that has changed nothing."""
    just_now = timezone.now() - JUST_NOW
    newest = TimelineEntry.objects.filter(ticket=ticket, author=agent, created_at__gte=just_now).order_by("-seq")[:1]
    # What came after it, though it cannot be taken back itself, was the act just done.
    entry = entries_of_recent_acts(agent).filter(pk__in=newest.values("pk")).select_related("ticket").first()
    may_be_undone = entry is not None and all(map(is_still_so, entries_of_one_act(entry)))
    return reverse("desk:undo-act", args=[entry.pk]) if entry is not None and may_be_undone else ""


def is_still_so(entry: TimelineEntry) -> bool:
    """Whether the ticket is as this entry left it, and the entry says what was so before."""
    ticket, facts = entry.ticket, entry.facts
    match entry.kind:
        case EntryKind.PRIORITY_CHANGE:
            return bool(ticket.priority == facts.get("to"))
        case EntryKind.STATUS_CHANGE:
            step = (facts.get("from"), facts.get("to"))
            return step in REVERSIBLE_STEPS and ticket.status == step[1]
        case EntryKind.CHANGE:
            changes: dict[str, Any] = facts.get("changes", {})
            is_known = facts.get("event") == "edited" and bool(changes) and changes.keys() <= REVERSIBLE_FIELDS
            return is_known and all(_value(ticket, name) == new for name, (_old, new) in changes.items())
        case EntryKind.SYSTEM:
            return facts.get("event") == "merged_away" and ticket.merged_into_id is not None
    return False


def _value(ticket: Ticket, name: str) -> str:
    """As it stands in an entry."""
    if name == "tags":
        return ", ".join(sorted(tag.name for tag in ticket.tags.all()))
    return str(getattr(ticket, name) or "")


def values_before(together: Iterable[TimelineEntry]) -> dict[str, Any]:
    """What `edit_ticket` takes to bring back what was so before all of it."""
    before: dict[str, Any] = {}
    for entry in together:
        if entry.kind == EntryKind.PRIORITY_CHANGE:
            before["priority"] = entry.facts["from"]
        else:
            before |= {name: old for name, (old, _new) in entry.facts["changes"].items()}
    if "tags" in before:
        before["tags"] = [name for name in before["tags"].split(", ") if name]
    return before
