"""Canned responses and ticket templates by API; what blocks sending there."""

import pytest

from accounts.enums import Role
from tests.api.conftest import deleted_late, signed_in
from tests.factories import AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.models import CannedResponse, OutboundMessage, TicketTemplate
from tickets.services import create_canned_response

pytestmark = pytest.mark.django_db
TEXTS = "/api/v1/canned_responses/"
TEMPLATES = "/api/v1/ticket_templates/"


def test_a_canned_response_from_first_to_last() -> None:
    lead = AgentFactory(roles=[Role.AGENT, Role.TEAM_LEAD])
    team = TeamFactory(name="Desk", lead=lead)
    client = signed_in(lead)
    values = {"title": "Hi", "body": "Hello {{customer.name}}", "scope": "team", "team": "Desk", "language": "de"}
    made = client.post(TEXTS, values)
    assert made.status_code == 201
    text = made.json()
    assert [text[name] for name in ("title", "scope", "language", "shortcut", "owner", "version")] == [
        *("Hi", "team", "de", "", None, 1)
    ]
    assert text["team"] == {"id": str(team.pk), "name": "Desk"}
    one = f"{TEXTS}{text['id']}/"
    assert client.get(one).json() == text
    changed = client.patch(one, {"scope": "personal", "version": 1}).json()
    assert (changed["scope"], changed["team"], changed["owner"]["id"]) == ("personal", None, str(lead.pk))
    assert client.patch(one, {"title": "Ho"}).json()["code"] == "validation_error"
    late = client.patch(one, {"title": "Ho", "version": 1})
    assert (late.status_code, late.json()["code"]) == (409, "stale_version")
    assert [answer.status_code for answer in deleted_late(client, one, 1)] == [409, 409]
    assert client.delete(one).status_code == 204
    assert (client.get(one).status_code, CannedResponse.objects.count()) == (404, 0)


def test_143_it_is_filled_for_a_ticket() -> None:
    ann = AgentFactory(name="Ann")
    ticket = TicketFactory(owner=ann, requester=ContactFactory(first_name="Dana", last_name="Roth", company=None))
    text = create_canned_response(
        by=ann, title="Hi", body="Hello {{customer.name}} of {{company.name}}, {{agent.name}}"
    )
    client = signed_in(ann)
    filled = client.get(f"{TEXTS}{text.pk}/filled/", {"ticket": ticket.reference.lower()}).json()
    assert filled == {"body": "Hello Dana Roth of {{company.name}}, Ann", "unfilled": ["{{company.name}}"]}
    foreign = TicketFactory()
    assert client.get(f"{TEXTS}{text.pk}/filled/", {"ticket": foreign.reference}).status_code == 400


def test_143_unknown_variables_block_sending_whoever_typed_them() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    reply = f"/api/v1/tickets/{ticket.reference}/reply/"
    refused = client.post(reply, {"body": "Hello {{first_name}}"})
    assert (refused.status_code, refused.json()["code"]) == (400, "validation_error")
    assert refused.json()["fields"] == {"body": ["There is no variable {{first_name}}. Write words in its place."]}
    resolve = client.post(
        f"/api/v1/tickets/{ticket.reference}/resolve/", {"resolution_code": "fixed", "resolution_note": "{{x}}"}
    )
    assert (resolve.status_code, list(resolve.json()["fields"])) == (400, ["resolution_note"])
    assert OutboundMessage.objects.count() == 0
    sent = client.post(reply, {"body": "**Hello** {{ticket.reference}}"}).json()
    assert sent["body_text"] == f"**Hello** {ticket.reference}"
    assert sent["body_html"] == f"<p><strong>Hello</strong> {ticket.reference}</p>"


def test_lists_are_narrowed_by_title_and_scope() -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    for title, scope in (("Greeting", "global"), ("Farewell", "global"), ("Greeting of mine", "personal")):
        create_canned_response(by=admin, title=title, body="x", scope=scope)
    client = signed_in(admin)
    found = client.get(TEXTS, {"q": "greet", "scope": "global"}).json()["results"]
    assert [row["title"] for row in found] == ["Greeting"]
    assert len(client.get(TEXTS).json()["results"]) == 3


def test_a_template_from_first_to_last() -> None:
    ann = AgentFactory()
    team = TeamFactory(name="Network")
    client = signed_in(ann)
    made = client.post(TEMPLATES, {"title": "VPN", "subject": "VPN for ", "priority": "low", "handled_by": "Network"})
    assert made.status_code == 201
    template = made.json()
    assert template["handled_by"] == {"id": str(team.pk), "name": "Network"}
    one = f"{TEMPLATES}{template['id']}/"
    assert client.patch(one, {"handled_by": None, "version": 1}).json()["handled_by"] is None
    assert client.post(TEMPLATES, {"title": "x", "priority": "huge"}).status_code == 400
    assert [answer.status_code for answer in deleted_late(client, one, 1)] == [409, 409]
    assert client.delete(one, {"version": 2}).status_code == 204
    assert TicketTemplate.objects.count() == 0


def test_a_mention_out_of_sight_is_refused_here_too() -> None:
    ann = AgentFactory()
    AgentFactory(name="Nora Fern")
    ticket = TicketFactory(owner=ann)
    note = f"/api/v1/tickets/{ticket.reference}/note/"
    refused = signed_in(ann).post(note, {"body": "@Nora Fern knows"})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["body"])
