"""Another requester for a ticket: who may, who never, and what follows for the mail in both directions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.errors import ScopeMissing
from accounts.models import Agent, Company, Contact
from accounts.services import correct_address
from connectors.mail.enums import MailState, Reason
from connectors.mail.errors import AddressIsOurs
from connectors.mail.models import Mailbox
from core.errors import Invalid, StaleVersion
from core.events import deliver_due
from notifications.models import Notification
from notifications.wording import describe as told
from tests.factories import AgentFactory, ApiClientFactory, CompanyFactory, ContactFactory, TeamFactory, TicketFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.enums import OutboundStatus
from tickets.errors import NotOwner, OwnersActForbidden, RequesterOfAnotherCustomer, TicketClosed
from tickets.models import OutboundMessage, Ticket
from tickets.search import search_tickets
from tickets.services import accept_ticket, cancel_ticket, change_requester, record_customer_message, reply_to_customer
from tickets.services.creation import Message
from tickets.wording import describe

pytestmark = pytest.mark.django_db
DEAD = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def acme() -> Company:
    return CompanyFactory(name="Acme GmbH", domains=["acme.example"])


@pytest.fixture
def dana(acme: Company) -> Contact:
    return ContactFactory(first_name="Dana", last_name="Roth", email="dana@acme.example", company=acme)


@pytest.fixture
def eva(acme: Company) -> Contact:
    return ContactFactory(first_name="Eva", last_name="Lind", email="eva@acme.example", company=acme)


@pytest.fixture
def mara() -> Agent:
    return AgentFactory(name="Mara Weiss")


@pytest.fixture
def ticket(dana: Contact, mara: Agent) -> Ticket:
    ticket: Ticket = TicketFactory(requester=dana, owner=mara, subject="Printer offline")
    return ticket


def lines(ticket: Ticket) -> list[str]:
    return [describe(entry) for entry in ticket.entries.order_by("seq") if describe(entry)]


def test_answers_go_to_the_new_requester_and_the_timeline_says_who_it_was(
    ticket: Ticket, eva: Contact, mara: Agent
) -> None:
    changed = change_requester(ticket.pk, by=mara, email="EVA@acme.example", version=ticket.version)
    assert (changed.requester, changed.version) == (eva, ticket.version + 1)
    assert lines(ticket)[-2:] == [
        "Requester: Dana Roth <dana@acme.example> → Eva Lind <eva@acme.example>",
        "Take part from now on: Dana Roth <dana@acme.example>",
    ]
    newest = changed.history.first()
    assert newest is not None
    assert (newest.requester_id, newest.actor_name) == (eva.pk, mara.audit_name)
    assert reply_to_customer(ticket.pk, by=mara, body_text="Is it on?").to_recipients == ["eva@acme.example"]


def test_the_ticket_is_found_by_the_new_requester(ticket: Ticket, eva: Contact, mara: Agent) -> None:
    change_requester(ticket.pk, by=mara, email=eva.email)
    assert search_tickets(mara, "eva@acme.example lind").items == [ticket]


def test_somebody_unknown_becomes_a_contact(ticket: Ticket, mara: Agent, acme: Company) -> None:
    changed = change_requester(ticket.pk, by=mara, email="noor@acme.example", name="Noor Haas")
    assert (changed.requester.name, changed.requester.company) == ("Noor Haas", acme)


def test_a_refusal_leaves_no_contact_behind(ticket: Ticket, mara: Agent) -> None:
    with pytest.raises(RequesterOfAnotherCustomer):
        change_requester(ticket.pk, by=mara, email="noor@other.example")
    assert not Contact.objects.filter(email="noor@other.example").exists()


def test_the_same_person_again_changes_nothing(ticket: Ticket, mara: Agent) -> None:
    before = ticket.entries.count()
    assert change_requester(ticket.pk, by=mara, email="Dana@acme.example").version == ticket.version
    assert ticket.entries.count() == before


@pytest.mark.parametrize("email", ["", "eva", "eva@"])
def test_what_is_no_address_is_refused(ticket: Ticket, mara: Agent, email: str) -> None:
    with pytest.raises(Invalid) as refused:
        change_requester(ticket.pk, by=mara, email=email)
    assert list(refused.value.fields) == ["email"]


def test_a_mailbox_of_ours_is_nobodys_address(ticket: Ticket, mara: Agent) -> None:
    MailboxFactory(address="support@desk.test")
    with pytest.raises(AddressIsOurs):
        change_requester(ticket.pk, by=mara, email="Support+x@desk.test")
    with pytest.raises(AddressIsOurs):
        correct_address(ticket.requester.pk, by=mara, email="support@desk.test")


def test_refusals_come_in_their_order(ticket: Ticket, mara: Agent, eva: Contact) -> None:
    """Ownership before state, state before values, the version last."""
    outsider, bare = AgentFactory(), ApiClientFactory(scopes=[Scope.TICKETS_READ])
    given: dict[str, Any] = {"email": "nobody", "version": 99}
    with pytest.raises(ScopeMissing):
        change_requester(ticket.pk, by=bare, **given)
    with pytest.raises(Invalid):
        change_requester(ticket.pk, by=mara, **given)
    with pytest.raises(RequesterOfAnotherCustomer):
        change_requester(ticket.pk, by=mara, email="x@other.example", version=99)
    with pytest.raises(StaleVersion):
        change_requester(ticket.pk, by=mara, email=eva.email, version=99)
    cancel_ticket(ticket.pk, by=mara, code="withdrawn")
    with pytest.raises(NotOwner):
        change_requester(ticket.pk, by=outsider, **given)
    with pytest.raises(TicketClosed):
        change_requester(ticket.pk, by=mara, **given)


def test_lead_and_program_with_the_scope_may_too(ticket: Ticket, eva: Contact, dana: Contact) -> None:
    team = ticket.team
    team.lead = lead = AgentFactory(roles=[Role.TEAM_LEAD])
    team.save()
    assert change_requester(ticket.pk, by=lead, email=eva.email).requester == eva
    program = ApiClientFactory(scopes=[Scope.TICKETS_WRITE], teams=[team])
    assert change_requester(ticket.pk, by=program, email=dana.email).requester == dana


# Customers are kept apart


@pytest.mark.parametrize("company", ["Other AG", None])
def test_nobody_outside_the_company_gets_its_ticket(ticket: Ticket, mara: Agent, company: str | None) -> None:
    """Also when nothing was written yet, and when the address is dead: the company stays the customer."""
    Contact.objects.filter(pk=ticket.requester_id).update(undeliverable_at=DEAD)
    stranger = ContactFactory(company=CompanyFactory(name=company) if company else None)
    with pytest.raises(RequesterOfAnotherCustomer):
        change_requester(ticket.pk, by=mara, email=stranger.email)
    assert Ticket.objects.get(pk=ticket.pk).requester == ticket.requester


def private_ticket(mara: Agent, *, wrote: bool) -> Ticket:
    ticket: Ticket = TicketFactory(requester=ContactFactory(company=None), owner=mara, by=mara)
    if wrote:
        record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="It is about my pay."))
    return Ticket.objects.get(pk=ticket.pk)


def test_what_a_private_person_wrote_comes_before_nobody_elses_eyes(mara: Agent) -> None:
    ticket, other = private_ticket(mara, wrote=True), ContactFactory(company=None)
    with pytest.raises(RequesterOfAnotherCustomer):
        change_requester(ticket.pk, by=mara, email=other.email)
    Contact.objects.filter(pk=ticket.requester_id).update(undeliverable_at=DEAD)
    assert change_requester(ticket.pk, by=mara, email=other.email).requester == other


def test_a_ticket_taken_by_phone_for_a_wrong_address_goes_to_the_right_person(mara: Agent, eva: Contact) -> None:
    """The mistyped address belongs to no company; the ticket says whose it is from then on."""
    ticket = private_ticket(mara, wrote=False)
    changed = change_requester(ticket.pk, by=mara, email=eva.email)
    assert (changed.requester, changed.company) == (eva, eva.company)
    assert lines(ticket)[-1].endswith("; Company: – → Acme GmbH")
    assert not changed.participants.exists()


def test_an_agent_who_became_the_requester_by_a_forwarded_mail_is_replaced(mara: Agent, eva: Contact) -> None:
    ours = CompanyFactory(name="Us", domains=["desk.test"])
    jonas = AgentFactory(email="jonas@desk.test")
    ticket = TicketFactory(requester=ContactFactory(email="Jonas@desk.test", company=ours), owner=mara)
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="Eva writes: it is off."))
    changed = change_requester(ticket.pk, by=mara, email=eva.email)
    assert (changed.requester, changed.company) == (eva, eva.company)
    assert not changed.participants.exists(), f"{jonas.name} is no customer"


# Mail


def test_who_wrote_goes_on_taking_part_and_the_new_requester_is_no_participant(
    ticket: Ticket, dana: Contact, eva: Contact, mara: Agent
) -> None:
    record_customer_message(ticket.pk, by=dana, message=Message(body_text="It is off."))
    record_customer_message(ticket.pk, by=eva, message=Message(body_text="Here too."))
    change_requester(ticket.pk, by=mara, email=eva.email)
    assert [row.contact for row in ticket.participants.all()] == [dana]
    change_requester(ticket.pk, by=mara, email=dana.email)
    assert [row.contact for row in ticket.participants.all()] == [eva]


def test_the_sender_check_of_threading_takes_the_new_requester(mara: Agent) -> None:
    mailbox: Mailbox = MailboxFactory()
    ticket = TicketFactory(team=mailbox.team, requester=ContactFactory(email="typo@x.test"), owner=mara, by=mara)
    by_name = {"sender": "Dana <dana@customer.test>", "subject": f"Re: [{ticket.reference}] Printer"}
    assert arrive(a_mail(**by_name, body="One"), mailbox).reason == Reason.STRANGER
    change_requester(ticket.pk, by=mara, email="dana@customer.test")
    joined = arrive(a_mail(**by_name, body="Two"), mailbox)
    assert (joined.state, joined.ticket) == (MailState.APPENDED, ticket)
    wrong = arrive(a_mail(sender="typo@x.test", subject=by_name["subject"], body="Three"), mailbox)
    assert wrong.reason == Reason.STRANGER


def waiting(ticket: Ticket, mara: Agent) -> list[OutboundMessage]:
    """A reply in its hold, and one that waits until tomorrow."""
    tomorrow = {"when": "at", "send_at": timezone.now() + timedelta(days=1)}
    return [
        reply_to_customer(ticket.pk, by=mara, body_text="Now."),
        reply_to_customer(ticket.pk, by=mara, body_text="Tomorrow.", **tomorrow),
    ]


def test_what_has_not_left_for_the_former_requester_is_not_sent(ticket: Ticket, eva: Contact, mara: Agent) -> None:
    now, later = waiting(ticket, mara)
    ticket.team.lead = lead = AgentFactory(roles=[Role.TEAM_LEAD])
    ticket.team.save()
    change_requester(ticket.pk, by=lead, email=eva.email)
    for message in (now, later):
        message.refresh_from_db()
        assert message.status == OutboundStatus.CANCELLED
    assert [line for line in lines(ticket) if "not sent" in line] == [
        "A reply was not sent: the ticket has another requester now",
        "A scheduled reply was not sent: the ticket has another requester now",
    ]
    deliver_due()
    notices = [told(row) for row in Notification.objects.filter(recipient=mara).order_by("created_at")]
    assert sorted(notices) == [
        f"A reply on {ticket.reference} was not sent: the ticket has another requester now",
        f"A scheduled reply on {ticket.reference} was not sent: the ticket has another requester now",
    ]


def test_a_corrected_address_is_told_on_the_open_tickets_and_nothing_goes_to_the_old_one(
    ticket: Ticket, dana: Contact, mara: Agent
) -> None:
    other = TicketFactory(requester=dana, owner=mara)
    ended = TicketFactory(requester=dana, owner=mara)
    cancel_ticket(ended.pk, by=mara, code="withdrawn")
    _now, later = waiting(ticket, mara)
    correct_address(dana.pk, by=mara, email="dana.roth@acme.example")
    deliver_due()
    told_there = "Address of Dana Roth: dana@acme.example → dana.roth@acme.example"
    assert [lines(one).count(told_there) for one in (ticket, other, ended)] == [1, 1, 0]
    later.refresh_from_db()
    assert later.status == OutboundStatus.CANCELLED
    again = reply_to_customer(ticket.pk, by=mara, body_text="Now.")
    assert again.to_recipients == ["dana.roth@acme.example"]
    assert ticket in search_tickets(mara, "dana.roth@acme.example").items


def test_an_unowned_ticket_is_changed_by_its_lead_alone(dana: Contact, eva: Contact, mara: Agent) -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    team = TeamFactory(lead=lead)
    mara.teams.add(team)
    ticket = TicketFactory(requester=dana, team=team)
    with pytest.raises(OwnersActForbidden):
        change_requester(ticket.pk, by=Agent.objects.get(pk=mara.pk), email=eva.email)
    assert change_requester(ticket.pk, by=lead, email=eva.email).requester == eva
    accept_ticket(ticket.pk, by=Agent.objects.get(pk=mara.pk))
