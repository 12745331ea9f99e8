"""Contacts and companies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import privacy
from accounts.errors import CompanyNotEditable, ContactNotEditable
from accounts.events import CustomerTierChanged
from accounts.models import Company, Contact
from accounts.policies import may_edit_companies, may_edit_contacts
from accounts.selectors import (
    companies_for_addresses,
    contact_for_address,
    contacts_for_addresses,
    contacts_with_addresses,
)
from accounts.services.cleaning import clean
from core.actors import Actor
from core.compiled import Compiled
from core.errors import Invalid, StaleVersion
from core.events import publish
from core.history import record, record_new, record_soon, stamp_of
from core.service import service
from core.statements import copying

CONTACT_FIELDS = ("first_name", "last_name", "phone", "language", "timezone", "tier")
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
    """As `contact_for`, for each of several people in their order; three statements however many they are, for one
    person one.

    Two callers at once get the same row: the unique address decides, not the look-up.
    """
    if len(people) == 1 and (contact := _known_or_new(people[0], by=by)) is not None:
        return [contact]
    found = contacts_for_addresses([person.email for person in people])
    missing = {person.email.strip().lower(): person for person in reversed(people)}
    # In one order, so that two callers with the same new people do not wait for each other in a circle.
    missing = {address: missing[address] for address in sorted(missing.keys() - found.keys())}
    if missing:
        companies = companies_for_addresses(missing)
        new = {address: unsaved_contact(person, companies.get(address)) for address, person in missing.items()}
        written = record_new(list(new.values()), by=by, unless_there=True)
        found |= {address: contact for address, contact in new.items() if contact.pk in written}
        if len(written) < len(new):
            found |= contacts_for_addresses([contact.email for contact in new.values()])
    return [found[person.email.strip().lower()] for person in people]


def new_contact(person: Person, *, by: Actor) -> Contact:
    """The contact of an address that has just been looked for, and whose domain is no company's; it is written with the
    act's next statement, which raises IntegrityError if somebody else has made it meanwhile.
    """
    contact = unsaved_contact(person, None)
    record_soon(contact, by=by)
    return contact


def _known_or_new(person: Person, *, by: Actor) -> Contact | None:
    """None if somebody else has made the same contact at this very moment."""
    address = person.email.strip()
    new = unsaved_contact(person, None)
    values = [field.get_db_prep_save(field.pre_save(new, True), connection) for field in _GIVEN]
    domain = address.rpartition("@")[2].lower()
    found = _KNOWN_OR_NEW.fetch([address], before=[*values, domain, address, *stamp_of(by)])
    return found[0] if found else None


def _or_new(known: str) -> str:
    """Look for a contact that is made if there is none; its company follows as `companies_for_addresses` finds it."""
    columns = ", ".join(f'"{field.column}"' for field in _GIVEN)
    return f"""
        WITH made AS (
            INSERT INTO accounts_contact ({columns}, company_id)
            SELECT {", ".join(["%s"] * len(_GIVEN))}, (
                SELECT id FROM accounts_company WHERE domains && ARRAY[%s]::varchar[] ORDER BY name, id LIMIT 1
            ) WHERE NOT EXISTS (SELECT FROM accounts_contact WHERE lower(email) = lower(%s))
            ON CONFLICT DO NOTHING RETURNING *
        ), noted AS ({copying(Contact, "made")})
        """ + known.replace(  # noqa: S608  # names of ours
        'FROM "accounts_contact"',
        'FROM (SELECT * FROM accounts_contact UNION ALL SELECT * FROM made) AS "accounts_contact"',
        1,
    )


_GIVEN = [field for field in Contact._meta.concrete_fields if not field.null]
_KNOWN_OR_NEW = Compiled(contacts_with_addresses, ["an@address"], rewritten=_or_new)


def unsaved_contact(person: Person, company: Company | None) -> Contact:
    """Whom an unknown address becomes."""
    first_name, _space, last_name = person.name.strip().rpartition(" ")
    return Contact(
        email=person.email.strip(),
        first_name=first_name[:150],
        last_name=last_name[:150],
        language=person.language,
        company=company,
    )


@service
def edit_contact(contact_id: UUID, *, by: Actor, version: int | None = None, **values: Any) -> Contact:
    """Change `CONTACT_FIELDS` of a contact in one's charge; what is not given stays.

    Raises ContactNotEditable, Invalid or StaleVersion. The address is none of them: `correct_address`.
    """
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact_id)
    if not may_edit_contacts(by) or not privacy.is_in_charge_of(by, contact):
        raise ContactNotEditable(contact=contact.name)
    if (zone := values.get("timezone")) and zone not in available_timezones():
        raise Invalid({"timezone": _("Write the IANA name of a time zone, such as Europe/Berlin.")})
    before = contact.tier
    _put(contact, values, CONTACT_FIELDS, version=version)
    record(contact, by=by)
    if contact.tier != before:
        _tell_tier(contact.tier, contact_id=contact.pk)
    return contact


@service
def edit_company(company_id: UUID, *, by: Actor, version: int | None = None, **values: Any) -> Company:
    """Change `COMPANY_FIELDS`. Raises CompanyNotEditable, Invalid or StaleVersion."""
    company = Company.objects.select_for_update().get(pk=company_id)
    if not may_edit_companies(by):
        raise CompanyNotEditable(company=company.name)
    before = company.tier
    _put(company, values, COMPANY_FIELDS, version=version)
    record(company, by=by)
    if company.tier != before:
        _tell_tier(company.tier, company_id=company.pk)
    return company


def _tell_tier(tier: str, *, contact_id: UUID | None = None, company_id: UUID | None = None) -> None:
    at = timezone.now()
    publish(CustomerTierChanged(contact_id=contact_id, company_id=company_id, tier=str(tier), occurred_at=at))


def _put(row: Contact | Company, values: dict[str, Any], editable: tuple[str, ...], *, version: int | None) -> None:
    if unknown := set(values).difference(editable):
        raise Invalid({name: _("This field does not change.") for name in unknown})
    for name, value in values.items():
        setattr(row, name, value)
    clean(row, values)
    if version is not None and version != row.version:
        raise StaleVersion(given=version, current=row.version)
