"""Changing a ticket's fields: versions, what is read-only, and the owner, who never is (acceptance 002, 057)."""

from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import Agent
from core.models import RefusedAct
from tests.api.conftest import signed_in
from tests.factories import (
    AgentFactory,
    TicketFactory,
)
from tickets.models import Category, Ticket

pytestmark = pytest.mark.django_db


def url(ticket: Ticket, act: str = "") -> str:
    return f"/api/v1/tickets/{ticket.reference}/{act + '/' if act else ''}"


def supervisor_of(team: Any) -> Agent:
    agent: Agent = AgentFactory(roles=[Role.SUPERVISOR])
    team.supervisor = agent
    team.save()
    return agent


def test_patch_changes_fields_and_counts_the_version_up() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    category = Category.objects.create(name="Printing")
    data = {
        "version": 2,
        "subject": "Printer on floor 2",
        "category": "printing",
        "product": "LaserJet",
        "language": "de-CH",
        "impact": "high",
        "urgency": "high",
        "reason": "Nobody on the floor can print.",
        "tags": ["floor 2"],
    }
    answer = signed_in(ann).patch(url(ticket), data)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["subject"], body["category"]["id"], body["tags"]) == (
        "Printer on floor 2",
        str(category.pk),
        ["floor 2"],
    )
    assert (body["priority"], body["version"], answer["ETag"]) == ("critical", 3, '"3"')
    raised = ticket.entries.get(kind="priority_change")
    assert (raised.body_text, raised.facts["from"]) == ("Nobody on the floor can print.", "medium")


def test_raising_to_critical_without_a_reason_is_400_at_the_reason() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    for change in ({"priority": "critical"}, {"impact": "high", "urgency": "high", "reason": " "}):
        answer = signed_in(ann).patch(url(ticket), {"version": 2} | change)
        assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (
            400,
            "validation_error",
            ["reason"],
        )
    assert signed_in(ann).patch(url(ticket), {"version": 2, "reason": "Just so."}).status_code == 400
    assert (Ticket.objects.get(pk=ticket.pk).priority, Ticket.objects.get(pk=ticket.pk).version) == ("medium", 2)


def test_version_may_come_as_if_match() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    answer = client.patch(url(ticket), {"subject": "Other"}, headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.json()["version"]) == (200, 3)
    stale = client.patch(url(ticket), {"subject": "Third"}, headers={"If-Match": '"2"'})
    assert (stale.status_code, stale.json()["code"], stale.json()["current_version"]) == (409, "stale_version", 3)
    assert Ticket.objects.get().subject == "Other"


@pytest.mark.parametrize("header", ["", "*", "two", '"-1"', '"' + "9" * 30 + '"'])
def test_patch_without_a_usable_version_is_400(header: str) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = signed_in(ann).patch(url(ticket), {"subject": "Other"}, headers={"If-Match": header} if header else {})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert list(answer.json()["fields"]) == ["If-Match" if header else "version"]
    assert Ticket.objects.get().version == 2


@pytest.mark.parametrize("name", ["owner", "owner_id", "Owner", "owner.email", "owner-name"])
@pytest.mark.parametrize("has_version", [True, False])
def test_002_owner_in_any_form_is_409_and_audited(name: str, has_version: bool) -> None:
    ann, bob = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=ann)
    data = {name: str(bob.pk), "subject": "Mine now"} | ({"version": 2} if has_version else {})
    answer = signed_in(ann).patch(url(ticket), data)
    assert (answer.status_code, answer.json()["code"]) == (409, "ownership_immutable")
    row = Ticket.objects.get()
    assert (row.owner, row.subject, row.version) == (ann, ticket.subject, 2)
    refused = RefusedAct.objects.get()
    assert (refused.code, refused.actor_name) == ("ownership_immutable", ann.name)


@pytest.mark.parametrize("method", ["put", "delete"])
def test_002_no_other_method_reaches_a_ticket(method: str) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = getattr(signed_in(ann), method)(url(ticket), {"owner": None, "version": 2})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert Ticket.objects.get().owner == ann


@pytest.mark.parametrize("name", ["status", "reference", "requester", "team", "created_at", "reopen_count", "colour"])
def test_read_only_and_unknown_fields_are_400(name: str) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = signed_in(ann).patch(url(ticket), {"version": 2, "subject": "Other", name: "x"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [name])
    assert Ticket.objects.get().subject == ticket.subject


def test_optional_version_of_a_step_is_checked_last() -> None:
    ticket = TicketFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[ticket.team])
    stale = signed_in(ann).post(url(ticket, "accept"), {"version": 7})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert signed_in(ann).post(url(ticket, "accept"), {"version": 1}).status_code == 200
    owned = signed_in(bob).post(url(ticket, "accept"), {"version": 7})
    assert (owned.status_code, owned.json()["code"]) == (409, "already_owned")
