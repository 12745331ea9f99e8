"""One's own reminders and meetings for a calendar program, at a secret address made and revoked in the account."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.auth import AgentRequest, agent_required
from connectors.meetings.selectors import own_meetings_ahead
from core.errors import DomainError, Invalid
from desk.meetings.parts import event_of
from desk.people.views.common import refuse
from sla.reminders import services
from sla.reminders.errors import RemindersForbidden
from sla.reminders.ical import Event, calendar
from sla.reminders.models import Reminder
from sla.reminders.policies import may_have_reminders
from sla.reminders.recurrence import runs
from sla.reminders.selectors import feed_of, own_open_reminders, reader_of_feed
from sla.reminders.wording import describe, reference_of

AHEAD = timedelta(days=92)
"""How far the runs of a recurring reminder are told."""
MOST_RUNS = 100


@never_cache
@require_http_methods(["GET", "POST"])
@agent_required
def own_calendar(request: AgentRequest) -> HttpResponse:
    """`step=open` makes a new address and shows it this once; `step=close` revokes it."""
    agent, address = request.agent, ""
    if not may_have_reminders(agent):
        return refuse(request, RemindersForbidden())
    if request.method == "POST":
        try:
            match request.POST.get("step"):
                case "close":
                    services.close_feed(agent, by=agent)
                    messages.success(request, _("The address opens nothing any more."))
                    return redirect("desk:own-calendar")
                case "open":
                    token = services.open_feed(agent, by=agent)
                case _step:
                    raise Invalid({"step": _("Open or close the address.")})
        except DomainError as refusal:
            return refuse(request, refusal)
        address = request.build_absolute_uri(reverse("desk:calendar-feed", args=[token]))
    return render(request, "desk/reminders/calendar.html", {"feed": feed_of(agent), "address": address})


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Own words and references alone: nobody knows where a calendar keeps what it has read. Needs no signing in."""
    agent = reader_of_feed(token)
    if agent is None:
        raise Http404
    now = timezone.now()
    with translation.override(agent.language or settings.LANGUAGE_CODE):
        events = [event for row in own_open_reminders(agent) for event in _events_of(row, now=now)]
        events += [event_of(row, agent) for row in own_meetings_ahead(agent, now=now)]
        body = calendar(_("Reminders"), events)
    headers = {"Content-Disposition": 'inline; filename="reminders.ics"', "Cache-Control": "private, no-store"}
    return HttpResponse(body, content_type="text/calendar; charset=utf-8", headers=headers)


def _events_of(reminder: Reminder, *, now: datetime) -> Iterator[Event]:
    """The reminder itself, which a calendar knows again when it has moved, and of a recurring one what follows, by its
    day.
    """
    reference = reference_of(reminder)
    url = settings.SITE_URL.rstrip("/") + reverse("desk:ticket", args=[reference]) if reference else ""
    words = describe(reminder)
    following = ((f"{reminder.pk}.{at.astimezone(reminder.zone):%Y%m%d}", at) for at in _following(reminder, now))
    for name, at in ((str(reminder.pk), reminder.wanted_at), *following):
        yield Event(
            uid=f"{name}@{settings.MESSAGE_ID_DOMAIN}",
            at=at,
            summary=f"{reference} {words}".strip(),
            url=url,
            changed_at=reminder.updated_at,
            sequence=reminder.version,
        )


def _following(reminder: Reminder, now: datetime) -> Iterator[datetime]:
    if (rule := reminder.recurrence) is None:
        return iter(())
    later = runs(rule, max(now, reminder.wanted_at), reminder.zone)
    return islice(takewhile(lambda at: at <= now + AHEAD, later), MOST_RUNS)
