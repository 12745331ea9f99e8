"""Addresses, requesters and the preview of a reply through the API."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Contact
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TicketFactory
from tests.factories.mail import MailboxFactory
from tickets.models import OutboundMessage, Ticket

pytestmark = pytest.mark.django_db
TOMORROW = f"{timezone.now() + timedelta(days=1):%Y-%m-%dT08:30:00Z}"
DEAD = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def dana() -> Contact:
    company = CompanyFactory(name="Acme GmbH", domains=["acme.example"])
    dead = {"undeliverable_at": DEAD, "undeliverable_code": "5.1.1"}
    return ContactFactory(first_name="Dana", last_name="Roth", email="dana@acme.example", company=company, **dead)


@pytest.fixture
def ticket(dana: Contact) -> Ticket:
    ticket: Ticket = TicketFactory(requester=dana, owner=AgentFactory(name="Mara Weiss"), subject="Printer offline")
    return ticket


def test_an_address_is_corrected_and_answered_whole(ticket: Ticket, dana: Contact) -> None:
    client, url = signed_in(ticket.owner), f"/api/v1/contacts/{dana.pk}/correct_address/"
    answer = client.post(url, {"email": "d.roth@acme.example", "version": dana.version})
    body = answer.json()
    assert (answer.status_code, body["email"], body["undeliverable_at"]) == (200, "d.roth@acme.example", None)
    assert answer["ETag"] == f'"{dana.version + 1}"'
    stale = client.post(url, {"email": "x@acme.example", "version": dana.version})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")


def test_who_has_the_address_is_said(ticket: Ticket, dana: Contact) -> None:
    ContactFactory(first_name="Dan", last_name="Roth", email="dan@acme.example")
    url = f"/api/v1/contacts/{dana.pk}/correct_address/"
    problem = signed_in(ticket.owner).post(url, {"email": "DAN@acme.example"}).json()
    assert (problem["status"], problem["code"]) == (409, "address_taken")
    assert problem["detail"] == "Dan Roth has the address DAN@acme.example already."
    assert "requester of the ticket" in problem["hint"]


@pytest.mark.parametrize("body", [{}, {"email": "dana"}, {"email": ""}, {"email": "d@x.test", "name": "D"}])
def test_bad_values_change_nothing(ticket: Ticket, dana: Contact, body: dict[str, str]) -> None:
    answer = signed_in(ticket.owner).post(f"/api/v1/contacts/{dana.pk}/correct_address/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert Contact.objects.get(pk=dana.pk).version == dana.version


def test_the_mark_of_a_dead_address_is_cleared(ticket: Ticket, dana: Contact) -> None:
    client, url = signed_in(ticket.owner), f"/api/v1/contacts/{dana.pk}/deliverable/"
    stale = client.post(url, {"version": dana.version + 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert client.post(url, {}).json()["undeliverable_at"] is None
    assert Contact.objects.get(pk=dana.pk).undeliverable_code == ""


@pytest.mark.parametrize("by", ["id", "address", "name"])
def test_the_requester_is_named_in_any_way(ticket: Ticket, dana: Contact, by: str) -> None:
    eva = ContactFactory(first_name="Eva", last_name="Lind", email="eva@acme.example", company=dana.company)
    named = {"id": str(eva.pk), "address": "eva@acme.example", "name": {"email": "Eva@acme.example", "name": "E"}}[by]
    url = f"/api/v1/tickets/{ticket.reference}/change_requester/"
    answer = signed_in(ticket.owner).post(url, {"requester": named, "version": ticket.version})
    assert answer.status_code == 200
    assert answer.json()["requester"] == {"id": str(eva.pk), "name": "Eva Lind", "email": "eva@acme.example"}


def test_a_requester_of_another_company_is_refused(ticket: Ticket) -> None:
    url = f"/api/v1/tickets/{ticket.reference}/change_requester/"
    answer = signed_in(ticket.owner).post(url, {"requester": {"email": "eve@other.example"}})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "invalid_transition")
    assert "wait_for_customer" in problem["allowed"]


def test_the_preview_says_who_gets_what_and_holds_nothing(ticket: Ticket) -> None:
    MailboxFactory(address="support@desk.test", team=ticket.team, takes_plus_addresses=True)
    url = f"/api/v1/tickets/{ticket.reference}/preview_reply/"
    given = {"body": "Is it <on>?", "cc": ["it@acme.example"], "when": "at", "send_at": TOMORROW}
    answer = signed_in(ticket.owner).post(url, given)
    shown = answer.json()
    assert answer.status_code == 200, shown
    assert shown["sender"] == "Mara Weiss <support@desk.test>"
    assert shown["reply_to"].startswith("support+t-")
    assert (shown["to"], shown["cc"]) == ("dana@acme.example", "it@acme.example")
    assert (shown["is_scheduled"], shown["release_at"]) == (True, TOMORROW)
    assert shown["text"].strip() == "Is it <on>?"
    assert "Is it &lt;on&gt;?" in shown["html"]
    assert not OutboundMessage.objects.exists()


def test_the_preview_refuses_what_the_reply_would(ticket: Ticket) -> None:
    url = f"/api/v1/tickets/{ticket.reference}/preview_reply/"
    client = signed_in(ticket.owner)
    assert client.post(url, {"body": "x"}).json()["code"] == "no_mailbox"
    MailboxFactory(address="support@desk.test", team=ticket.team)
    assert client.post(url, {"body": " "}).json()["code"] == "validation_error"
    assert client.post(url, {"body": "x", "to_confirm": "eve@x.test"}).json()["code"] == "wrong_ticket_context"
