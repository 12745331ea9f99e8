""" "I am working on this"."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from core.api.fields import Instant, Out
from notifications.api.choices import OwnViewSet
from notifications.errors import MayNotWorkOnTickets
from notifications.services import start_working, stop_working
from tickets.models import Ticket


class WorkingOnOut(Out):
    ticket = serializers.CharField(source="ticket.reference", help_text="its reference")
    until = Instant()


class WorkingOnViewSet(OwnViewSet):
    def ticket(self, reference: str) -> Ticket:
        return self.one(Ticket.objects.visible_to(self.actor), reference=reference.upper())

    @extend_schema(
        operation_id="working_on_start",
        summary="I work on it: for an hour only breaches of it are delivered to me",
        request=None,
        responses={200: WorkingOnOut},
    )
    def start(self, request: Request, reference: str) -> Response:
        worker, ticket = self.worker, self.ticket(reference)
        return Response(WorkingOnOut(start_working(ticket.pk, by=worker)).data)

    @extend_schema(operation_id="working_on_stop", summary="I do so no more", request=None, responses={204: None})
    def stop(self, request: Request, reference: str) -> Response:
        worker = self.worker
        stop_working(self.ticket(reference).pk, by=worker)
        return Response(status=204)

    @property
    def worker(self) -> Agent:
        """Programs work on nothing."""
        if not isinstance(self.actor, Agent):
            raise MayNotWorkOnTickets
        return self.actor
