"""When help is due, for envelopes: by the policy between teams, in the hours of who is asked."""

from datetime import datetime, timedelta

from envelopes.clock import PlainClock, within
from envelopes.enums import OlaMetric
from envelopes.models import Envelope
from sla.enums import ClockState, Metric
from sla.explain import Reckoning, Stop
from sla.services.book import case_of, terms_of_envelope
from sla.services.ledger import ledger_of
from sla.states import State, Terms

METRICS = {OlaMetric.RESPONSE: Metric.OLA_RESPONSE, OlaMetric.COMPLETION: Metric.OLA_COMPLETION}


def _stands(state: State) -> bool:
    """The customer's promise, whose due moment nobody knows then."""
    return state.resolution is not None and state.resolution.state == ClockState.PAUSED


class PolicyClock:
    """Fills `envelopes.clock.EnvelopeClock`. Where no policy promises anything, the plain clock's targets serve."""

    keeps_dues = True

    def __init__(self) -> None:
        self._plain = PlainClock()

    def due_at(self, envelope: Envelope, metric: OlaMetric, *, start: datetime) -> datetime:
        ledger = ledger_of(envelope.ticket_id)
        state = ledger.state if ledger else None
        terms = terms_of_envelope(envelope, case_of(envelope.ticket))
        if terms is None or METRICS[metric] not in terms.targets:
            due = self._plain.own_due_at(envelope, metric, start=start)
        else:
            due = self._due_at(state, envelope, METRICS[metric], terms, start)
        return due if state and _stands(state) else within(envelope.ticket.resolution_due_at, due, start=start)

    def _due_at(
        self, state: State | None, envelope: Envelope, metric: Metric, terms: Terms, start: datetime
    ) -> datetime:
        """That of the clock that runs, unless somebody else is asked or it begins only now."""
        clock = state.clocks.get((envelope.pk, metric)) if state else None
        if state and clock and clock.is_open and clock.due_at and state.help.get(envelope.pk) == terms:
            return clock.due_at
        target = timedelta(minutes=terms.targets[metric])
        stops: list[Stop] = state.stops_of(metric) if state else []
        return Reckoning(terms.hours.calendar, start, target, stops).due_at

    def timeout_at(self, envelope: Envelope, *, start: datetime) -> datetime:
        return self._plain.timeout_at(envelope, start=start)
