"""One ticket through the API: creation, edits, every step, versions (interfaces.md section 2)."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Agent, Contact
from tests.api.conftest import signed_in
from tests.factories import (
    AbsenceFactory,
    AgentFactory,
    ApiClientFactory,
    CompanyFactory,
    ContactFactory,
    TeamFactory,
    TicketFactory,
)
from tickets.enums import TicketStatus
from tickets.extensions import TicketField, ticket_fields
from tickets.models import Ticket
from tickets.services import resolve_ticket

pytestmark = pytest.mark.django_db

DOMAIN_FIELDS = [
    "type",
    "subject",
    "description",
    "description_html",
    "status",
    "priority",
    "impact",
    "urgency",
    "channel",
    "category",
    "product",
    "region",
    "language",
    "requester",
    "company",
    "team",
    "offered_to",
    "offered_at",
    "owner",
    "owner_accepted_at",
    "first_response_at",
    "last_customer_message_at",
    "last_public_reply_at",
    "last_staff_activity_at",
    "waiting_since",
    "resolution_due_at",
    "resolution_code",
    "resolution_note",
    "resolved_at",
    "customer_confirmed_at",
    "value_delivered_at",
    "closed_at",
    "closure_code",
    "reopen_count",
    "priority_score",
    "score_breakdown",
    "follow_up_of",
    "merged_into",
    "created_by",
    "created_at",
    "updated_at",
    "version",
]


def url(ticket: Ticket, act: str = "") -> str:
    return f"/api/v1/tickets/{ticket.reference}/{act + '/' if act else ''}"


def supervisor_of(team: Any) -> Agent:
    agent: Agent = AgentFactory(roles=[Role.SUPERVISOR])
    team.supervisor = agent
    team.save()
    return agent


def test_creation_answers_the_whole_ticket() -> None:
    team = TeamFactory(name="Service Desk")
    CompanyFactory(name="Roth Ltd", domains=["roth.test"])
    agent = AgentFactory(teams=[team])
    answer = signed_in(agent).post(
        "/api/v1/tickets/",
        {
            "subject": "Printer is offline",
            "description": "It is off\nagain.",
            "requester": {"email": "dana@roth.test", "name": "Dana Roth"},
            "type": "service_request",
            "priority": "high",
            "team": "service desk",
            "channel": "phone",
        },
    )
    assert answer.status_code == 201
    body = answer.json()
    ticket = Ticket.objects.get()
    assert body["reference"] == ticket.reference == f"REQ-{timezone.now().year}-000001"
    assert set(DOMAIN_FIELDS) <= set(body)
    assert (body["subject"], body["description"], body["channel"]) == (
        "Printer is offline",
        "It is off\nagain.",
        "phone",
    )
    assert body["requester"] == {
        "id": str(ticket.requester_id),
        "name": "Dana Roth",
        "email": "dana@roth.test",
    }
    assert body["team"] == {"id": str(team.pk), "name": "Service Desk"}
    assert body["company"]["name"] == "Roth Ltd"
    assert (body["owner"], body["offered_to"], body["status"], body["priority"]) == (None, None, "new", "high")
    assert body["created_by"] == {"id": str(agent.pk), "name": agent.name, "email": agent.email}
    assert (body["version"], answer["ETag"]) == (1, '"1"')
    assert body["created_at"].endswith("Z")


def test_creation_takes_impact_and_urgency_which_propose_the_priority() -> None:
    team = TeamFactory()
    sent = {"subject": "Printer", "requester": {"email": "dana@roth.test"}, "team": str(team.pk)}
    browser = signed_in(AgentFactory(teams=[team]))
    graded = browser.post("/api/v1/tickets/", sent | {"impact": "high", "urgency": "medium"}).json()
    assert (graded["impact"], graded["urgency"], graded["priority"]) == ("high", "medium", "high")
    given = browser.post("/api/v1/tickets/", sent | {"impact": "high", "urgency": "high", "priority": "low"}).json()
    assert (given["impact"], given["priority"]) == ("high", "low")
    wrong = browser.post("/api/v1/tickets/", sent | {"impact": "huge"})
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["impact"])


@pytest.mark.parametrize("call_it", [lambda c: c.email.upper(), lambda c: str(c.pk)])
def test_known_requester_is_named_by_id_or_address(call_it: Any) -> None:
    team, contact = TeamFactory(), ContactFactory()
    agent = AgentFactory(teams=[team])
    data = {"subject": "Off", "requester": call_it(contact), "team": str(team.pk)}
    answer = signed_in(agent).post("/api/v1/tickets/", data)
    assert answer.status_code == 201
    assert answer.json()["requester"]["id"] == str(contact.pk)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": " "}, "subject"),
        ({"subject": None}, "subject"),
        ({"subject": "a\nb"}, "subject"),
        ({"subject": "x" * 256}, "subject"),
        ({"requester": {"email": "nobody"}}, "requester.email"),
        ({"requester": {"email": "a@b.test", "owner": "x"}}, "requester.owner"),
        ({"requester": "unknown@customer.test"}, "requester"),
        ({"requester": 5}, "requester"),
        ({"team": "nowhere"}, "team"),
        ({"team": ["x"]}, "team"),
        ({"type": "change"}, "type"),
        ({"priority": "urgent"}, "priority"),
        ({"language": "not a language"}, "language"),
        ({"owner": "somebody"}, "owner"),
        ({"status": "closed"}, "status"),
        ({"reference": "INC-2025-000001"}, "reference"),
    ],
)
def test_bad_creation_is_400_by_field_and_changes_nothing(change: dict[str, Any], field: str) -> None:
    team = TeamFactory(name="Service Desk")
    agent = AgentFactory(teams=[team])
    data = {"subject": "Off", "requester": {"email": "new@customer.test"}, "team": "Service Desk"} | change
    answer = signed_in(agent).post("/api/v1/tickets/", data)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert list(answer.json()["fields"]) == [field]
    assert (Ticket.objects.count(), Contact.objects.count()) == (0, 0)


def test_refused_creation_leaves_no_contact_behind() -> None:
    team = TeamFactory()
    auditor = AgentFactory(roles=[Role.AUDITOR])
    data = {"subject": "Off", "requester": {"email": "new@customer.test"}, "team": team.name}
    answer = signed_in(auditor).post("/api/v1/tickets/", data)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert Contact.objects.count() == 0


def test_accept_answers_the_owner_and_the_second_agent_gets_409() -> None:
    ticket = TicketFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[ticket.team])
    answer = signed_in(ann).post(url(ticket, "accept"))
    assert answer.status_code == 200
    assert answer.json()["owner"] == {"id": str(ann.pk), "name": ann.name, "email": ann.email}
    assert (answer.json()["status"], answer.json()["version"]) == ("in_progress", 2)
    refused = signed_in(bob).post(url(ticket, "accept"))
    assert (refused.status_code, refused.json()["code"]) == (409, "already_owned")
    assert refused["Content-Type"] == "application/problem+json"
    assert ann.name in refused.json()["detail"]
    assert refused.json()["hint"]
    assert Ticket.objects.get().owner == ann


def test_offer_and_its_withdrawal() -> None:
    ticket = TicketFactory()
    lead, ann = AgentFactory(roles=[Role.TEAM_LEAD]), AgentFactory(teams=[ticket.team])
    ticket.team.lead = lead
    ticket.team.save()
    client = signed_in(lead)
    offered = client.post(url(ticket, "offer"), {"agent": ann.email})
    assert (offered.status_code, offered.json()["offered_to"]["id"]) == (200, str(ann.pk))
    withdrawn = client.post(url(ticket, "withdraw_offer"))
    assert (withdrawn.status_code, withdrawn.json()["offered_to"]) == (200, None)


def test_change_team_while_unowned() -> None:
    ticket, network = TicketFactory(), TeamFactory(name="Network")
    client = signed_in(supervisor_of(ticket.team))
    answer = client.post(url(ticket, "change_team"), {"team": "network"})
    assert (answer.status_code, answer.json()["team"]) == (200, {"id": str(network.pk), "name": "Network"})


def test_wait_resume_resolve_reopen_confirm() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    refused = client.post(url(ticket, "wait_for_customer"))
    assert (refused.status_code, refused.json()["code"], refused.json()["allowed"]) == (
        409,
        "invalid_transition",
        ["reply"],
    )
    Ticket.objects.filter(pk=ticket.pk).update(last_public_reply_at=timezone.now())
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("wait_for_customer", {}, "waiting_customer"),
        ("resume", {}, "in_progress"),
        ("resolve", {"resolution_code": "fixed", "resolution_note": "New cable."}, "resolved"),
        ("reopen", {"reason": "Off again."}, "in_progress"),
        ("resolve", {"resolution_code": "workaround", "resolution_note": "Other printer."}, "resolved"),
        ("confirm", {}, "closed"),
    ]
    for step, data, status in steps:
        answer = client.post(url(ticket, step), data)
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert answer.json()["owner"]["id"] == str(ann.pk)
    ticket = Ticket.objects.get()
    assert (ticket.resolution_code, ticket.resolution_note) == ("workaround", "Other printer.")
    assert (ticket.reopen_count, ticket.closure_code) == (1, "confirmed")


def test_cancel_needs_a_code() -> None:
    ticket = TicketFactory()
    client = signed_in(AgentFactory(teams=[ticket.team]))
    refused = client.post(url(ticket, "cancel"))
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["closure_code"])
    answer = client.post(url(ticket, "cancel"), {"closure_code": "spam"})
    assert (answer.status_code, answer.json()["status"], answer.json()["closure_code"]) == (200, "cancelled", "spam")


def test_resolve_without_code_and_note_names_both_fields() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = signed_in(ann).post(url(ticket, "resolve"))
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert set(answer.json()["fields"]) == {"resolution_code", "resolution_note"}
    assert Ticket.objects.get().status == TicketStatus.IN_PROGRESS


def test_transfer_by_a_supervisor_and_its_three_422() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    bob = AgentFactory(teams=[ticket.team])
    client = signed_in(supervisor_of(ticket.team))
    reason = "Left the company at the end of the month."

    def transfer(**changes: str) -> Any:
        data = {"new_owner": bob.email, "reason_code": "extended_leave", "reason": reason} | changes
        return client.post(url(ticket, "transfer_ownership"), data)

    refusals = [transfer(reason_code="workload"), transfer(), transfer(reason_code="")]
    assert [(answer.status_code, answer.json()["code"]) for answer in refusals] == [
        (422, "invalid_transfer_reason"),
        (422, "leave_too_short"),
        (422, "invalid_transfer_reason"),
    ]
    assert refusals[0].json()["allowed"] == ["extended_leave", "termination"]
    AbsenceFactory(agent=ann, days=31)
    short = transfer(reason="")
    assert (short.status_code, short.json()["code"]) == (422, "reason_required")
    assert Ticket.objects.get().owner == ann
    answer = transfer()
    assert (answer.status_code, answer.json()["owner"]["id"]) == (200, str(bob.pk))


def test_admin_authorises_a_transfer_without_reading_the_ticket() -> None:
    ann, bob = AgentFactory(), AgentFactory()
    ticket = TicketFactory(owner=ann)
    AbsenceFactory(agent=ann, days=31)
    client = signed_in(AgentFactory(roles=[Role.ADMIN]))
    assert client.get(url(ticket)).status_code == 404
    data = {"new_owner": bob.name, "reason_code": "extended_leave", "reason": "On leave for more than a month."}
    answer = client.post(url(ticket, "transfer_ownership"), data)
    assert answer.status_code == 200
    assert set(answer.json()) == {"reference", "status", "owner", "version"}
    assert answer.json()["owner"]["id"] == str(bob.pk)


def test_program_reads_with_a_scope_only() -> None:
    ticket = TicketFactory()
    client = ApiClientFactory(scopes=[Scope.TICKETS_CREATE], teams=[ticket.team])
    answer = signed_in(client).get(url(ticket))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert signed_in(client).get("/api/v1/tickets/").json()["code"] == "scope_missing"
    client.scopes = [Scope.TICKETS_READ]
    client.save()
    assert signed_in(client).get(url(ticket)).status_code == 200
    assert signed_in(client).get(url(TicketFactory())).status_code == 404


def test_program_creates_edits_routes_and_notes_with_its_scopes_and_never_owns() -> None:
    ticket, network = TicketFactory(), TeamFactory(name="Network")
    scopes = [Scope.TICKETS_CREATE, Scope.TICKETS_WRITE, Scope.TICKETS_ROUTE, Scope.NOTES_WRITE, Scope.TASKS_WRITE]
    client = signed_in(ApiClientFactory(scopes=scopes, teams=[ticket.team, network]))
    requester = {"email": "new@customer.test"}
    created = client.post("/api/v1/tickets/", {"subject": "Disk full", "requester": requester, "team": "Network"})
    assert (created.status_code, created.json()["channel"], created.json()["created_by"]) == (201, "api", None)
    assert client.patch(url(ticket), {"version": 1, "priority": "high"}).status_code == 200
    assert client.post(url(ticket, "change_team"), {"team": "Network"}).status_code == 200
    assert client.post(url(ticket, "note"), {"body": "Seen by monitoring."}).status_code == 201
    assert client.post(url(ticket, "tasks"), {"title": "Clean the disk"}).status_code == 201
    for act, data in (("accept", {}), ("reply", {"body": "x"}), ("resolve", {}), ("confirm", {}), ("cancel", {})):
        answer = client.post(url(ticket, act), data)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), act


@pytest.mark.parametrize(
    ("act", "data", "scope"),
    [
        ("note", {"body": "x"}, "notes:write"),
        ("tasks", {"title": "x"}, "tasks:write"),
        ("change_team", {"team": "Network"}, "tickets:route"),
        ("withdraw_offer", {}, "tickets:route"),
    ],
)
def test_missing_scope_is_named(act: str, data: dict[str, str], scope: str) -> None:
    TeamFactory(name="Network")
    ticket = TicketFactory()
    client = signed_in(ApiClientFactory(scopes=[Scope.TICKETS_READ], teams=[ticket.team]))
    answer = client.post(url(ticket, act), data)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert scope in answer.json()["detail"]


def test_fields_of_higher_apps_are_joined_in(monkeypatch: pytest.MonkeyPatch) -> None:
    flagged, plain = TicketFactory.create_batch(2, team=TeamFactory())
    reads = []

    def read(tickets: Any) -> dict[Any, bool]:
        reads.append(len(tickets))
        return {flagged.pk: True}

    field = TicketField(read=read, schema={"type": "boolean"}, default=False)
    monkeypatch.setitem(ticket_fields, "has_open_envelopes", field)
    client = signed_in(AgentFactory(teams=[flagged.team]))
    assert client.get(url(flagged)).json()["has_open_envelopes"] is True
    rows = client.get("/api/v1/tickets/").json()["results"]
    assert {row["reference"]: row["has_open_envelopes"] for row in rows} == {
        flagged.reference: True,
        plain.reference: False,
    }
    assert reads == [1, 2]


def test_detail_costs_few_statements(django_assert_max_num_queries: Any) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann, follow_up_of=TicketFactory())
    client = signed_in(ann)
    with django_assert_max_num_queries(15) as queries:
        assert client.get(url(ticket)).status_code == 200
    assert len(queries) <= 7


def test_follow_up_names_the_ticket_before() -> None:
    ann = AgentFactory()
    before = TicketFactory(owner=ann)
    resolve_ticket(before.pk, by=ann, code="fixed", note="Done.")
    after = TicketFactory(team=before.team, follow_up_of=before)
    body = signed_in(ann).get(url(after)).json()
    assert (body["follow_up_of"], body["offered_to"]["id"]) == (before.reference, str(ann.pk))
