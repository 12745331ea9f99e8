"""What is read of meetings, and which calendar takes those of a team."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from connectors.base.models import Connection
from connectors.meetings.kinds import ALL_TEAMS, KIND, MAILBOX, MEETS_FOR, MICROSOFT_365, OF_TEAM
from connectors.meetings.models import Meeting
from connectors.meetings.querysets import MeetingQuerySet
from connectors.microsoft365.setup import MailboxName
from core.actors import Actor

NEEDED = "Calendars.ReadWrite"
"""Application permission that meetings need."""
HAS_CALENDAR = f"""EXISTS (SELECT FROM connections_connection c WHERE c.kind = '{KIND}' AND c.is_active
    AND c.settings->>'{MEETS_FOR}' IN ('{ALL_TEAMS}', 'team:' || tickets_ticket.team_id))"""  # our own text
"""Of a row of tickets; `calendar_for` in SQL."""
HAS_MEETINGS = """EXISTS (SELECT FROM meetings_meeting m
    WHERE m.ticket_id = tickets_ticket.id AND m.envelope_id IS NULL)"""

MET_IN = """(SELECT coalesce(jsonb_agg(DISTINCT m.envelope_id), '[]') FROM meetings_meeting m
    WHERE m.ticket_id = tickets_ticket.id AND m.envelope_id IS NOT NULL)"""
"""Envelopes that have meetings."""


def calendar_for(team_id: UUID) -> Connection | None:
    """The team's own calendar, else the one for all; None: no meeting can be arranged."""
    own = OF_TEAM % team_id
    rows = Connection.objects.active().of_kind(KIND).filter(**{f"settings__{MEETS_FOR}__in": [own, ALL_TEAMS]})
    return min(rows, key=lambda row: (row.settings[MEETS_FOR] != own, row.name), default=None)


def calendars_in(application: Connection) -> list[MailboxName]:
    """Mailboxes in whose calendars meetings are made by this connection to Microsoft 365."""
    rows = Connection.objects.of_kind(KIND).filter(**{f"settings__{MICROSOFT_365}": str(application.pk)})
    return [MailboxName(row.settings[MAILBOX]) for row in rows if row.settings.get(MAILBOX)]


def meetings_seen_by(actor: Actor) -> MeetingQuerySet:
    return Meeting.objects.visible_to(actor).with_all()


def own_meetings_ahead(agent: Agent, *, now: datetime | None = None) -> list[Meeting]:
    """Those that `agent` has arranged or is asked to, and may still read of, the next one first."""
    rows = meetings_seen_by(agent).ahead_of(agent, now or timezone.now())
    return list(rows.order_by("starts_at", "id")[:MOST_AHEAD])


MOST_AHEAD = 200
