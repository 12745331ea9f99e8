"""Customers are asked again for whose answer a ticket waits (domain.md section 10, second half of acceptance 105)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Contact
from core.actors import TIMER
from core.timers import run_all
from sla.alerts.models import Alert
from sla.client_reminders import services
from sla.client_reminders.models import ClientReminderRule, ClientReminderWatch
from sla.client_reminders.services import ask_again, ask_due_customers, edit_client_reminder
from sla.services import pause_clocks
from tests.concurrency import in_parallel
from tests.factories import AgentFactory
from tests.sla.alerts.conftest import MONDAY_NINE, Watched
from tickets import guards
from tickets.enums import OutboundKind
from tickets.models import OutboundMessage, Ticket
from tickets.services import Asked, edit_ticket, reply_to_customer, resolve_ticket
from tickets.services.conversation import release_due_messages

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(db: None) -> Iterator[Watched]:
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        yield Watched(clock)


def sweep(desk: Watched) -> None:
    desk.sweep()
    while ask_due_customers(now=desk.now):
        pass


def walk(desk: Watched, minutes: int, *, step: int = 1) -> None:
    for _step in range(minutes // step):
        desk.at(desk.now + step * MINUTE)
        sweep(desk)


def asked(ticket: Ticket, start: datetime = MONDAY_NINE) -> list[int]:
    """Minutes after `start` at which the customer was asked again."""
    rows = OutboundMessage.objects.filter(ticket=ticket, kind=OutboundKind.REMINDER).order_by("created_at")
    return [(row.created_at - start) // MINUTE for row in rows]


def waiting(desk: Watched, **values: object) -> Ticket:
    """Since now."""
    now = desk.now
    desk.at(now - MINUTE)
    ticket = desk.ticket(**values)
    desk.at(now)
    desk.waits(ticket)
    return ticket


@pytest.mark.parametrize(("priority", "interval"), [("critical", 60), ("high", 120), ("medium", 240), ("low", 480)])
def test_105_the_customer_is_asked_again_after_the_interval_of_the_priority(
    desk: Watched, priority: str, interval: int
) -> None:
    ticket = waiting(desk, priority=priority)
    walk(desk, interval - 1, step=interval - 1)
    assert asked(ticket) == []
    walk(desk, 1)
    assert asked(ticket) == [interval]


def test_105_three_times_at_most_in_business_time_and_no_alert_fires(desk: Watched) -> None:
    ticket = waiting(desk, priority="high")
    walk(desk, 2 * 24 * 60, step=10)
    tuesday = 24 * 60
    assert asked(ticket) == [120, 240, 360]
    assert tuesday > 360
    assert not Alert.objects.filter(ticket=ticket).exists()
    assert Ticket.objects.get(pk=ticket.pk).status == "waiting_customer"


def test_an_interval_goes_over_the_night(desk: Watched) -> None:
    ticket = waiting(desk, priority="medium")
    walk(desk, 26 * 60, step=10)
    assert asked(ticket) == [240, 480, 24 * 60 + 120], "nine hours of Monday, then three of Tuesday from eight on"


def test_it_is_a_public_message_in_the_owners_name_and_the_customers_language(desk: Watched) -> None:
    ticket = waiting(desk)
    Contact.objects.filter(pk=ticket.requester_id).update(language="de")
    before = Ticket.objects.get(pk=ticket.pk)
    walk(desk, 60, step=10)
    message = OutboundMessage.objects.select_related("entry").get(ticket=ticket, kind=OutboundKind.REMINDER)
    assert (message.author, message.status, message.to_recipients) == (desk.owner, "queued", [ticket.requester.email])
    assert message.body_text.startswith(f"Guten Tag {ticket.requester.name}")
    assert message.body_text.endswith(desk.owner.name)
    assert message.entry is not None
    assert (message.entry.visibility, message.entry.kind) == ("public", "email_outbound")
    after = Ticket.objects.get(pk=ticket.pk)
    kept = ("last_public_reply_at", "last_staff_activity_at", "waiting_since", "status")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept], "no answer and no work"


def test_an_answer_ends_it_and_waiting_again_begins_anew(desk: Watched) -> None:
    ticket = waiting(desk)
    walk(desk, 70, step=10)
    desk.customer_writes(ticket)
    walk(desk, 180, step=10)
    assert asked(ticket) == [60]
    desk.waits(ticket)
    walk(desk, 250, step=10)
    assert asked(ticket) == [60, 310, 370, 430]


def test_a_resolved_ticket_asks_nothing(desk: Watched) -> None:
    ticket = waiting(desk)
    resolve_ticket(ticket.pk, by=desk.owner, code="fixed", note="Port 7 is replaced.")
    walk(desk, 240, step=10)
    assert asked(ticket) == []


def test_what_a_person_writes_meanwhile_puts_it_off(desk: Watched) -> None:
    ticket = waiting(desk)
    walk(desk, 50, step=10)
    reply_to_customer(ticket.pk, by=desk.owner, body_text="Did you find the cable?")
    desk.at(desk.now + MINUTE)
    release_due_messages(now=desk.now)
    walk(desk, 59)
    assert asked(ticket) == []
    walk(desk, 1)
    assert asked(ticket) == [111]


def test_an_address_that_mail_does_not_reach_is_spared_until_it_is_right_again(desk: Watched) -> None:
    ticket = waiting(desk)
    Contact.objects.filter(pk=ticket.requester_id).update(undeliverable_at=timezone.now())
    walk(desk, 130, step=10)
    assert asked(ticket) == []
    Contact.objects.filter(pk=ticket.requester_id).update(undeliverable_at=None)
    walk(desk, 60, step=10)
    assert asked(ticket) == [180]


def test_a_pause_by_a_supervisors_word_is_no_time_to_ask_in(desk: Watched) -> None:
    ticket = waiting(desk)
    walk(desk, 30, step=10)
    until = desk.now + timedelta(minutes=90)
    pause_clocks(ticket.pk, by=desk.supervisor, reason="customer_agreed_date", until=until, note="Wednesday")
    walk(desk, 110, step=10)
    assert asked(ticket) == []
    walk(desk, 10)
    assert asked(ticket) == [150], "half an hour was left when the pause began"


def test_as_long_as_the_customer_may_have_answered_unheard_nothing_is_sent(
    desk: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = waiting(desk)
    monkeypatch.setattr(guards, "unheard_guards", [lambda _message: True])
    walk(desk, 69)
    assert asked(ticket) == []
    walk(desk, 1)
    assert asked(ticket) == [70], "a mailbox that cannot be read does not silence us for good"


def test_after_a_time_without_looks_one_is_sent_and_not_all_at_once(desk: Watched) -> None:
    ticket = waiting(desk)
    desk.at(desk.now + timedelta(minutes=200))
    sweep(desk)
    sweep(desk)
    assert asked(ticket) == [200]
    walk(desk, 60, step=10)
    assert asked(ticket) == [200, 260]


def test_another_priority_counts_by_its_own_interval(desk: Watched) -> None:
    ticket = waiting(desk, priority="low")
    walk(desk, 30, step=10)
    version = Ticket.objects.values_list("version", flat=True).get(pk=ticket.pk)
    edit_ticket(ticket.pk, by=desk.owner, version=version, priority="critical", reason="The ward cannot print.")
    walk(desk, 40, step=10)
    assert asked(ticket) == [60]


def test_an_admin_switches_it_off_and_on_with_a_reason_and_it_counts_from_then(desk: Watched) -> None:
    admin = AgentFactory(roles=["admin"])
    rule = ClientReminderRule.objects.get(priority="critical")
    ticket = waiting(desk)
    edit_client_reminder(rule.pk, by=admin, reason="Holidays.", interval_minutes=60, is_active=False)
    walk(desk, 120, step=10)
    assert asked(ticket) == []
    edit_client_reminder(rule.pk, by=admin, reason="They are over.", interval_minutes=60, is_active=True)
    walk(desk, 50, step=10)
    assert asked(ticket) == []
    walk(desk, 10)
    assert asked(ticket) == [180]
    assert rule.history.first().history_change_reason == "They are over."


@pytest.mark.django_db(transaction=True)
def test_several_workers_ask_once() -> None:
    with time_machine.travel(datetime(2026, 3, 2, 8, tzinfo=UTC), tick=False) as clock:
        desk = Watched(clock)
        ticket = waiting(desk)
        desk.at(desk.now + timedelta(minutes=61))
        now = desk.now

        answers = in_parallel(*[lambda: ask_again(ticket.pk, by=TIMER, now=now)] * 4)
        assert sorted(answers) == [False, False, False, True]
        assert len(asked(ticket)) == 1
        assert ClientReminderWatch.objects.get().sent == 1


@pytest.mark.django_db(transaction=True)
def test_several_workers_ask_each_customer_of_many_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        desk = Watched(clock)
        tickets = [waiting(desk) for _number in range(6)]
        desk.at(desk.now + timedelta(minutes=61))
        now = desk.now

        def work() -> int:
            total = 0
            while done := ask_due_customers(now=now):
                total += done
            return total

        in_parallel(*[work] * 3)
        assert ask_due_customers(now=now) == 0
        assert [len(asked(ticket)) for ticket in tickets] == [1] * 6


def test_a_whole_batch_that_fails_does_not_keep_customers_behind_it_waiting(
    desk: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {waiting(desk).pk for _number in range(2)}
    desk.at(desk.now + timedelta(seconds=30))
    sound = waiting(desk)
    usual = services.ask_customer_again

    def ask(ticket_id: UUID, *, due_at: datetime) -> Asked:
        if ticket_id in broken:
            raise RuntimeError("broken")
        return usual(ticket_id, due_at=due_at)

    monkeypatch.setattr(services, "ask_customer_again", ask)
    monkeypatch.setattr(services, "BATCH", 2)
    walk(desk, 61)
    assert len(asked(sound)) == 1, "half a minute after those that fail"
    monkeypatch.undo()
    sweep(desk)
    assert OutboundMessage.objects.filter(ticket__in=broken, kind=OutboundKind.REMINDER).count() == 2


def test_a_batch_of_the_unheard_does_not_keep_customers_behind_it_waiting(
    desk: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    unheard = {waiting(desk).pk for _number in range(2)}
    desk.at(desk.now + timedelta(seconds=30))
    heard = waiting(desk)
    monkeypatch.setattr(guards, "unheard_guards", [lambda message: message.ticket_id in unheard])
    monkeypatch.setattr(services, "BATCH", 2)
    desk.at(desk.now + 60 * MINUTE)
    assert run_all(now=desk.now).failed == []
    assert len(asked(heard)) == 1
    assert not OutboundMessage.objects.filter(ticket__in=unheard, kind=OutboundKind.REMINDER).exists()
