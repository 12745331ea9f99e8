"""Asking for a skill: the same choice at the API and on the page (domain.md section 5, `open`, `redirect`)."""

import pytest

from accounts.models import Agent, AgentSkill, Skill
from core.errors import Invalid
from envelopes import services
from envelopes.models import Envelope
from tests.api.conftest import signed_in
from tests.envelopes.conftest import Scene, now_of
from tests.factories import AbsenceFactory, EnvelopeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def vpn() -> Skill:
    return Skill.objects.create(name="VPN")


def knows(agent: Agent, skill: Skill, level: int) -> None:
    AgentSkill.objects.create(agent=agent, skill=skill, level=level)


def test_018_a_skill_alone_asks_who_has_it_is_there_and_helps_least(scene: Scene, vpn: Skill) -> None:
    for agent, level in ((scene.owner, 5), (scene.nina, 5), (scene.noah, 1), (scene.mate, 5)):
        knows(agent, vpn, level)
    EnvelopeFactory(expert=scene.nina)
    AbsenceFactory(agent=scene.mate)
    at = f"/api/v1/tickets/{scene.ticket.reference}/envelopes/"
    answer = signed_in(scene.owner).post(at, {"skill": "VPN", "reason": "The tunnel drops."})
    body = answer.json()
    assert answer.status_code == 201
    assert (body["assigned_to"]["name"], body["skill"]["name"]) == ("Noah Beck", "VPN")
    opened = Envelope.objects.get(pk=body["id"])
    assert opened.team == scene.noah.primary_team


def test_nobody_at_hand_is_said_at_the_skill_and_opens_nothing(scene: Scene, vpn: Skill) -> None:
    knows(scene.nina, vpn, 3)
    AbsenceFactory(agent=scene.nina)
    at = f"/api/v1/tickets/{scene.ticket.reference}/envelopes/"
    answer = signed_in(scene.owner).post(at, {"skill": "VPN", "reason": "The tunnel drops."})
    assert (answer.status_code, list(answer.json()["fields"]), Envelope.objects.count()) == (400, ["skill"], 0)


def test_a_team_beside_a_skill_is_asked_itself(scene: Scene, vpn: Skill) -> None:
    knows(scene.nina, vpn, 3)
    envelope = services.open_envelope(
        scene.ticket.pk, by=scene.owner, team=scene.network, skill=vpn, reason="The tunnel drops."
    )
    assert (envelope.team, envelope.assigned_to, envelope.skill) == (scene.network, None, vpn)


def test_the_next_level_and_a_redirect_choose_alike_and_ask_nobody_twice(scene: Scene, vpn: Skill) -> None:
    knows(scene.nina, vpn, 5)
    knows(scene.noah, vpn, 1)
    envelope = services.open_envelope(scene.ticket.pk, by=scene.owner, skill=vpn, reason="The tunnel drops.")
    assert envelope.assigned_to == scene.nina
    services.redirect_envelope(envelope.pk, by=scene.owner, skill=vpn)
    assert now_of(envelope).assigned_to == scene.noah
    services.accept_envelope(envelope.pk, by=scene.noah)
    below = services.open_next_level(envelope.pk, by=scene.noah, skill=vpn, reason="Which firmware?")
    assert below.assigned_to == scene.nina, "who asks is not asked"
    AgentSkill.objects.filter(agent=scene.noah).delete()
    with pytest.raises(Invalid) as refused:
        services.redirect_envelope(below.pk, by=scene.noah, skill=vpn)
    assert (list(refused.value.fields), now_of(below).assigned_to) == (["skill"], scene.nina)
