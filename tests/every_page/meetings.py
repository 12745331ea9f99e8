"""A calendar with meetings of a ticket, in each state; nothing is sent here."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Agent
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.base.services import add_connection
from connectors.meetings.models import CalendarCopy, Meeting
from connectors.meetings.services import Wanted, arrange_meeting, cancel_meeting
from tickets.models import Ticket


def arranged(admin: Agent, owner: Agent, ticket: Ticket) -> Meeting:
    """The one that has failed, whose page shows most."""
    application = Connection.objects.of_kind("microsoft365").first() or add_connection(
        "microsoft365", by=admin, name="Microsoft 365: calendar", settings={"tenant_id": "a.example", "client_id": "1"}
    )
    values = {"microsoft365": str(application.pk), "mailbox": "support@itilnext.example", "meets_for": "all"}
    row = add_connection("calendar", by=admin, name="Calendar of the desk", settings=values)
    Connection.objects.filter(pk=row.pk).update(test_due_at=None)
    people = [owner.email, ticket.requester.email]
    soon = timezone.now() + timedelta(days=2)
    in_teams, failed, dropped = (
        arrange_meeting(
            ticket.pk, Wanted(title=title, starts_at=soon, minutes=30, attendees=people, text=text), by=owner
        )
        for title, text in (
            ("Drucker gemeinsam ansehen", "Bitte das Gerät einschalten."),
            ("Nachbesprechung mit dem Werk", "Was wir gelernt haben."),
            ("Rückruf", ""),
        )
    )
    cancel_meeting(dropped.pk, by=owner, farewell="Er druckt wieder.")
    rows = CalendarCopy.objects.filter
    rows(meeting=in_teams).update(
        state="done", done=1, next_attempt_at=None, join_url="https://teams.example/1", answers={people[0]: "accepted"}
    )
    rows(meeting=dropped).update(state="done", done=2, next_attempt_at=None)
    refused = Said("meeting_bad_address")
    rows(meeting=failed).update(
        state="failed", next_attempt_at=None, failed_at=timezone.now(), last_error=refused.as_json()
    )
    return failed
