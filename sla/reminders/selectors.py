"""What is due for whom."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from accounts.models import Agent
from sla.reminders.enums import ReminderStatus
from sla.reminders.models import CalendarFeed, Reminder
from sla.reminders.policies import may_have_reminders
from sla.reminders.querysets import ReminderQuerySet
from tickets.models import Ticket

SOON = timedelta(hours=4)
MOST_SHOWN = 200
"""Of open reminders on one page: nobody reads more, and the first ones are those that are due."""


@dataclass(frozen=True)
class Agenda:
    """A person's open reminders as their page shows them, in each group by their moments."""

    overdue: list[Reminder] = field(default_factory=list)
    soon: list[Reminder] = field(default_factory=list)
    """Within the next 4 hours."""
    today: list[Reminder] = field(default_factory=list)
    """Later on the person's own day."""
    later: list[Reminder] = field(default_factory=list)
    is_cut: bool = False
    """There are more than `MOST_SHOWN`."""


def reminders_of(agent: Agent) -> ReminderQuerySet:
    """All that `agent` handles, with what their page and the API show.

    `is_ticket_in_sight` is asked anew: a ticket may have gone out of their sight since.
    """
    in_sight = Ticket.objects.visible_to(agent).filter(pk=OuterRef("ticket")).order_by()
    rows = Reminder.objects.handled_by(agent).told().select_related("ticket", "agent")
    return rows.annotate(is_ticket_in_sight=Exists(in_sight))


def agenda_of(agent: Agent, *, now: datetime) -> Agenda:
    """Two queries at most, however many there are."""
    rows = list(reminders_of(agent).open().in_order()[: MOST_SHOWN + 1])
    agenda = Agenda(is_cut=len(rows) > MOST_SHOWN)
    zone = ZoneInfo(agent.timezone)
    today = now.astimezone(zone).date()
    for row in rows[:MOST_SHOWN]:
        wanted = row.wanted_at
        if row.status == ReminderStatus.TRIGGERED or wanted <= now:
            agenda.overdue.append(row)
        elif wanted <= now + SOON:
            agenda.soon.append(row)
        elif wanted.astimezone(zone).date() == today:
            agenda.today.append(row)
        else:
            agenda.later.append(row)
    return agenda


def reminders_on(agent: Agent, ticket_id: UUID) -> list[Reminder]:
    """The person's open ones of a ticket, the next one first."""
    return list(reminders_of(agent).filter(ticket=ticket_id).open().in_order()[:MOST_SHOWN])


def next_moment(agent: Agent) -> datetime | None:
    """When the person is reminded next; None if nothing lies ahead, or something is due already."""
    first = reminders_of(agent).open().in_order().first()
    return None if first is None or first.status == ReminderStatus.TRIGGERED else first.wanted_at


def due_count(agent: Agent) -> int:
    """How many wait for this person now."""
    return Reminder.objects.handled_by(agent).filter(status=ReminderStatus.TRIGGERED).count()


def tickets_with_due_reminders(agent: Agent) -> set[UUID]:
    """Ids of the tickets that one of them is about: for lists that say what needs attention."""
    due = Reminder.objects.handled_by(agent).filter(status=ReminderStatus.TRIGGERED, ticket__isnull=False)
    return set(due.values_list("ticket", flat=True))


def feed_of(agent: Agent) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(agent=agent).first()


def reader_of_feed(token: str) -> Agent | None:
    """Whose reminders this address shows; None for one that is not ours, was revoked, or whose person has left."""
    found = CalendarFeed.objects.select_related("agent").filter(token_hash=CalendarFeed.hash_of(token)).first()
    return found.agent if found is not None and may_have_reminders(found.agent) else None


def own_open_reminders(agent: Agent) -> list[Reminder]:
    """Without those of colleagues whom `agent` covers: a calendar goes on showing what it has once read."""
    return list(reminders_of(agent).filter(agent=agent).open().in_order()[:MOST_SHOWN])
