"""Who is told what in the app: once, never the actor, nobody who may not see it (acceptance 053; domain.md 14, 16)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import AbsenceKind, Role
from accounts.services import record_absence
from core.events import deliver_due
from core.models import EventDelivery
from notifications.models import Notification
from notifications.selectors import unread_count
from notifications.services import mark_read, mark_ticket_read
from notifications.wording import describe
from tests.factories import AbsenceFactory, AgentFactory, TeamFactory, TicketFactory
from tickets.services import add_note, confirm_by_customer, offer_ticket, record_customer_message, resolve_ticket, watch
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


def told(agent) -> list[tuple[str, str]]:
    deliver_due(limit=1000)
    rows = Notification.objects.filter(recipient=agent).order_by("created_at", "id")
    return [(row.event_type, row.ticket.reference if row.ticket else "") for row in rows]


def customer_writes(ticket) -> None:
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="Any news?"))


def test_053_the_owner_is_told_of_a_customer_message() -> None:
    owner, colleague = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=owner)
    colleague.teams.add(ticket.team)
    customer_writes(ticket)
    assert told(owner) == [("customer_reply", ticket.reference)]
    assert told(colleague) == []
    assert (
        describe(owner.notifications.get()) == f"{ticket.requester.name} wrote on {ticket.reference}: {ticket.subject}"
    )


def test_a_repeated_delivery_tells_nothing_twice() -> None:
    owner = AgentFactory()
    ticket = TicketFactory(owner=owner)
    customer_writes(ticket)
    told(owner)
    EventDelivery.objects.update(done_at=None, leased_until=None)
    assert told(owner) == [("customer_reply", ticket.reference)]


def test_the_deputy_is_told_in_place_of_the_absent_owner() -> None:
    owner, deputy = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=owner)
    AbsenceFactory(agent=owner, deputy=deputy)
    customer_writes(ticket)
    assert told(deputy) == [("customer_reply", ticket.reference)]


def test_nobody_is_told_of_their_own_act() -> None:
    owner = AgentFactory()
    ticket = TicketFactory(owner=owner)
    add_note(ticket.pk, by=owner, body_text="Called the vendor.")
    assert told(owner) == []


def test_a_watcher_is_told_only_while_they_may_see_the_ticket() -> None:
    owner, watcher, stranger = AgentFactory.create_batch(3)
    ticket = TicketFactory(owner=owner)
    watcher.teams.add(ticket.team)
    watch(ticket.pk, by=watcher)
    watch(ticket.pk, by=stranger)
    add_note(ticket.pk, by=owner, body_text="Called the vendor.")
    assert told(watcher) == [("note_added", ticket.reference)]
    assert told(stranger) == []


def test_the_candidate_of_an_offer_is_told() -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    team = TeamFactory(lead=lead)
    ann = AgentFactory(teams=[team])
    ticket = TicketFactory(team=team)
    offer_ticket(ticket.pk, to=ann, by=lead)
    assert told(ann) == [("ticket_assigned", ticket.reference)]


def test_the_owner_is_told_of_the_confirmation() -> None:
    owner = AgentFactory()
    ticket = TicketFactory(owner=owner)
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Done.")
    confirm_by_customer(ticket.pk, by=ticket.requester, round=0)
    assert told(owner) == [("ticket_closed", ticket.reference)]


def test_a_long_absence_tells_deputy_and_supervisor_with_the_open_tickets() -> None:
    supervisor, deputy, owner = AgentFactory(roles=[Role.SUPERVISOR]), AgentFactory(), AgentFactory()
    ticket = TicketFactory(team=TeamFactory(supervisor=supervisor), owner=owner)
    today = timezone.now().date()
    record_absence(
        owner.pk,
        by=owner,
        kind=AbsenceKind.EXTENDED_LEAVE,
        starts_on=today + timedelta(days=1),
        ends_on=today + timedelta(days=31),
        deputy=deputy,
    )
    assert told(deputy) == [("cover_started", "")]
    assert told(supervisor) == [("long_absence", "")]
    assert supervisor.notifications.get().payload["tickets"] == [ticket.reference]


def test_the_badge_counts_what_is_unread() -> None:
    owner = AgentFactory()
    first, second = TicketFactory(owner=owner), TicketFactory(owner=owner)
    for ticket in (first, second, second):
        customer_writes(ticket)
    told(owner)
    assert unread_count(owner) == 3
    mark_ticket_read(owner, second.pk)
    assert unread_count(owner) == 1
    assert mark_read(AgentFactory()) == 0
    assert mark_read(owner) == 1
    assert unread_count(owner) == 0
