"""What the mail connector does when tickets change."""

from connectors.mail import services
from core.events import subscribe
from tickets.events import TicketCreated


@subscribe(TicketCreated, after_commit=True)
def acknowledge(event: TicketCreated) -> None:
    if event.may_be_answered:
        services.acknowledge(event.ticket_id)
