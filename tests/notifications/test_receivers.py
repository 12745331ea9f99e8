"""Who is told what in the app: once, never the actor, nobody who may not see it (acceptance 053; domain.md 14, 16)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent
from core.events import deliver_due, publish
from core.models import EventDelivery
from notifications.enums import EventType
from notifications.models import Notification
from notifications.receivers import concerned
from notifications.selectors import notifications_of, unread_count
from notifications.services import mark_read, notify
from notifications.wording import describe
from tests.factories import AbsenceFactory, AgentFactory, TeamFactory, TicketFactory
from tickets.events import MessageNotSent
from tickets.models import OutboundMessage, Ticket
from tickets.selectors import readers_among
from tickets.services import (
    add_flag,
    add_note,
    cancel_task,
    confirm_by_customer,
    confirm_ticket,
    create_task,
    edit_task,
    finish_task,
    offer_ticket,
    record_customer_message,
    release_message,
    reopen_ticket,
    reply_to_customer,
    resolve_ticket,
    start_task,
    watch,
    withdraw_offer,
)
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


def test_nobody_is_told_that_they_reopened_or_closed_a_ticket_themselves() -> None:
    owner, watcher = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=owner)
    watcher.teams.add(ticket.team)
    watch(ticket.pk, by=watcher)
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="The queue was restarted.")
    reopen_ticket(ticket.pk, by=owner, reason="It is back.")
    assert told(watcher) == [("ticket_reopened", ticket.reference)]
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="The disk was replaced.")
    confirm_ticket(ticket.pk, by=owner)
    assert told(owner) == []


def test_the_owner_is_told_that_somebody_else_reopened_their_ticket() -> None:
    owner, supervisor = AgentFactory(), AgentFactory(roles=[Role.SUPERVISOR])
    ticket = TicketFactory(owner=owner, team__supervisor=supervisor)
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="The queue was restarted.")
    reopen_ticket(ticket.pk, by=supervisor, reason="It is back.")
    assert told(owner) == [("ticket_reopened", ticket.reference)]


def test_a_candidate_is_not_told_of_an_offer_that_they_ended_themselves() -> None:
    lead = AgentFactory(roles=[Role.AGENT, Role.TEAM_LEAD])
    ticket = TicketFactory(team__lead=lead)
    lead.teams.add(ticket.team)
    offer_ticket(ticket.pk, to=lead, by=lead)
    withdraw_offer(ticket.pk, by=lead)
    assert told(lead) == []


def test_a_watcher_is_told_only_while_they_may_see_the_ticket() -> None:
    owner, watcher, stranger = AgentFactory.create_batch(3)
    ticket = TicketFactory(owner=owner)
    watcher.teams.add(ticket.team)
    watch(ticket.pk, by=watcher)
    watch(ticket.pk, by=stranger)
    add_note(ticket.pk, by=owner, body_text="Called the vendor.")
    assert told(watcher) == [("note_added", ticket.reference)]
    assert told(stranger) == []


def test_telling_costs_the_same_for_one_watcher_and_for_five() -> None:
    owner = AgentFactory()
    ticket = TicketFactory(owner=owner)
    counts, seen = [], []
    for more in (1, 4):
        for agent in AgentFactory.create_batch(more, teams=[ticket.team]):
            watch(ticket.pk, by=agent)
        with CaptureQueriesContext(connection) as queries:
            seen.append(len(concerned(Ticket.objects.select_related("owner").get(pk=ticket.pk))))
        counts.append(len(queries))
    assert (seen, counts) == ([2, 6], [5, 5])


def test_watchers_are_told_by_whatever_way_they_see_the_ticket_and_by_no_other() -> None:
    """The bulk answer is the same as each person's own, in every role and by every way."""
    deputy, absent = AgentFactory(), AgentFactory()
    lead, supervisor, manager = (AgentFactory(roles=[role]) for role in (Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER))
    above = TeamFactory(manager=manager)
    team = TeamFactory(lead=lead, supervisor=supervisor, parent=above)
    gone = AgentFactory(teams=[team], is_active=False)
    plain = AgentFactory(teams=[team])
    offered, auditor, admin, stranger = (
        AgentFactory(),
        AgentFactory(roles=[Role.AUDITOR]),
        AgentFactory(roles=[Role.ADMIN]),
        AgentFactory(roles=[Role.TEAM_LEAD]),
    )
    people = [deputy, absent, lead, supervisor, manager, gone, plain, offered, auditor, admin, stranger]
    tickets = [TicketFactory(team=team, owner=absent), TicketFactory(team=team), TicketFactory()]
    AbsenceFactory(agent=absent, deputy=deputy)
    type(tickets[1]).objects.filter(pk=tickets[1].pk).update(offered_to=offered, offered_at=timezone.now())
    tickets[2].team.allow_foreign_accept = True
    tickets[2].team.save()
    for ticket in tickets:
        fresh = [Agent.objects.get(pk=person.pk) for person in people]
        alone = {person.pk for person in fresh if Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists()}
        assert readers_among([Agent.objects.get(pk=person.pk) for person in people], ticket) == alone
    expected = {deputy, absent, lead, supervisor, manager, plain, auditor}
    assert readers_among(people, tickets[0]) == {person.pk for person in expected}
    assert readers_among([], tickets[0]) == set()


