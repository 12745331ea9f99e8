"""Envelopes beside each other, and how one goes on (domain.md section 5): declined, given back, opened again, under
another owner.
"""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Agent
from core.errors import Invalid
from envelopes import services
from envelopes.errors import EnvelopeActForbidden, ParentNotOpen, TicketNotOpen
from envelopes.selectors import due_of
from tests.envelopes.conftest import MONDAY_NINE, Scene, fresh, now_of, status_of
from tests.factories import AgentFactory, EnvelopeFactory
from tickets.services import resolve_ticket, transfer_ownership
from tickets.wording import describe

pytestmark = pytest.mark.django_db


def test_026_envelopes_of_one_ticket_have_a_clock_each_and_are_sealed_in_any_order(scene: Scene) -> None:
    found = []
    for hours in range(3):
        with time_machine.travel(MONDAY_NINE + timedelta(hours=hours), tick=False):
            found.append(EnvelopeFactory(ticket=scene.ticket, expert=AgentFactory()))
    first, second, third = found
    assert [each.number for each in found] == [1, 2, 3]
    due = [MONDAY_NINE + timedelta(days=2, hours=4 + hours) for hours in range(3)]  # 24 of the desk's ten hours a day
    assert [now_of(each).completion_due_at for each in found] == due
    services.post_in_envelope(second.pk, by=Agent.objects.get(pk=second.assigned_to_id), body_text="On it")
    services.complete_envelope(third.pk, by=scene.owner, summary="Thanks")
    services.complete_envelope(first.pk, by=scene.owner, summary="Thanks")
    assert [now_of(each).status for each in (first, second, third)] == ["completed", "active", "completed"]
    assert [now_of(each).completion_due_at for each in found] == due, "each runs on by itself"
    assert [now_of(each).posts.filter(entry__kind="envelope_message").count() for each in (first, second, third)] == [
        0,
        1,
        0,
    ]
    assert status_of(scene.ticket) == "waiting_internal"


def test_032_a_declined_person_leaves_it_to_the_owner_to_ask_somebody_else(scene: Scene) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.stranger)
    with pytest.raises(Invalid):
        services.decline_envelope(envelope.pk, by=scene.stranger, reason=" ")
    services.decline_envelope(envelope.pk, by=scene.stranger, reason="No time")
    found = now_of(envelope)
    assert (found.status, found.assigned_to, found.awaiting) == ("declined", None, "owner")
    assert status_of(scene.ticket) == "waiting_internal"
    later = MONDAY_NINE + timedelta(minutes=60)
    with time_machine.travel(later, tick=False):
        services.redirect_envelope(envelope.pk, by=scene.owner, team=scene.network)
    found = now_of(envelope)
    assert (found.status, found.team, found.opened_at, found.awaiting) == (
        "pending",
        scene.network,
        MONDAY_NINE,
        "expert",
    )
    assert found.response_due_at == MONDAY_NINE + timedelta(minutes=240)
    assert found.timeout_due_at == later + timedelta(minutes=240)
    assert [describe(post.entry) for post in found.posts.order_by("entry__seq")] == [
        f"{scene.stranger.name} declined the envelope",
        "Help asked of Network in place of –",
    ]


def test_032_with_a_team_a_declined_envelope_is_back_in_its_queue(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, assigned_to=scene.nina)
    services.decline_envelope(envelope.pk, by=scene.nina, reason="On another case")
    found = now_of(envelope)
    assert (found.status, found.assigned_to, found.team) == ("pending", None, scene.network)
    services.accept_envelope(envelope.pk, by=scene.noah)


def test_036_the_owner_opens_a_sealed_envelope_again_with_a_new_cycle(scene: Scene) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
        services.complete_envelope(envelope.pk, by=scene.nina, summary="Done")
    with pytest.raises(EnvelopeActForbidden):
        services.reopen_envelope(envelope.pk, by=scene.nina)
    with time_machine.travel(MONDAY_NINE + timedelta(days=1), tick=False):
        services.reopen_envelope(envelope.pk, by=scene.owner)
    found = now_of(envelope)
    assert (found.status, found.assigned_to, found.summary, found.completed_at) == ("active", scene.nina, "", None)
    assert found.completion_due_at == MONDAY_NINE + timedelta(days=3, hours=4)
    assert status_of(scene.ticket) == "waiting_internal"


def test_036_not_on_a_resolved_ticket_nor_below_a_closed_envelope(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    child = EnvelopeFactory(below=envelope, expert=scene.stranger)
    services.complete_envelope(child.pk, by=scene.stranger, summary="Done")
    services.complete_envelope(envelope.pk, by=scene.nina, summary="Done")
    with pytest.raises(ParentNotOpen):
        services.reopen_envelope(child.pk, by=scene.owner)
    resolve_ticket(scene.ticket.pk, by=scene.owner, code="fixed", note="Done.")
    with pytest.raises(TicketNotOpen):
        services.reopen_envelope(envelope.pk, by=scene.owner)
    with pytest.raises(TicketNotOpen):
        EnvelopeFactory(ticket=scene.ticket, team=scene.network)


def test_a_released_envelope_is_back_in_the_queue_and_what_was_promised_runs_on(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    before = now_of(envelope)
    services.release_envelope(envelope.pk, by=scene.network_lead, reason="Nina is needed elsewhere")
    found = now_of(envelope)
    assert (found.status, found.assigned_to, found.accepted_at) == ("pending", None, None)
    assert (found.response_due_at, found.completion_due_at) == (before.response_due_at, before.completion_due_at)
    assert due_of(found) == before.completion_due_at  # the first promise was kept
    with pytest.raises(EnvelopeActForbidden):
        services.complete_envelope(envelope.pk, by=scene.nina, summary="Done")
    services.accept_envelope(envelope.pk, by=scene.nina)
    found = now_of(envelope)
    assert (found.assigned_to, found.completion_due_at) == (scene.nina, before.completion_due_at)
    assert found.participants.filter(agent=scene.nina).count() == 2


def test_a_person_without_a_team_releases_it_to_whoever_asked(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.stranger, expert=scene.stranger)
    services.release_envelope(envelope.pk, by=scene.stranger, reason="Wrong field")
    assert (now_of(envelope).status, now_of(envelope).awaiting) == ("declined", "owner")


def test_open_envelopes_outlive_a_transfer_of_the_ticket(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    scene.owner.employment_ended_on = timezone.now().date() - timedelta(days=2)
    scene.owner.save()
    reason = "The colleague has left the company for good."
    transfer_ownership(
        scene.ticket.pk, by=scene.ticket_supervisor, new_owner=scene.mate, reason_code="termination", reason=reason
    )
    assert now_of(envelope).status == "active"
    services.complete_envelope(envelope.pk, by=fresh(scene.mate), summary="Done")
