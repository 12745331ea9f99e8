"""Replies that wait for a moment: whose clock counts, who steers them, and what takes them back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Agent, BusinessCalendar
from core.errors import Invalid, StaleVersion
from core.events import deliver_due
from notifications.models import Notification
from tests.concurrency import in_parallel
from tests.factories import AbsenceFactory, AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tests.factories.tickets import INTAKE
from tickets.enums import EntryKind, OutboundStatus, TicketStatus
from tickets.errors import NotOwner, NotScheduled, NotYourMessage
from tickets.models import OutboundMessage, Ticket
from tickets.services import (
    cancel_ticket,
    confirm_by_customer,
    record_automatic_message,
    record_customer_message,
    release_due_messages,
    release_message,
    reopen_by_customer,
    reply_to_customer,
    reschedule_message,
    resolve_ticket,
    transfer_ownership,
    undo_message,
)
from tickets.services.creation import Message
from tickets.wording import describe

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def owner() -> Agent:
    return AgentFactory()


@pytest.fixture
def ticket(owner: Agent) -> Ticket:
    return TicketFactory(owner=owner)


def scheduled(ticket: Ticket, owner: Agent, **more: Any) -> OutboundMessage:
    more = {"when": "at", "send_at": timezone.now() + DAY, **more}
    return reply_to_customer(ticket.pk, by=owner, body_text="The part arrives tomorrow.", **more)


def now_is(message: OutboundMessage) -> OutboundMessage:
    return OutboundMessage.objects.get(pk=message.pk)


def writes(ticket: Ticket, text: str = "Found it, thank you.") -> None:
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text=text))


def dropped(ticket: Ticket) -> list[str]:
    return [describe(entry) for entry in ticket.entries.filter(facts__event="scheduled_dropped")]


AT_WORK = """
zone                 written (UTC)      leaves (UTC)
Europe/Berlin        2026-01-14 09:00   -
Europe/Berlin        2026-01-14 18:30   2026-01-15 07:00
Europe/Berlin        2026-01-16 17:30   2026-01-19 07:00
-                    2026-01-16 17:30   2026-01-19 07:00
Asia/Tokyo           2026-01-14 09:30   2026-01-14 23:00
Asia/Tokyo           2026-01-14 03:00   -
America/New_York     2026-01-14 09:00   2026-01-14 13:00
Mars/Olympus         2026-01-16 17:30   2026-01-19 07:00
Europe               2026-01-16 17:30   2026-01-19 07:00
/etc/passwd          2026-01-16 17:30   2026-01-19 07:00
# the clocks of Berlin go forward on 29 March 2026, those of New York on 8 March, and back on 25 October and 1 November
Europe/Berlin        2026-03-27 18:00   2026-03-30 06:00
Europe/Berlin        2026-10-23 17:00   2026-10-26 07:00
America/New_York     2026-03-06 23:30   2026-03-09 12:00
America/New_York     2026-10-30 22:30   2026-11-02 13:00
# between these two nights Berlin is five hours ahead of New York, not six
America/New_York     2026-03-20 08:00   2026-03-20 12:00
"""


@pytest.mark.parametrize("row", [line for line in AT_WORK.strip().splitlines()[1:] if not line.startswith("#")])
def test_working_hours_are_the_desks_week_by_the_customers_clock(row: str, owner: Agent) -> None:
    zone, written, leaves = (cell.strip() for cell in row.replace("   ", "\t").split("\t") if cell.strip())
    customer = ContactFactory(timezone="" if zone == "-" else zone)
    ticket = TicketFactory(owner=owner, requester=customer)
    with time_machine.travel(datetime.fromisoformat(written).replace(tzinfo=UTC), tick=False):
        message = reply_to_customer(ticket.pk, by=owner, body_text="Hello.", when="at_work")
        soonest = timezone.now() + timedelta(seconds=owner.undo_seconds)
    if leaves == "-":
        assert (message.release_at, message.is_scheduled) == (soonest, False)
    else:
        assert (message.release_at, message.is_scheduled) == (
            datetime.fromisoformat(leaves).replace(tzinfo=UTC),
            True,
        )


def test_holidays_of_the_desk_count_for_customers_by_its_clock_alone(owner: Agent) -> None:
    calendar = BusinessCalendar.objects.get(is_default=True)
    calendar.holidays.create(name="Epiphany", on=datetime(2026, 1, 6, tzinfo=UTC).date())
    leaves = {}
    for zone in ("", "America/New_York"):
        ticket = TicketFactory(owner=owner, requester=ContactFactory(timezone=zone))
        with time_machine.travel(datetime(2026, 1, 5, 23, 30, tzinfo=UTC), tick=False):
            message = reply_to_customer(ticket.pk, by=owner, body_text="Hello.", when="at_work")
        leaves[zone] = message.release_at.strftime("%d %H:%M")
    assert leaves == {"": "07 07:00", "America/New_York": "06 13:00"}


@pytest.mark.parametrize(
    ("when", "ahead", "field"),
    [
        ("at", None, "send_at"),
        ("at", timedelta(minutes=-1), "send_at"),
        ("at", timedelta(days=367), "send_at"),
        ("now", DAY, "send_at"),
        ("at_work", DAY, "send_at"),
        ("tomorrow", None, "when"),
    ],
)
def test_moments_that_make_no_sense_hold_nothing(
    ticket: Ticket, owner: Agent, when: str, ahead: timedelta | None, field: str
) -> None:
    moment = None if ahead is None else timezone.now() + ahead
    with pytest.raises(Invalid) as refusal:
        scheduled(ticket, owner, when=when, send_at=moment)
    assert list(refusal.value.fields) == [field]
    assert not ticket.outbound_messages.exists()


def test_a_moment_within_the_undo_time_is_an_ordinary_hold(ticket: Ticket, owner: Agent) -> None:
    message = scheduled(ticket, owner, send_at=timezone.now() + timedelta(seconds=2))
    assert not message.is_scheduled
    assert message.release_at - message.created_at == timedelta(seconds=owner.undo_seconds)


def test_it_leaves_at_its_moment_and_not_before(ticket: Ticket, owner: Agent) -> None:
    message = scheduled(ticket, owner, then="wait_for_customer")
    assert release_due_messages(now=message.release_at - timedelta(seconds=1)) == 0
    assert release_due_messages(now=message.release_at) == 1
    assert now_is(message).status == OutboundStatus.QUEUED
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.WAITING_CUSTOMER


def test_it_can_be_moved_sent_at_once_and_taken_back_until_it_left(ticket: Ticket, owner: Agent) -> None:
    message = scheduled(ticket, owner)
    later = timezone.now() + 3 * DAY
    assert reschedule_message(message.pk, by=owner, when="at", send_at=later).release_at == later
    with pytest.raises(StaleVersion):
        reschedule_message(message.pk, by=owner, when="now", version=message.version)
    at_once = reschedule_message(message.pk, by=owner, when="now")
    left = at_once.release_at - timezone.now()
    assert timedelta(seconds=owner.undo_seconds - 2) < left <= timedelta(seconds=owner.undo_seconds)
    assert release_due_messages(now=at_once.release_at) == 1
    with pytest.raises(NotScheduled):
        reschedule_message(message.pk, by=owner, when="at", send_at=later)


def test_an_ordinary_hold_has_no_moment_to_change(ticket: Ticket, owner: Agent) -> None:
    message = reply_to_customer(ticket.pk, by=owner, body_text="Hello.")
    with pytest.raises(NotScheduled):
        reschedule_message(message.pk, by=owner, when="at", send_at=timezone.now() + DAY)


def test_the_deputy_steers_what_the_owner_has_scheduled(ticket: Ticket, owner: Agent) -> None:
    deputy, colleague = AgentFactory(teams=[ticket.team]), AgentFactory(teams=[ticket.team])
    first, second = scheduled(ticket, owner), scheduled(ticket, owner)
    AbsenceFactory(agent=owner, deputy=deputy)
    with pytest.raises(NotYourMessage):
        reschedule_message(first.pk, by=colleague, when="now")
    with pytest.raises(NotYourMessage):
        undo_message(first.pk, by=colleague)
    reschedule_message(first.pk, by=deputy, when="now")
    assert undo_message(second.pk, by=deputy).status == OutboundStatus.CANCELLED
    entry = ticket.entries.get(facts__event="message_cancelled")
    assert entry.author == deputy  # its author learns from the timeline who took it back


def test_the_customer_who_writes_first_stops_it_and_the_owner_is_told(ticket: Ticket, owner: Agent) -> None:
    message = scheduled(ticket, owner)
    writes(ticket)
    deliver_due(now=timezone.now())
    assert now_is(message).status == OutboundStatus.CANCELLED
    assert dropped(ticket) == ["A scheduled reply was not sent: the customer wrote first"]
    assert ticket.entries.get(facts__event="scheduled_dropped").visibility == "internal"
    told = Notification.objects.filter(event_type="reply_dropped")
    assert [(row.recipient, row.payload["reason"]) for row in told] == [(owner, "customer_wrote")]
    assert release_due_messages(now=timezone.now() + 2 * DAY) == 0
    assert not ticket.entries.filter(kind=EntryKind.EMAIL_OUTBOUND).exists()


def test_sent_now_it_is_an_ordinary_hold_that_neither_a_resolution_nor_the_customer_drops(
    ticket: Ticket, owner: Agent
) -> None:
    message = scheduled(ticket, owner)
    reschedule_message(message.pk, by=owner, when="now")
    writes(ticket)
    assert now_is(message).status == OutboundStatus.HELD
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Replaced.")
    assert (now_is(message).status, dropped(ticket)) == (OutboundStatus.QUEUED, [])


def test_given_a_moment_again_after_all_it_waits_for_that(ticket: Ticket, owner: Agent) -> None:
    message = scheduled(ticket, owner)
    reschedule_message(message.pk, by=owner, when="now")
    reschedule_message(message.pk, by=owner, when="at", send_at=timezone.now() + DAY)
    writes(ticket)
    assert now_is(message).status == OutboundStatus.CANCELLED


def test_what_a_new_owner_sends_now_leaves(owner: Agent) -> None:
    supervisor = AgentFactory(roles=["supervisor"])
    team = TeamFactory(supervisor=supervisor)
    heir = AgentFactory(teams=[team])
    ticket = TicketFactory(team=team, owner=owner)
    message = scheduled(ticket, owner)
    owner.employment_ended_on = timezone.now().date() - DAY
    owner.save()
    reason = "The colleague has left the company for good."
    transfer_ownership(ticket.pk, by=supervisor, new_owner=heir, reason_code="termination", reason=reason)
    at_once = reschedule_message(message.pk, by=heir, when="now")
    release_due_messages(now=at_once.release_at)
    assert (now_is(message).status, dropped(ticket)) == (OutboundStatus.QUEUED, [])


def test_automatic_mail_and_an_ordinary_hold_stop_nothing(ticket: Ticket, owner: Agent) -> None:
    waiting = scheduled(ticket, owner)
    record_automatic_message(ticket.pk, by=INTAKE, message=Message(body_text="I am away."), reason="auto_reply")
    assert now_is(waiting).status == OutboundStatus.HELD
    held = reply_to_customer(ticket.pk, by=owner, body_text="Hello.")
    writes(ticket)
    assert (now_is(waiting).status, now_is(held).status) == (OutboundStatus.CANCELLED, OutboundStatus.HELD)


def test_the_link_not_solved_is_the_customers_word_too(ticket: Ticket, owner: Agent) -> None:
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Replaced.")
    message = scheduled(ticket, owner)
    reopen_by_customer(ticket.pk, by=ticket.requester, round=0)
    assert now_is(message).status == OutboundStatus.CANCELLED


def test_a_ticket_that_ends_sends_nothing_more(owner: Agent) -> None:
    cancelled, closed = TicketFactory(owner=owner), TicketFactory(owner=owner)
    first = scheduled(cancelled, owner)
    cancel_ticket(cancelled.pk, by=owner, code="withdrawn")
    resolve_ticket(closed.pk, by=owner, code="fixed", note="Replaced.")
    second = scheduled(closed, owner)
    confirm_by_customer(closed.pk, by=closed.requester, round=0)
    release_due_messages(now=timezone.now() + 2 * DAY)
    assert (now_is(first).status, now_is(second).status) == (OutboundStatus.CANCELLED, OutboundStatus.CANCELLED)
    assert dropped(cancelled) == dropped(closed) == ["A scheduled reply was not sent: the ticket has ended"]


def test_a_resolution_overtakes_what_was_to_leave_later(ticket: Ticket, owner: Agent) -> None:
    message = scheduled(ticket, owner)
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Replaced.")
    assert now_is(message).status == OutboundStatus.CANCELLED
    assert dropped(ticket) == ["A scheduled reply was not sent: the ticket was resolved before"]


def test_whoever_resolves_knows_what_that_drops_and_its_author_is_told(ticket: Ticket, owner: Agent) -> None:
    deputy = AgentFactory(teams=[ticket.team])
    scheduled(ticket, owner)
    AbsenceFactory(agent=owner, deputy=deputy)
    resolve_ticket(ticket.pk, by=deputy, code="fixed", note="Replaced.")
    deliver_due(now=timezone.now())
    assert [row.recipient for row in Notification.objects.filter(event_type="reply_dropped")] == [owner]


def test_nobody_writes_to_the_customer_who_no_longer_owns_the_ticket() -> None:
    supervisor = AgentFactory(roles=["supervisor"])
    team = TeamFactory(supervisor=supervisor)
    owner, heir = AgentFactory(teams=[team]), AgentFactory(teams=[team])
    ticket = TicketFactory(team=team, owner=owner)
    message = scheduled(ticket, owner)
    owner.employment_ended_on = timezone.now().date() - DAY
    owner.save()
    reason = "The colleague has left the company for good."
    transfer_ownership(ticket.pk, by=supervisor, new_owner=heir, reason_code="termination", reason=reason)
    with pytest.raises(NotOwner):
        reschedule_message(message.pk, by=owner, when="now")
    release_due_messages(now=message.release_at)
    assert dropped(ticket) == ["A scheduled reply was not sent: somebody else owns the ticket now"]
    assert now_is(message).status == OutboundStatus.CANCELLED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(6))
def test_the_customers_mail_and_the_release_at_once_end_in_one_of_two_ways(attempt: int) -> None:
    """Either it left before the customer wrote, or it was taken back: never both, never neither."""
    owner = AgentFactory()
    ticket = TicketFactory(owner=owner)
    message = scheduled(ticket, owner)
    outcomes = in_parallel(
        lambda: release_message(message.pk, now=message.release_at),
        lambda: writes(ticket),
        lambda: release_message(message.pk, now=message.release_at),
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    sent = list(ticket.entries.filter(kind=EntryKind.EMAIL_OUTBOUND))
    mail = ticket.entries.filter(kind=EntryKind.EMAIL_INBOUND).latest("seq")
    if now_is(message).status == OutboundStatus.CANCELLED:
        assert (sent, len(dropped(ticket))) == ([], 1)
    else:
        assert now_is(message).status == OutboundStatus.QUEUED
        assert (len(sent), dropped(ticket)) == (1, [])
        assert sent[0].seq < mail.seq


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(4))
def test_another_moment_and_the_release_at_once_send_it_once_or_later(attempt: int) -> None:
    owner = AgentFactory()
    ticket = TicketFactory(owner=owner)
    message = scheduled(ticket, owner)
    later = message.release_at + DAY
    _released, moved = in_parallel(
        lambda: release_message(message.pk, now=message.release_at),
        lambda: reschedule_message(message.pk, by=owner, when="at", send_at=later),
    )
    after = now_is(message)
    if isinstance(moved, NotScheduled):
        assert after.status == OutboundStatus.QUEUED
    else:
        assert (after.status, after.release_at) == (OutboundStatus.HELD, later)
