"""The number at the switcher: envelopes in which it is the person's turn, and who is to count anew."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Agent
from core.events import deliver_all
from desk.selectors import badges
from envelopes import services
from envelopes.models import Envelope
from envelopes.selectors import my_envelopes
from live.models import Change
from tests.envelopes.conftest import Scene, fresh
from tests.factories import AbsenceFactory, EnvelopeFactory

pytestmark = pytest.mark.django_db


def turns(agent: Agent) -> int:
    """As the number says and as the list shows, which must agree."""
    agent = fresh(agent)
    listed = sum((row.awaiting == "expert") == row.is_helping for row in my_envelopes(agent))
    assert badges(agent).turns == listed
    return listed


def test_the_number_is_that_of_the_envelopes_that_wait_for_the_person(scene: Scene) -> None:
    people = (scene.owner, scene.nina, scene.noah, scene.mate)

    def now() -> tuple[int, ...]:
        return tuple(turns(agent) for agent in people)

    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    assert now() == (0, 0, 0, 0), "asked of the team: the board has it"
    services.accept_envelope(envelope.pk, by=scene.nina)
    assert now() == (0, 1, 0, 0)
    services.post_in_envelope(envelope.pk, by=scene.nina, body_text="Which port?")
    assert now() == (1, 0, 0, 0)
    services.invite_expert(envelope.pk, by=scene.nina, agent=scene.noah)
    services.post_in_envelope(envelope.pk, by=scene.owner, body_text="The last one")
    assert now() == (0, 1, 1, 0), "each of its experts, once"
    services.release_envelope(envelope.pk, by=scene.nina, reason="Going home")
    services.redirect_envelope(envelope.pk, by=scene.owner, assigned_to=scene.nina)
    assert now() == (0, 1, 1, 0), "asked by name"
    services.decline_envelope(envelope.pk, by=scene.nina, reason="Not mine")
    assert now() == (1, 0, 0, 0), "declined: the owner decides"
    AbsenceFactory(agent=scene.owner, deputy=scene.mate)
    assert now() == (1, 0, 0, 1)
    services.cancel_envelope(envelope.pk, by=scene.owner, reason="Found it")
    assert now() == (0, 0, 0, 0)


def test_everybody_whose_number_an_act_changes_counts_anew(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    AbsenceFactory(agent=scene.owner, deputy=scene.mate)
    deliver_all()

    def told(act: Any) -> set[Agent]:
        Change.objects.all().delete()
        connection.run_on_commit.clear()  # each act of a desk has a transaction of its own
        act()
        deliver_all()
        ids = Change.objects.filter(person_id__isnull=False).values_list("person_id", flat=True)
        return set(Agent.objects.filter(pk__in=ids))

    both = {scene.owner, scene.mate, scene.nina}
    assert both <= told(lambda: services.post_in_envelope(envelope.pk, by=scene.nina, body_text="Which port?"))
    gone = told(lambda: services.release_envelope(envelope.pk, by=scene.nina, reason="Going home"))
    assert scene.nina in gone, "who has just given it back has one less"


def test_the_number_costs_no_statement_of_its_own(scene: Scene, django_assert_num_queries: Any) -> None:
    for _number in range(3):
        found = EnvelopeFactory(team=scene.network, expert=scene.nina)
        assert Envelope.objects.get(pk=found.pk).awaiting == "expert"
    nina = fresh(scene.nina)
    my_envelopes(nina)
    with django_assert_num_queries(1):
        assert badges(nina).turns == 3


def test_of_many_those_come_first_in_which_it_is_ones_turn(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [EnvelopeFactory(ticket=scene.ticket, team=scene.network) for _number in range(4)]
    mine = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.post_in_envelope(mine.pk, by=scene.nina, body_text="Which port?")
    Envelope.objects.filter(pk=mine.pk).update(completion_due_at=timezone.now() + timedelta(days=90))
    Envelope.objects.filter(pk=others[3].pk).update(response_due_at=timezone.now() - timedelta(days=1))
    monkeypatch.setattr("envelopes.selectors.LISTED", 3)
    assert [row.id for row in my_envelopes(fresh(scene.owner))][:2] == [mine.pk, others[3].pk]
    assert len(my_envelopes(fresh(scene.owner))) == 3
