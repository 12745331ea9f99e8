"""One's own reminders: add, change, snooze, done, cancel (interfaces.md section 2)."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from core.api.problems import BODY
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import Invalid
from sla.reminders import services
from sla.reminders.api.serializers import (
    ReminderIn,
    ReminderOut,
    ReminderPatch,
    ReminderQuery,
    ReminderVersionIn,
    SnoozeIn,
)
from sla.reminders.errors import RemindersForbidden
from sla.reminders.models import Reminder
from sla.reminders.selectors import reminders_of
from tickets.models import Ticket


class ReminderViewSet(ApiViewSet):
    """The own ones, and the desk's for those whom the reader covers; programs have none."""

    def rows(self) -> Any:
        if not isinstance(self.actor, Agent):
            raise RemindersForbidden
        return reminders_of(self.actor)

    @extend_schema(
        operation_id="reminder_list",
        summary="My reminders, the next ones first",
        parameters=[ReminderQuery],
        responses=page_of(ReminderOut),
    )
    def list(self, request: Request) -> Response:
        rows = self.rows()
        query = self.read_query(ReminderQuery)
        if "status" in query:
            rows = rows.open() if query["status"] == "open" else rows.filter(status=query["status"])
        if "kind" in query:
            rows = rows.filter(kind=query["kind"])
        if "ticket" in query:
            rows = rows.filter(is_ticket_in_sight=True, ticket__reference=query["ticket"].upper())
        return self.page(rows, ("trigger_at", "id"), query, ReminderOut)

    @extend_schema(operation_id="reminder", summary="One", responses=ReminderOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer(id)

    @extend_schema(
        operation_id="reminder_create",
        summary="Remind me",
        description="Of a ticket, or of something else. A review recurs by itself.",
        request=ReminderIn,
        responses={201: ReminderOut},
    )
    def create(self, request: Request) -> Response:
        self.rows()
        values = self.read(ReminderIn)
        reference = values.pop("ticket")
        made = services.create_reminder(by=self.actor, ticket_id=self._ticket(reference), **values)
        return self.answer(made.pk, status=201)

    @extend_schema(
        operation_id="reminder_update",
        summary="Change its words, its time, how it recurs",
        description="What is given is changed, all or none; with another time it waits anew.",
        request=ReminderPatch,
        responses=ReminderOut,
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        reminder = self.one(self.rows(), pk=id)
        values = self.read(ReminderPatch)
        version = self.version(values, is_required=True)
        if not values:
            raise Invalid({BODY: _("Name at least one field to change.")})
        services.edit_reminder(reminder.pk, by=self.actor, version=version, **values)
        return self.answer(id)

    @extend_schema(
        operation_id="reminder_snooze",
        summary="Later",
        description="Possible once it is due.",
        request=SnoozeIn,
        responses={200: ReminderOut},
    )
    def snooze(self, request: Request, id: UUID) -> Response:
        reminder = self.one(self.rows(), pk=id)
        values = self.read(SnoozeIn)
        version = self.version(values)
        services.snooze_reminder(reminder.pk, by=self.actor, until=values["until"], version=version)
        return self.answer(id)

    @extend_schema(
        operation_id="reminder_complete",
        summary="Done",
        description="Of one that recurs the next one is there from now on.",
        request=ReminderVersionIn,
        responses={200: ReminderOut},
    )
    def complete(self, request: Request, id: UUID) -> Response:
        return self._end(id, services.complete_reminder)

    @extend_schema(
        operation_id="reminder_cancel",
        summary="Not wanted any more",
        description="One that recurs ends with it.",
        request=ReminderVersionIn,
        responses={200: ReminderOut},
    )
    def cancel(self, request: Request, id: UUID) -> Response:
        return self._end(id, services.cancel_reminder)

    def _end(self, reminder_id: UUID, service: Any) -> Response:
        reminder = self.one(self.rows(), pk=reminder_id)
        version = self.version(self.read(ReminderVersionIn))
        service(reminder.pk, by=self.actor, version=version)
        return self.answer(reminder_id)

    def answer(self, reminder_id: UUID, *, status: int = 200) -> Response:
        rows: QuerySet[Reminder] = self.rows()
        return Response(ReminderOut(self.one(rows, pk=reminder_id)).data, status=status)

    def _ticket(self, reference: str | None) -> UUID | None:
        """As for drafts: one that is not in sight is a value that is not right."""
        if not reference:
            return None
        seen = Ticket.objects.visible_to(self.actor).filter(reference=reference.upper())
        if (found := seen.values_list("pk", flat=True).first()) is None:
            raise Invalid({"ticket": _("Nothing of this name or id is known here.")})
        return found
