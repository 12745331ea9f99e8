"""What follows from tickets' events, in their transaction, and who is told of what happens to envelopes, after it.

Nothing that is written in an envelope is part of a notification: it names who, which envelope and what happened.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.enums import Role
from accounts.events import AgentDeactivated
from accounts.models import Agent
from core.actors import DESK
from core.events import subscribe
from envelopes import services
from envelopes.clock import clock
from envelopes.enums import Awaiting, EnvelopeStatus, LeftBy
from envelopes.events import (
    EnvelopeAccepted,
    EnvelopeCancelled,
    EnvelopeCompleted,
    EnvelopeDeclined,
    EnvelopeEvent,
    EnvelopeMailKept,
    EnvelopeOpened,
    EnvelopePosted,
    EnvelopeRedirected,
    EnvelopeReleased,
    EnvelopeReopened,
    EnvelopeTimedOut,
    ExpertInvited,
    HelpOffered,
    LegalTeamMissing,
    VendorMailDropped,
)
from envelopes.models import Envelope, VendorMessage
from envelopes.people import WORK_TICKETS
from envelopes.selectors import readers_among
from envelopes.services import vendors
from notifications.channels import Channel, Notice, announce
from notifications.enums import EventType, Urgency
from notifications.receivers import how_it_failed, owner_and_deputy, undelivered_key
from notifications.services import notify
from tickets.enums import FlagType
from tickets.events import (
    AsideDropped,
    AsideReleased,
    FlagAdded,
    MessageNotSent,
    MessageUndelivered,
    OwnershipTransferred,
    PriorityChanged,
    TicketCancelled,
    TicketReopened,
)
from tickets.models import OutboundMessage, Ticket
from tickets.services.flags import manager_of

NOBODY = "–"
"""Who wrote a mail that names no sender, or that nobody could read."""


@subscribe(TicketCancelled)
def end_help(event: TicketCancelled) -> None:
    services.cancel_envelopes_of(event.ticket_id, by=DESK)


@subscribe(PriorityChanged)
def inherit_urgency(event: PriorityChanged) -> None:
    """In the same transaction: the help is never less urgent than what it is for."""
    if clock().keeps_dues:
        return
    services.renew_dues(event.ticket_id, by=DESK)


@subscribe(AgentDeactivated, after_commit=True)
def replace_leaver(event: AgentDeactivated) -> None:
    services.replace_leaver(event.agent_id, by=DESK)


@subscribe(OwnershipTransferred)
def replace_new_owner(event: OwnershipTransferred) -> None:
    """In the same transaction: nobody is asked by themselves for help, not for a moment."""
    services.replace_new_owner(event.ticket_id, agent_id=event.new_owner_id, by=DESK)


@subscribe(AsideReleased)
def post_released(event: AsideReleased) -> None:
    """In the release's own transaction: no moment at which the entry is in no thread."""
    vendors.post_released(event)


@subscribe(AsideDropped)
def keep_dropped(event: AsideDropped) -> None:
    vendors.keep_dropped(event)


@subscribe(FlagAdded)
def put_before_legal_team(event: FlagAdded) -> None:
    """In the same transaction: a legal case is not to be resolved before the question is asked."""
    if event.type == FlagType.LEGAL:
        services.ask_for_legal_advice(event.ticket_id)


@subscribe(TicketReopened, after_commit=True)
def put_before_legal_team_now(event: TicketReopened) -> None:
    """What was flagged while the ticket was resolved."""
    services.ask_for_legal_advice(event.ticket_id)


@subscribe(LegalTeamMissing, after_commit=True)
def tell_that_nobody_gives_legal_advice(event: LegalTeamMissing) -> None:
    """The owner and those who look after the team; admins, who name a legal team, without a word about the ticket."""
    ticket = Ticket.objects.select_related("owner", "team").get(pk=event.ticket_id)
    key = f"legal-team-missing:{event.flag_id}:{event.occurred_at.isoformat()}"
    people = owner_and_deputy(ticket) | {ticket.team.supervisor_id, getattr(manager_of(ticket.team), "pk", None)}
    notify(
        people,
        EventType.LEGAL_TEAM_MISSING,
        ticket_id=ticket.pk,
        dedupe_key=key,
        urgency=Urgency.URGENT,
        reference=ticket.reference,
        subject=ticket.subject,
    )
    admins = set(Agent.objects.active().filter(roles__contains=[Role.ADMIN]).values_list("pk", flat=True))
    notify(admins - people, EventType.LEGAL_TEAM_MISSING, dedupe_key=key, urgency=Urgency.URGENT)


@subscribe(EnvelopeOpened, after_commit=True)
def ask(event: EnvelopeOpened) -> None:
    """The addressed; of one opened by an expert or the desk itself the ticket's owner too (domain.md section 5)."""
    envelope = _envelope(event)
    _ask(envelope, event)
    if envelope.parent_envelope_id is not None:
        _tell(envelope, event, owner_and_deputy(envelope.ticket), what="opened")
    elif event.by_id is None:
        _tell(envelope, event, owner_and_deputy(envelope.ticket), what="legal")


