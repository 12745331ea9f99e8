"""What the endpoints of tickets share: finding the ticket, and who may read it."""

from typing import Any
from uuid import UUID

from rest_framework.response import Response

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import ApiClient
from core.api.views import ApiViewSet
from tickets.api.outputs import show_ticket
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet


class TicketBase(ApiViewSet):
    def visible(self) -> TicketQuerySet:
        return Ticket.objects.visible_to(self.actor)

    def ticket(self, reference: str) -> Ticket:
        """The visible ticket of this reference; missing and invisible read alike."""
        return self.one(self.visible(), reference=reference)

    def refuse_reading(self) -> None:
        """Programs read with a scope only; what they may see at all is asked first."""
        if isinstance(self.actor, ApiClient) and not self.actor.has_scope(Scope.TICKETS_READ, Scope.TICKETS_READ_ALL):
            raise ScopeMissing(scope=Scope.TICKETS_READ)

    def whole(self, ticket_id: UUID, *, status: int = 200) -> Response:
        """A created or changed ticket, whole and as it is now."""
        return Response(show_ticket(whole_tickets().get(pk=ticket_id)), status=status)

    def seen(self, reference: str) -> Any:
        """A ticket to read from."""
        ticket = self.ticket(reference)
        self.refuse_reading()
        return ticket


def whole_tickets() -> TicketQuerySet:
    """With all that the whole ticket shows: two queries."""
    people = ("requester", "company", "team", "owner", "offered_to", "created_by")
    related = ("category", "follow_up_of", "merged_into")
    return Ticket.objects.select_related(*people, *related).prefetch_related("tags")
