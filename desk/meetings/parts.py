"""Meetings as their pages show them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from connectors.meetings.enums import Answer, MeetingState
from connectors.meetings.models import Meeting
from connectors.meetings.wording import moment_in_words
from core.labels import label_of
from desk.envelopes.tabs import tab_url
from envelopes.models import Envelope
from sla.reminders.ical import Event
from tickets.models import Ticket

Part = dict[str, Any]  # what a template takes
TONES = {MeetingState.ARRANGED: "ok", MeetingState.FAILED: "danger"}
ICONS = {
    MeetingState.SENDING: "send",
    MeetingState.ARRANGED: "check",
    MeetingState.FAILED: "circle-alert",
    MeetingState.CANCELLED: "circle-x",
}


def part_of(meeting: Meeting, now: datetime) -> Part:
    state = meeting.state
    copy = meeting.in_calendar
    return {
        "title": meeting.title,
        "starts_at": moment_in_words(meeting.starts_at),
        "ends_at": moment_in_words(meeting.ends_at),
        "minutes": meeting.minutes,
        "state": {"label": state.label, "tone": TONES.get(state, ""), "icon": ICONS[state]},
        "error": str(copy.error or ""),
        "is_over": meeting.is_over(now),
        "join_url": "" if meeting.is_over(now) else copy.join_url,
        "url": reverse("desk:meeting", args=[meeting.ticket.reference, meeting.pk]),
        "people": len(meeting.attendees),
    }


def answers_of(meeting: Meeting) -> list[Part]:
    """Who is invited, with what they have answered; to an envelope's none are asked for (`calendars.made_once`)."""
    answers = meeting.in_calendar.answers
    return [
        {
            "term": address,
            "value": "" if meeting.envelope_id else label_of(Answer, answers.get(address, Answer.NONE)),
        }
        for address in meeting.attendees
    ]


def groups_of(meetings: Iterable[Meeting], now: datetime) -> list[Part]:
    """What lies ahead, the next first; what is over or cancelled, the last first."""
    parts = [part_of(meeting, now) for meeting in meetings]
    ahead = [part for part in parts if not part["is_over"]][::-1]
    over = [part for part in parts if part["is_over"]]
    named = (("ahead", _("Ahead"), ahead), ("over", _("Over or cancelled"), over))
    return [{"id": f"meetings-{name}", "title": title, "rows": rows} for name, title, rows in named if rows]


def event_of(meeting: Meeting, agent: Agent) -> Event:
    """For the agent's calendar program: own words and the reference alone, as of their reminders."""
    words = meeting.title if meeting.arranged_by_id == agent.pk else _("Meeting")
    reference = meeting.ticket.reference
    return Event(
        uid=f"{meeting.pk}@{settings.MESSAGE_ID_DOMAIN}",
        at=meeting.starts_at,
        minutes=meeting.minutes,
        is_busy=True,
        summary=f"{reference} {words}",
        url=settings.SITE_URL.rstrip("/") + reverse("desk:meeting", args=[reference, meeting.pk]),
        changed_at=meeting.updated_at,
        sequence=meeting.version,
    )


def place_of(ticket: Ticket, envelope: Envelope | None) -> Part:
    """Where the meetings belong, with the addresses of the ways back."""
    if envelope is None:
        here = reverse("desk:meetings", args=[ticket.reference])
        return {"url": reverse("desk:ticket", args=[ticket.reference]), "label": ticket.reference, "here": here}
    label = _("Envelope %(number)s") % {"number": envelope.number}
    here = reverse("desk:envelope-meetings", args=[ticket.reference, envelope.number])
    return {"url": tab_url(ticket.reference, envelope.number), "label": f"{ticket.reference} · {label}", "here": here}


def usual_people(agent: Agent, ticket: Ticket, envelope: Envelope | None) -> str:
    """Whom a new meeting begins with, one a line: whoever arranges it, and the other side."""
    if envelope is None:
        others = [ticket.requester.email]
    else:
        experts = envelope.participants.filter(left_at__isnull=True).select_related("agent").order_by("created_at")
        owner = [ticket.owner.email] if ticket.owner else []
        others = [*owner, *(row.agent.email for row in experts), *envelope.vendor_addresses]
    return "\n".join(dict.fromkeys(address.lower() for address in (agent.email, *others)))


def who_may_come(envelope: Envelope | None) -> str:
    if envelope is None:
        return _("E-mail addresses, one a line. The customer is invited too while their address stands here.")
    return _("E-mail addresses of those who take part in the envelope, one a line. The customer learns nothing of it.")
