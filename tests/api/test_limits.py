"""Limits of work in progress at the API: refused with what is known, and gone beyond with a reason."""

from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import Agent, Team
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.enums import EntryKind
from tickets.models import Ticket
from tickets.services import Limit, resolve_ticket, set_wip_limits

pytestmark = pytest.mark.django_db
WHY = {"over_limit": "The mayor calls."}


@pytest.fixture
def sam() -> Agent:
    """Supervises a team that has a ticket in every column."""
    sam: Agent = AgentFactory(roles=[Role.SUPERVISOR])
    team = TeamFactory(name="Service Desk", lead=AgentFactory(roles=[Role.TEAM_LEAD]), supervisor=sam)
    owner = AgentFactory(teams=[team])
    waiting, resolved = TicketFactory(team=team, owner=owner), TicketFactory(team=team, owner=owner)
    Ticket.objects.filter(pk=waiting.pk).update(status="waiting_internal")
    resolve_ticket(resolved.pk, by=owner, code="fixed", note="Done.")
    TicketFactory(team=team, owner=owner, priority="high")
    return sam


def fill(team: Team) -> None:
    """From now on every column is full."""
    assert team.lead is not None
    places = [("status", name) for name in ("in_progress", "waiting", "resolved")] + [("priority", "high")]
    set_wip_limits(team.pk, by=team.lead, limits={place: Limit(1, "hard") for place in places})


def answered(ticket: Ticket, **values: Any) -> Ticket:
    Ticket.objects.filter(pk=ticket.pk).update(last_customer_message_at=None, **values)
    ticket.refresh_from_db()
    return ticket


def test_139_a_supervisor_goes_beyond_a_hard_limit_at_the_api_too(sam: Agent) -> None:
    """Acceptance 139: each act that fills a column refuses with 409, and takes the reason of whoever may override."""
    team = Team.objects.get(supervisor=sam)
    mine = {"team": team, "owner": sam}
    done = TicketFactory(**mine)
    resolve_ticket(done.pk, by=sam, code="fixed", note="Done.")
    acts: list[tuple[Ticket, str, dict[str, Any]]] = [
        (TicketFactory(team=team), "accept", {}),
        (answered(TicketFactory(**mine)), "wait_for_customer", {}),
        (answered(TicketFactory(**mine), status="waiting_internal"), "resume", {}),
        (answered(TicketFactory(**mine)), "resolve", {"resolution_code": "fixed", "resolution_note": "Done."}),
        (done, "reopen", {"reason": "Again"}),
    ]
    raised = TicketFactory(**mine, priority="low")
    fill(team)
    client = signed_in(sam)
    for ticket, act, values in acts:
        url = f"/api/v1/tickets/{ticket.reference}/{act}/"
        refused = client.post(url, values)
        assert (refused.status_code, refused.json()["code"]) == (409, "wip_limit_reached"), act
        assert client.post(url, values | WHY).status_code == 200, act
        told = ticket.entries.filter(kind=EntryKind.CHANGE, body_text="The mayor calls.")
        assert [entry.author_name for entry in told] == [sam.name], act
    url = f"/api/v1/tickets/{raised.reference}/"
    patch = {"priority": "high", "version": raised.version}
    assert client.patch(url, patch).status_code == 409
    assert client.patch(url, {"version": raised.version} | WHY).status_code == 400, "a reason alone changes nothing"
    assert client.patch(url, patch | WHY).status_code == 200


def test_139_others_are_refused_whatever_they_say(sam: Agent) -> None:
    team = Team.objects.get(supervisor=sam)
    ticket, agent = TicketFactory(team=team), AgentFactory(teams=[team])
    fill(team)
    refused = signed_in(agent).post(f"/api/v1/tickets/{ticket.reference}/accept/", WHY)
    assert (refused.status_code, refused.json()["code"]) == (409, "wip_limit_reached")
    assert Ticket.objects.get(pk=ticket.pk).owner is None
