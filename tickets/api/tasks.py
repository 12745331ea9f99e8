"""Small work items of a ticket."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Query
from core.api.problems import BODY
from core.api.schema import page_of
from core.errors import Invalid
from tickets.api.base import TicketBase
from tickets.api.inputs import ReasonIn, TaskIn, TaskPatch, Versioned
from tickets.api.outputs import TaskOut
from tickets.models import Task
from tickets.services import cancel_task, create_task, edit_task, finish_task, reopen_task, start_task

A = TypeVar("A", bound=Callable[..., Response])


class TaskBase(TicketBase):
    def tasks(self) -> QuerySet[Task]:
        visible = Task.objects.shown_to(self.actor).filter(ticket__in=self.visible().values("pk"))
        return visible.select_related("ticket", "assigned_to", "team").prefetch_related("blocked_by")

    def answer(self, task: Task, *, status: int = 200) -> Response:
        shown = Task.objects.select_related("ticket", "assigned_to", "team").get(pk=task.pk)
        return Response(TaskOut(shown).data, status=status)


class TicketTasksViewSet(TaskBase):
    @extend_schema(operation_id="task_list", summary="Tasks", parameters=[Query], responses=page_of(TaskOut))
    def list(self, request: Request, reference: str) -> Response:
        ticket = self.seen(reference)
        query = self.read_query(Query)
        return self.page(self.tasks().filter(ticket=ticket), ("created_at", "id"), query, TaskOut)

    @extend_schema(operation_id="task_create", summary="Add a task", request=TaskIn, responses={201: TaskOut})
    def create(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        return self.answer(create_task(ticket.pk, by=self.actor, **self.read(TaskIn)), status=201)


def step(name: str, summary: str, request: Any = Versioned) -> Callable[[A], A]:
    described: Callable[[A], A] = extend_schema(
        operation_id=f"task_{name}", summary=summary, request=request, responses={200: TaskOut}
    )
    return described


class TaskViewSet(TaskBase):
    @extend_schema(operation_id="task", summary="One", responses=TaskOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        task = self.one(self.tasks(), pk=id)
        self.refuse_reading()
        return Response(TaskOut(task).data)

    @extend_schema(
        operation_id="task_update",
        summary="Change, hand on, put behind other tasks",
        description="What is given is changed, all or none. Possible until the task is done or cancelled.",
        request=TaskPatch,
        responses=TaskOut,
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        task = self.one(self.tasks(), pk=id)
        values = self.read(TaskPatch, partial=True)
        version = self.version(values, is_required=True)
        if not values:
            raise Invalid({BODY: _("Name at least one field to change.")})
        return self.answer(edit_task(task.pk, by=self.actor, version=version, **values))

    @step("start", "Start")
    def start(self, request: Request, id: UUID) -> Response:
        return self._take(id, start_task)

    @step("finish", "Finish; refused while a task that comes before is open")
    def finish(self, request: Request, id: UUID) -> Response:
        return self._take(id, finish_task)

    @step("reopen", "Open again")
    def reopen(self, request: Request, id: UUID) -> Response:
        return self._take(id, reopen_task)

    def _take(self, task_id: UUID, service: Callable[..., Task]) -> Response:
        task = self.one(self.tasks(), pk=task_id)
        version = self.version(self.read(Versioned))
        return self.answer(service(task.pk, by=self.actor, version=version))

    @step("cancel", "Not needed any more", ReasonIn)
    def cancel(self, request: Request, id: UUID) -> Response:
        task = self.one(self.tasks(), pk=id)
        values = self.read(ReasonIn)
        version = self.version(values)
        return self.answer(cancel_task(task.pk, by=self.actor, reason=values["reason"], version=version))
