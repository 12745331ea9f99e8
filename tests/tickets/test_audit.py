"""Tags, links and participants are in the history with their actor, and cost the daily acts nothing."""

from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.history import get_or_record
from core.trail import acts_on
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.models import Tag, Ticket, TicketLink, TicketParticipant, TicketTag
from tickets.services import (
    accept_ticket,
    edit_ticket,
    link_tickets,
    record_customer_message,
    release_message,
    reply_to_customer,
)
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db

HISTORY = ("history_type", "actor_name", "history_user_id")


def tagged(ticket: Ticket, *tags: str, by: Any) -> None:
    edit_ticket(ticket.pk, by=by, version=Ticket.objects.get(pk=ticket.pk).version, tags=tags)


def test_who_put_a_tag_on_and_who_took_it_off_is_told() -> None:
    ann, bob = AgentFactory(name="Ann"), AgentFactory(name="Bob")
    ticket = TicketFactory(owner=ann)
    ticket.team.lead = bob
    ticket.team.save()
    bob.roles = ["team_lead"]
    bob.save()
    tagged(ticket, "printer", "paper", by=ann)
    tagged(ticket, "Printer", by=bob)
    rows = TicketTag.history.order_by("history_id").values_list("tag__name", *HISTORY)
    assert sorted(rows[:2]) == [("paper", "+", "Ann", ann.user_id), ("printer", "+", "Ann", ann.user_id)]
    assert list(rows[2:]) == [("paper", "-", "Bob", bob.user_id)]
    assert [tag.name for tag in ticket.tags.all()] == ["printer"]
    told = [(act.who, act.what) for act in acts_on(ticket, parts=("tag_links",)) if act.what.startswith("Tag")]
    assert told == [("Bob", "Tag: removed"), ("Ann", "Tag: created"), ("Ann", "Tag: created")]
    assert Tag.objects.count() == 2
    assert set(Tag.history.values_list(*HISTORY)) == {("+", "Ann", ann.user_id)}


@pytest.mark.django_db(transaction=True)
def test_the_same_new_tag_on_many_tickets_at_once_is_one_tag() -> None:
    owner = AgentFactory()
    team = TeamFactory()
    tickets = [TicketFactory(team=team, owner=owner) for _number in range(6)]
    outcomes = in_parallel(*(lambda ticket=ticket: tagged(ticket, "storm", by=owner) for ticket in tickets))
    assert outcomes == [None] * 6
    assert (Tag.objects.count(), Tag.history.count(), TicketTag.objects.count()) == (1, 1, 6)


@pytest.mark.django_db(transaction=True)
def test_the_same_new_tags_in_another_order_do_not_wait_for_each_other() -> None:
    """Two that hold one tag each and want the other's end in a deadlock; many tags make them meet."""
    team = TeamFactory()
    tickets = [TicketFactory(team=team, owner=AgentFactory()) for _number in range(4)]
    for turn in range(5):
        names = [f"storm {turn} {number}" for number in range(30)]
        orders = (names, names[::-1], names, names[::-1])
        outcomes = in_parallel(
            *(
                lambda ticket=ticket, order=order: tagged(ticket, *order, by=ticket.owner)
                for ticket, order in zip(tickets, orders, strict=True)
            )
        )
        assert outcomes == [None] * 4
    assert (Tag.objects.count(), TicketTag.objects.count()) == (150, 120)


@pytest.mark.parametrize("names", [("i", "İ"), ("İ", "i"), ("İ",)])
def test_tags_that_are_one_to_the_database_alone_are_one(names: tuple[str, ...]) -> None:
    """PostgreSQL's lower("İ") is "i", Python's is not."""
    ann = AgentFactory(name="Ann")
    first, second = TicketFactory(owner=ann), TicketFactory(owner=ann)
    tagged(first, *names, by=ann)
    tagged(second, *reversed(names), by=ann)
    assert Tag.objects.count() == 1
    assert [ticket.tags.get() for ticket in (first, second)] == [Tag.objects.get()] * 2


def test_a_row_that_stands_in_the_way_and_is_not_found_is_no_missing_row() -> None:
    ann = AgentFactory(name="Ann")
    tagged(TicketFactory(owner=ann), "Paper", by=ann)
    with pytest.raises(IntegrityError):
        get_or_record(Tag.objects.all(), by=ann, name="paper")


def test_links_and_participants_are_told_with_their_actor() -> None:
    ann = AgentFactory(name="Ann")
    ticket, other = TicketFactory(owner=ann), TicketFactory(owner=ann)
    link_tickets(ticket.pk, to=other, kind="related", by=ann)
    link_tickets(ticket.pk, to=other, kind="related", by=ann)
    assert list(TicketLink.history.values_list(*HISTORY)) == [("+", "Ann", ann.user_id)]
    follow_up = TicketFactory(follow_up_of=other)
    assert TicketLink.history.get(from_ticket=follow_up).actor_name == "test intake"
    boss = ContactFactory(first_name="Gina", last_name="Boss", email="gina@customer.test")
    for _time in range(2):
        record_customer_message(ticket.pk, by=boss, message=Message(body_text="Please hurry."))
    assert list(TicketParticipant.history.values_list(*HISTORY)) == [("+", "Gina Boss <gina@customer.test>", None)]


def test_the_daily_acts_do_not_touch_the_tables_of_tags_links_and_participants() -> None:
    team = TeamFactory()
    ann = AgentFactory(teams=[team])
    with CaptureQueriesContext(connection) as queries:
        ticket = TicketFactory(team=team)
        accept_ticket(ticket.pk, by=ann)
        message = reply_to_customer(ticket.pk, by=ann, body_text="We are on it.")
        release_message(message.pk, now=message.release_at)
        record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="Thanks."))
    assert ticket.created_at < timezone.now()
    tables = ("tag", "ticketlink", "ticketparticipant")
    assert [query["sql"] for query in queries if any(table in query["sql"] for table in tables)] == []
