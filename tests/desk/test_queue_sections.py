"""The own queue stands in sections, each row says why it stands there, and J and K follow the same order."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Agent
from desk.neighbours import neighbour_of
from envelopes.services import post_in_envelope
from sla.reminders.services import create_reminder, trigger_due_reminders
from sla.scores.enums import Section, Why
from sla.scores.sections import QUEUE, with_sections
from sla.services import note_missed
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of
from tests.factories import AbsenceFactory, EnvelopeFactory, TicketFactory
from tests.sla.conftest import MONDAY_NINE
from tickets.models import Ticket
from tickets.services import offer_ticket, record_customer_message, reply_to_customer, wait_for_customer
from tickets.services.conversation import release_due_messages
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(MONDAY_NINE, tick=False) as traveller:
        yield traveller


def answered(desk: Desk, clock: Any, **values: Any) -> Ticket:
    """Owned by Mara, who has answered: what is left is the promise of its resolution."""
    ticket = TicketFactory(team=desk.team, owner=desk.mara, **values)
    reply_to_customer(ticket.pk, by=desk.mara, body_text=f"We look at it: {ticket.subject}")
    clock.shift(minutes(1))
    release_due_messages(now=timezone.now())
    return ticket


def write_again(ticket: Ticket, clock: Any) -> None:
    clock.shift(minutes(1))
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="And now?"))


def place_of(ticket: Ticket, desk: Desk, at: datetime | None = None) -> tuple[Section, Why]:
    row = with_sections(Ticket.objects.filter(pk=ticket.pk), desk.mara, at or timezone.now()).get()
    return Section(row.section), Why(row.why)


def test_112_what_is_due_within_the_hour_and_what_is_missed_need_attention(desk: Desk, clock: Any) -> None:
    ticket = answered(desk, clock)
    assert place_of(ticket, desk, MONDAY_NINE + minutes(120)) == (Section.ON_TRACK, Why.ON_TRACK), "due in six hours"
    assert place_of(ticket, desk, MONDAY_NINE + minutes(420)) == (Section.ON_TRACK, Why.ON_TRACK), "exactly an hour"
    assert place_of(ticket, desk, MONDAY_NINE + minutes(435)) == (Section.NEEDS_ATTENTION, Why.DUE_SOON), (
        "in 45 minutes"
    )
    assert place_of(ticket, desk, MONDAY_NINE + minutes(481)) == (Section.NEEDS_ATTENTION, Why.MISSED), (
        "before the sweep"
    )


def test_112_missed_comes_before_the_customers_reply(desk: Desk, clock: Any) -> None:
    ticket = answered(desk, clock)
    write_again(ticket, clock)
    assert place_of(ticket, desk) == (Section.NEEDS_ATTENTION, Why.CUSTOMER_REPLY)
    clock.move_to(MONDAY_NINE + timedelta(days=2))
    note_missed(now=timezone.now())
    assert place_of(ticket, desk) == (Section.NEEDS_ATTENTION, Why.MISSED)


def test_112_the_customers_and_the_experts_turn_are_waiting_until_the_expert_has_answered(
    desk: Desk, clock: Any
) -> None:
    ticket, helped = answered(desk, clock), answered(desk, clock)
    wait_for_customer(ticket.pk, by=desk.mara)
    assert place_of(ticket, desk) == (Section.WAITING_ON_OTHERS, Why.WAITS_FOR_CUSTOMER)
    envelope = EnvelopeFactory(ticket=helped, team=desk.other_team, expert=desk.nina)
    assert place_of(helped, desk) == (Section.WAITING_ON_OTHERS, Why.WAITS_FOR_COLLEAGUES)
    post_in_envelope(envelope.pk, by=desk.nina, body_text="Which port is it?")
    assert place_of(helped, desk) == (Section.NEEDS_ATTENTION, Why.HELP)


def test_112_a_high_score_needs_attention_unless_it_is_others_turn(desk: Desk, clock: Any) -> None:
    ticket = answered(desk, clock)
    Ticket.objects.filter(pk=ticket.pk).update(priority_score=80)
    assert place_of(ticket, desk) == (Section.NEEDS_ATTENTION, Why.SCORE)
    Ticket.objects.filter(pk=ticket.pk).update(priority_score="79.99")
    assert place_of(ticket, desk) == (Section.ON_TRACK, Why.ON_TRACK)
    wait_for_customer(ticket.pk, by=desk.mara)
    Ticket.objects.filter(pk=ticket.pk).update(priority_score=200)
    assert place_of(ticket, desk) == (Section.WAITING_ON_OTHERS, Why.WAITS_FOR_CUSTOMER)


def test_112_a_reminder_that_is_due_needs_its_person_and_nobody_else(desk: Desk, clock: Any) -> None:
    ticket = answered(desk, clock)
    create_reminder("follow_up", by=desk.mara, ticket_id=ticket.pk, trigger_at=timezone.now() + minutes(5))
    assert place_of(ticket, desk) == (Section.ON_TRACK, Why.ON_TRACK)
    clock.shift(minutes(6))
    trigger_due_reminders(now=timezone.now())
    assert place_of(ticket, desk) == (Section.NEEDS_ATTENTION, Why.REMINDER)
    other = with_sections(Ticket.objects.filter(pk=ticket.pk), desk.jonas, timezone.now()).get()
    assert other.why == Why.ON_TRACK


def test_that_colleagues_wait_for_the_owner_is_told_to_who_handles_the_ticket(desk: Desk, clock: Any) -> None:
    ticket = answered(desk, clock)
    envelope = EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=desk.nina)
    post_in_envelope(envelope.pk, by=desk.nina, body_text="Which port is it?")
    found = {
        who.name: Why(with_sections(Ticket.objects.filter(pk=ticket.pk), who, timezone.now()).get().why)
        for who in (desk.mara, desk.jonas, desk.nina)
    }
    assert found == {
        desk.mara.name: Why.HELP,
        desk.jonas.name: Why.WAITS_FOR_COLLEAGUES,
        desk.nina.name: Why.WAITS_FOR_COLLEAGUES,
    }


def test_deputies_are_told_what_the_tickets_they_cover_wait_for(desk: Desk, clock: Any) -> None:
    ticket = answered(desk, clock)
    envelope = EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=desk.nina)
    post_in_envelope(envelope.pk, by=desk.nina, body_text="Which port is it?")
    for absent in (desk.mara, desk.nina):
        AbsenceFactory(agent=absent, deputy=desk.jonas)
    html = html_of(desk.browser(desk.jonas).get("/queue/mine/"))
    assert html.index("Needs attention") < html.index(ticket.reference) < html.index(str(Why.HELP.label))


def queue_of(desk: Desk, clock: Any) -> list[Ticket]:
    """In the order in which they stand."""
    calm = answered(desk, clock, subject="Calm")
    waiting = answered(desk, clock, subject="Waiting", priority="critical")
    wait_for_customer(waiting.pk, by=desk.mara)
    pressing = answered(desk, clock, subject="Pressing")
    write_again(pressing, clock)
    burning = TicketFactory(team=desk.team, owner=desk.mara, subject="Burning", priority="critical")
    return [burning, pressing, waiting, calm]


def test_112_the_queue_stands_in_sections_and_says_why(desk: Desk, clock: Any) -> None:
    queue_of(desk, clock)
    html = html_of(desk.browser(desk.mara).get("/queue/mine/"))
    told = [
        "Needs attention",
        "Burning",
        "Pressing",
        "The customer has replied",
        "Waiting on others",
        "On track",
        "Calm",
    ]
    places = [html.index(words) for words in told]
    assert places == sorted(places), told


def test_112_neighbours_follow_the_order_of_the_sections(desk: Desk, clock: Any) -> None:
    tickets = queue_of(desk, clock)
    order = [ticket.reference for ticket in tickets]
    fresh = [Ticket.objects.get(pk=ticket.pk) for ticket in tickets]
    assert [neighbour_of(desk.mara, each, "", is_next=True) for each in fresh] == [*order[1:], None]
    assert [neighbour_of(desk.mara, each, "", is_next=False) for each in fresh] == [None, *order[:-1]]


def test_of_equal_score_the_one_due_first_comes_first_and_those_without_promise_last(desk: Desk, clock: Any) -> None:
    none, later, sooner = (answered(desk, clock) for _number in range(3))
    Ticket.objects.filter(owner=desk.mara).update(priority_score=50)
    for ticket, due_at in ((none, None), (later, MONDAY_NINE + minutes(400)), (sooner, MONDAY_NINE + minutes(300))):
        Ticket.objects.filter(pk=ticket.pk).update(resolution_due_at=due_at)
    rows = with_sections(Ticket.objects.filter(owner=desk.mara), desk.mara, timezone.now()).order_by(*QUEUE)
    assert [row.pk for row in rows] == [sooner.pk, later.pk, none.pk]


def test_a_queue_longer_than_a_page_goes_on_in_its_sections(desk: Desk, clock: Any) -> None:
    Agent.objects.filter(pk=desk.mara.pk).update(max_tickets=60)
    for number in range(52):
        TicketFactory(team=desk.team, owner=desk.mara, requester=desk.dana, subject=f"Case {number:02}.")
    last = answered(desk, clock, subject="Calm one")
    browser = desk.browser(desk.mara)
    first = browser.get("/queue/mine/")
    second = browser.get(f"/queue/mine/{first.context['next_url']}")
    assert "On track" not in html_of(first)
    for page in (first, second):
        assert "queue__group" in html_of(page)
        assert not any(group["count"] for group in page.context["groups"]), "of a page nobody wants the number"
    html = html_of(second)
    assert html.index("Needs attention") < html.index("Case 51.") < html.index("On track") < html.index("Calm one")
    assert last.reference in html


def test_sections_cost_the_same_for_one_and_for_many(desk: Desk, clock: Any) -> None:
    answered(desk, clock)
    browser = desk.browser(desk.mara)
    browser.get("/queue/mine/")
    one = len(statements_of(browser, "/queue/mine/"))
    queue_of(desk, clock)
    assert len(statements_of(browser, "/queue/mine/")) == one


def test_what_is_offered_to_one_needs_a_decision(desk: Desk, clock: Any) -> None:
    ticket = TicketFactory(team=desk.team, priority="low")
    offer_ticket(ticket.pk, to=desk.mara, by=desk.lea)
    assert place_of(ticket, desk) == (Section.NEEDS_ATTENTION, Why.OFFERED)
