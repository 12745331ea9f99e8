"""What tickets have to say about people; registered with `accounts` as guard and as answer."""

from django.db.models import Q

from accounts.models import Agent, Contact
from accounts.policies import may_edit_contacts
from accounts.selectors import reach_of
from core.errors import DomainError
from tickets.errors import OpenTicketsRemain
from tickets.models import Ticket
from tickets.selectors import open_ticket_count


def no_open_tickets(agent: Agent) -> DomainError | None:
    """An agent with open tickets is not deactivated before a supervisor has transferred them."""
    count = open_ticket_count(agent)
    return OpenTicketsRemain(agent=agent.name, count=count) if count else None


class NearByTickets:
    """Fills `accounts.privacy.Nearness`: who is near a customer follows from the customer's tickets."""

    def is_in_charge_of(self, agent: Agent, contact: Contact) -> bool:
        in_charge = reach_of(agent).in_charge
        if not in_charge or not may_edit_contacts(agent):
            return False
        tickets = Ticket.objects.filter(requester=contact)
        return tickets.filter(team__in=in_charge).exists() or not tickets.exists()

    def works_for(self, agent: Agent, contact: Contact) -> bool:
        owners = reach_of(agent).covers | {agent.pk}
        mine = Q(requester=contact) | Q(participants__contact=contact)
        return Ticket.objects.filter(mine, owner__in=owners).exists()
