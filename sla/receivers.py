"""What happens below becomes facts about clocks, in the same transaction: ticket and clocks never disagree."""

from accounts.events import CustomerTierChanged, PrimaryTeamChanged
from core.events import subscribe
from envelopes.events import (
    EnvelopeAccepted,
    EnvelopeCancelled,
    EnvelopeCompleted,
    EnvelopeOpened,
    EnvelopeRedirected,
    EnvelopeReopened,
)
from sla import services
from sla.matching import UPGRADING
from sla.states import FactKind
from tickets.events import (
    AnswerWithdrawn,
    CategoryChanged,
    CustomerReplied,
    FlagAdded,
    FlagCleared,
    PriorityChanged,
    PublicReplyReleased,
    RequesterChanged,
    StatusChanged,
    TeamChanged,
    TicketCreated,
)


@subscribe(TicketCreated, after_commit=True, when=lambda event: not event.is_prepared)
def begin_promises(event: TicketCreated) -> None:
    services.begin_promises(event.ticket_id)


@subscribe(StatusChanged)
def note_status(event: StatusChanged) -> None:
    services.note_status(event.ticket_id, old=event.old, new=event.new, by_id=event.by_id, at=event.occurred_at)


@subscribe(CustomerReplied)
def note_customer_message(event: CustomerReplied) -> None:
    if event.was_answered:
        services.note_customer_message(event.ticket_id, at=event.occurred_at)


@subscribe(PublicReplyReleased)
def note_answer(event: PublicReplyReleased) -> None:
    services.note_answer(event.ticket_id, at=event.occurred_at)


@subscribe(AnswerWithdrawn)
def note_withdrawn_answer(event: AnswerWithdrawn) -> None:
    services.note_withdrawn_answer(
        event.ticket_id, given_at=event.given_at, first_at=event.first_at, last_at=event.last_at, at=event.occurred_at
    )


@subscribe(PriorityChanged)
def follow_priority(event: PriorityChanged) -> None:
    services.follow_terms(event.ticket_id, at=event.occurred_at)


@subscribe(CategoryChanged)
def follow_category(event: CategoryChanged) -> None:
    services.follow_terms(event.ticket_id, at=event.occurred_at)


@subscribe(TeamChanged)
def follow_team(event: TeamChanged) -> None:
    services.follow_terms(event.ticket_id, at=event.occurred_at)


@subscribe(RequesterChanged)
def follow_requester(event: RequesterChanged) -> None:
    services.follow_terms(event.ticket_id, at=event.occurred_at)


@subscribe(FlagAdded)
def follow_flag(event: FlagAdded) -> None:
    if event.type in UPGRADING:
        services.follow_terms(event.ticket_id, at=event.occurred_at)


@subscribe(FlagCleared)
def follow_cleared_flag(event: FlagCleared) -> None:
    if event.type in UPGRADING:
        services.follow_terms(event.ticket_id, at=event.occurred_at)


@subscribe(CustomerTierChanged)
def follow_customer(event: CustomerTierChanged) -> None:
    services.follow_customer(contact_id=event.contact_id, company_id=event.company_id)


@subscribe(PrimaryTeamChanged)
def follow_helper(event: PrimaryTeamChanged) -> None:
    services.follow_helper(event.agent_id)


@subscribe(EnvelopeOpened)
def begin_help(event: EnvelopeOpened) -> None:
    services.note_help(FactKind.HELP_OPENED, event.envelope_id, event.ticket_id, at=event.occurred_at)


@subscribe(EnvelopeAccepted)
def note_acceptance(event: EnvelopeAccepted) -> None:
    services.note_help(FactKind.HELP_ACCEPTED, event.envelope_id, event.ticket_id, at=event.occurred_at)


@subscribe(EnvelopeRedirected)
def follow_asked_team(event: EnvelopeRedirected) -> None:
    services.note_help(FactKind.HELP_TERMS, event.envelope_id, event.ticket_id, at=event.occurred_at)


@subscribe(EnvelopeCompleted)
def end_help(event: EnvelopeCompleted) -> None:
    services.note_help(FactKind.HELP_COMPLETED, event.envelope_id, event.ticket_id, at=event.occurred_at)


@subscribe(EnvelopeCancelled)
def cancel_help(event: EnvelopeCancelled) -> None:
    services.note_help(FactKind.HELP_CANCELLED, event.envelope_id, event.ticket_id, at=event.occurred_at)


@subscribe(EnvelopeReopened)
def begin_help_anew(event: EnvelopeReopened) -> None:
    services.note_help(FactKind.HELP_REOPENED, event.envelope_id, event.ticket_id, at=event.occurred_at)