def test_the_candidate_of_an_offer_is_told() -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    team = TeamFactory(lead=lead)
    ann = AgentFactory(teams=[team])
    ticket = TicketFactory(team=team)
    offer_ticket(ticket.pk, to=ann, by=lead)
    assert told(ann) == [("ticket_assigned", ticket.reference)]


def test_who_gets_a_task_is_told_unless_they_took_it_themselves() -> None:
    owner, jonas, nina = AgentFactory.create_batch(3)
    ticket = TicketFactory(owner=owner)
    for agent in (jonas, nina):
        agent.teams.add(ticket.team)
    task = create_task(ticket.pk, by=owner, title="Order toner", assigned_to=jonas)
    assert (told(jonas), told(owner)) == ([("task_assigned", ticket.reference)], [])
    assert describe(jonas.notifications.get()) == f"A task on {ticket.reference} is yours: Order toner"
    edit_task(task.pk, by=jonas, assigned_to=nina)
    assert (told(nina), len(told(jonas))) == ([("task_assigned", ticket.reference)], 1)
    edit_task(task.pk, by=nina, title="Order two toners")
    edit_task(task.pk, by=owner, assigned_to=owner)
    assert (told(owner), len(told(nina))) == ([], 1)
    edit_task(task.pk, by=owner, assigned_to=jonas)
    assert len(told(jonas)) == 2


@pytest.mark.parametrize(
    ("meanwhile", "is_told"),
    [
        (lambda task, owner, _nina: start_task(task.pk, by=owner), True),
        (lambda task, owner, nina: edit_task(task.pk, by=owner, assigned_to=nina), False),
        (lambda task, owner, _nina: edit_task(task.pk, by=owner, assigned_to=None), False),
        (lambda task, owner, _nina: finish_task(task.pk, by=owner), False),
        (lambda task, owner, _nina: cancel_task(task.pk, by=owner, reason="Not needed"), False),
    ],
    ids=["started", "given to another", "taken back", "done", "cancelled"],
)
def test_who_has_a_task_no_more_is_not_told_of_it_late(meanwhile: Callable[..., Any], is_told: bool) -> None:
    owner, jonas, nina = AgentFactory.create_batch(3)
    ticket = TicketFactory(owner=owner)
    for agent in (jonas, nina):
        agent.teams.add(ticket.team)
    task = create_task(ticket.pk, by=owner, title="Order toner", assigned_to=jonas)
    meanwhile(task, owner, nina)
    assert told(jonas) == ([("task_assigned", ticket.reference)] if is_told else [])


def test_the_owner_is_told_of_the_confirmation() -> None:
    owner = AgentFactory()
    ticket = TicketFactory(owner=owner)
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Done.")
    confirm_by_customer(ticket.pk, by=ticket.requester, round=0)
    assert told(owner) == [("ticket_closed", ticket.reference)]


def test_the_badge_counts_what_is_unread() -> None:
    owner = AgentFactory()
    first, second = TicketFactory(owner=owner), TicketFactory(owner=owner)
    for ticket in (first, second, second):
        customer_writes(ticket)
    told(owner)
    assert unread_count(owner) == 3
    assert mark_read(owner, [row.pk for row in owner.notifications.filter(ticket=second)]) == 2
    assert unread_count(owner) == 1
    assert mark_read(AgentFactory()) == 0
    assert mark_read(owner) == 1
    assert unread_count(owner) == 0


