"""Customers are recognised by their address."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contact
from accounts.selectors import company_for_address, contact_for_address
from accounts.services import Person, contact_for, contacts_for
from core.actors import SystemActor
from tests.factories import CompanyFactory, ContactFactory

pytestmark = pytest.mark.django_db


def test_of_two_companies_with_one_mail_domain_the_first_by_name_is_meant() -> None:
    CompanyFactory(name="Zeta", domains=["shared.example", "zeta.example"])
    alpha = CompanyFactory(name="Alpha", domains=["shared.example"])
    assert company_for_address("Anna@Shared.Example") == alpha
    assert company_for_address("anna@elsewhere.example") is None
    assert company_for_address("anna") is None


def test_a_contact_is_known_in_any_spelling_of_the_address() -> None:
    dana = ContactFactory(email="Dana.Roth@Acme.example")
    assert contact_for_address(" dana.ROTH@acme.example ") == dana
    assert contact_for_address("dana@acme.example") is None


def test_one_person_is_found_or_made_in_one_statement() -> None:
    acme, by = CompanyFactory(domains=["acme.example"]), SystemActor("intake")
    CompanyFactory(name="Zeta", domains=["acme.example"])
    with CaptureQueriesContext(connection) as statements:
        made = contacts_for([Person(" Dana@ACME.example ", "Dana Roth", "de")], by=by)[0]
        known = contacts_for([Person("dana@acme.EXAMPLE", "Somebody Else")], by=by)[0]
    assert len(statements) == 2
    assert known == made == Contact.objects.get()
    assert (made.email, made.name, made.language, made.company) == ("Dana@ACME.example", "Dana Roth", "de", acme)
    noted = made.history.get()
    assert (noted.actor_name, noted.history_type, noted.company_id, noted.version) == ("intake", "+", acme.pk, 1)
    assert contacts_for([Person("of@nobody.example")], by=by)[0].company is None


def test_several_people_become_contacts_at_once() -> None:
    acme, dana = CompanyFactory(domains=["acme.example"]), ContactFactory(email="dana@acme.example")
    people = [Person(f"new{n}@ACME.example", f"New Person {n}") for n in range(8)]
    wanted = [people[0], Person("Dana@acme.example"), Person("NEW0@acme.example", "Another Name"), *people[1:]]
    by = SystemActor("intake")
    with CaptureQueriesContext(connection) as statements:
        found = contacts_for(wanted, by=by)
    assert len(statements) == 3
    assert found[1] == dana
    assert [contact.name for contact in found] == [
        *("New Person 0", dana.name, "New Person 0"),
        *(f"New Person {n}" for n in range(1, 8)),
    ]
    assert {contact.company for contact in found if contact != dana} == {acme}
    assert {row.actor_name for row in Contact.history.filter(email__startswith="new")} == {by.audit_name}
    assert Contact.history.filter(email__startswith="new").count() == 8
    assert contact_for("new7@acme.example", by=by) == found[-1]


def test_an_address_in_letters_of_its_own_makes_one_contact() -> None:
    by = SystemActor("intake")
    first = contact_for("İstanbul@post.example", by=by)
    assert contact_for("İstanbul@post.example", by=by) == first
