"""The secret address at which a calendar program reads one's own reminders."""

import secrets

from accounts.models import Agent
from core.actors import Actor
from core.history import record, record_deletion
from core.service import service
from sla.reminders.errors import RemindersForbidden
from sla.reminders.models import CalendarFeed
from sla.reminders.policies import may_have_reminders

BYTES = 32


@service
def open_feed(agent: Agent, *, by: Actor) -> str:
    """A new token for one's own address; the former one, if there was any, opens nothing any more.

    The token is told once and not kept. Raises RemindersForbidden.
    """
    if not isinstance(by, Agent) or by.pk != agent.pk or not may_have_reminders(by):
        raise RemindersForbidden
    token = secrets.token_urlsafe(BYTES)
    Agent.objects.for_update().get(pk=agent.pk)  # stands for the row that may not be there yet
    feed = CalendarFeed.objects.filter(agent=agent).first() or CalendarFeed(agent=agent)
    feed.token_hash = CalendarFeed.hash_of(token)
    record(feed, by=by)
    return token


@service
def close_feed(agent: Agent, *, by: Actor) -> bool:
    """The address opens nothing any more; False if there was none."""
    if not isinstance(by, Agent) or by.pk != agent.pk:
        raise RemindersForbidden
    found = CalendarFeed.objects.select_for_update(of=("self",), no_key=True).filter(agent=agent).first()
    if found is None:
        return False
    record_deletion(found, by=by)
    return True