@subscribe(EnvelopeRedirected, after_commit=True)
def ask_others(event: EnvelopeRedirected) -> None:
    _ask(_envelope(event), event)


@subscribe(EnvelopeAccepted, after_commit=True)
def tell_of_acceptance(event: EnvelopeAccepted) -> None:
    envelope = _envelope(event)
    _tell(envelope, event, _asking(envelope), what="accepted")


@subscribe(EnvelopeDeclined, after_commit=True)
def tell_of_refusal(event: EnvelopeDeclined) -> None:
    envelope = _envelope(event)
    _tell(envelope, event, _asking(envelope), what="declined")
    _ask(envelope, event)


@subscribe(EnvelopeReleased, after_commit=True)
def tell_of_release(event: EnvelopeReleased) -> None:
    """The side that needs the help hears who gave it back, or why it goes on without somebody; an expert from whom it
    was taken reads the thread no more, and hears of it all the same.
    """
    envelope = _envelope(event)
    former = Agent.objects.get(pk=event.former_agent_id)
    _tell(envelope, event, _asking(envelope) - {former.pk}, what=event.why or "released", expert=former.name)
    if event.by_id != former.pk:
        what = "taken_from_owner" if event.why == LeftBy.OWNING else "taken"
        _tell(envelope, event, (), what=what, also=[str(former.pk)])
    _ask(envelope, event)


@subscribe(EnvelopePosted, after_commit=True)
def tell_of_post(event: EnvelopePosted) -> None:
    """The side whose turn it is."""
    envelope = _envelope(event)
    people = _asking(envelope) if event.awaiting == Awaiting.OWNER else _experts(envelope)
    if event.by_id is None:  # a vendor, whom both sides wait for
        people |= _experts(envelope)
    _tell(envelope, event, people, event_type=EventType.ENVELOPE_MESSAGE, what="posted", by=event.sender)


@subscribe(EnvelopeMailKept, after_commit=True)
def tell_of_kept_mail(event: EnvelopeMailKept) -> None:
    """Whoever answers for the ticket, once of each mail however often it is tried again; a machine's mail is nobody's
    news.
    """
    if event.is_of_machine:
        return
    envelope = _envelope(event)
    answering: set[UUID | None] = {*owner_and_deputy(envelope.ticket)} or {envelope.ticket.team.lead_id}
    _tell(
        envelope,
        event,
        answering,
        what="mail_kept" if event.entry_id else "mail_held",
        urgency=Urgency.URGENT,
        by=event.sender or NOBODY,
        mail_id=event.mail_id,
        also=event.also,
    )


@subscribe(MessageNotSent, after_commit=True)
def tell_of_unsent_vendor_mail(event: MessageNotSent) -> None:
    message = OutboundMessage.objects.get(pk=event.message_id)
    _tell_of_vendor_mail(event, key=f"not-sent:{message.pk}", **how_it_failed(event, message))


@subscribe(MessageUndelivered, after_commit=True)
def tell_of_undelivered_vendor_mail(event: MessageUndelivered) -> None:
    _tell_of_vendor_mail(event, key=undelivered_key(event), addresses=event.addresses, is_sure=event.is_sure)


def _tell_of_vendor_mail(event: MessageNotSent | MessageUndelivered, *, key: str, **facts: Any) -> None:
    """Its author, the side that needs the help and the experts, as far as they still read the thread."""
    row = VendorMessage.objects.filter(outbound=event.message_id).first()
    if row is None:
        return
    envelope = Envelope.objects.with_people().get(pk=row.envelope_id)
    people = _asking(envelope) | _experts(envelope)
    if event.author_id is not None:
        people.add(event.author_id)
    notify(
        readers_among(list(Agent.objects.active().filter(pk__in=people)), envelope),
        EventType.SEND_FAILED,
        ticket_id=envelope.ticket_id,
        dedupe_key=key,
        urgency=Urgency.URGENT,
        reference=envelope.ticket.reference,
        number=envelope.number,
        **facts,
    )


@subscribe(ExpertInvited, after_commit=True)
def tell_invited(event: ExpertInvited) -> None:
    _tell(_envelope(event), event, {event.agent_id}, what="invited")


@subscribe(HelpOffered, after_commit=True)
def tell_of_offer(event: HelpOffered) -> None:
    """The side that asks, and who was asked; where it was a team, its lead, who asks others if need be."""
    envelope = _envelope(event)
    asked = _experts(envelope) | {envelope.assigned_to_id or (envelope.team.lead_id if envelope.team else None)}
    _tell(envelope, event, _asking(envelope) | asked, what="offered")


@subscribe(EnvelopeCompleted, after_commit=True)
def tell_of_the_seal(event: EnvelopeCompleted) -> None:
    envelope = _envelope(event)
    _tell(envelope, event, _asking(envelope) | _experts(envelope), what="sealed")


