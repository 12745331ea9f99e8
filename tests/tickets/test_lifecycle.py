"""From the first message to the end and back (acceptance 012, 052-057, 059; domain.md section 4)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.enums import Role
from core.errors import Invalid, StaleVersion
from tests.factories import AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.enums import EntryKind, TicketStatus
from tickets.errors import (
    InvalidTransition,
    NotOwner,
    OpenTasks,
    ReplyFirst,
    TicketClosed,
    TicketUnowned,
)
from tickets.models import OutboundMessage, Ticket
from tickets.services import (
    accept_ticket,
    add_note,
    cancel_ticket,
    close_due_tickets,
    confirm_by_customer,
    confirm_ticket,
    create_task,
    create_ticket,
    edit_ticket,
    finish_task,
    lapse_due_offers,
    offer_ticket,
    record_automatic_message,
    record_customer_message,
    release_due_messages,
    reopen_by_customer,
    reopen_ticket,
    reply_to_customer,
    resolve_ticket,
    resume_ticket,
    wait_for_customer,
)
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db

MONDAY_MORNING = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # 10:00 in Berlin


def release(*, after_seconds: int = 60) -> int:
    return release_due_messages(now=timezone.now() + timedelta(seconds=after_seconds))


@pytest.fixture
def owner():
    return AgentFactory()


@pytest.fixture
def ticket(owner):
    return TicketFactory(owner=owner)


def answered(ticket: Ticket, owner) -> Ticket:
    reply_to_customer(ticket.pk, by=owner, body_text="Please restart it.")
    release()
    return Ticket.objects.get(pk=ticket.pk)


def test_references_count_up_per_prefix_and_have_six_digits() -> None:
    numbers = [int(TicketFactory().reference.rpartition("-")[2]) for _n in range(3)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    request = TicketFactory(type="service_request")
    assert request.reference.startswith(f"REQ-{timezone.now().year}-")
    assert len(request.reference.rpartition("-")[2]) == 6


def test_052_a_new_ticket_is_not_resolved() -> None:
    ticket = TicketFactory()
    member = AgentFactory(teams=[ticket.team])
    with pytest.raises(InvalidTransition) as refused:
        resolve_ticket(ticket.pk, by=member, code="fixed", note="Done.")
    assert refused.value.allowed == ["accept", "cancel", "change_team", "merge_into", "offer"]
    with pytest.raises(TicketUnowned):
        reply_to_customer(ticket.pk, by=member, body_text="Hello")
    assert Ticket.objects.get(pk=ticket.pk).status == "new"


def test_then_wait_for_customer_happens_at_the_release(ticket, owner) -> None:
    reply_to_customer(ticket.pk, by=owner, body_text="Which floor?", then="wait_for_customer")
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"
    release()
    waiting = Ticket.objects.get(pk=ticket.pk)
    assert (waiting.status, waiting.waiting_since) == ("waiting_customer", waiting.last_public_reply_at)


def test_waiting_needs_an_answer_first(ticket, owner) -> None:
    with pytest.raises(ReplyFirst):
        wait_for_customer(ticket.pk, by=owner)
    answered(ticket, owner)
    assert wait_for_customer(ticket.pk, by=owner).status == "waiting_customer"
    assert resume_ticket(ticket.pk, by=owner).status == "in_progress"


def test_053_a_customer_message_resumes(ticket, owner) -> None:
    answered(ticket, owner)
    wait_for_customer(ticket.pk, by=owner)
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="Second floor."))
    resumed = Ticket.objects.get(pk=ticket.pk)
    assert (resumed.status, resumed.waiting_since, resumed.owner) == ("in_progress", None, owner)
    assert resumed.has_unanswered_message


def test_045_automatic_mail_has_no_effect(ticket, owner) -> None:
    answered(ticket, owner)
    before = wait_for_customer(ticket.pk, by=owner)
    entry = record_automatic_message(
        ticket.pk, by=ticket.requester, message=Message(body_text="I am away."), reason="auto-replied"
    )
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.status, after.last_customer_message_at) == ("waiting_customer", before.last_customer_message_at)
    assert entry.visibility == "internal"


def test_012_054_reply_to_a_resolved_ticket_reopens_with_the_same_owner(ticket, owner) -> None:
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Toner replaced.")
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="No, still off."))
    reopened = Ticket.objects.get(pk=ticket.pk)
    assert (reopened.status, reopened.owner, reopened.reopen_count) == ("in_progress", owner, 1)
    assert (reopened.resolved_at, reopened.value_delivered_at, reopened.auto_closes_at) == (None, None, None)


def test_017_monitoring_mail_never_reopens(ticket, owner) -> None:
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Disk cleaned.")
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="OK"), may_resume=False)
    assert Ticket.objects.get(pk=ticket.pk).status == "resolved"


def test_055_five_business_days_without_answer_close(owner) -> None:
    with time_machine.travel(MONDAY_MORNING, tick=False):
        ticket = TicketFactory(owner=owner)
        resolve_ticket(ticket.pk, by=owner, code="fixed", note="Toner replaced.")
    closes_at = MONDAY_MORNING + timedelta(days=7)  # the weekend does not count
    assert close_due_tickets(now=closes_at - timedelta(seconds=1)) == 0
    assert close_due_tickets(now=closes_at) == 1
    assert close_due_tickets(now=closes_at) == 0
    closed = Ticket.objects.get(pk=ticket.pk)
    assert (closed.status, closed.closure_code, closed.owner) == ("closed", "auto_closed", owner)
    assert closed.closed_at == closes_at
    assert closed.value_delivered_at == MONDAY_MORNING


def test_056_a_follow_up_is_linked_and_offered_to_the_same_owner(ticket, owner) -> None:
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Toner replaced.")
    closed = confirm_ticket(ticket.pk, by=owner)
    with pytest.raises(TicketClosed):
        record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="Again"))
    follow_up = TicketFactory(team=ticket.team, requester=ticket.requester, follow_up_of=closed)
    assert (follow_up.follow_up_of, follow_up.offered_to, follow_up.owner) == (closed, owner, None)
    assert follow_up.links_from.get().kind == "follow_up_of"


def test_the_signed_links_speak_of_one_resolution(ticket, owner) -> None:
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Toner replaced.")
    reopened = reopen_by_customer(ticket.pk, by=ticket.requester, round=0, reason="Still off")
    assert (reopened.status, reopened.reopen_count) == ("in_progress", 1)
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Cable replaced.")
    with pytest.raises(InvalidTransition):
        confirm_by_customer(ticket.pk, by=ticket.requester, round=0)
    closed = confirm_by_customer(ticket.pk, by=ticket.requester, round=1)
    assert (closed.status, closed.closure_code) == ("closed", "confirmed")
    assert closed.customer_confirmed_at is not None


def test_the_resolution_mail_carries_both_links(ticket, owner) -> None:
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Toner replaced.")
    message = ticket.outbound_messages.get()
    assert (message.status, message.kind) == ("queued", "resolution")
    assert message.body_text.count("/answer/") == 2
    assert Ticket.objects.get(pk=ticket.pk).first_response_at is not None


def test_supervisor_reopens_but_a_colleague_does_not(owner) -> None:
    supervisor = AgentFactory(roles=[Role.SUPERVISOR])
    ticket = TicketFactory(team=TeamFactory(supervisor=supervisor), owner=owner)
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Done.")
    with pytest.raises(NotOwner):
        reopen_ticket(ticket.pk, by=AgentFactory(teams=[ticket.team]))
    assert reopen_ticket(ticket.pk, by=supervisor).owner == owner


def test_mandatory_tasks_come_before_resolving(ticket, owner) -> None:
    task = create_task(ticket.pk, by=owner, title="Return the old toner", is_mandatory=True)
    with pytest.raises(OpenTasks, match="Return the old toner"):
        resolve_ticket(ticket.pk, by=owner, code="fixed", note="Done.")
    finish_task(task.pk, by=owner)
    assert resolve_ticket(ticket.pk, by=owner, code="fixed", note="Done.").status == "resolved"


@pytest.mark.parametrize(("code", "note"), [("", "Done."), ("fixed", "  "), ("nonsense", "Done.")])
def test_resolving_needs_code_and_note(ticket, owner, code: str, note: str) -> None:
    with pytest.raises(Invalid):
        resolve_ticket(ticket.pk, by=owner, code=code, note=note)
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"


def test_057_an_old_version_is_refused_last(ticket, owner) -> None:
    old = ticket.version
    edit_ticket(ticket.pk, by=owner, version=old, subject="Printer on fire")
    with pytest.raises(StaleVersion) as refused:
        edit_ticket(ticket.pk, by=owner, version=old, subject="Printer offline")
    assert refused.value.as_problem()["current_version"] == old + 1
    assert Ticket.objects.get(pk=ticket.pk).subject == "Printer on fire"
    with pytest.raises(InvalidTransition):
        confirm_ticket(ticket.pk, by=owner, version=old)


def test_a_cancelled_ticket_takes_nothing_more(ticket, owner) -> None:
    cancel_ticket(ticket.pk, by=owner, code="withdrawn")
    for act in (
        lambda: add_note(ticket.pk, by=owner, body_text="x"),
        lambda: reply_to_customer(ticket.pk, by=owner, body_text="x"),
        lambda: edit_ticket(ticket.pk, by=owner, version=1, subject="x"),
        lambda: create_task(ticket.pk, by=owner, title="x"),
    ):
        with pytest.raises(TicketClosed):
            act()
    version = Ticket.objects.get(pk=ticket.pk).version
    edit_ticket(ticket.pk, by=owner, version=version, tags=["printer"])
    assert [tag.name for tag in ticket.tags.all()] == ["printer"]


def test_an_unanswered_offer_lapses_after_business_minutes() -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    team = TeamFactory(lead=lead)
    ann = AgentFactory(teams=[team])
    with time_machine.travel(datetime(2026, 11, 6, 16, 50, tzinfo=UTC), tick=False):  # Friday 17:50 in Berlin
        ticket = TicketFactory(team=team)
        offer_ticket(ticket.pk, to=ann, by=lead)
    monday = datetime(2026, 11, 9, 7, 5, tzinfo=UTC)
    assert lapse_due_offers(now=monday - timedelta(seconds=1)) == 0
    assert lapse_due_offers(now=monday) == 1
    back = Ticket.objects.get(pk=ticket.pk)
    assert (back.offered_to, back.status, back.owner) == (None, "new", None)


def test_accepting_clears_the_offer() -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    team = TeamFactory(lead=lead)
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    ticket = TicketFactory(team=team)
    offer_ticket(ticket.pk, to=ann, by=lead)
    accepted = accept_ticket(ticket.pk, by=bob)
    assert (accepted.owner, accepted.offered_to, accepted.offer_lapses_at) == (bob, None, None)


@pytest.mark.parametrize("subject", ["", "   "])
def test_a_ticket_needs_a_subject(subject: str) -> None:
    with pytest.raises(Invalid):
        create_ticket(
            by=AgentFactory(),
            requester=ContactFactory(),
            team=TeamFactory(),
            subject=subject,
            message=Message(body_text="x"),
        )
    assert not Ticket.objects.exists()


def test_each_step_is_on_the_timeline_in_order(ticket, owner) -> None:
    answered(ticket, owner)
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Toner replaced.")
    confirm_ticket(ticket.pk, by=owner)
    kinds = [str(entry.kind) for entry in ticket.entries.in_order()]
    assert kinds == [
        "email_inbound",
        "ownership",
        "email_outbound",
        "status_change",
        "email_outbound",
        "status_change",
    ]
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.CLOSED


def test_a_cancelled_ticket_sends_nothing_that_was_still_held(ticket, owner) -> None:
    message = reply_to_customer(ticket.pk, by=owner, body_text="Dear spammer")
    cancel_ticket(ticket.pk, by=owner, code="spam")
    assert release() == 0
    assert OutboundMessage.objects.get(pk=message.pk).status == "cancelled"
    assert not ticket.entries.filter(kind=EntryKind.EMAIL_OUTBOUND).exists()


def test_a_customer_who_writes_during_the_hold_is_not_waited_for(ticket, owner) -> None:
    reply_to_customer(ticket.pk, by=owner, body_text="Which floor?", then="wait_for_customer")
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="It burns!"))
    assert release() == 1
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"


def test_a_note_makes_no_open_form_stale(ticket, owner) -> None:
    add_note(ticket.pk, by=owner, body_text="Called the vendor.")
    assert (
        edit_ticket(ticket.pk, by=owner, version=ticket.version, subject="Printer on fire").subject == "Printer on fire"
    )
