"""Where a notification leads: to what it is about, as far as that is in sight still, or is kept."""

from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.models import Agent
from accounts.policies import may_open_admin
from connectors.mail.models import MailMessage
from desk.composing import id_in
from desk.envelopes.tabs import tab_url
from envelopes.models import EnvelopeTask
from envelopes.selectors import readable_envelope
from notifications.enums import EventType
from notifications.models import Notification
from sla.proposals.selectors import proposals_for
from tickets.in_sight import is_in_sight
from tickets.models import BulkAct
from tickets.policies import may_approve, may_read_compensation
from tickets.resolutions import approvals_for

APPROVALS = (EventType.APPROVAL_REQUESTED, EventType.APPROVAL_OVERDUE, EventType.APPROVAL_DECIDED)


def address_of(agent: Agent, row: Notification) -> str:
    """Of the page that opens; the list of notifications where nothing of it is in sight any more."""
    ways = (_mail, _approval, _envelope, _ticket, _bulk_act, _reminder, _alerts, _proposal, _set_up)
    return next(filter(None, (way(agent, row) for way in ways)), reverse("desk:notifications"))


def _named(row: Notification, name: str) -> UUID | None:
    """An id that the notification carries."""
    return id_in(str(row.payload.get(name, "")))


def _sees_ticket(agent: Agent, row: Notification) -> bool:
    return row.ticket is not None and is_in_sight(agent, row.ticket.pk)


def _mail(agent: Agent, row: Notification) -> str:
    mail_id = _named(row, "mail")
    is_open = mail_id is not None and MailMessage.objects.openable_by(agent).filter(pk=mail_id).exists()
    return reverse("mail:message", args=[mail_id]) if is_open else ""


def _approval(agent: Agent, row: Notification) -> str:
    """While it waits for this person, the list in which they decide; afterwards what became of it, beside the feed."""
    if row.event_type not in APPROVALS:
        return ""
    resolution_id = _named(row, "resolution")
    if resolution_id is None:  # of an older notification
        return reverse("desk:approvals") if may_approve(agent) else ""
    mark = f"#resolution-{resolution_id}"
    if approvals_for(agent).filter(pk=resolution_id).exists():
        return reverse("desk:approvals") + mark
    if row.ticket is None or not _sees_ticket(agent, row) or not may_read_compensation(agent, row.ticket):
        return ""
    return reverse("desk:around", args=[row.ticket.reference, "resolutions"]) + mark


def _envelope(agent: Agent, row: Notification) -> str:
    """The tab of the envelope, also of one of its tasks, for those who read it."""
    wanted: dict[str, Any] = {"number": row.payload.get("number")}
    task_id = _named(row, "task")
    if row.event_type == EventType.TASK_ASSIGNED and task_id is not None:
        number = EnvelopeTask.objects.filter(task=task_id).values_list("envelope__number", flat=True).first()
        wanted = {"number": number}
    if row.ticket is None or not wanted["number"] or not _sees_ticket(agent, row):
        return ""
    found = readable_envelope(agent, ticket=row.ticket, **wanted)
    return tab_url(row.ticket.reference, found.number) if found else ""


def _ticket(agent: Agent, row: Notification) -> str:
    return reverse("desk:ticket", args=[row.ticket.reference]) if row.ticket and _sees_ticket(agent, row) else ""


def _bulk_act(agent: Agent, row: Notification) -> str:
    act_id = _named(row, "act_id") if row.event_type == EventType.BULK_ENDED else None
    is_own = act_id is not None and BulkAct.objects.filter(pk=act_id, person=agent).exists()
    return reverse("desk:bulk-act", args=[act_id]) if is_own else ""


def _reminder(_agent: Agent, row: Notification) -> str:
    """Of one that is of no ticket, the page of all."""
    is_own = row.event_type == EventType.REMINDER and row.ticket is None
    return reverse("desk:reminders") if is_own else ""


def _alerts(_agent: Agent, row: Notification) -> str:
    """Of many tickets that stand still together, the page of all."""
    return reverse("desk:alerts") if row.event_type == EventType.ALERT and row.ticket is None else ""


def _proposal(agent: Agent, row: Notification) -> str:
    proposal_id = _named(row, "proposal")
    is_seen = proposal_id is not None and proposals_for(agent).filter(pk=proposal_id).exists()
    return reverse("desk:proposal", args=[proposal_id]) if is_seen else ""


def _set_up(agent: Agent, row: Notification) -> str:
    """Where a legal team is named."""
    is_theirs = row.event_type == EventType.LEGAL_TEAM_MISSING and row.ticket is None and may_open_admin(agent)
    return reverse("admin:accounts_team_changelist") if is_theirs else ""
