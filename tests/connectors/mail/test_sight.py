"""Who sees a mailbox's ledger does not see every ticket that its mails name (permissions.md 2; ruling 19)."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from accounts.models import Agent
from connectors.mail.enums import MailState, Reason
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import move_mail
from connectors.mail.sight import HIDDEN
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, TicketFactory
from tests.factories.mail import BrakeFactory, a_mail, arrive
from tickets.models import Ticket
from tickets.services import accept_ticket, cancel_ticket

pytestmark = pytest.mark.django_db
LIST = "/api/v1/mail/messages/"


@pytest.fixture
def reader(mailbox: Mailbox) -> Agent:
    return AgentFactory(teams=[mailbox.team])


@pytest.fixture
def far() -> Ticket:
    """Of a team whose tickets the reader does not see."""
    return TicketFactory(owner=AgentFactory())


def pages(client: Client, reader: Agent, message: MailMessage) -> str:
    client.force_login(reader.user)
    return "".join(client.get(url).content.decode() for url in ("/mail/", f"/mail/{message.pk}/"))


def answers(reader: Agent, message: MailMessage) -> tuple[dict[str, Any], dict[str, Any]]:
    api = signed_in(reader)
    (row,) = [row for row in api.get(LIST).json()["results"] if row["id"] == str(message.pk)]
    return row, api.get(f"{LIST}{message.pk}/").json()


def moved_away(mailbox: Mailbox, reader: Agent, far: Ticket) -> MailMessage:
    """A mail whose ticket has left the reader's sight."""
    message = arrive(a_mail(), mailbox)
    both = AgentFactory(teams=[mailbox.team, far.team])
    accept_ticket(message.ticket_id, by=both)
    move_mail(message.pk, to=far.reference, by=both)
    message.refresh_from_db()
    return message


def test_the_ticket_of_a_mail_is_named_to_those_who_see_it(mailbox: Mailbox, reader: Agent, client: Client) -> None:
    message = arrive(a_mail(), mailbox)
    assert message.ticket is not None
    reference = message.ticket.reference
    assert pages(client, reader, message).count(reference) == 4  # the link and its address, on both pages
    for row in answers(reader, message):
        assert (row["ticket"], row["entry"]) == (reference, str(message.entry_id))


def test_a_ticket_out_of_sight_is_named_nowhere(mailbox: Mailbox, reader: Agent, far: Ticket, client: Client) -> None:
    message = moved_away(mailbox, reader, far)
    shown = pages(client, reader, message)
    assert far.reference not in shown
    assert f"to {HIDDEN} by " in shown
    for row in answers(reader, message):
        assert (row["ticket"], row["entry"]) == (None, None)
        assert far.reference not in str(row)
    auditor = AgentFactory(roles=[Role.AUDITOR])
    assert far.reference in pages(client, auditor, message)
    assert {row["ticket"] for row in answers(auditor, message)} == {far.reference}


def test_nor_is_it_found_by_its_reference(mailbox: Mailbox, reader: Agent, far: Ticket) -> None:
    moved_away(mailbox, reader, far)
    assert signed_in(reader).get(LIST, {"ticket": far.reference}).json()["results"] == []
    auditor = signed_in(AgentFactory(roles=[Role.AUDITOR]))
    assert len(auditor.get(LIST, {"ticket": far.reference}).json()["results"]) == 1


def test_what_decided_does_not_name_it_either(mailbox: Mailbox, reader: Agent, far: Ticket, client: Client) -> None:
    message = arrive(a_mail(sender="eve@elsewhere.test", subject=f"Re {far.reference} [{far.reference}]"), mailbox)
    assert (message.reason, message.evidence["matched"]) == (Reason.STRANGER, far.reference)
    shown = pages(client, reader, message)
    assert f"The subject names the ticket: {HIDDEN}" in shown
    _row, detail = answers(reader, message)
    assert detail["evidence"]["matched"] == HIDDEN
    assert detail["subject"] == message.subject  # the mail's own words are the mailbox's


def test_nor_why_a_mail_waits_in_quarantine(mailbox: Mailbox, reader: Agent, client: Client) -> None:
    owner = AgentFactory()
    spam = TicketFactory(owner=owner)
    cancel_ticket(spam.pk, by=owner, code="spam")
    sender = spam.requester.email
    message = arrive(a_mail(sender=sender, subject=f"[{spam.reference}]"), mailbox)
    MailMessage.objects.filter(pk=message.pk).update(subject="")
    assert (message.state, message.reason, message.detail) == (
        MailState.QUARANTINED,
        Reason.SPAM_TICKET,
        spam.reference,
    )
    assert spam.reference not in pages(client, reader, message)
    for row in answers(reader, message):
        assert (row["detail"], spam.reference in str(row)) == (HIDDEN, False)


def test_nor_a_brake(mailbox: Mailbox, reader: Agent, far: Ticket, client: Client) -> None:
    near = TicketFactory(team=mailbox.team)
    for ticket in (near, far):
        BrakeFactory(mailbox=mailbox, ticket=ticket, kind="thread", key=str(ticket.pk), about=ticket.reference)
    BrakeFactory(mailbox=mailbox, kind="content", key="x", about=f"About {far.reference}")
    client.force_login(reader.user)
    page = client.get("/mail/").content.decode()
    assert (near.reference in page, page.count(far.reference)) == (True, 1)
    assert f"About {far.reference}" in page  # a mail's own subject


def test_page_and_api_say_the_same_of_a_brake(mailbox: Mailbox, reader: Agent, far: Ticket, client: Client) -> None:
    """Also where it names a ticket by its words alone."""
    for kind in ("thread", "reopening", "sender"):
        BrakeFactory(mailbox=mailbox, kind=kind, key=str(far.pk), about=far.reference)
    client.force_login(reader.user)
    rows = signed_in(reader).get("/api/v1/mail/brakes/").json()["results"]
    told = {"thread": HIDDEN, "reopening": HIDDEN, "sender": far.reference}
    assert {row["kind"]: row["about"] for row in rows} == told
    brakes = client.get("/mail/").context["brakes"]
    assert sorted(brake["about"] for brake in brakes) == sorted(told.values())


def test_sight_costs_one_statement_for_any_number_of_rows(mailbox: Mailbox, reader: Agent) -> None:
    def statements() -> int:
        api = signed_in(reader)
        with CaptureQueriesContext(connection) as caught:
            assert api.get(LIST).status_code == 200
        return len(caught)

    arrive(a_mail(), mailbox)
    one = statements()
    for number in range(5):
        arrive(a_mail(body=str(number)), mailbox)
    assert statements() == one
