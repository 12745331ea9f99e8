"""A team with all its people, a ticket of it, and a clock that goes on minute by minute when a test says so."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.enums import Role
from accounts.models import Agent
from core.models import new_id
from notifications.enums import EventType
from notifications.models import Notification
from sla.alerts.models import Alert
from sla.alerts.services import follow_matrix, raise_due_alerts, tell_of_alerts
from sla.services import end_pauses, note_missed
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.models import Ticket
from tickets.services import add_note, record_customer_message, reply_to_customer
from tickets.services.conversation import release_due_messages
from tickets.services.creation import Message

MONDAY_NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""09:00 in Berlin; the default calendar is open from 08:00 to 18:00."""


class Watched:
    """All that is due is done at each minute that the clock comes to."""

    def __init__(self, clock: time_machine.Traveller) -> None:
        self.clock = clock
        self.now = MONDAY_NINE
        self.supervisor: Agent = AgentFactory(name="Sara", roles=[Role.SUPERVISOR])
        self.manager: Agent = AgentFactory(name="Max", roles=[Role.MANAGER])
        self.team = TeamFactory(supervisor=self.supervisor, manager=self.manager)
        self.owner: Agent = AgentFactory(name="Olga", teams=[self.team])

    def ticket(self, *, owned: bool = True, priority: str = "critical", **values: Any) -> Ticket:
        owner = self.owner if owned else None
        made: Ticket = TicketFactory(team=self.team, owner=owner, priority=priority, **values)
        return made

    def at(self, moment: datetime) -> None:
        """Go there without a look at what is due."""
        self.now = moment
        self.clock.move_to(moment, tick=False)

    def sweep(self) -> None:
        """As one run of the timers that concern alerts."""
        for timer in (end_pauses, note_missed, follow_matrix, raise_due_alerts, tell_of_alerts):
            while timer(now=self.now):
                pass

    def walk(self, minutes: int) -> None:
        """Minute by minute."""
        for _minute in range(minutes):
            self.at(self.now + timedelta(minutes=1))
            self.sweep()

    def jump(self, **amount: float) -> None:
        """As after a time in which nobody looked."""
        self.at(self.now + timedelta(**amount))
        self.sweep()

    def note(self, ticket: Ticket, text: str = "Port 7 is dead.") -> None:
        add_note(ticket.pk, by=self.owner, body_text=text)

    def waits(self, ticket: Ticket) -> None:
        """Answered, released at once, and the customer's turn from now on."""
        with time_machine.travel(self.now - timedelta(minutes=1), tick=False):
            reply_to_customer(ticket.pk, by=self.owner, body_text=f"Please look {new_id()}", then="wait_for_customer")
        release_due_messages(now=self.now)

    def customer_writes(self, ticket: Ticket) -> None:
        record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="And now?"))


def fired(ticket: Ticket, condition: str = "", start: datetime = MONDAY_NINE) -> list[tuple[int, int, int, str]]:
    """Cycle, level, minutes since `start`, status."""
    rows = Alert.objects.filter(ticket=ticket).order_by("triggered_at", "cycle", "level")
    if condition:
        rows = rows.filter(condition=condition)
    minute = timedelta(minutes=1)
    return [(row.cycle, row.level, (row.triggered_at - start) // minute, row.status) for row in rows]


def told(*people: Agent) -> list[list[Any]]:
    """Of each, the alerts they were told of: condition and level."""
    rows = Notification.objects.filter(event_type=EventType.ALERT).order_by("created_at", "id")
    return [
        [(row.payload["condition"], row.payload["level"]) for row in rows if row.recipient_id == person.pk]
        for person in people
    ]


@pytest.fixture
def desk(db: None) -> Iterator[Watched]:
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        yield Watched(clock)