@subscribe(EnvelopeCancelled, after_commit=True)
def tell_of_withdrawal(event: EnvelopeCancelled) -> None:
    """Both sides; of a ticket that was cancelled those alone who helped. Who was asked by name reads nothing of it any
    more, but was asked.
    """
    envelope = _envelope(event)
    asking = _asking(envelope) if event.by_id is not None else set()
    asked = [str(envelope.assigned_to_id)] if envelope.assigned_to_id else []
    _tell(envelope, event, _experts(envelope) | asking, what="cancelled", also=asked)


@subscribe(VendorMailDropped, after_commit=True)
def tell_of_dropped_mail(event: VendorMailDropped) -> None:
    """Its author, who believes that it has left."""
    envelope = _envelope(event)
    _tell(envelope, event, {event.author_id}, what="mail_dropped", urgency=Urgency.URGENT)


@subscribe(EnvelopeReopened, after_commit=True)
def tell_of_reopening(event: EnvelopeReopened) -> None:
    envelope = _envelope(event)
    _tell(envelope, event, _experts(envelope), what="reopened")


@subscribe(EnvelopeTimedOut, after_commit=True)
def bring_up(event: EnvelopeTimedOut) -> None:
    """One to the owner, one to the lead of the team that was asked, one to the escalation channel; once a cycle."""
    envelope = _envelope(event)
    ticket = envelope.ticket
    lead = {envelope.team.lead_id} if envelope.team else set()
    key = f"envelope-timeout:{envelope.pk}:{event.pending_since}"
    notify(
        owner_and_deputy(envelope.ticket) | lead,
        EventType.ESCALATION_TIMEOUT,
        ticket_id=ticket.pk,
        dedupe_key=key,
        urgency=Urgency.URGENT,
        **_facts(envelope, event),
    )
    announce(
        Channel.ESCALATIONS,
        Notice(
            key=key,
            event_type=EventType.ESCALATION_TIMEOUT,
            ticket_id=ticket.pk,
            reference=ticket.reference,
            priority=ticket.priority,
            status=ticket.status,
        ),
    )


def _envelope(event: EnvelopeEvent) -> Envelope:
    return Envelope.objects.with_people().get(pk=event.envelope_id)


def _ask(envelope: Envelope, event: EnvelopeEvent) -> None:
    """Whoever can accept it, while nobody has: the addressed person, else the team with its lead."""
    if envelope.status != EnvelopeStatus.PENDING:
        return
    if envelope.assigned_to_id is not None:
        people = {envelope.assigned_to_id}
    else:
        of_team = Q(teams=envelope.team_id) | Q(teams_led=envelope.team_id)
        found = Agent.objects.active().filter(of_team, roles__overlap=WORK_TICKETS)
        people = set(found.values_list("pk", flat=True)) - {envelope.ticket.owner_id}
    _tell(envelope, event, people, event_type=EventType.ENVELOPE_REQUESTED, what="asked", urgency=Urgency.URGENT)


def _asking(envelope: Envelope) -> set[UUID]:
    """The side that needs the help."""
    requester = {envelope.requested_by_id} if envelope.requested_by_id else set()
    return owner_and_deputy(envelope.ticket) | requester


def _experts(envelope: Envelope) -> set[UUID]:
    return set(envelope.participants.filter(left_at__isnull=True).values_list("agent_id", flat=True))


def _tell(
    envelope: Envelope,
    event: EnvelopeEvent,
    people: Iterable[UUID | None],
    *,
    what: str,
    event_type: EventType = EventType.ENVELOPE_UPDATED,
    urgency: Urgency = Urgency.NORMAL,
    by: str = "",
    mail_id: UUID | None = None,
    also: Iterable[str] = (),
    expert: str = "",
) -> None:
    """Those of `people` who may read it today; delivery may come long after. `also`: ids of those who are told in any
    case. `by`: who wrote what came by mail; `mail_id`: of one that waits, which is told once; `expert`: who helps no
    more.
    """
    more = {"by": by, "mail": str(mail_id or ""), "expert": expert}
    agents = list(Agent.objects.active().filter(pk__in=[pk for pk in people if pk is not None]))
    notify(
        readers_among(agents, envelope) | set(map(UUID, also)),
        event_type,
        ticket_id=envelope.ticket_id,
        dedupe_key=f"envelope-{what}:{envelope.pk}:{mail_id or event.occurred_at.isoformat()}",
        urgency=urgency,
        besides=event.by_id,
        what=what,
        **_facts(envelope, event) | {name: value for name, value in more.items() if value},
    )


def _facts(envelope: Envelope, event: EnvelopeEvent) -> dict[str, Any]:
    by = Agent.objects.filter(pk=event.by_id).values_list("name", flat=True).first() if event.by_id else None
    return {
        "by": by or DESK.audit_name,
        "reference": envelope.ticket.reference,
        "subject": envelope.ticket.subject,
        "number": envelope.number,
        "target": envelope.target,
    }
