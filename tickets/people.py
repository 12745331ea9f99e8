"""What tickets have to say when people change; registered as guards of `accounts`."""

from accounts.models import Agent
from core.errors import DomainError
from tickets.errors import OpenTicketsRemain
from tickets.selectors import open_ticket_count


def no_open_tickets(agent: Agent) -> DomainError | None:
    """An agent with open tickets is not deactivated before a supervisor has transferred them."""
    count = open_ticket_count(agent)
    return OpenTicketsRemain(agent=agent.name, count=count) if count else None
