"""What `ready()` of the app registers for clocks."""

from accounts.guards import calendar_guards
from core import metrics, timers
from envelopes.clock import use_clock
from sla import (
    receivers,  # noqa: F401  # they subscribe when imported
    services,
    wording,
)
from sla.guards import promises_held
from sla.metrics import of_clocks
from sla.selectors.beside import CLOCKS, PAUSES
from sla.selectors.standing import standing_as
from tickets.around import kept_above
from tickets.columns import standing_ways


def register() -> None:
    use_clock(services.PolicyClock())
    calendar_guards.append(promises_held)
    wording.register()
    kept_above["clocks"], kept_above["clock_pauses"] = CLOCKS, PAUSES
    standing_ways.append(standing_as)
    metrics.sources.append(of_clocks)
    timers.register("pauses_ended", services.end_pauses, order=39)
    timers.register("clocks_breached", services.note_missed, order=39)
    timers.register("terms_followed", services.follow_new_terms, order=39)
