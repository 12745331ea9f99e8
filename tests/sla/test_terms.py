"""What is promised follows what admins edit; what one edit ended, goes on after the next (domain.md section 9)."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction

from accounts.models import BusinessCalendar
from accounts.services import edit_contact
from core.timers import run_all
from envelopes.models import Envelope
from envelopes.services import accept_envelope
from sla import services
from sla.enums import Metric
from sla.models import SlaClock, SlaPolicy, TermsWalk
from sla.services import book, walking
from tests.concurrency import beside
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, EnvelopeFactory, TeamFactory
from tests.sla.conftest import MONDAY_NINE, Desk, clock_of, due_of, minutes, travel
from tests.sla.test_clocks import customer_writes, resolved
from tickets.models import Ticket
from tickets.services import merge_ticket, reopen_ticket, unmerge_ticket

pytestmark = pytest.mark.django_db


def edit(moment: datetime, name: str = "Medium", **values: Any) -> None:
    """And let all tickets follow."""
    SlaPolicy.objects.filter(name=name).update(**values)
    with travel(moment):
        assert run_all(now=moment).failed == []


def shown(ticket: Ticket) -> dict[tuple[str, int], tuple[str, int, datetime]]:
    rows = SlaClock.objects.filter(ticket=ticket, envelope=None)
    return {(row.metric, row.cycle): (row.state, row.target_minutes, row.due_at) for row in rows}


EDITS: dict[str, Callable[[Desk, Ticket], object]] = {
    "another target": lambda _desk, _ticket: of_medium(resolution_minutes=300),
    "not retroactive": lambda _desk, _ticket: of_medium(resolution_minutes=300, retroactive=False),
    "switched off": lambda _desk, _ticket: of_medium(is_active=False),
    "a policy of its company": lambda _desk, ticket: first_of_all(company=ticket.company),
    "another calendar": lambda _desk, _ticket: BusinessCalendar.objects.filter(is_default=True).update(is_24x7=True),
    "a policy of a tier it gets": lambda desk, ticket: (
        first_of_all(customer_tier="premium"),
        edit_contact(ticket.requester_id, by=desk.supervisor, tier="premium"),
    ),
}


def of_medium(**values: Any) -> None:
    SlaPolicy.objects.filter(name="Medium").update(**values)


def first_of_all(**wants: Any) -> None:
    SlaPolicy.objects.create(name="First", order=1, resolution_minutes=90, time_to_value_minutes=90, **wants)


@pytest.mark.parametrize("edited", EDITS)
def test_what_was_edited_while_a_ticket_was_merged_holds_for_it_once_it_is_parted_again(
    desk: Desk, edited: str
) -> None:
    """As if it had waited beside the walk: equal to a twin that was never merged, but for the time in which it was. The
    fixture compares all clocks with what was recorded.
    """
    requester = ContactFactory(company=CompanyFactory())
    merged, twin, into = (desk.ticket(requester=requester) for _number in range(3))
    with travel(MONDAY_NINE + minutes(30)):
        merge_ticket(merged.pk, into=into, by=desk.owner)
    assert {state for state, _target, _due in shown(merged).values()} == {"cancelled"}
    with travel(MONDAY_NINE + minutes(40)):
        EDITS[edited](desk, merged)
        while services.follow_new_terms(now=MONDAY_NINE + minutes(40)):
            pass
    assert {state for state, _target, _due in shown(merged).values()} == {"cancelled"}
    with travel(MONDAY_NINE + minutes(50)):
        unmerge_ticket(merged.pk, by=desk.owner)
    for key, (state, target, due_at) in shown(twin).items():
        assert shown(merged)[key][:2] == (state, target), key
        assert state == "cancelled" or shown(merged)[key][2] == due_at + minutes(20), key
    due = due_of(twin)
    assert due_of(merged) == (due + minutes(20) if due else None)
    with travel(MONDAY_NINE + minutes(51)):
        assert services.follow_new_terms(now=MONDAY_NINE + minutes(51)) == 0, "nothing is left to follow"


def test_a_policy_switched_off_and_on_again_leaves_its_clocks_as_they_were(desk: Desk) -> None:
    ticket = desk.ticket()
    before = shown(ticket)
    edit(MONDAY_NINE + minutes(30), is_active=False)
    assert {state for state, _target, _due in shown(ticket).values()} == {"cancelled"}
    assert due_of(ticket) is None, "nothing is promised"
    edit(MONDAY_NINE + minutes(40), is_active=True)
    assert shown(ticket) == before
    assert due_of(ticket) == MONDAY_NINE + minutes(480)


def test_what_would_have_been_due_while_it_was_off_is_missed_when_it_is_on_again(desk: Desk) -> None:
    ticket = desk.ticket()
    edit(MONDAY_NINE + minutes(30), is_active=False)
    edit(MONDAY_NINE + minutes(130), is_active=True)
    clock = clock_of(ticket, Metric.FIRST_RESPONSE)
    assert (clock.breached_at, clock.breached_by_retarget) == (MONDAY_NINE + minutes(130), True)


def test_what_was_done_while_it_was_off_is_not_owed_again(desk: Desk) -> None:
    ticket, other = desk.ticket(), desk.ticket()
    edit(MONDAY_NINE + minutes(30), is_active=False)
    desk.answer(ticket, MONDAY_NINE + minutes(40))
    resolved(desk, other, MONDAY_NINE + minutes(40))
    edit(MONDAY_NINE + minutes(50), is_active=True)
    assert clock_of(ticket, Metric.FIRST_RESPONSE).state == "cancelled"
    assert clock_of(ticket, Metric.RESOLUTION).state == "running"
    assert clock_of(other, Metric.RESOLUTION).state == "cancelled"
    with travel(MONDAY_NINE + minutes(70)):
        reopen_ticket(other.pk, by=desk.owner)
    clock = clock_of(other, Metric.RESOLUTION)
    assert (clock.state, clock.due_at) == ("running", MONDAY_NINE + minutes(480 + 30)), "less while it was resolved"


def test_a_message_that_waits_for_an_answer_waits_on(desk: Desk) -> None:
    ticket, answered = desk.ticket(), desk.ticket()
    for each in (ticket, answered):
        desk.answer(each, MONDAY_NINE + minutes(20))
        customer_writes(each, MONDAY_NINE + minutes(30))
    edit(MONDAY_NINE + minutes(40), is_active=False)
    desk.answer(answered, MONDAY_NINE + minutes(45))
    edit(MONDAY_NINE + minutes(50), is_active=True)
    clock = clock_of(ticket, Metric.NEXT_RESPONSE)
    assert (clock.state, clock.due_at) == ("running", MONDAY_NINE + minutes(150))
    assert clock_of(answered, Metric.NEXT_RESPONSE).state == "cancelled"


def test_through_a_priority_without_a_policy_the_clocks_come_back(desk: Desk) -> None:
    SlaPolicy.objects.filter(name="Low").update(is_active=False)
    ticket = desk.ticket()
    for number, priority in enumerate(("low", "medium", "critical")):
        desk.raise_to(priority, ticket, MONDAY_NINE + minutes(5 + number))
    assert due_of(ticket) == MONDAY_NINE + minutes(60)
    assert {state for state, _target, _due in shown(ticket).values()} == {"running"}


def test_opened_again_when_nothing_is_promised_any_more_it_runs_for_nothing(desk: Desk) -> None:
    ticket = desk.ticket()
    resolved(desk, ticket, MONDAY_NINE + minutes(60))
    edit(MONDAY_NINE + minutes(70), is_active=False)
    assert clock_of(ticket, Metric.RESOLUTION).state == "completed"
    with travel(MONDAY_NINE + minutes(80)):
        reopen_ticket(ticket.pk, by=desk.owner)
    assert (clock_of(ticket, Metric.RESOLUTION).state, due_of(ticket)) == ("cancelled", None)
    edit(MONDAY_NINE + minutes(100), is_active=True)
    assert due_of(ticket) == MONDAY_NINE + minutes(480 + 20)


def test_helpers_promises_come_back_with_their_policy(desk: Desk) -> None:
    ticket, team = desk.ticket(priority="low"), TeamFactory()
    expert = AgentFactory(teams=[team])
    with travel(MONDAY_NINE):
        envelope, later = EnvelopeFactory.create_batch(2, ticket=ticket, team=team)
        accept_envelope(envelope.pk, by=expert)
    before = SlaClock.objects.get(envelope=envelope, metric=Metric.OLA_COMPLETION)
    ola = SlaPolicy.objects.filter(kind="ola")
    names = list(ola.values_list("name", flat=True))
    for name in names:
        edit(MONDAY_NINE + minutes(10), name, is_active=False)
    states = SlaClock.objects.filter(envelope__in=[envelope, later]).values_list("state", flat=True)
    assert sorted(states) == ["cancelled", "cancelled", "completed"]
    with travel(MONDAY_NINE + minutes(15)):
        begun = EnvelopeFactory(ticket=ticket, team=team)
    for name in names:
        edit(MONDAY_NINE + minutes(20), name, is_active=True)
    clock = SlaClock.objects.get(pk=before.pk)
    assert (clock.state, clock.due_at) == ("running", before.due_at)
    assert Envelope.objects.get(pk=envelope.pk).completion_due_at == before.due_at
    for each, start in ((later, MONDAY_NINE), (begun, MONDAY_NINE + minutes(15))):
        clock = SlaClock.objects.get(envelope=each, metric=Metric.OLA_RESPONSE)
        assert (clock.state, clock.started_at) == ("running", start)
        assert Envelope.objects.get(pk=each.pk).response_due_at == clock.due_at


def test_an_edit_that_moves_no_clock_that_runs_is_followed_too(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, MONDAY_NINE + minutes(30))
    edit(MONDAY_NINE + minutes(40), next_response_minutes=30)
    customer_writes(ticket, MONDAY_NINE + minutes(60))
    assert clock_of(ticket, Metric.NEXT_RESPONSE).target_minutes == 30


def test_a_promise_that_a_policy_did_not_give_before_begins_with_the_ticket(desk: Desk) -> None:
    SlaPolicy.objects.filter(name="Medium").update(time_to_value_minutes=None)
    ticket = desk.ticket()
    edit(MONDAY_NINE + minutes(40), time_to_value_minutes=500)
    clock = clock_of(ticket, Metric.TIME_TO_VALUE)
    assert (clock.started_at, clock.due_at) == (MONDAY_NINE, MONDAY_NINE + minutes(500))


def test_a_walk_locks_only_tickets_that_are_promised_something_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, other, touched = desk.ticket(), desk.ticket(priority="low"), desk.ticket(priority="critical")
    resolved(desk, done, MONDAY_NINE + minutes(30))
    run_all(now=MONDAY_NINE + minutes(31))
    locked: list[Any] = []
    usual: Callable[..., bool] = walking.follow_terms_now

    def noted(ticket_id: Any, **about: Any) -> bool:
        locked.append(ticket_id)
        return usual(ticket_id, **about)

    monkeypatch.setattr(walking, "follow_terms_now", noted)
    edit(MONDAY_NINE + minutes(40), "Critical", resolution_minutes=90, time_to_value_minutes=90)
    assert locked == [touched.pk]
    assert due_of(other) is not None


def test_a_ticket_promised_by_what_another_process_still_kept_follows_in_the_next_run(
    desk: Desk, settings: Any
) -> None:
    settings.SLA_BOOK_SECONDS = 60
    book.forget_book()
    old = book.current_book()
    SlaPolicy.objects.filter(name="Medium").update(resolution_minutes=500, time_to_value_minutes=500)
    services.follow_new_terms(now=MONDAY_NINE)
    assert not TermsWalk.objects.filter(ended_at=None).exists()
    new = book.current_book()
    book._kept.book, book._kept.looked_at = old, time.monotonic()  # that process, within its second
    ticket = desk.ticket(MONDAY_NINE - timedelta(seconds=1))
    book._kept.book = new
    assert due_of(ticket) == MONDAY_NINE + minutes(480) - timedelta(seconds=1)
    assert services.follow_new_terms(now=MONDAY_NINE + minutes(1)) == 1
    assert due_of(ticket) == MONDAY_NINE + minutes(500) - timedelta(seconds=1)
    assert services.follow_new_terms(now=MONDAY_NINE + minutes(2)) == 0
    book.forget_book()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_new_policy", [False, True], ids=["edited", "new"])
def test_a_priority_changed_while_policies_are_edited_follows_in_the_next_run(desk: Desk, is_new_policy: bool) -> None:
    """Two connections: one has read its book and not committed yet when the other edits and walks past the ticket. With
    a new policy the ticket is recorded under what it was under before, so no fact tells that it was touched.
    """
    if is_new_policy:
        SlaPolicy.objects.filter(kind="sla", priority="high").update(is_active=False)
        SlaPolicy.objects.filter(name="Medium").update(priority="", order=2000)
    ticket, other = desk.ticket(), desk.ticket()
    services.follow_new_terms(now=MONDAY_NINE)

    def edit_and_walk() -> int:
        edited = SlaPolicy.objects.filter(kind="sla", priority="high")
        edited.update(is_active=True, resolution_minutes=200, time_to_value_minutes=200)
        return services.follow_new_terms(now=MONDAY_NINE + minutes(20))

    with transaction.atomic():
        desk.raise_to("high", ticket, MONDAY_NINE + minutes(20))
        walk = beside(edit_and_walk)  # it has passed the ticket, and waits to have its score looked at
    assert walk() == 2
    assert not TermsWalk.objects.filter(ended_at=None).exists()
    assert due_of(ticket) == MONDAY_NINE + minutes(480 if is_new_policy else 240)
    assert services.follow_new_terms(now=MONDAY_NINE + minutes(21)) == 1
    assert due_of(ticket) == MONDAY_NINE + minutes(200)
    assert due_of(other) == MONDAY_NINE + minutes(480)
    assert services.follow_new_terms(now=MONDAY_NINE + minutes(22)) == 0


def test_a_priority_changed_by_what_another_process_still_kept_follows_in_the_next_run(
    desk: Desk, settings: Any
) -> None:
    settings.SLA_BOOK_SECONDS = 60
    ticket = desk.ticket()
    book.forget_book()
    old = book.current_book()
    SlaPolicy.objects.filter(kind="sla", priority="high").update(resolution_minutes=200, time_to_value_minutes=200)
    services.follow_new_terms(now=MONDAY_NINE + minutes(1))
    new = book.current_book()
    book._kept.book, book._kept.looked_at = old, time.monotonic()  # that process, within its second
    desk.raise_to("high", ticket, MONDAY_NINE + minutes(1))
    book._kept.book = new
    assert due_of(ticket) == MONDAY_NINE + minutes(240)
    assert services.follow_new_terms(now=MONDAY_NINE + minutes(2)) == 1
    assert due_of(ticket) == MONDAY_NINE + minutes(200)
    book.forget_book()


@pytest.mark.django_db
def test_091_a_ticket_that_fails_to_follow_is_tried_again_until_it_has(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, lost, sound = desk.ticket(), desk.ticket(), desk.ticket()
    services.follow_new_terms(now=MONDAY_NINE)
    usual, failing = walking.follow_terms, {broken.pk, lost.pk}

    def follow(ticket_id: Any, *, at: datetime) -> bool:
        if ticket_id in failing:
            raise OperationalError("deadlock detected")
        return usual(ticket_id, at=at)

    monkeypatch.setattr(walking, "follow_terms", follow)
    SlaPolicy.objects.filter(name="Medium").update(resolution_minutes=500, time_to_value_minutes=500)
    assert services.follow_new_terms(now=MONDAY_NINE + minutes(20)) == 3
    assert due_of(sound) == MONDAY_NINE + minutes(500), "those that fail do not keep the others"
    failing.remove(lost.pk)
    assert services.follow_new_terms(now=MONDAY_NINE + minutes(60)) == 1
    assert [due_of(lost), due_of(broken)] == [MONDAY_NINE + minutes(500), MONDAY_NINE + minutes(480)]
    assert services.follow_new_terms(now=MONDAY_NINE + minutes(61)) == 0
    failing.clear()
    assert services.follow_new_terms(now=MONDAY_NINE + minutes(600)) == 1
    assert due_of(broken) == MONDAY_NINE + minutes(500)
    assert not TermsWalk.objects.exclude(missed=[]).exists()


def test_what_fails_to_follow_and_is_over_by_now_is_tried_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    requester = ContactFactory()
    ticket, into = desk.ticket(requester=requester), desk.ticket(requester=requester)
    services.follow_new_terms(now=MONDAY_NINE)
    tried: list[Any] = []

    def follow(ticket_id: Any, *, at: datetime) -> bool:
        tried.append(ticket_id)
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(walking, "follow_terms", follow)
    edit(MONDAY_NINE + minutes(20), resolution_minutes=540, time_to_value_minutes=540)
    with travel(MONDAY_NINE + minutes(30)):
        merge_ticket(ticket.pk, into=into, by=desk.owner)
    tried.clear()
    for number in (31, 32):
        services.follow_new_terms(now=MONDAY_NINE + minutes(number))
    assert tried == [into.pk, into.pk]
    assert TermsWalk.objects.filter(missed=[into.pk]).exists()


def test_what_failed_to_follow_and_was_merged_since_is_left_as_it_ended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    requester = ContactFactory()
    ticket, into = desk.ticket(requester=requester), desk.ticket(requester=requester)
    services.follow_new_terms(now=MONDAY_NINE)
    usual, failing = walking.follow_terms, {ticket.pk}

    def follow(ticket_id: Any, *, at: datetime) -> bool:
        if ticket_id in failing:
            raise OperationalError("deadlock detected")
        return usual(ticket_id, at=at)

    monkeypatch.setattr(walking, "follow_terms", follow)
    edit(MONDAY_NINE + minutes(20), resolution_minutes=540, time_to_value_minutes=540)
    assert TermsWalk.objects.filter(missed=[ticket.pk]).exists()
    with travel(MONDAY_NINE + minutes(30)):
        merge_ticket(ticket.pk, into=into, by=desk.owner)
    ended = shown(ticket)
    failing.clear()
    with travel(MONDAY_NINE + minutes(40)):
        assert run_all(now=MONDAY_NINE + minutes(40)).failed == []
    assert shown(ticket) == ended
    assert not TermsWalk.objects.exclude(missed=[]).exists()
