"""What `ready()` of the app registers for clocks."""

from accounts.extensions import CompanyField, calendar_effects, company_fields
from accounts.guards import calendar_guards, hours_guards
from core import metrics, timers
from envelopes.clock import use_clock
from sla import (
    receivers,  # noqa: F401  # they subscribe when imported
    services,
    wording,
)
from sla.guards import help_held, promises_held
from sla.metrics import of_clocks
from sla.selectors import NAMED_SCHEMA, policies_of_companies, policies_of_tickets
from sla.selectors.beside import CLOCKS, PAUSES
from sla.selectors.standing import standing_as
from sla.services.trial import effects_of_calendar
from tickets.around import kept_above
from tickets.columns import standing_ways
from tickets.extensions import TicketField, ticket_fields


def register() -> None:
    use_clock(services.PolicyClock())
    calendar_guards.append(promises_held)
    hours_guards.append(help_held)
    calendar_effects.append(effects_of_calendar)
    wording.register()
    kept_above["clocks"], kept_above["clock_pauses"] = CLOCKS, PAUSES
    standing_ways.append(standing_as)
    company_fields["sla_policy"] = CompanyField(read=policies_of_companies, schema=NAMED_SCHEMA)
    ticket_fields["sla_policy"] = TicketField(read=policies_of_tickets, schema=NAMED_SCHEMA, in_lists=False)
    metrics.sources.append(of_clocks)
    timers.register("pauses_ended", services.end_pauses, order=39)
    timers.register("clocks_breached", services.note_missed, order=39)
    timers.register("terms_followed", services.follow_new_terms, order=39)
