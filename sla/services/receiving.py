"""What happens to tickets and envelopes, as facts for their clocks. Each is one call of a receiver, in the transaction
of what has happened, and so under the ticket's lock.
"""

from datetime import datetime
from uuid import UUID

from core.actors import DESK, Actor
from core.service import service
from envelopes.models import Envelope
from envelopes.services import renew_dues
from sla.enums import Metric
from sla.matching import Case
from sla.models import TermsWalk
from sla.services.book import KNOWN_WITH, case_of, current_book, known_case_of, terms_of_envelope
from sla.services.ledger import Ledger, begin, ledger_of, record_fact, settle
from sla.states import CANCELLED, RESOLVED, WAITING, Clock, Fact, FactKind, State, Terms
from tickets.models import Ticket
from tickets.services import lock_ticket

TELLING = frozenset({WAITING, RESOLVED, CANCELLED})
"""Statuses that clocks follow; between the others nothing changes for them."""


def promise(ticket: Ticket) -> State:
    """What is promised on a new ticket, which is about to be written: its clocks go along, it shows its due date."""
    terms = current_book().terms_for(case_of(ticket))
    state = begin(ticket.pk, Fact(FactKind.CREATED, ticket.created_at, terms=terms))
    ticket.resolution_due_at = state.resolution.due_at if state.resolution else None
    return state


@service
def begin_promises(ticket_id: UUID, *, by: Actor = DESK) -> None:
    """What is promised on a ticket that a mail has made; its clocks have run since then. Safe to repeat."""
    lock_ticket(ticket_id)
    ledger_of(ticket_id)


def note_status(ticket_id: UUID, *, old: str, new: str, by_id: UUID | None, at: datetime) -> None:
    """What was merged and is parted again comes under what is promised by now: no walk passes what has ended."""
    if old in TELLING or new in TELLING - {old}:
        record_fact(ticket_id, Fact(FactKind.STATUS, at, old=old, new=new, by=by_id))
    if old == CANCELLED:
        follow_terms(ticket_id, at=at)


def note_customer_message(ticket_id: UUID, *, at: datetime) -> None:
    ledger = ledger_of(ticket_id)
    if (
        ledger is None
        or not ledger.state.is_answered
        or _is_open(ledger.state.clocks.get((None, Metric.NEXT_RESPONSE)))
    ):
        return
    ledger.note(Fact(FactKind.CUSTOMER_WROTE, at))
    settle([ledger])


def note_answer(ticket_id: UUID, *, at: datetime) -> None:
    """A person's public reply, at its release."""
    ledger = ledger_of(ticket_id)
    if ledger is None:
        return
    clocks = [ledger.state.clocks.get((None, metric)) for metric in (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)]
    owes = not ledger.state.is_answered or (None, Metric.NEXT_RESPONSE) in ledger.state.owed
    if not owes and not any(map(_is_open, clocks)):
        return
    ledger.note(Fact(FactKind.ANSWERED, at))
    settle([ledger])


def note_withdrawn_answer(
    ticket_id: UUID, *, given_at: datetime, first_at: datetime | None, last_at: datetime | None, at: datetime
) -> None:
    """`first_at`, `last_at`: of the answers that remain."""
    fact = Fact(FactKind.ANSWER_WITHDRAWN, at, since=given_at, first=first_at, last=last_at)
    record_fact(ticket_id, fact)


def follow_terms(ticket_id: UUID, *, at: datetime) -> bool:
    """Put the ticket, and the open envelopes on it, under what is promised now; False if that is what it was."""
    ledger = ledger_of(ticket_id)
    if ledger is None:
        return False
    ticket = Ticket.objects.select_related(*KNOWN_WITH).get(pk=ticket_id)
    case = known_case_of(ticket)
    terms = current_book().terms_for(case)
    if terms != ledger.state.terms:
        ledger.note(Fact(FactKind.TERMS, at, terms=terms))
    is_of_help = _follow_help(ledger, case, at)
    has_changed = bool(ledger.new)
    settle([ledger])
    if is_of_help:
        renew_dues(ticket_id, by=DESK)
    return has_changed


def _follow_help(ledger: Ledger, case: Case, at: datetime) -> bool:
    """Whether something else is promised now to those who wait for help."""
    owed = {envelope_id for envelope_id, _metric in ledger.state.owed if envelope_id is not None}
    known = len(ledger.new)
    rows = Envelope.objects.select_related("team__calendar", "assigned_to__primary_team__calendar")
    for envelope in rows.filter(pk__in=owed).order_by("pk") if owed else ():
        terms = terms_of_envelope(envelope, case)
        if terms != ledger.state.help.get(envelope.pk):
            ledger.note(Fact(FactKind.HELP_TERMS, at, envelope_id=envelope.pk, terms=terms))
    return len(ledger.new) > known


def follow_customer(*, contact_id: UUID | None, company_id: UUID | None) -> None:
    """A customer's tier has changed: their open tickets are walked through by the timer."""
    TermsWalk.objects.create(contact_id=contact_id, company_id=company_id)


def follow_helper(agent_id: UUID) -> None:
    """A person's own team is another one: where they alone are asked, help is due in its hours. By the same timer."""
    TermsWalk.objects.create(agent_id=agent_id)


def note_help(kind: FactKind, envelope_id: UUID, ticket_id: UUID, *, at: datetime) -> None:
    """Something has happened to an envelope by which its clocks begin, end or count otherwise."""
    ledger = ledger_of(ticket_id)
    if ledger is None:
        return
    terms = None
    if kind in WITH_TERMS:
        terms = _terms_of(envelope_id, ticket_id)
        if kind == FactKind.HELP_TERMS and terms == ledger.state.help.get(envelope_id):
            return
    ledger.note(Fact(kind, at, envelope_id=envelope_id, terms=terms))
    settle([ledger])


WITH_TERMS = (FactKind.HELP_OPENED, FactKind.HELP_TERMS, FactKind.HELP_REOPENED)


def _terms_of(envelope_id: UUID, ticket_id: UUID) -> Terms | None:
    rows = Envelope.objects.select_related(
        "ticket__requester__company", "team__calendar", "assigned_to__primary_team__calendar"
    )
    envelope = rows.get(pk=envelope_id, ticket=ticket_id)
    return terms_of_envelope(envelope, case_of(envelope.ticket))


def _is_open(clock: Clock | None) -> bool:
    return clock is not None and clock.is_open
