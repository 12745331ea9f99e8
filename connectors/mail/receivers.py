"""What the mail connector does when tickets change, and whom it tells of its brakes."""

from uuid import UUID

from accounts.models import Agent, Team
from connectors.mail import services
from connectors.mail.events import BrakeDrawn
from connectors.mail.services.ledger import follow_entries
from core.events import subscribe
from notifications.enums import EventType, Urgency
from notifications.receivers import owner_and_deputy
from notifications.services import notify
from tickets.events import MergeUndone, TicketCreated, TicketMerged, TicketSplit
from tickets.models import Ticket


@subscribe(TicketCreated, after_commit=True, when=lambda event: event.may_be_answered)
def acknowledge(event: TicketCreated) -> None:
    services.acknowledge(event.ticket_id)


@subscribe(TicketMerged)
def follow_merge(event: TicketMerged) -> None:
    """In the merge's own transaction: a mail that answers one of these must find the ticket where it stands."""
    follow_entries(event.entry_ids, by=Agent.objects.get(pk=event.by_id), reason="merged")


@subscribe(MergeUndone)
def follow_undone_merge(event: MergeUndone) -> None:
    follow_entries(event.entry_ids, by=Agent.objects.get(pk=event.by_id), reason="merge undone")


@subscribe(TicketSplit)
def follow_split(event: TicketSplit) -> None:
    follow_entries([event.entry_id], by=Agent.objects.get(pk=event.by_id), reason="split off")


@subscribe(BrakeDrawn, after_commit=True)
def tell_of_brake(event: BrakeDrawn) -> None:
    """One notice each time a brake is drawn: to the owner, else to whoever leads the team of the mailbox."""
    ticket = Ticket.objects.select_related("owner", "team").get(pk=event.ticket_id) if event.ticket_id else None
    notify(
        _concerned(ticket) or _in_charge(event.team_id),
        EventType.MAIL_BRAKE,
        ticket_id=ticket.pk if ticket else None,
        dedupe_key=f"brake:{event.brake_id}:{event.occurred_at.isoformat()}",
        urgency=Urgency.URGENT,
        kind=event.kind,
        about=event.about,
    )


def _concerned(ticket: Ticket | None) -> set[UUID]:
    """The ticket's owner and deputy; of an unowned one those of the requester's newest that is owned."""
    if ticket is None:
        return set()
    if ticket.owner is None:
        others = Ticket.objects.select_related("owner", "team").filter(requester=ticket.requester_id)
        ticket = others.exclude(owner=None).order_by("-created_at").first() or ticket
    return owner_and_deputy(ticket)


def _in_charge(team_id: UUID) -> set[UUID]:
    team = Team.objects.get(pk=team_id)
    return {person for person in (team.lead_id or team.supervisor_id,) if person is not None}
