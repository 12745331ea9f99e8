from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import Agent
from core.events import deliver_all
from core.timers import run_all
from notifications.models import Notification
from notifications.wording import describe as say
from sla.reminders.models import Reminder
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.models import Ticket

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""Ten o'clock in Berlin."""


PROMISES = ("sla_warning", "sla_breach")


class Desk:
    """A desk at a moment: what is to happen after the commit has happened, what is due has been brought up."""

    def __init__(self, clock: time_machine.Traveller) -> None:
        self.clock = clock
        self.now = MONDAY
        self.mara: Agent = AgentFactory(name="Mara Weiss", teams=[TeamFactory()])

    def ticket(self, **more: Any) -> Ticket:
        """Mara's."""
        made: Ticket = TicketFactory(team=self.mara.teams.get(), owner=self.mara, **more)
        self.settle()
        return made

    def settle(self) -> None:
        deliver_all(limit=100)

    def at(self, moment: datetime) -> None:
        """Go there, minute of minutes, and run what beat runs."""
        self.now = moment
        self.clock.move_to(moment, tick=False)
        assert run_all(now=moment).failed == []
        self.settle()

    def later(self, **more: float) -> None:
        self.at(self.now + timedelta(**more))

    def open(self, *kinds: str, of: Agent | None = None) -> list[Reminder]:
        """Without `kinds`, all but those of promises."""
        rows = Reminder.objects.open().filter(agent=of or self.mara).order_by("trigger_at")
        return list(rows.filter(kind__in=kinds) if kinds else rows.exclude(kind__in=PROMISES))

    def told(self, person: Agent | None = None, *events: str) -> list[str]:
        """What the notifications of reminders say, without `events` all but those of promises."""
        rows = Notification.objects.filter(recipient=person or self.mara).order_by("created_at", "id")
        return [say(row) for row in rows.filter(event_type__in=events or ["reminder"])]


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield Desk(clock)
