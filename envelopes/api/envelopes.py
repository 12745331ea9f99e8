"""Envelopes: those of a ticket, those one may read, and every step of their life."""

import builtins
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from core.api.fields import Query
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import Forbidden
from envelopes.api.serializers import (
    EnvelopeCompleteIn,
    EnvelopeIn,
    EnvelopeInviteIn,
    EnvelopeMessageIn,
    EnvelopeMessageOut,
    EnvelopeMessageQuery,
    EnvelopeOpenIn,
    EnvelopeOut,
    EnvelopeQuery,
    EnvelopeReasonIn,
    EnvelopeTakeIn,
    EnvelopeTargetIn,
    EnvelopeTaskIn,
    EnvelopeTaskOut,
    EnvelopeVendorIn,
    EnvelopeVersionIn,
    EnvelopeWholeOut,
)
from envelopes.models import Envelope, EnvelopeParticipant
from envelopes.policies import acts_of
from envelopes.querysets import EnvelopeQuerySet
from envelopes.searching import with_words
from envelopes.selectors import entries_of, files_in_order
from envelopes.services import (
    accept_envelope,
    add_envelope_task,
    cancel_envelope,
    complete_envelope,
    decline_envelope,
    invite_expert,
    name_vendor,
    offer_help,
    open_envelope,
    open_next_level,
    post_in_envelope,
    redirect_envelope,
    release_envelope,
    reopen_envelope,
    take_help_offer,
    withdraw_help_offer,
)
from tickets.models import Task, Ticket

A = TypeVar("A", bound=Callable[..., Response])


class EnvelopeBase(ApiViewSet):
    def known(self, envelope_id: UUID) -> Envelope:
        """One to act on: whoever knows that it exists is told why they may not."""
        return self.one(Envelope.objects.visible_to(self.actor), pk=envelope_id)

    def readable(self, envelope_id: UUID) -> Envelope:
        """One to read: to all others its thread does not exist."""
        return self.one(Envelope.objects.thread_visible_to(self.actor).with_people(), pk=envelope_id)

    def show(self, envelopes: builtins.list[Envelope], readable: Collection[UUID] | None = None) -> builtins.list[Any]:
        """`readable`: those the reader may open; None: all of these."""
        return builtins.list(EnvelopeOut(envelopes, many=True, context={"readable": readable}).data)

    def answer(self, envelope_id: UUID, *, status: int = 200) -> Response:
        """The envelope as it is now: whole while one may read it, which a step may have ended."""
        envelope = whole(Envelope.objects.all()).get(pk=envelope_id)
        is_readable = Envelope.objects.thread_visible_to(self.actor).filter(pk=envelope_id).exists()
        context = {"acts": acts_of(self.actor, envelope), "readable": {envelope_id} if is_readable else ()}
        return Response(EnvelopeWholeOut(envelope, context=context).data, status=status)


def whole(envelopes: EnvelopeQuerySet) -> EnvelopeQuerySet:
    """With all that is shown of it: two queries."""
    experts = EnvelopeParticipant.objects.filter(left_at__isnull=True).select_related("agent").order_by("created_at")
    return envelopes.with_people().prefetch_related(Prefetch("participants", experts, to_attr="experts"))


