"""Who may be invited: to a ticket's meeting whoever can get a copy of a reply, to an envelope's its own people."""

from collections.abc import Collection, Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.guards import refusal_of_address
from accounts.models import Agent
from core.arrays import any_of
from core.errors import Invalid, Text
from envelopes.enums import EnvelopeKind
from envelopes.models import Envelope
from envelopes.selectors import readers_among
from envelopes.services.vendors import usable_vendors
from tickets.models import Ticket

MOST = 50


def cleaned(given: Sequence[str]) -> list[str]:
    """In lower case, each once."""
    return list(dict.fromkeys(address.strip().lower() for address in given if address.strip()))


def usable_attendees(
    ticket: Ticket, envelope: Envelope | None, given: Sequence[str], *, standing: Collection[str] = ()
) -> list[str]:
    """As `cleaned`. Whoever is `standing` there already, perhaps by Outlook, may stay.

    Raises Invalid for nobody, for what is no address, for mailboxes of ours, and in an envelope for everybody but its
    people: the customer learns nothing of it (permissions.md, object rule 2).
    """
    addresses = cleaned(given)
    if not addresses:
        raise Invalid({"attendees": _("Invite at least one person.")})
    if len(addresses) > max(MOST, len(standing)):
        raise Invalid({"attendees": _("At most %(count)d people.") % {"count": MOST}})
    for address in addresses:
        if address not in standing and (why := _why_not(address)):
            raise Invalid({"attendees": why})
    if envelope is not None:
        refuse_strangers(ticket, envelope, addresses)
    return addresses


def _why_not(address: str) -> Text | None:
    try:
        validate_email(address)
    except ValidationError:
        return _("“%(address)s” is not an e-mail address.") % {"address": address}
    refusal = refusal_of_address(address)
    return str(refusal) if refusal else None


def refuse_strangers(ticket: Ticket, envelope: Envelope, addresses: Sequence[str]) -> None:
    """Raises Invalid, which names one who takes no part in the envelope, or not any more."""
    people = list(Agent.objects.active().filter(any_of(Lower("email"), addresses)))
    readers = readers_among(people, envelope)
    inside = {person.email.lower() for person in people if person.pk in readers}
    inside -= {address.lower() for address in ticket.participants.values_list("contact__email", flat=True)}
    inside -= {ticket.requester.email.lower()}
    vendors = [address for address in addresses if address in envelope.vendor_addresses]
    if vendors and envelope.kind == EnvelopeKind.EXTERNAL_VENDOR:
        try:
            inside |= set(usable_vendors(envelope, vendors))  # somebody may have joined the customer's side
        except Invalid as refusal:
            raise Invalid({"attendees": str(refusal)}) from refusal
    for address in addresses:
        if address not in inside:
            words = _("%(address)s takes no part in this envelope. Invite the colleague into it first.")
            raise Invalid({"attendees": words % {"address": address}})
