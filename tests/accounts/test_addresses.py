"""A customer's address is corrected by whoever serves them, and never becomes another customer's."""

from datetime import UTC, datetime
from functools import partial

import pytest

from accounts.enums import Role
from accounts.errors import AddressNotEditable, AddressOfAnotherCompany, AddressTaken
from accounts.models import Agent, Contact
from accounts.selectors import contact_for_address
from accounts.services import correct_address
from core.errors import Invalid, StaleVersion
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TeamFactory, TicketFactory

pytestmark = pytest.mark.django_db
DEAD = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def dana() -> Contact:
    return ContactFactory(email="dana@acmee.example", undeliverable_at=DEAD, undeliverable_code="5.1.1")


@pytest.fixture
def mara(dana: Contact) -> Agent:
    """Owns a ticket of Dana's."""
    mara = AgentFactory(name="Mara Weiss")
    TicketFactory(requester=dana, owner=mara)
    return Agent.objects.get(pk=mara.pk)


def test_the_right_address_replaces_the_dead_one_and_its_mark(dana: Contact, mara: Agent) -> None:
    correct_address(dana.pk, by=mara, email=" Dana@acme.example ")
    dana.refresh_from_db()
    assert (dana.email, dana.undeliverable_at, dana.undeliverable_code) == ("Dana@acme.example", None, "")
    assert contact_for_address("dana@acmee.example") is None
    newest = dana.history.first()
    assert newest is not None
    assert (newest.email, newest.actor_name, newest.prev_record.email) == (
        "Dana@acme.example",
        mara.audit_name,
        "dana@acmee.example",
    )


def test_the_address_of_somebody_else_stays_theirs(dana: Contact, mara: Agent) -> None:
    other = ContactFactory(first_name="Dan", last_name="Roth", email="DANA@acme.example")
    with pytest.raises(AddressTaken, match="Dan Roth has the address"):
        correct_address(dana.pk, by=mara, email="dana@acme.example")
    dana.refresh_from_db()
    assert (dana.email, dana.undeliverable_code, other.email) == ("dana@acmee.example", "5.1.1", "DANA@acme.example")


def test_another_spelling_of_the_own_address_is_kept_and_its_mark_stays(dana: Contact, mara: Agent) -> None:
    """It is the same address: nothing is delivered otherwise, and no company follows from it."""
    CompanyFactory(domains=["acmee.example"])
    assert correct_address(dana.pk, by=mara, email="DANA@acmee.example").email == "DANA@acmee.example"
    dana.refresh_from_db()
    assert (dana.email, dana.undeliverable_code, dana.company) == ("DANA@acmee.example", "5.1.1", None)


def test_the_same_address_changes_nothing_but_tells_whether_one_may(dana: Contact, mara: Agent) -> None:
    assert correct_address(dana.pk, by=mara, email="dana@acmee.example").version == dana.version
    assert Contact.objects.get(pk=dana.pk).undeliverable_code == "5.1.1"


@pytest.mark.parametrize("email", ["dana", "", "dana@", "a b@acme.example", f"{'x' * 320}@acme.example"])
def test_what_is_no_address_is_refused(dana: Contact, mara: Agent, email: str) -> None:
    with pytest.raises(Invalid) as refused:
        correct_address(dana.pk, by=mara, email=email)
    assert list(refused.value.fields) == ["email"]


def test_whoever_serves_the_contact_may_and_nobody_else(dana: Contact, mara: Agent) -> None:
    team = TeamFactory()
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    team.lead = lead
    team.save()
    TicketFactory(requester=dana, team=team)
    for other in (AgentFactory(teams=[team]), AgentFactory(roles=[Role.ADMIN]), AgentFactory(roles=[Role.AUDITOR])):
        with pytest.raises(AddressNotEditable):
            correct_address(dana.pk, by=other, email="dana@acme.example")
    assert correct_address(dana.pk, by=lead, email="dana@acme.example").email == "dana@acme.example"


def test_a_contact_without_company_joins_that_of_the_new_address(dana: Contact, mara: Agent) -> None:
    acme = CompanyFactory(name="Acme", domains=["acme.example"])
    assert correct_address(dana.pk, by=mara, email="dana@acme.example").company == acme


def test_nobody_is_carried_over_to_another_company(mara: Agent) -> None:
    acme = CompanyFactory(name="Acme", domains=["acme.example", "shared.example"])
    CompanyFactory(name="Aardvark", domains=["aard.example", "shared.example"])
    dana = ContactFactory(first_name="Dana", last_name="Roth", email="dana@acme.example", company=acme)
    TicketFactory(requester=dana, owner=mara)
    with pytest.raises(AddressOfAnotherCompany, match="an address of Aardvark, but Dana Roth belongs to Acme"):
        correct_address(dana.pk, by=mara, email="dana@aard.example")
    for email in ("dana@home.example", "dana@shared.example", "dana.roth@acme.example"):
        assert correct_address(dana.pk, by=mara, email=email).company == acme


def test_an_old_version_is_told_last(dana: Contact, mara: Agent) -> None:
    with pytest.raises(AddressNotEditable):
        correct_address(dana.pk, by=AgentFactory(), email="dana@acme.example", version=99)
    with pytest.raises(StaleVersion):
        correct_address(dana.pk, by=mara, email="dana@acme.example", version=99)


@pytest.mark.django_db(transaction=True)
def test_two_contacts_never_get_one_address(mara: Agent) -> None:
    """Both look at once, and nobody has it yet: the unique index decides."""
    contacts = [ContactFactory(email=f"dana{number}@acmee.example") for number in range(2)]
    for contact in contacts:
        TicketFactory(requester=contact, owner=mara)

    def correct(contact: Contact) -> Contact:
        return correct_address(contact.pk, by=Agent.objects.get(pk=mara.pk), email="dana@acme.example")

    outcomes = in_parallel(*(partial(correct, contact) for contact in contacts))
    assert sorted([type(outcome) for outcome in outcomes], key=lambda kind: kind.__name__) == [AddressTaken, Contact]
    assert Contact.objects.filter(email__iexact="dana@acme.example").count() == 1