class TicketEnvelopesViewSet(EnvelopeBase):
    def ticket(self, reference: str) -> Ticket:
        return self.one(Ticket.objects.visible_to(self.actor), reference=reference.upper())

    @extend_schema(
        operation_id="ticket_envelopes",
        summary="Envelopes of a ticket",
        description="Of those you may not read: target and status alone. For people only.",
        parameters=[Query],
        responses=page_of(EnvelopeOut),
    )
    def list(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        if not isinstance(self.actor, Agent):
            raise Forbidden
        query = self.read_query(Query)
        readable = set(
            Envelope.objects.thread_visible_to(self.actor).filter(ticket=ticket).values_list("pk", flat=True)
        )
        rows = whole(Envelope.objects.filter(ticket=ticket))
        return self.page(rows, ("number",), query, partial(self.show, readable=readable))

    @extend_schema(
        operation_id="envelope_open",
        summary="Ask for help",
        description="The ticket keeps its owner; in progress, it waits for colleagues unless `is_blocking` is false.",
        request=EnvelopeOpenIn,
        responses={201: EnvelopeWholeOut},
    )
    def create(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(EnvelopeOpenIn)
        version = self.version(values)
        return self.answer(open_envelope(ticket.pk, by=self.actor, version=version, **values).pk, status=201)


def step(name: str, summary: str, request: Any = EnvelopeVersionIn, *, status: int = 200) -> Callable[[A], A]:
    described: Callable[[A], A] = extend_schema(
        operation_id=f"envelope_{name}", summary=summary, request=request, responses={status: EnvelopeWholeOut}
    )
    return described


class EnvelopeViewSet(EnvelopeBase):
    @extend_schema(
        operation_id="envelope_list",
        summary="Envelopes that you may read",
        parameters=[EnvelopeQuery],
        responses=page_of(EnvelopeOut),
    )
    def list(self, request: Request) -> Response:
        query = self.read_query(EnvelopeQuery)
        if not isinstance(self.actor, Agent):
            raise Forbidden
        rows = whole(Envelope.objects.thread_visible_to(self.actor))
        if query.get("status"):
            rows = rows.filter(status__in=query["status"])
        if "team" in query:
            rows = rows.filter(team=query["team"])
        if query["q"].strip():
            rows = with_words(rows, query["q"])
        if query["mine"]:
            part = EnvelopeParticipant.objects.filter(envelope=OuterRef("pk"), agent=self.actor, left_at__isnull=True)
            rows = rows.filter(Q(assigned_to=self.actor) | Q(Exists(part)))
        return self.page(rows, ("-opened_at", "-id"), query, self.show)

    @extend_schema(operation_id="envelope", summary="One", responses=EnvelopeWholeOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer(self.readable(id).pk)

    @step("accept", "Become its expert")
    def accept(self, request: Request, id: UUID) -> Response:
        return self._take(id, accept_envelope)

    @step("decline", "You will not help", EnvelopeReasonIn)
    def decline(self, request: Request, id: UUID) -> Response:
        return self._take(id, decline_envelope, EnvelopeReasonIn)

    @step("redirect", "Ask somebody else", EnvelopeTargetIn)
    def redirect(self, request: Request, id: UUID) -> Response:
        return self._take(id, redirect_envelope, EnvelopeTargetIn)

    @step("invite", "Bring somebody in", EnvelopeInviteIn)
    def invite(self, request: Request, id: UUID) -> Response:
        return self._take(id, invite_expert, EnvelopeInviteIn)

    @step("vendor", "Name whom its mails to the vendor go to", EnvelopeVendorIn)
    def vendor(self, request: Request, id: UUID) -> Response:
        return self._take(id, name_vendor, EnvelopeVendorIn)

    @step("offer", "You were not asked and can help; who asks and who was asked are told")
    def offer(self, request: Request, id: UUID) -> Response:
        return self._take(id, offer_help)

    @step("withdraw_offer", "You cannot help after all")
    def withdraw_offer(self, request: Request, id: UUID) -> Response:
        return self._take(id, withdraw_help_offer)

    @step("take_offer", "Ask whoever offered", EnvelopeTakeIn)
    def take_offer(self, request: Request, id: UUID) -> Response:
        return self._take(id, take_help_offer, EnvelopeTakeIn)

    @step("release", "Give it back to the queue", EnvelopeReasonIn)
    def release(self, request: Request, id: UUID) -> Response:
        return self._take(id, release_envelope, EnvelopeReasonIn)

    @step("complete", "Seal it with a summary", EnvelopeCompleteIn)
    def complete(self, request: Request, id: UUID) -> Response:
        return self._take(id, complete_envelope, EnvelopeCompleteIn)

    @step("cancel", "Withdraw it", EnvelopeReasonIn)
    def cancel(self, request: Request, id: UUID) -> Response:
        return self._take(id, cancel_envelope, EnvelopeReasonIn)

    @step("reopen", "Open it again")
    def reopen(self, request: Request, id: UUID) -> Response:
        return self._take(id, reopen_envelope)

    @step("next_level", "Ask for help with the help", EnvelopeIn, status=201)
    def open_below(self, request: Request, id: UUID) -> Response:
        envelope = self.known(id)
        values = self.read(EnvelopeIn)
        version = self.version(values)
        return self.answer(open_next_level(envelope.pk, by=self.actor, version=version, **values).pk, status=201)

    def _take(
        self, envelope_id: UUID, service: Callable[..., Any], shape: type[EnvelopeVersionIn] = EnvelopeVersionIn
    ) -> Response:
        envelope = self.known(envelope_id)
        values = self.read(shape)
        version = self.version(values)
        service(envelope.pk, by=self.actor, version=version, **values)
        return self.answer(envelope.pk)


class EnvelopeThreadViewSet(EnvelopeBase):
    @extend_schema(
        operation_id="envelope_messages",
        summary="The thread in order",
        parameters=[EnvelopeMessageQuery],
        responses=page_of(EnvelopeMessageOut),
    )
    def list(self, request: Request, id: UUID) -> Response:
        envelope = self.readable(id)
        query = self.read_query(EnvelopeMessageQuery)
        rows = entries_of(envelope, find=query["q"]).select_related("author", "on_behalf_of")

        def show(entries: Any) -> Any:
            return EnvelopeMessageOut(entries, many=True, context={"request": request}).data

        return self.page(rows.prefetch_related(files_in_order()), ("seq",), query, show)

    @extend_schema(
        operation_id="envelope_post",
        summary="Write in it",
        request=EnvelopeMessageIn,
        responses={201: EnvelopeMessageOut},
    )
    def create(self, request: Request, id: UUID) -> Response:
        envelope = self.readable(id)
        values = self.read(EnvelopeMessageIn)
        version = self.version(values)
        entry = post_in_envelope(envelope.pk, by=self.actor, body_text=values["body"], version=version)
        return Response(EnvelopeMessageOut(entry, context={"request": request}).data, status=201)


class EnvelopeTasksViewSet(EnvelopeBase):
    @extend_schema(
        operation_id="envelope_tasks", summary="Its tasks", parameters=[Query], responses=page_of(EnvelopeTaskOut)
    )
    def list(self, request: Request, id: UUID) -> Response:
        envelope = self.readable(id)
        query = self.read_query(Query)
        tasks = Task.objects.filter(envelope_task__envelope=envelope).select_related("ticket", "assigned_to")
        tasks = tasks.prefetch_related("blocked_by")
        return self.page(tasks, ("created_at", "id"), query, EnvelopeTaskOut)

    @extend_schema(
        operation_id="envelope_task_create",
        summary="Add a task",
        description="Only those see it who read the envelope.",
        request=EnvelopeTaskIn,
        responses={201: EnvelopeTaskOut},
    )
    def create(self, request: Request, id: UUID) -> Response:
        envelope = self.readable(id)
        values = self.read(EnvelopeTaskIn)
        version = self.version(values)
        task = add_envelope_task(envelope.pk, by=self.actor, version=version, **values)
        return Response(EnvelopeTaskOut(task).data, status=201)
