"""Meetings of a ticket and of an envelope: arrange, change, cancel (docs/subsystems/meetings.md)."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.meetings import services
from connectors.meetings.api.serializers import (
    MeetingCancelIn,
    MeetingIn,
    MeetingOut,
    MeetingPatch,
    MeetingVersionIn,
)
from connectors.meetings.models import Meeting
from connectors.meetings.selectors import meetings_seen_by
from connectors.meetings.services import Wanted
from core.api.fields import Query
from core.api.problems import BODY
from core.api.schema import page_of
from core.errors import Invalid
from envelopes.models import Envelope
from tickets.api.base import TicketBase

ORDER = ("-starts_at", "-id")


class MeetingBase(TicketBase):
    def answer(self, meeting_id: UUID, *, status: int = 200) -> Response:
        """As it is now, for whoever has just acted on it."""
        return Response(MeetingOut(Meeting.objects.with_all().get(pk=meeting_id)).data, status=status)

    def arranged(self, ticket_id: UUID, *, envelope_id: UUID | None = None) -> Response:
        values = self.read(MeetingIn)
        version = self.version(values)
        made = services.arrange_meeting(
            ticket_id, Wanted(**values), by=self.actor, envelope_id=envelope_id, version=version
        )
        return self.answer(made.pk, status=201)


class TicketMeetingsViewSet(MeetingBase):
    @extend_schema(
        operation_id="ticket_meetings",
        summary="Meetings of a ticket, the latest first",
        description="Without those of its envelopes.",
        parameters=[Query],
        responses=page_of(MeetingOut),
    )
    def list(self, request: Request, reference: str) -> Response:
        ticket = self.seen(reference)
        rows = Meeting.objects.of_ticket(ticket).with_all()
        return self.page(rows, ORDER, self.read_query(Query), MeetingOut)

    @extend_schema(
        operation_id="ticket_meeting_create",
        summary="Arrange a meeting",
        description="In the calendar of the team's shared mailbox, which invites the attendees.",
        request=MeetingIn,
        responses={201: MeetingOut},
    )
    def create(self, request: Request, reference: str) -> Response:
        return self.arranged(self.ticket(reference).pk)


class EnvelopeMeetingsViewSet(MeetingBase):
    def readable(self, envelope_id: UUID) -> Envelope:
        return self.one(Envelope.objects.thread_visible_to(self.actor), pk=envelope_id)

    @extend_schema(
        operation_id="envelope_meetings",
        summary="Meetings of an envelope, the latest first",
        parameters=[Query],
        responses=page_of(MeetingOut),
    )
    def list(self, request: Request, id: UUID) -> Response:
        rows = Meeting.objects.filter(envelope=self.readable(id)).with_all()
        return self.page(rows, ORDER, self.read_query(Query), MeetingOut)

    @extend_schema(
        operation_id="envelope_meeting_create",
        summary="Arrange a meeting of its people",
        description="The customer is never among them, and learns nothing of it.",
        request=MeetingIn,
        responses={201: MeetingOut},
    )
    def create(self, request: Request, id: UUID) -> Response:
        envelope = self.readable(id)
        return self.arranged(envelope.ticket_id, envelope_id=envelope.pk)


class MeetingViewSet(MeetingBase):
    def meeting(self, meeting_id: UUID) -> Any:
        return self.one(meetings_seen_by(self.actor), pk=meeting_id)

    @extend_schema(operation_id="meeting", summary="One meeting", responses=MeetingOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        found = self.meeting(id)
        self.refuse_reading()
        return Response(MeetingOut(found).data)

    @extend_schema(
        operation_id="meeting_update",
        summary="Change its title, its time, its people",
        description="What is given is changed, all or none; the calendar tells the attendees.",
        request=MeetingPatch,
        responses=MeetingOut,
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        found = self.meeting(id)
        values = self.read(MeetingPatch)
        version = self.version(values, is_required=True)
        if not values:
            raise Invalid({BODY: _("Name at least one field to change.")})
        services.change_meeting(found.pk, by=self.actor, version=version, **values)
        return self.answer(id)

    @extend_schema(
        operation_id="meeting_cancel",
        summary="Cancel it",
        description="The calendar tells the attendees.",
        request=MeetingCancelIn,
        responses={200: MeetingOut},
    )
    def cancel(self, request: Request, id: UUID) -> Response:
        found = self.meeting(id)
        values = self.read(MeetingCancelIn)
        version = self.version(values)
        services.cancel_meeting(found.pk, by=self.actor, farewell=values["farewell"], version=version)
        return self.answer(id)

    @extend_schema(
        operation_id="meeting_retry",
        summary="Send a failed one again, at once",
        request=MeetingVersionIn,
        responses={200: MeetingOut},
    )
    def retry(self, request: Request, id: UUID) -> Response:
        found = self.meeting(id)
        values = self.read(MeetingVersionIn)
        services.retry_meeting(found.pk, by=self.actor, version=self.version(values))
        return self.answer(id)
