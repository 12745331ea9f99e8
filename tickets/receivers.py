"""What happens on tickets when customers change, when flags are set (one receiver for each effect of a flag), and to
what belongs to a ticket when it ends.
"""

from accounts.enums import Tier
from accounts.events import ContactAddressChanged, CustomerTierChanged
from accounts.models import Agent, Contact
from core.actors import DESK
from core.events import subscribe
from tickets import services
from tickets.enums import FlagCause, FlagType
from tickets.events import (
    CustomerCalled,
    CustomerReplied,
    FlagAdded,
    RequesterChanged,
    TicketCancelled,
    TicketCreated,
    TicketMerged,
    VipTicketsLeft,
)


@subscribe(ContactAddressChanged, after_commit=True)
def follow_address(event: ContactAddressChanged) -> None:
    """Not in the same transaction: tickets are locked before contacts, everywhere."""
    by = Agent.objects.get(pk=event.by_id)
    services.follow_address(event.contact_id, old=event.old, new=event.new, by=by)


@subscribe(TicketCancelled)
def withdraw_what_waits_for_approval(event: TicketCancelled) -> None:
    """In the same transaction: an ended ticket must not stand in anybody's list of approvals."""
    services.withdraw_of_ended(event.ticket_id, at=event.occurred_at)


@subscribe(TicketCreated)
def flag_new_ticket_of_vip(event: TicketCreated) -> None:
    if event.is_vip:
        services.flag_automatically(event.ticket_id, type=FlagType.VIP, cause=FlagCause.TIER)


@subscribe(RequesterChanged)
def flag_ticket_that_became_a_vips(event: RequesterChanged) -> None:
    """A flag that is there stays: of the former requester's it is somebody's to clear."""
    if Contact.objects.select_related("company").get(pk=event.new_id).effective_tier == Tier.VIP:
        services.flag_automatically(event.ticket_id, type=FlagType.VIP, cause=FlagCause.TIER)


@subscribe(CustomerTierChanged, after_commit=True)
def flag_tickets_of_new_vips(event: CustomerTierChanged) -> None:
    """After the commit: tickets are locked before contacts, everywhere. Nothing is cleared for who is VIP no more."""
    if event.tier == Tier.VIP:
        services.flag_open_tickets_of_vips(contact_id=event.contact_id, company_id=event.company_id)


@subscribe(VipTicketsLeft, after_commit=True)
def flag_further_tickets_of_vips(event: VipTicketsLeft) -> None:
    services.flag_open_tickets_of_vips(contact_id=event.contact_id, company_id=event.company_id)


@subscribe(TicketCreated, after_commit=True, when=lambda event: event.may_be_repeated)
def count_first_contact(event: TicketCreated) -> None:
    """After the commit, as all that create tickets wait for each other until then."""
    services.flag_repeat_contact(event.ticket_id, at=event.occurred_at)


@subscribe(CustomerReplied, after_commit=True)
def count_message(event: CustomerReplied) -> None:
    services.flag_repeat_contact(event.ticket_id, at=event.occurred_at)


@subscribe(CustomerCalled, after_commit=True)
def count_call(event: CustomerCalled) -> None:
    services.flag_repeat_contact(event.ticket_id, at=event.occurred_at)


@subscribe(TicketMerged)
def take_flags_along(event: TicketMerged) -> None:
    services.carry_flags(event.ticket_id, into_id=event.into_id)


@subscribe(FlagAdded)
def let_manager_watch(event: FlagAdded) -> None:
    """Who is told of what happens on the ticket from now on, and by `notifications` of the flag itself."""
    if event.type == FlagType.SOCIAL_MEDIA:
        services.watch_as_manager(event.ticket_id)


@subscribe(FlagAdded)
def keep_back_texts_nobody_prescribed(event: FlagAdded) -> None:
    """Replies that wait for a later moment were written before the case was a legal one."""
    if event.type == FlagType.LEGAL:
        services.drop_scheduled_of_legal_case(event.ticket_id, by=DESK)
