"""Tickets as rows of a list: what `components/queue_row.html` wants."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import Tier
from accounts.models import Agent
from accounts.models.customers import TIER_ORDER
from accounts.selectors import reach_of
from core.labels import label_of
from core.templatetags.ui import in_words
from tickets.enums import Priority, TicketStatus
from tickets.models import Ticket
from tickets.policies import may_accept

Row = dict[str, Any]  # what a template takes

WAITING = (TicketStatus.WAITING_CUSTOMER, TicketStatus.WAITING_INTERNAL)


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
    tier = tier_of(ticket)
    if tier == Tier.STANDARD:
        return []
    return [{"label": label_of(Tier, tier), "tone": "warn" if tier == Tier.VIP else "outline", "icon": "star"}]


def row_of(ticket: Ticket, agent: Agent, *, may_act: bool = True) -> Row:
    """One ticket read by `for_rows()`."""
    now = timezone.now()
    is_free = ticket.owner is None and ticket.status == TicketStatus.NEW
    return {
        "url": ticket_url(ticket.reference),
        "reference": ticket.reference,
        "subject": ticket.subject,
        "snippet": _snippet(ticket, now),
        "customer": ticket.requester.name,
        "company": ticket.company.name if ticket.company else "",
        "status": ticket.status,
        "status_label": label_of(TicketStatus, ticket.status),
        "priority": ticket.priority,
        "priority_label": label_of(Priority, ticket.priority),
        "owner_name": ticket.owner.name if ticket.owner else "",
        "changed_at": last_change_of(ticket),
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
    return flags + tier_flag(ticket)


def _snippet(ticket: Ticket, now: datetime) -> str:
    opened = _("Opened %(when)s") % {"when": in_words(ticket.created_at, now)}
    if ticket.owner is not None and ticket.is_open and ticket.has_unanswered_message:
        return _("Customer waits for an answer · %(opened)s") % {"opened": opened}
    return opened


def grouped(tickets: Iterable[Ticket], agent: Agent) -> list[Row]:
    """The agent's own queue in the order in which it is worked: what needs them, what is in work, what waits."""
    groups: dict[str, list[Row]] = {"attention": [], "work": [], "waiting": [], "done": []}
    for ticket in tickets:
        groups[_group_of(ticket)].append(row_of(ticket, agent))
    labels = {
        "attention": _("Needs you"),
        "work": _("In work"),
        "waiting": _("Waiting"),
        "done": _("Done"),
    }
    return [{"label": labels[name], "count": len(rows), "rows": rows} for name, rows in groups.items() if rows]


def _group_of(ticket: Ticket) -> str:
    if not ticket.is_open:
        return "done"
    if ticket.status in WAITING:
        return "waiting"
    return "attention" if ticket.owner is None or ticket.has_unanswered_message else "work"
