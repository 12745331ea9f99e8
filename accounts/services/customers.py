"""Contacts and companies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.utils.translation import gettext_lazy as _

from accounts import privacy
from accounts.errors import CompanyNotEditable, ContactNotEditable
from accounts.models import Agent, Company, Contact
from accounts.policies import may_edit_companies, may_edit_contacts
from accounts.selectors import companies_for_addresses, contact_for_address, contacts_for_addresses
from accounts.services.cleaning import clean
from core.actors import Actor
from core.errors import Invalid, StaleVersion
from core.history import record, record_new
from core.service import service

CONTACT_FIELDS = ("first_name", "last_name", "phone", "language", "timezone", "tier")
UNDELIVERABLE = ("undeliverable_at", "undeliverable_code")
COMPANY_FIELDS = ("name", "domains", "tier")


@dataclass(frozen=True)
class Person:
    """A customer as a mail or a caller names them."""

    email: str
    name: str = ""
    language: str = ""


def contact_for(email: str, *, name: str = "", language: str = "", by: Actor) -> Contact:
    """The contact with this address, made if there is none; the company follows from the mail domain."""
    return contact_for_address(email) or contacts_for([Person(email, name, language)], by=by)[0]


def contacts_for(people: Sequence[Person], *, by: Actor) -> list[Contact]:
    """As `contact_for`, for each of several people in their order; three statements however many they are.

    Two callers at once get the same row: the unique address decides, not the look-up.
    """
    found = contacts_for_addresses([person.email for person in people])
    missing = {person.email.strip().lower(): person for person in reversed(people)}
    # In one order, so that two callers with the same new people do not wait for each other in a circle.
    missing = {address: missing[address] for address in sorted(missing.keys() - found.keys())}
    if missing:
        companies = companies_for_addresses(missing)
        new = {address: _new_contact(person, companies.get(address)) for address, person in missing.items()}
        written = record_new(list(new.values()), by=by, unless_there=True)
        found |= {address: contact for address, contact in new.items() if contact.pk in written}
        if len(written) < len(new):
            found |= contacts_for_addresses([contact.email for contact in new.values()])
    return [found[person.email.strip().lower()] for person in people]


def _new_contact(person: Person, company: Company | None) -> Contact:
    first_name, _space, last_name = person.name.strip().rpartition(" ")
    return Contact(
        email=person.email.strip(),
        first_name=first_name[:150],
        last_name=last_name[:150],
        language=person.language,
        company=company,
    )


@service
def mark_undeliverable(address: str, *, by: Actor, at: datetime, code: str = "") -> bool:
    """Note on the contact that mail to this address comes back for good; False where no contact has it."""
    contact = Contact.objects.select_for_update(of=("self",)).filter(email__iexact=address.strip()).first()
    if contact is None:
        return False
    contact.undeliverable_at, contact.undeliverable_code = at, code[:20]
    record(contact, by=by, update_fields=UNDELIVERABLE)
    return True


@service
def mark_deliverable(contact_id: UUID, *, by: Actor) -> Contact:
    """The address works: mail of it has come, or a person who serves the contact says so. Twice changes nothing.

    Raises ContactNotEditable for an agent who does neither own a ticket of the contact nor lead a team that serves it.
    """
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact_id)
    if isinstance(by, Agent) and not privacy.serves(by, contact):
        raise ContactNotEditable(contact=contact.name)
    if contact.undeliverable_at is not None:
        contact.undeliverable_at, contact.undeliverable_code = None, ""
        record(contact, by=by, update_fields=UNDELIVERABLE)
    return contact


@service
def edit_contact(contact_id: UUID, *, by: Actor, version: int | None = None, **values: Any) -> Contact:
    """Change `CONTACT_FIELDS` of a contact in one's charge; what is not given stays.

    Raises ContactNotEditable, Invalid or StaleVersion. The address never changes: mail is recognised by it.
    """
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact_id)
    if not may_edit_contacts(by) or not privacy.is_in_charge_of(by, contact):
        raise ContactNotEditable(contact=contact.name)
    if (zone := values.get("timezone")) and zone not in available_timezones():
        raise Invalid({"timezone": _("Write the IANA name of a time zone, such as Europe/Berlin.")})
    _put(contact, values, CONTACT_FIELDS, version=version)
    record(contact, by=by)
    return contact


@service
def edit_company(company_id: UUID, *, by: Actor, version: int | None = None, **values: Any) -> Company:
    """Change `COMPANY_FIELDS`. Raises CompanyNotEditable, Invalid or StaleVersion."""
    company = Company.objects.select_for_update().get(pk=company_id)
    if not may_edit_companies(by):
        raise CompanyNotEditable(company=company.name)
    _put(company, values, COMPANY_FIELDS, version=version)
    record(company, by=by)
    return company


def _put(row: Contact | Company, values: dict[str, Any], editable: tuple[str, ...], *, version: int | None) -> None:
    if unknown := set(values).difference(editable):
        raise Invalid({name: _("This field does not change.") for name in unknown})
    for name, value in values.items():
        setattr(row, name, value)
    clean(row, values)
    if version is not None and version != row.version:
        raise StaleVersion(given=version, current=row.version)
