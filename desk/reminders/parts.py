"""Reminders as their page shows them."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from sla.reminders.enums import ReminderKind, ReminderStatus
from sla.reminders.models import Reminder
from sla.reminders.selectors import agenda_of
from sla.reminders.wording import describe, reference_of, rhythm_of

Part = dict[str, Any]  # what a template takes


def groups_of(agent: Agent, *, now: datetime) -> tuple[list[Part], bool]:
    """The groups that hold something, the overdue first, and whether some of the later ones are left out."""
    agenda = agenda_of(agent, now=now)
    named = (
        ("overdue", _("Overdue"), agenda.overdue),
        ("soon", _("In the next 4 hours"), agenda.soon),
        ("today", _("Later today"), agenda.today),
        ("later", _("Later"), agenda.later),
    )
    groups = [
        {
            "id": f"reminders-{name}",
            "title": title,
            "rows": [_row(row, agent) for row in rows],
            "is_due": name == "overdue",
        }
        for name, title, rows in named
        if rows
    ]
    return groups, agenda.is_cut


def _row(reminder: Reminder, agent: Agent) -> Part:
    reference = reference_of(reminder)
    kind = reminder.get_kind_display()
    words = describe(reminder)
    return {
        "id": reminder.pk,
        "words": words,
        "kind": kind if kind != words and reminder.kind != ReminderKind.CUSTOM else "",
        "reference": reference,
        "subject": reminder.ticket.subject if reference and reminder.ticket else "",
        "url": reverse("desk:ticket", args=[reference]) if reference else "",
        "at": reminder.wanted_at,
        "rhythm": rhythm_of(reminder),
        "edit_url": "" if reminder.is_automatic else reverse("desk:reminder", args=[reminder.pk]),
        "is_due": reminder.status == ReminderStatus.TRIGGERED,
        "is_snoozed": reminder.status == ReminderStatus.SNOOZED,
        "whose": reminder.agent.name if reminder.agent_id != agent.pk else "",
    }
