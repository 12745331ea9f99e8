"""Tickets as rows of a list: what `components/queue_row.html` wants."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Tier
from accounts.models import Agent
from accounts.models.customers import TIER_ORDER
from accounts.selectors import reach_of
from core.labels import label_of
from core.paging import Page
from core.templatetags.ui import in_words, relative_time
from desk.flags import chips_of
from desk.promises import add_promises
from envelopes.hints import EnvelopeHint, hints_on
from sla.scores.enums import Section, Why
from tickets.enums import FlagType, Priority, TicketStatus
from tickets.models import Ticket
from tickets.policies import may_accept

Row = dict[str, Any]  # what a template takes


@lru_cache(maxsize=2048)
def ticket_url(reference: str) -> str:
    return reverse("desk:ticket", args=[reference])


@lru_cache(maxsize=2048)
def _accept_url(reference: str) -> str:
    return reverse("desk:accept", args=[reference])


def tier_of(ticket: Ticket) -> Tier:
    """The higher of the requester's and the ticket's company's tier; reads nothing beyond the row's joins."""
    return _higher(ticket.requester.tier, ticket.company.tier if ticket.company else Tier.STANDARD)


@lru_cache(maxsize=64)
def _higher(one: str, other: str) -> Tier:
    return max(Tier(one), Tier(other), key=TIER_ORDER.index)


def last_change_of(ticket: Ticket) -> datetime:
    """When somebody last wrote or acted; not when a field was touched by the system."""
    moments = (ticket.created_at, ticket.last_customer_message_at, ticket.last_staff_activity_at)
    return max(moment for moment in moments if moment is not None)


def tier_flag(ticket: Ticket) -> list[Row]:
    """Of a VIP nothing beside the case flag that says so."""
    tier = tier_of(ticket)
    if tier == Tier.STANDARD or (tier == Tier.VIP and FlagType.VIP in ticket.flags):
        return []
    return [{"label": label_of(Tier, tier), "tone": "warn" if tier == Tier.VIP else "outline", "icon": "star"}]


def row_of(ticket: Ticket, agent: Agent, *, may_act: bool = True) -> Row:
    """One ticket read by `for_rows()`."""
    now = timezone.now()
    is_free = ticket.owner is None and ticket.status == TicketStatus.NEW
    return {
        "url": ticket_url(ticket.reference),
        "reference": ticket.reference,
        "version": ticket.version,
        "subject": ticket.subject,
        "snippet": _snippet(ticket, now),
        "customer": ticket.requester.name,
        "company": ticket.company.name if ticket.company else "",
        "status": ticket.status,
        "status_label": label_of(TicketStatus, ticket.status),
        "priority": ticket.priority,
        "priority_label": label_of(Priority, ticket.priority),
        "owner_name": ticket.owner.name if ticket.owner else "",
        "changed": relative_time(last_change_of(ticket)),
        "is_unread": False,
        "flags": _flags(ticket, agent),
        "accept_url": _accept_url(ticket.reference) if may_act and is_free and may_accept(agent, ticket) else "",
    }


def _flags(ticket: Ticket, agent: Agent) -> list[Row]:
    flags = []
    if ticket.offered_to is not None:
        is_mine = ticket.offered_to.pk == agent.pk
        label = _("Offered to you") if is_mine else _("Offered to %(agent)s") % {"agent": ticket.offered_to.name}
        flags.append({"label": label, "tone": "info" if is_mine else "outline", "icon": "hand"})
    if ticket.owner is not None and ticket.owner.pk in reach_of(agent).covers:
        label = _("For %(owner)s") % {"owner": ticket.owner.name}
        flags.append({"label": label, "tone": "env", "icon": "users"})
    if ticket.reopen_count and ticket.is_open:
        flags.append({"label": _("Reopened"), "tone": "danger", "icon": "rotate-ccw"})
    return flags + chips_of(ticket.flags) + tier_flag(ticket)


def _snippet(ticket: Ticket, now: datetime) -> str:
    opened = _("Opened %(when)s") % {"when": in_words(ticket.created_at, now)}
    if ticket.owner is not None and ticket.is_open and ticket.has_unanswered_message:
        return _("Customer waits for an answer · %(opened)s") % {"opened": opened}
    return opened


def add_hints(tickets: Sequence[Ticket], row_by_id: Mapping[UUID, Row], agent: Agent) -> set[UUID]:
    """Mark rows whose tickets get help; answers with the tickets whose owner has to act in an envelope, as far as the
    reader may know. The queries of `hints_on`.
    """
    hints = hints_on(tickets, agent) if tickets else {}
    for ticket_id, hint in hints.items():
        row_by_id[ticket_id]["flags"] = [*row_by_id[ticket_id]["flags"], help_flag(hint)]
    return {ticket_id for ticket_id, hint in hints.items() if hint.awaits_owner}


def help_flag(hint: EnvelopeHint) -> Row:
    """Who helps, how many more open envelopes there are, and to its readers whether it is the owner's turn; also for
    cards.
    """
    others = hint.open_count - 1
    target = f"{hint.target} +{others}" if others else hint.target
    if hint.awaits_owner:
        label = _("%(target)s: the owner's turn") % {"target": target}
        return {"label": label, "tone": "env", "icon": "mail-open"}
    return {"label": target, "tone": "outline", "icon": "mail"}


def arranged(page: Page[Ticket], row_by_id: Mapping[UUID, Row], agent: Agent, *, in_groups: bool) -> list[Row]:
    """The rows of a list as they stand there, with what `add_hints` marks: the own queue, read with its sections, in
    these; any other list as one group without a name; none without rows.
    """
    add_hints(page.items, row_by_id, agent)
    add_promises(page.items, row_by_id)
    if in_groups:
        is_whole = page.next_cursor is None and page.previous_cursor is None
        return _in_sections(page.items, row_by_id, is_whole=is_whole)
    return [{"label": "", "rows": list(row_by_id.values())}] if row_by_id else []


def _in_sections(
    tickets: Sequence[Any],  # Any: annotated
    row_by_id: Mapping[UUID, Row],
    *,
    is_whole: bool,
) -> list[Row]:
    """In their order; each row says why it stands there. A page of several does not know how many a section has."""
    now, groups = timezone.now(), []
    for section, found in groupby(tickets, key=lambda ticket: Section(ticket.section)):
        rows = [row_by_id[ticket.pk] | {"snippet": _reason(ticket, now)} for ticket in found]
        groups.append({"label": section.label, "count": len(rows) if is_whole else None, "rows": rows})
    return groups


def _reason(ticket: Any, now: datetime) -> str:
    if ticket.why in (Why.ON_TRACK, Why.ENDED):
        return _snippet(ticket, now)
    opened = _("Opened %(when)s") % {"when": in_words(ticket.created_at, now)}
    return f"{Why(ticket.why).label} · {opened}"
