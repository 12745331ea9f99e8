"""Case flags at the API: read, added and cleared; lists are narrowed to them."""

from typing import Any

import pytest

from accounts.enums import Role, Scope
from accounts.models import Agent
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, ApiClientFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.models import Ticket
from tickets.services import add_flag

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara() -> Agent:
    return AgentFactory(name="Mara Klein")


@pytest.fixture
def ticket(mara: Agent) -> Ticket:
    return TicketFactory(owner=mara, team=TeamFactory(supervisor=AgentFactory(roles=[Role.SUPERVISOR])))


def path(ticket: Ticket) -> str:
    return f"/api/v1/tickets/{ticket.reference}/flags/"


def test_a_flag_is_added_read_and_cleared(ticket: Ticket, mara: Agent) -> None:
    client = signed_in(mara)
    answer = client.post(path(ticket), {"type": "complaint", "reason": "They are angry"}, format="json")
    assert answer.status_code == 201
    flag = answer.json()
    wanted = {
        "ticket": ticket.reference,
        "type": "complaint",
        "reason": "They are angry",
        "added_by_name": "Mara Klein",
        "cleared_at": None,
        "clear_reason": "",
        "version": 1,
    }
    assert {name: flag[name] for name in wanted} == wanted
    assert client.get(path(ticket)).json()["results"] == [flag]
    assert client.get(f"/api/v1/tickets/{ticket.reference}/").json()["flags"] == ["complaint"]
    cleared = client.post(f"/api/v1/flags/{flag['id']}/clear/", {"reason": "Settled", "version": 1}, format="json")
    assert (cleared.status_code, cleared.json()["cleared_by"]["name"]) == (200, "Mara Klein")
    assert [row["clear_reason"] for row in client.get(path(ticket)).json()["results"]] == ["Settled"]
    assert client.get(f"/api/v1/tickets/{ticket.reference}/").json()["flags"] == []


REFUSED = [
    ({"type": "legal", "reason": "Again"}, 409, "already_flagged"),
    ({"type": "vip", "reason": " "}, 400, "validation_error"),
    ({"type": "vip"}, 400, "validation_error"),
    ({"type": "angry", "reason": "x"}, 400, "validation_error"),
    ({"reason": "x"}, 400, "validation_error"),
    ({"type": "vip", "reason": "x", "version": 99}, 409, "stale_version"),
]


@pytest.mark.parametrize(("body", "status", "code"), REFUSED)
def test_what_is_refused(body: dict[str, Any], status: int, code: str, ticket: Ticket, mara: Agent) -> None:
    add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")
    answer = signed_in(mara).post(path(ticket), body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ticket.case_flags.count() == 1


def test_113_an_agent_clears_no_legal_flag(ticket: Ticket, mara: Agent) -> None:
    flag = add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")
    address, body = f"/api/v1/flags/{flag.pk}/clear/", {"reason": "Settled"}
    answer = signed_in(mara).post(address, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert answer.json()["hint"] == (
        "A supervisor or manager of the ticket's team can, or whoever advises on it for the legal team."
    )
    assert signed_in(ticket.team.supervisor).post(address, body, format="json").status_code == 200


def test_113_a_reply_without_a_prescribed_text_is_answered_with_409(ticket: Ticket, mara: Agent) -> None:
    add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")
    answer = signed_in(mara).post(f"/api/v1/tickets/{ticket.reference}/reply/", {"body": "Sorry."}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "enforced_text")


def test_waiver_and_sentiment_are_kept_at_their_flags(ticket: Ticket, mara: Agent) -> None:
    damage = add_flag(ticket.pk, by=mara, type="physical_damage", reason="The case is broken")
    social = add_flag(ticket.pk, by=mara, type="social_media", reason="A post")
    client = signed_in(mara)
    waived = client.post(f"/api/v1/flags/{damage.pk}/waive_photo/", {"reason": "Thrown away"}, format="json")
    assert waived.json()["waiver_reason"] == "Thrown away"
    told = client.post(f"/api/v1/flags/{social.pk}/sentiment/", {"sentiment": "positive"}, format="json")
    assert told.json()["sentiment"] == "positive"
    wrong = client.post(f"/api/v1/flags/{social.pk}/waive_photo/", {"reason": "x"}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "other_flag")


def test_lists_are_narrowed_to_flags(mara: Agent) -> None:
    team = TeamFactory()
    legal, damaged, plain = TicketFactory.create_batch(3, team=team, requester=ContactFactory())
    add_flag(legal.pk, by=team_lead(team), type="legal", reason="A lawyer writes")
    add_flag(damaged.pk, by=team_lead(team), type="physical_damage", reason="Broken")
    client = signed_in(AgentFactory(teams=[team]))

    def found(query: str) -> set[str]:
        return {row["reference"] for row in client.get(f"/api/v1/tickets/?{query}").json()["results"]}

    assert found("flag=legal") == {legal.reference}
    assert found("flag=legal&flag=physical_damage") == {legal.reference, damaged.reference}
    assert found("filter=flag:none") == {plain.reference}
    assert client.get("/api/v1/tickets/?flag=angry").status_code == 400


def team_lead(team: Any) -> Agent:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    team.lead = lead
    team.save()
    return lead


def test_programs_flag_with_their_scope(ticket: Ticket) -> None:
    program = ApiClientFactory(scopes=[Scope.TICKETS_READ, Scope.FLAGS_WRITE], teams=[ticket.team])
    answer = signed_in(program).post(path(ticket), {"type": "complaint", "reason": "Survey: 2"}, format="json")
    assert (answer.status_code, answer.json()["added_by"]) == (201, None)
