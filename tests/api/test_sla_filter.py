"""`sla` of the list of tickets."""

import pytest

from sla.models import SlaPolicy
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, TeamFactory, TicketFactory

pytestmark = pytest.mark.django_db


def test_tickets_on_which_nothing_is_promised_are_found_by_none() -> None:
    team = TeamFactory()
    promised = TicketFactory(team=team)
    SlaPolicy.objects.update(is_active=False)
    free = TicketFactory(team=team)
    client = signed_in(AgentFactory(teams=[team]))
    found = client.get("/api/v1/tickets/?sla=none")
    assert found.status_code == 200
    assert [row["reference"] for row in found.json()["results"]] == [free.reference]
    both = client.get("/api/v1/tickets/?sla=none&sla=on_track").json()["results"]
    assert {row["reference"] for row in both} == {free.reference, promised.reference}
