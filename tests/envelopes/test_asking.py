"""Asking for help, and a ticket that waits for it (domain.md section 5)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from core.actors import DESK
from core.errors import Invalid
from core.models import RefusedAct
from envelopes import services
from envelopes.enums import EnvelopeKind
from envelopes.errors import (
    EnvelopesStillOpen,
    NotOwnerOrExpert,
    TooDeep,
)
from envelopes.models import Envelope
from tests.envelopes.conftest import MONDAY_NINE, Scene, fresh, inside, now_of, status_of
from tests.factories import AbsenceFactory, AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tickets.enums import TicketStatus
from tickets.errors import TicketClosed, TicketUnowned
from tickets.models import Ticket
from tickets.services import (
    cancel_ticket,
    resume_ticket,
    wait_for_customer,
)
from tickets.wording import describe

pytestmark = pytest.mark.django_db


def test_018_an_envelope_to_a_team_is_pending_and_due_in_240_business_minutes(scene: Scene) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = services.open_envelope(scene.ticket.pk, by=scene.owner, team=scene.network, reason=" Packets drop. ")
    found = now_of(envelope)
    assert (found.status, found.number, found.level, found.awaiting) == ("pending", 1, 2, "expert")
    assert (found.reason, found.requested_by, found.is_blocking, found.path) == (
        "Packets drop.",
        scene.owner,
        True,
        [found.pk],
    )
    assert found.response_due_at == MONDAY_NINE + timedelta(minutes=240)
    assert (found.completion_due_at, found.accepted_at) == (None, None)
    assert Ticket.objects.get(pk=scene.ticket.pk).owner == scene.owner
    (entry,) = inside(scene.ticket)
    assert (entry.visibility, entry.author, entry.body_text) == ("internal", scene.owner, "")
    assert describe(entry) == "Envelope 1 opened: help asked of Network"


def test_018_what_is_promised_ends_with_the_tickets_own_due_date(scene: Scene) -> None:
    due = MONDAY_NINE + timedelta(minutes=90)
    Ticket.objects.filter(pk=scene.ticket.pk).update(resolution_due_at=due)
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
        services.accept_envelope(envelope.pk, by=scene.nina)
    found = now_of(envelope)
    assert (found.response_due_at, found.completion_due_at) == (due, due)
    assert Ticket.objects.get(pk=scene.ticket.pk).resolution_due_at == due


def test_018_it_needs_a_target_and_a_reason(scene: Scene) -> None:
    closed = TeamFactory(is_active=False)
    tries: list[tuple[dict[str, Any], str]] = [
        ({"reason": "Help"}, "team"),
        ({"reason": "Help", "team": closed}, "team"),
        ({"reason": "  ", "team": scene.network}, "reason"),
        ({"reason": "Help", "assigned_to": scene.owner}, "assigned_to"),
        ({"reason": "Help", "assigned_to": scene.auditor}, "assigned_to"),
        ({"reason": "Help", "assigned_to": AgentFactory(is_active=False)}, "assigned_to"),
        ({"reason": "Help", "team": scene.network, "kind": "party"}, "kind"),
    ]
    for values, field in tries:
        with pytest.raises(Invalid) as refused:
            services.open_envelope(scene.ticket.pk, by=scene.owner, **values)
        assert list(refused.value.fields) == [field]
    assert (Envelope.objects.count(), status_of(scene.ticket)) == (0, "in_progress")


def test_027_an_expert_asks_on_and_the_child_is_one_level_deeper(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    child = services.open_next_level(envelope.pk, by=scene.nina, assigned_to=scene.stranger, reason="Is the SAN slow?")
    found = now_of(child)
    assert (found.level, found.number, found.parent_envelope, found.path) == (3, 2, envelope, [envelope.pk, child.pk])
    assert (found.requested_by, Ticket.objects.get(pk=scene.ticket.pk).owner) == (scene.nina, scene.owner)
    with pytest.raises(EnvelopesStillOpen) as open_below:
        services.complete_envelope(envelope.pk, by=scene.nina, summary="Done")
    assert open_below.value.as_problem()["envelopes"] == [
        {"id": str(child.pk), "number": 2, "target": scene.stranger.name, "status": "pending"}
    ]
    services.cancel_envelope(child.pk, by=scene.nina, reason="Not needed")
    services.complete_envelope(envelope.pk, by=scene.nina, summary="Done")


def test_027_help_goes_five_levels_deep(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, expert=AgentFactory())
    for level in (3, 4, 5):
        envelope = EnvelopeFactory(below=envelope, expert=AgentFactory())
        assert envelope.level == level
    with pytest.raises(TooDeep):
        EnvelopeFactory(below=envelope)


def test_028_only_the_owner_and_active_experts_ask_for_help(scene: Scene) -> None:
    pending = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    others = (scene.mate, scene.ticket_lead, scene.ticket_supervisor, scene.manager, scene.admin, scene.nina)
    for other in others:
        with pytest.raises(NotOwnerOrExpert) as refused:
            services.open_envelope(scene.ticket.pk, by=other, team=scene.network, reason="Help")
        assert (refused.value.status, refused.value.code) == (403, "not_owner_or_expert")
        with pytest.raises(NotOwnerOrExpert):
            services.open_next_level(pending.pk, by=other, team=scene.network, reason="Help")
    assert RefusedAct.objects.filter(code="not_owner_or_expert").count() == 2 * len(others)
    services.accept_envelope(pending.pk, by=scene.nina)
    services.release_envelope(pending.pk, by=scene.nina, reason="Not my field")
    with pytest.raises(NotOwnerOrExpert):
        services.open_next_level(pending.pk, by=scene.nina, team=scene.network, reason="Help")


def test_the_deputy_of_an_absent_owner_asks_for_help(scene: Scene) -> None:
    AbsenceFactory(agent=scene.owner, deputy=scene.mate)
    envelope = services.open_envelope(scene.ticket.pk, by=fresh(scene.mate), team=scene.network, reason="Help")
    assert envelope.requested_by == scene.mate


def test_on_an_unowned_ticket_help_begins_with_acceptance(scene: Scene) -> None:
    unowned = TicketFactory(team=scene.ticket.team)
    with pytest.raises(TicketUnowned):
        services.open_envelope(unowned.pk, by=scene.mate, team=scene.network, reason="Help")
    with pytest.raises(NotOwnerOrExpert):
        services.open_envelope(unowned.pk, by=scene.auditor, team=scene.network, reason="Help")
    legal = services.open_envelope(unowned.pk, by=DESK, team=scene.network, reason="Threat", kind=EnvelopeKind.LEGAL)
    assert (legal.requested_by, status_of(unowned)) == (None, "new")
    with pytest.raises(NotOwnerOrExpert):
        services.open_envelope(unowned.pk, by=DESK, team=scene.network, reason="Threat")


def test_029_the_ticket_waits_for_colleagues_until_the_last_blocking_envelope_is_closed(scene: Scene) -> None:
    first = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    second = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    beside = EnvelopeFactory(ticket=scene.ticket, team=scene.network, is_blocking=False)
    assert status_of(scene.ticket) == "waiting_internal"
    services.cancel_envelope(first.pk, by=scene.owner, reason="Found it")
    assert status_of(scene.ticket) == "waiting_internal"
    services.accept_envelope(second.pk, by=scene.nina)
    services.complete_envelope(second.pk, by=scene.nina, summary="Done")
    assert (status_of(scene.ticket), now_of(beside).status) == ("in_progress", "pending")


def test_029_what_has_moved_on_by_itself_stays_there(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    resume_ticket(scene.ticket.pk, by=scene.owner)
    services.cancel_envelope(envelope.pk, by=scene.owner, reason="Found it")
    assert status_of(scene.ticket) == "in_progress"
    Ticket.objects.filter(pk=scene.ticket.pk).update(last_public_reply_at=timezone.now())
    wait_for_customer(scene.ticket.pk, by=scene.owner)
    other = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    assert status_of(scene.ticket) == "waiting_customer"
    services.cancel_envelope(other.pk, by=scene.owner, reason="Found it")
    assert status_of(scene.ticket) == "waiting_customer"


def test_029_with_one_that_does_not_block_the_waiting_for_a_blocking_one_below_ends(scene: Scene) -> None:
    outer = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina, is_blocking=False)
    assert status_of(scene.ticket) == "in_progress"
    EnvelopeFactory(below=outer)
    assert status_of(scene.ticket) == "waiting_internal"
    services.cancel_envelope(outer.pk, by=scene.owner, reason="Found it")
    assert status_of(scene.ticket) == "in_progress"


def test_asking_the_same_again_is_refused_and_puts_nothing_off(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    with pytest.raises(Invalid) as refused:
        services.redirect_envelope(envelope.pk, by=scene.network_lead, team=scene.network)
    assert list(refused.value.fields) == ["team"]
    assert now_of(envelope).pending_since == envelope.pending_since
    services.redirect_envelope(envelope.pk, by=scene.network_lead, team=scene.network, assigned_to=scene.noah)
    assert now_of(envelope).assigned_to == scene.noah


def test_030_beside_an_envelope_that_does_not_block_work_goes_on(scene: Scene) -> None:
    EnvelopeFactory(ticket=scene.ticket, team=scene.network, is_blocking=False)
    assert status_of(scene.ticket) == "in_progress"


def test_with_an_envelope_those_opened_from_it_are_withdrawn(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    child = EnvelopeFactory(below=envelope, expert=scene.stranger)
    grandchild = EnvelopeFactory(below=child)
    services.cancel_envelope(envelope.pk, by=scene.owner, reason="The customer has found it")
    assert [now_of(each).status for each in (envelope, child, grandchild)] == ["cancelled"] * 3
    assert {now_of(each).cancel_reason for each in (envelope, child, grandchild)} == {"The customer has found it"}
    assert status_of(scene.ticket) == "in_progress"


def test_with_the_ticket_its_envelopes_are_withdrawn_in_the_same_transaction(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    child = EnvelopeFactory(below=envelope)
    cancel_ticket(scene.ticket.pk, by=scene.owner, code="withdrawn")
    assert (now_of(envelope).status, now_of(child).status) == ("cancelled", "cancelled")
    assert status_of(scene.ticket) == TicketStatus.CANCELLED
    with pytest.raises(TicketClosed):
        EnvelopeFactory(ticket=scene.ticket, team=scene.network)