def failed_reply(ticket, author, error: str) -> OutboundMessage:
    reply = reply_to_customer(ticket.pk, by=author, body_text="Try again.")
    release_message(reply.pk, now=timezone.now() + timedelta(seconds=60))
    message = OutboundMessage.objects.get(pk=reply.pk)
    message.start(leased_until=timezone.now())
    message.fail(error=error)
    message.save()
    event = MessageNotSent(
        ticket_id=ticket.pk, message_id=message.pk, author_id=message.author_id, occurred_at=timezone.now()
    )
    with transaction.atomic():
        publish(event)
    return message


def test_a_reply_that_was_not_sent_is_told_to_owner_deputy_and_author_without_the_servers_words() -> None:
    owner, deputy = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=owner)
    AbsenceFactory(agent=owner, deputy=deputy)
    failed_reply(ticket, owner, "dana@customer.test: 550 no relay for sekrit@mx.internal")
    assert told(owner) == told(deputy) == [("send_failed", ticket.reference)]
    row = owner.notifications.get()
    assert row.payload == {"reference": ticket.reference, "error": "550"}
    assert describe(row) == f"A message on {ticket.reference} was not sent: the mail server answered 550"


def test_an_author_who_sees_the_ticket_no_more_is_not_told_that_it_was_not_sent() -> None:
    owner, deputy = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=owner)
    absence = AbsenceFactory(agent=owner, deputy=deputy)
    failed_reply(ticket, deputy, "The mail server was not reached: mx.internal")
    absence.delete()
    assert told(deputy) == []
    assert told(owner) == [("send_failed", ticket.reference)]
    assert "mx.internal" not in describe(owner.notifications.get())


def test_a_notification_of_a_ticket_out_of_sight_tells_its_kind_only() -> None:
    owner = AgentFactory()
    ticket = TicketFactory(owner=owner, subject="Salary list is offline")
    stranger = AgentFactory()
    facts = {"reference": ticket.reference, "subject": ticket.subject}
    notify([owner.pk, stranger.pk], EventType.TICKET_ASSIGNED, dedupe_key="x", ticket_id=ticket.pk, **facts)
    assert [describe(row) for row in notifications_of(stranger)] == ["Offered to you"]
    assert describe(stranger.notifications.get()) == "Offered to you"
    assert [describe(row) for row in notifications_of(owner)] == [
        f"{ticket.reference} is offered to you: Salary list is offline"
    ]


def test_wording_costs_the_same_for_few_notifications_and_for_many() -> None:
    reader = AgentFactory()
    counts = []
    for number in range(4):
        ticket = TicketFactory(owner=reader)
        facts = {"reference": ticket.reference, "subject": ticket.subject}
        notify([reader.pk], EventType.TICKET_ASSIGNED, dedupe_key=str(number), ticket_id=ticket.pk, **facts)
        with CaptureQueriesContext(connection) as queries:
            assert len([describe(row) for row in notifications_of(Agent.objects.get(pk=reader.pk))]) == number + 1
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_114_the_manager_is_told_of_a_case_in_social_media_and_the_owner_of_every_flag() -> None:
    mara, lead, manager = AgentFactory(), AgentFactory(roles=[Role.TEAM_LEAD]), AgentFactory(roles=[Role.MANAGER])
    ticket = TicketFactory(owner=mara, team=TeamFactory(manager=manager, lead=lead), subject="Till is slow")
    add_flag(ticket.pk, by=lead, type="complaint", reason="They are angry")
    assert (told(mara), told(manager), told(lead)) == ([("flag_added", ticket.reference)], [], [])
    add_flag(ticket.pk, by=mara, type="social_media", reason="A post with 200 answers")
    assert (told(manager), len(told(mara))) == ([("flag_added", ticket.reference)], 1)
    row = manager.notifications.get()
    assert (describe(row), row.urgency) == (f"{ticket.reference} is flagged as “Social media”: Till is slow", "urgent")


def test_watchers_and_the_owner_a_deputy_stood_in_for_learn_of_the_resolution() -> None:
    owner, deputy, watcher = AgentFactory.create_batch(3)
    ticket = TicketFactory(owner=owner)
    for colleague in (deputy, watcher):
        colleague.teams.add(ticket.team)
    AbsenceFactory(agent=owner, deputy=deputy)
    watch(ticket.pk, by=watcher)
    resolve_ticket(ticket.pk, by=deputy, code="fixed", note="A new cable.")
    for person in (owner, watcher):
        assert told(person)[-1] == ("ticket_resolved_by_other", ticket.reference)
    assert "ticket_resolved_by_other" not in dict(told(deputy))
    assert deputy.name in describe(Notification.objects.get(recipient=owner, event_type="ticket_resolved_by_other"))
