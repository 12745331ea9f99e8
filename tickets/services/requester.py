"""Whose ticket it is: another requester instead of a wrong one, and what follows when the address is corrected."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.guards import refuse_address
from accounts.models import Agent, ApiClient, Company, Contact
from accounts.services import contact_for
from core.actors import Actor
from core.errors import DomainError, Invalid
from core.events import publish
from core.history import record_deletion
from core.service import service
from tickets.enums import OPEN, AuthorType, EntryKind, TicketStatus, Unsent
from tickets.errors import RequesterOfAnotherCustomer
from tickets.events import RequesterChanged
from tickets.models import OutboundMessage, Ticket
from tickets.policies import may_edit
from tickets.selectors import entries_of
from tickets.services._common import (
    add_entry,
    check_version,
    index_words,
    lock,
    not_the_owner,
    refuse_if_ended,
    save,
)
from tickets.services.outgoing import drop_unsent_to
from tickets.services.participants import join
from tickets.transitions import transitions_from


@service
def change_requester(ticket_id: UUID, *, by: Actor, email: str, name: str = "", version: int | None = None) -> Ticket:
    """Make whoever has the address the customer of the ticket; somebody unknown becomes a contact.

    Who was it before and has written on the ticket takes part in it from then on. Mail to them that is held, scheduled
    or queued is not sent. Raises ScopeMissing, RoleForbids or NotOwner, TicketClosed, Invalid,
    RequesterOfAnotherCustomer, what a higher app's guard objects to the address, or StaleVersion.
    """
    ticket = lock(ticket_id)
    if not may_edit(by, ticket):
        raise ScopeMissing(scope=Scope.TICKETS_WRITE) if isinstance(by, ApiClient) else not_the_owner(by, ticket)
    refuse_if_ended(ticket)
    contact = contact_for(_checked(email), name=name, by=by)
    former = ticket.requester
    if refusal := refusal_to_change_requester(ticket, contact):
        raise refusal
    check_version(ticket, version)
    if contact.pk == former.pk:
        return ticket
    _put(ticket, contact, by=by)
    publish(RequesterChanged(ticket_id=ticket.pk, old_id=former.pk, new_id=contact.pk, occurred_at=timezone.now()))
    return ticket


def _checked(email: str) -> str:
    address = email.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Invalid({"email": _("“%(address)s” is not an e-mail address.") % {"address": address}}) from error
    refuse_address(address)
    return address


def _put(ticket: Ticket, contact: Contact, *, by: Actor) -> None:
    at = timezone.now()
    former, company = ticket.requester, ticket.company
    for row in ticket.participants.filter(contact=contact):
        record_deletion(row, by=by)
    ticket.requester, ticket.company = contact, contact.company
    save(ticket, by=by, fields=["requester", "company"])
    facts: dict[str, object] = {"event": "requester", "from": former.audit_name, "to": contact.audit_name}
    if company != contact.company:
        facts |= {"company": [_name(company), _name(contact.company)]}
    add_entry(ticket, EntryKind.CHANGE, author=by, at=at, facts=facts)
    if keeps_part(ticket, former):
        join(ticket, [former], by=by, at=at)
    drop_unsent_to(ticket, former.email, reason=Unsent.REQUESTER_CHANGED, by=by, at=at)
    index_words(ticket, f"{contact.name} {contact.email}")


def _name(company: Company | None) -> str:
    return company.name if company else ""


def keeps_part(ticket: Ticket, former: Contact) -> bool:
    """Whether a former requester goes on taking part: who has written here does, one of us or a wrong name does not."""
    takes_part = ticket.participants.filter(contact=former).exists()
    return not takes_part and has_written(ticket, former) and not _is_one_of_us(former)


def has_written(ticket: Ticket, contact: Contact) -> bool:
    return entries_of(ticket).public().filter(contact=contact).exists()


def was_replaced(ticket: Ticket, contact: Contact) -> bool:
    """Whether they were the requester once and have nothing to do with the ticket any more.

    Who wrote to us by mistake, or was written to, knows our signed ids; these still prove the mail, but not its right.
    """
    if contact.pk == ticket.requester_id or ticket.participants.filter(contact=contact).exists():
        return False
    if contact.company_id is not None and contact.company_id == ticket.company_id:
        return False
    return bool(ticket.history.filter(requester_id=contact.pk).exists())


def refusal_to_change_requester(ticket: Ticket, contact: Contact) -> DomainError | None:
    """As merging keeps customers apart, nobody comes to read here what another customer has written.

    `contact` may be one that is not saved yet. Without a company a person is a customer of their own: a ticket on which
    no customer but `contact` has written may go on with them, and what its requester wrote hinders nobody if they
    cannot be answered at the address they had. A requester who is one of us, such as an agent whose forwarded mail made
    the ticket, is no customer at all.
    """
    former = ticket.requester
    if contact.pk == former.pk or (contact.company_id is not None and contact.company_id == ticket.company_id):
        return None
    if _is_one_of_us(former):
        return None
    if ticket.company_id is None and not _holds_words_of_others(ticket, contact):
        return None
    return RequesterOfAnotherCustomer(
        contact=contact.name, reference=ticket.reference, allowed=transitions_from(TicketStatus(ticket.status))
    )


def _holds_words_of_others(ticket: Ticket, contact: Contact) -> bool:
    allowed = [contact.pk]
    if ticket.requester.undeliverable_at is not None:
        allowed.append(ticket.requester.pk)
    written = entries_of(ticket).public().filter(author_type=AuthorType.CUSTOMER)
    return written.exclude(contact_id__in=allowed).exists()


def _is_one_of_us(contact: Contact) -> bool:
    return Agent.objects.filter(email__iexact=contact.email).exists()


def follow_address(contact_id: UUID, *, old: str, new: str, by: Agent) -> int:
    """Let the tickets of a contact tell that their address was corrected: the open ones, and the ended ones with mail
    that has not left for the old one. The answer is how many they are.

    Mail to the old address that is held, scheduled or queued is not sent: nobody would get it, or somebody else.
    """
    contact = Contact.objects.select_related("company").get(pk=contact_id)
    has_unsent = Exists(OutboundMessage.objects.unsent_to(old).filter(ticket=OuterRef("pk")))
    is_concerned = Q(status__in=[*OPEN, TicketStatus.RESOLVED]) | Q(has_unsent)
    ids = list(contact.tickets.filter(is_concerned).order_by("pk").values_list("pk", flat=True))
    for ticket_id in ids:
        _tell_address(ticket_id, contact, old=old, new=new, by=by)
    return len(ids)


@service
def _tell_address(ticket_id: UUID, contact: Contact, *, old: str, new: str, by: Agent) -> None:
    ticket = lock(ticket_id)
    at = timezone.now()
    facts: dict[str, object] = {"event": "address", "name": contact.name, "from": old, "to": new}
    if ticket.company_id is None and contact.company is not None and not ticket.is_ended:
        ticket.company = contact.company  # who joins a company brings their own tickets; never from another one
        save(ticket, by=by, fields=["company"])
        facts["company"] = ["", contact.company.name]
    add_entry(ticket, EntryKind.CHANGE, author=by, at=at, facts=facts)
    drop_unsent_to(ticket, old, reason=Unsent.ADDRESS_CHANGED, by=by, at=at)
    index_words(ticket, new)
