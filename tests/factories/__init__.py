"""The smallest valid rows. What has a service comes about by it, as in life: an owned ticket has been accepted."""

from tests.factories.envelopes import EnvelopeFactory
from tests.factories.people import (
    AbsenceFactory,
    AgentFactory,
    ApiClientFactory,
    CompanyFactory,
    ContactFactory,
    TeamFactory,
    default_calendar,
)
from tests.factories.tickets import TicketFactory

__all__ = [
    "AbsenceFactory",
    "AgentFactory",
    "ApiClientFactory",
    "CompanyFactory",
    "ContactFactory",
    "EnvelopeFactory",
    "TeamFactory",
    "TicketFactory",
    "default_calendar",
]
