"""An entry becomes a ticket of its own (issue 4, "Merge and split"; ruling 12)."""

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import Agent
from core.errors import Invalid
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, TicketFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets import services
from tickets.enums import LinkKind
from tickets.errors import EntryNotSplittable, NotOwner, TicketClosed
from tickets.models import Placement, Ticket, TimelineEntry
from tickets.selectors import entries_of
from tickets.services.creation import Message
from tickets.wording import describe

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara() -> Agent:
    return AgentFactory(name="Mara Klein")


@pytest.fixture
def ticket(mara: Agent) -> Ticket:
    return TicketFactory(owner=mara, subject="Printer", message=Message(body_text="It burns."))


@pytest.fixture
def second(ticket: Ticket) -> TimelineEntry:
    message = Message(body_text="And the scanner whirrs.", subject="Scanner")
    recorded = services.record_customer_message(ticket.pk, by=ticket.requester, message=message)
    assert isinstance(recorded, TimelineEntry)
    return recorded


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def lines(ticket: Ticket) -> list[str]:
    return [describe(entry) or entry.body_text for entry in entries_of(ticket).in_order()]


def test_split_entry_stands_on_a_new_linked_ticket_that_nobody_owns(
    mara: Agent, ticket: Ticket, second: TimelineEntry
) -> None:
    new = fresh(services.split_entry(ticket.pk, entry_id=second.pk, by=mara))
    assert (new.subject, new.status, new.owner) == ("Scanner", "new", None)
    assert (new.team, new.requester, new.company) == (ticket.team, ticket.requester, ticket.company)
    assert [entry.pk for entry in entries_of(new).public()] == [second.pk]
    assert [entry.body_text for entry in entries_of(ticket).public()] == ["It burns."]
    assert [(link.kind, link.to_ticket) for link in new.links_from.all()] == [(LinkKind.RELATED, ticket)]
    assert f"Message of {ticket.requester.name} split off: {new.reference}" in lines(ticket)
    assert f"Message of {ticket.requester.name} split off from {ticket.reference}" in lines(new)
    assert fresh(ticket).owner == mara
    assert TimelineEntry.objects.get(pk=second.pk).ticket == ticket, "the entry itself is as it was"
    assert [row.cause for row in Placement.objects.all()] == ["split"]


def test_its_words_are_found_on_the_new_ticket_only(mara: Agent, ticket: Ticket, second: TimelineEntry) -> None:
    new = services.split_entry(ticket.pk, entry_id=second.pk, by=mara, subject="Noise")
    api = signed_in(mara)
    for word in ("whirrs", "noise"):
        found = api.get(f"/api/v1/search/?q={word}").json()["results"]
        assert [row["reference"] for row in found] == [new.reference]


def test_what_does_not_stand_alone_is_not_split(mara: Agent, ticket: Ticket) -> None:
    only = entries_of(ticket).public().get()
    note = services.add_note(ticket.pk, by=mara, body_text="Asked the supplier.")
    for entry in (only, note):
        with pytest.raises(EntryNotSplittable):
            services.split_entry(ticket.pk, entry_id=entry.pk, by=mara)
    with pytest.raises(Invalid):
        services.split_entry(ticket.pk, entry_id=ticket.pk, by=mara)
    assert Ticket.objects.count() == 1


def test_owner_splits_and_over_unowned_tickets_the_lead(mara: Agent, ticket: Ticket, second: TimelineEntry) -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    ticket.team.lead = lead
    ticket.team.save()
    with pytest.raises(NotOwner):
        services.split_entry(ticket.pk, entry_id=second.pk, by=lead)
    free = TicketFactory(team=ticket.team)
    entry = services.record_customer_message(free.pk, by=free.requester, message=Message(body_text="More."))
    assert services.split_entry(free.pk, entry_id=entry.pk, by=lead).owner is None
    services.cancel_ticket(ticket.pk, by=mara, code="withdrawn")
    with pytest.raises(TicketClosed):
        services.split_entry(ticket.pk, entry_id=second.pk, by=mara)


def test_answers_to_a_split_mail_arrive_at_the_new_ticket_until_it_is_merged_back() -> None:
    mailbox = MailboxFactory()
    mara = AgentFactory(teams=[mailbox.team])
    first = arrive(a_mail(), mailbox)
    ticket = services.accept_ticket(first.ticket_id, by=mara)  # type: ignore[arg-type]
    second = arrive(a_mail(In_Reply_To=f"<{first.message_id}>"), mailbox)
    new = services.split_entry(ticket.pk, entry_id=second.entry_id, by=mara)  # type: ignore[arg-type]
    answer = arrive(a_mail(In_Reply_To=f"<{second.message_id}>"), mailbox)
    stays = arrive(a_mail(In_Reply_To=f"<{first.message_id}>"), mailbox)
    assert [answer.ticket_id, stays.ticket_id] == [new.pk, ticket.pk]
    services.accept_ticket(new.pk, by=mara)
    services.merge_ticket(new.pk, into=ticket, by=mara)
    assert entries_of(ticket).public().filter(kind="email_inbound").count() == 4


def test_page_and_api_split(mara: Agent, ticket: Ticket, second: TimelineEntry) -> None:
    browser = Client()
    browser.force_login(mara.user, backend="accounts.auth.AgentBackend")
    here = f"/t/{ticket.reference}/"
    assert f'{here}split/?entry={second.pk}"' in browser.get(here).content.decode()
    form = browser.get(f"{here}split/", {"entry": str(second.pk)}).content.decode()
    assert ('value="Scanner"' in form, str(second.pk) in form, "scanner whirrs" in form) == (True, True, True)
    assert browser.post(f"{here}split/", {"entry": str(second.pk), "subject": ""}).status_code == 400
    done = browser.post(f"{here}split/", {"entry": str(second.pk), "subject": "Noise"}, follow=True)
    new = Ticket.objects.get(subject="Noise")
    assert done.redirect_chain == [(f"/t/{new.reference}/", 302)]
    only = entries_of(ticket).public().get()
    refused = signed_in(mara).post(f"/api/v1/tickets/{ticket.reference}/split/", {"entry": str(only.pk)})
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_transition")
    third = services.record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="Third."))
    answer = signed_in(mara).post(f"/api/v1/tickets/{ticket.reference}/split/", {"entry": str(third.pk)})
    assert (answer.status_code, answer.json()["subject"], answer.json()["status"]) == (201, "Printer", "new")
