"""What Mara and Jonas asked to be reminded of, and what the desk reminds of by itself."""

from datetime import timedelta

from desk.demo.acts import Cast
from sla.reminders.models import Reminder
from sla.reminders.services import Rhythm, arrange_reminders, create_reminder
from tickets.enums import OPEN
from tickets.models import Ticket


def remind(cast: Cast) -> None:
    """Nothing for people who have reminders already."""
    owned = Ticket.objects.filter(pk__in=[ticket.pk for ticket in cast.tickets.values()], owner__isnull=False)
    for ticket_id in owned.filter(status__in=OPEN).values_list("pk", flat=True):
        arrange_reminders(ticket_id, now=cast.now)
    mara, jonas = cast.agent("mara"), cast.agent("jonas")
    if Reminder.objects.filter(created_by__in=[mara, jonas]).exists():
        return
    mine = owned.filter(owner=mara, status__in=OPEN).order_by("created_at").first()
    if mine is not None:
        at = cast.now + timedelta(hours=2)
        create_reminder("follow_up", by=mara, ticket_id=mine.pk, message="Ask how the test went", trigger_at=at)
    create_reminder("custom", by=mara, message="Order labels for the printer", trigger_at=cast.now + timedelta(hours=5))
    weekly = Rhythm(frequency="weekly")
    for person in (mara, jonas):
        create_reminder("weekly_review", by=person, trigger_at=cast.now + timedelta(days=3), rhythm=weekly)
