"""Experts whose access ends while they help."""

import pytest
from django.utils import timezone

from accounts.services import deactivate_agent
from core.actors import DESK
from core.errors import Invalid
from core.events import deliver_all
from envelopes import services
from envelopes.models import EnvelopeParticipant
from envelopes.selectors import entries_of
from notifications.models import Notification
from tests.envelopes.conftest import Scene, fresh, now_of
from tests.factories import EnvelopeFactory
from tickets.models import Ticket
from tickets.services import transfer_ownership
from tickets.wording import describe

pytestmark = pytest.mark.django_db


def test_what_an_expert_leaves_behind_goes_back_and_those_who_wait_are_told(scene: Scene) -> None:
    of_team = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    of_hers = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.nina, expert=scene.nina)
    asked = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.nina)
    beside = EnvelopeFactory(ticket=scene.ticket, expert=scene.noah)
    services.invite_expert(beside.pk, by=scene.owner, agent=scene.nina)
    deliver_all()
    Notification.objects.all().delete()
    deactivate_agent(scene.nina.pk, by=scene.admin)
    deliver_all()
    found = [(now_of(each).status, now_of(each).assigned_to) for each in (of_team, of_hers, asked, beside)]
    assert found == [("pending", None), ("declined", None), ("declined", None), ("active", scene.noah)]
    assert not EnvelopeParticipant.objects.filter(agent=scene.nina, left_at__isnull=True).exists()
    assert now_of(of_team).timeout_due_at is not None
    told = Notification.objects.filter(recipient=scene.owner).values_list("payload__number", flat=True)
    assert sorted(told) == [of_team.number, of_hers.number, asked.number]
    assert Ticket.objects.get(pk=scene.ticket.pk).owner == scene.owner
    assert services.replace_leaver(scene.nina.pk, by=DESK) == 0


def test_one_who_works_here_keeps_what_they_have(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, expert=scene.nina)
    assert services.replace_leaver(scene.nina.pk, by=DESK) == 0
    assert now_of(envelope).assigned_to == scene.nina


def test_an_envelope_is_not_opened_again_for_somebody_who_has_left(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.complete_envelope(envelope.pk, by=scene.nina, summary="A cable")
    deactivate_agent(scene.nina.pk, by=scene.admin)
    deliver_all()
    assert now_of(envelope).status == "completed"
    with pytest.raises(Invalid) as refused:
        services.reopen_envelope(envelope.pk, by=scene.owner)
    assert list(refused.value.fields) == ["assigned_to"]


def test_nobody_helps_on_a_ticket_that_has_become_their_own(scene: Scene) -> None:
    of_team = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    asked = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.nina)
    beside = EnvelopeFactory(ticket=scene.ticket, expert=scene.noah)
    elsewhere = EnvelopeFactory(team=scene.network, expert=scene.nina)
    services.invite_expert(beside.pk, by=scene.owner, agent=scene.nina)
    deliver_all()
    Notification.objects.all().delete()
    scene.owner.employment_ended_on = scene.owner.today(timezone.now())
    scene.owner.save()
    why = {"reason_code": "termination", "reason": "Mara Weiss has left the company"}
    transfer_ownership(scene.ticket.pk, by=scene.manager, new_owner=scene.nina, **why)
    found = [(now_of(each).status, now_of(each).assigned_to) for each in (of_team, asked, beside)]
    assert found == [("pending", None), ("declined", None), ("active", scene.noah)]
    taking_part = EnvelopeParticipant.objects.filter(agent=scene.nina, left_at__isnull=True)
    assert list(taking_part.values_list("envelope", flat=True)) == [elsewhere.pk]
    said = entries_of(of_team).filter(facts__event="envelope_owns").get()
    assert describe(said) == "Nina Kern owns the ticket now; the envelope goes on without them"
    services.post_in_envelope(beside.pk, by=fresh(scene.nina), body_text="As the owner")
    assert now_of(beside).awaiting == "expert"
