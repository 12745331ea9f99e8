"""Who helps on a ticket reads what its customer was granted, while they help (permissions.md, object rule 11)."""

import pytest

from accounts.models import Agent
from envelopes import services
from tests.envelopes.conftest import Scene, fresh
from tests.factories import EnvelopeFactory
from tests.factories.resolutions import a_resolution
from tickets.models import Resolution
from tickets.policies import may_read_compensation
from tickets.resolutions import resolutions_in_sight

pytestmark = pytest.mark.django_db


def reads(agent: Agent, resolution: Resolution) -> bool:
    """One by one and in lists alike."""
    person = fresh(agent)
    is_listed = resolutions_in_sight(person).filter(pk=resolution.pk).exists()
    assert may_read_compensation(person, resolution.ticket) is is_listed
    return is_listed


def test_experts_read_it_while_their_envelope_is_worked_on(scene: Scene) -> None:
    resolution = a_resolution(scene.ticket, "40.00")
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    assert [reads(agent, resolution) for agent in (scene.owner, scene.nina, scene.mate)] == [True, False, False]
    services.accept_envelope(envelope.pk, by=scene.nina)
    services.invite_expert(envelope.pk, by=scene.nina, agent=scene.noah)
    assert [reads(agent, resolution) for agent in (scene.nina, scene.noah, scene.mate)] == [True, True, False]
    services.complete_envelope(envelope.pk, by=scene.nina, summary="A bad port.")
    assert [reads(agent, resolution) for agent in (scene.nina, scene.noah)] == [False, False]


def test_who_has_given_it_back_reads_it_no_more(scene: Scene) -> None:
    resolution = a_resolution(scene.ticket, "40.00")
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    assert reads(scene.nina, resolution)
    services.release_envelope(envelope.pk, by=scene.nina, reason="Going home")
    assert not reads(scene.nina, resolution)
