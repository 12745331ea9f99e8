"""A customer's e-mail address: corrected by whoever serves them, proved dead or alive by mail."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import privacy
from accounts.errors import AddressNotEditable, AddressOfAnotherCompany, AddressTaken
from accounts.events import ContactAddressChanged, CustomerTierChanged
from accounts.guards import refuse_address
from accounts.models import Agent, ApiClient, Company, Contact
from accounts.selectors import company_for_address, contact_for_address
from accounts.services.cleaning import clean
from core.actors import Actor
from core.errors import StaleVersion
from core.events import publish
from core.history import record
from core.service import service

UNDELIVERABLE = ("undeliverable_at", "undeliverable_code")


@service
def correct_address(contact_id: UUID, *, by: Agent, email: str, version: int | None = None) -> Contact:
    """Give the contact the address they really have; what was known of the old one is forgotten with it.

    Other capitals alone are the same address: its spelling changes, and nothing follows. A contact of no company joins
    the one whose mail domain the new address has. Raises AddressNotEditable for whoever does neither own a ticket of
    theirs nor lead a team that serves them, Invalid for what is no address, AddressTaken if another contact has it,
    AddressOfAnotherCompany, what a higher app's guard objects, or StaleVersion.
    """
    contact = Contact.objects.select_for_update(of=("self",)).select_related("company").get(pk=contact_id)
    if not privacy.serves(by, contact) or contact.anonymised_at is not None:
        raise AddressNotEditable(contact=contact.name)
    old, contact.email = contact.email, email.strip()
    clean(contact, ["email"])
    _refuse_taken(contact)
    refuse_address(contact.email)
    is_other, tier = contact.email.lower() != old.lower(), contact.effective_tier
    if is_other:
        contact.company = _company_after(contact)
    if version is not None and version != contact.version:
        raise StaleVersion(given=version, current=contact.version)
    if contact.email == old:
        return contact
    if is_other:
        contact.undeliverable_at, contact.undeliverable_code = None, ""
    try:
        with transaction.atomic():
            record(contact, by=by, update_fields=["email", "company", *UNDELIVERABLE])
    except IntegrityError:  # somebody was faster: the unique address decides, not the look-up
        _refuse_taken(contact)
        raise
    if is_other:
        at = timezone.now()
        publish(ContactAddressChanged(contact_id=contact.pk, old=old, new=contact.email, by_id=by.pk, occurred_at=at))
        if contact.effective_tier != tier:  # by joining a company
            after = str(contact.effective_tier)
            publish(CustomerTierChanged(contact_id=contact.pk, company_id=None, tier=after, occurred_at=at))
    return contact


def _refuse_taken(contact: Contact) -> None:
    other = contact_for_address(contact.email)
    if other is not None and other.pk != contact.pk:
        raise AddressTaken(contact=other.name, address=contact.email)


def _company_after(contact: Contact) -> Company | None:
    """The contact's company with the new address: theirs as ever, never another one's."""
    domain = contact.email.rpartition("@")[2].lower()
    own = contact.company
    if own is not None and domain in {known.lower() for known in own.domains}:
        return own
    found = company_for_address(contact.email)
    if own is not None and found is not None:
        raise AddressOfAnotherCompany(address=contact.email, other=found.name, contact=contact.name, company=own.name)
    return own or found


@service
def mark_undeliverable(address: str, *, by: Actor, at: datetime, code: str = "") -> bool:
    """Note on the contact that mail to this address comes back for good; False where no contact has it."""
    same = Contact.objects.alias(lowered=Lower("email")).filter(lowered=address.strip().lower())  # as its index has it
    contact = same.select_for_update(of=("self",)).first()
    if contact is None:
        return False
    contact.undeliverable_at, contact.undeliverable_code = at, code[:20]
    record(contact, by=by, update_fields=UNDELIVERABLE)
    return True


@service
def mark_deliverable(contact_id: UUID, *, by: Actor, version: int | None = None) -> Contact:
    """The address works: mail of it has come, or a person who serves the contact says so. Twice changes nothing.

    Raises AddressNotEditable for a program, and for an agent who does neither own a ticket of the contact nor lead a
    team that serves it; StaleVersion.
    """
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact_id)
    if isinstance(by, Agent | ApiClient) and not privacy.serves(by, contact):
        raise AddressNotEditable(contact=contact.name)
    if version is not None and version != contact.version:
        raise StaleVersion(given=version, current=contact.version)
    if contact.undeliverable_at is not None:
        contact.undeliverable_at, contact.undeliverable_code = None, ""
        record(contact, by=by, update_fields=UNDELIVERABLE)
    return contact
