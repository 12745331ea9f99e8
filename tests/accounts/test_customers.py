"""Customers are recognised by their address."""

import pytest

from accounts.selectors import company_for_address, contact_for_address
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
