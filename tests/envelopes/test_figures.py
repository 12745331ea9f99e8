"""What helpers contributed: the figure (metrics.md M23), who is told it, and that it stands on the ticket."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Agent
from envelopes import services
from envelopes.figures import Contribution, contributions
from envelopes.models import Envelope
from envelopes.selectors import envelopes_on
from tests.api.conftest import signed_in
from tests.envelopes.conftest import Scene, fresh
from tests.factories import EnvelopeFactory, TicketFactory
from tickets.calibration import desk_zone
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
ALL_TIME = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def sealed(scene: Scene, *, expert: Agent, outcome: str = "", ticket: Ticket | None = None) -> Envelope:
    envelope: Envelope = EnvelopeFactory(ticket=ticket or scene.ticket, team=scene.network, expert=expert)
    services.complete_envelope(envelope.pk, by=expert, summary="A bad port.", outcome=outcome)
    return envelope


def by_name(rows: list[Contribution]) -> dict[str, tuple[int, int]]:
    return {row.who.name: (row.completed, row.took_part) for row in rows}


def test_sealed_envelopes_count_for_expert_helpers_and_team(scene: Scene) -> None:
    first = sealed(scene, expert=scene.nina, outcome="solved")
    second = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.invite_expert(second.pk, by=scene.nina, agent=scene.noah)
    services.complete_envelope(second.pk, by=scene.nina, summary="Firmware", outcome="advice_given")
    third = sealed(scene, expert=scene.nina)
    EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.noah)
    found = contributions(scene.network_lead, *ALL_TIME)
    assert by_name(found.by_agent) == {"Nina Kern": (3, 0), "Noah Beck": (0, 1)}
    assert by_name(found.by_team) == {"Network": (3, 0)}
    [nina, noah] = found.by_agent
    assert (set(nina.ids), noah.took_part_ids) == ({first.pk, second.pk, third.pk}, (second.pk,))
    assert {name: share.percent for name, share in nina.outcomes.items()} == {
        "solved": Decimal("33.3"),
        "advice_given": Decimal("33.3"),
    }


def test_nobody_is_told_a_colleagues_figure(scene: Scene) -> None:
    sealed(scene, expert=scene.nina)
    sealed(scene, expert=scene.noah)
    told = {
        reader: by_name(contributions(fresh(reader), *ALL_TIME).by_agent)
        for reader in (scene.nina, scene.owner, scene.ticket_lead, scene.network_supervisor, scene.auditor)
    }
    both = {"Nina Kern": (1, 0), "Noah Beck": (1, 0)}
    assert told == {
        scene.nina: {"Nina Kern": (1, 0)},
        scene.owner: {},
        scene.ticket_lead: {},
        scene.network_supervisor: both,
        scene.auditor: both,
    }
    assert contributions(scene.nina, *ALL_TIME).by_team == []


def test_the_moment_of_sealing_tells_the_period_and_cancelled_tickets_do_not_count(scene: Scene) -> None:
    envelope = sealed(scene, expert=scene.nina)
    at = Envelope.objects.get(pk=envelope.pk).completed_at
    assert at is not None
    second = timedelta(seconds=1)
    assert len(contributions(scene.nina, at, at + second).by_agent) == 1
    assert contributions(scene.nina, at - second, at).by_agent == []
    other = sealed(scene, expert=scene.nina, ticket=TicketFactory(team=scene.ticket.team, owner=scene.owner))
    Ticket.objects.filter(pk=other.ticket_id).update(status="cancelled")
    assert by_name(contributions(scene.nina, *ALL_TIME).by_agent) == {"Nina Kern": (1, 0)}


def test_the_api_answers_a_period(scene: Scene) -> None:
    envelope = sealed(scene, expert=scene.nina, outcome="solved")
    api = signed_in(scene.nina)
    answer = api.get("/api/v1/metrics/expert_contribution/").json()
    assert answer["by_agent"] == [
        {
            "completed": 1,
            "outcomes": {"solved": {"numerator": 1, "denominator": 1, "percent": "100.0"}},
            "ids": [str(envelope.pk)],
            "agent": {"id": str(scene.nina.pk), "name": "Nina Kern", "email": scene.nina.email},
            "took_part": 0,
            "took_part_ids": [],
        }
    ]
    assert answer["by_team"] == []
    tomorrow = (timezone.localdate(timezone=desk_zone()) + timedelta(days=1)).isoformat()
    assert api.get(f"/api/v1/metrics/expert_contribution/?first={tomorrow}").status_code == 400
    assert date.fromisoformat(answer["first"]).day == 1


def test_who_reads_the_ticket_sees_who_helped_and_what_came_of_it(scene: Scene) -> None:
    """As the main thread says; of one that is not sealed, not a word."""
    sealed(scene, expert=scene.nina, outcome="solved")
    EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina, reason="Packets drop.")
    [done, other] = envelopes_on(scene.ticket, fresh(scene.mate))
    assert (done.is_readable, done.expert_name, done.summary, done.outcome, done.reason) == (
        False,
        "Nina Kern",
        "A bad port.",
        "solved",
        "",
    )
    assert (other.expert_name, other.summary, other.reason) == ("", "", "")
