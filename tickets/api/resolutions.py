"""What is done for customers, and approvals."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiClient
from core.api.fields import Instant, Line, Out, Query, Text, person
from core.api.schema import page_of
from tickets.api.base import TicketBase
from tickets.api.inputs import Versioned
from tickets.api.outputs import choice
from tickets.calibration import untold_version, with_blindness
from tickets.enums import Channel
from tickets.models import Resolution, Ticket
from tickets.policies import may_read_compensation
from tickets.resolution_enums import (
    ApprovalStatus,
    CalibrationStatus,
    DamageCheck,
    EmpowermentTier,
    ResolutionType,
    WhatWentWrong,
    WhyEligible,
)
from tickets.resolution_errors import CompensationHidden
from tickets.resolutions import SHOWN_WITH, approvals_for, resolutions_in_sight
from tickets.services import approve_resolution, create_resolution, reject_resolution, withdraw_resolution

A = TypeVar("A", bound=Callable[..., Response])


class ResolutionIn(Versioned):
    """When and through which channel follow from the ticket, as do product and region unless they are given."""

    asked = (
        *("what_went_wrong_category", "what_went_wrong", "why_eligible_category", "why_eligible"),
        "resolution_type",
    )
    what_went_wrong_category = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=30, help_text=", ".join(WhatWentWrong.values)
    )
    what_went_wrong = Text(required=False, allow_blank=True, default="", max_length=100_000)
    why_eligible_category = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=30, help_text=", ".join(WhyEligible.values)
    )
    why_eligible = Text(required=False, allow_blank=True, default="", max_length=100_000)
    resolution_type = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=30, help_text=", ".join(ResolutionType.values)
    )
    resolution_details = Text(required=False, allow_blank=True, default="", max_length=100_000)
    amount = serializers.DecimalField(
        required=False,
        allow_null=True,
        default=None,
        max_digits=12,
        decimal_places=2,
        help_text="above 0; needed for credits and refunds, else none if nothing of value is granted",
    )
    currency = Line(required=False, allow_blank=True, default="", max_length=10, help_text="ISO 4217; EUR unless given")
    product = Line(required=False, allow_blank=True, default="", max_length=100)
    region = Line(required=False, allow_blank=True, default="", max_length=100)
    damage_checklist = serializers.ListField(
        child=serializers.ChoiceField(choices=DamageCheck.choices),
        required=False,
        max_length=len(DamageCheck),
        help_text="what was looked at; all of it before physical damage is compensated",
    )


class ApproveIn(Versioned):
    note = Text(required=False, allow_blank=True, default="", max_length=10_000)


class RejectIn(Versioned):
    asked = ("reason",)
    reason = Text(required=False, allow_blank=True, default="", max_length=10_000)


class ResolutionQuery(Query):
    approval_status = serializers.ChoiceField(required=False, choices=ApprovalStatus.choices)
    awaiting = serializers.ChoiceField(required=False, choices=["me"], help_text="those you may decide about")


class ResolutionOut(Out):
    id = serializers.UUIDField()
    ticket = serializers.CharField(source="ticket.reference")
    agent = person()
    created_by = person()
    what_went_wrong_category = choice(WhatWentWrong)
    what_went_wrong = serializers.CharField()
    why_eligible_category = choice(WhyEligible)
    why_eligible = serializers.CharField()
    resolution_type = choice(ResolutionType)
    resolution_details = serializers.CharField()
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    occurred_at = Instant()
    channel = choice(Channel)
    product = serializers.CharField()
    region = serializers.CharField()
    damage_checklist = serializers.ListField(child=serializers.CharField(), help_text="of physical damage")
    empowerment_tier = choice(EmpowermentTier)
    approval_status = choice(ApprovalStatus)
    approved_by = person()
    approved_at = Instant(allow_null=True)
    rejected_by = person()
    approval_note = serializers.CharField()
    calibration_status = serializers.SerializerMethodField(
        help_text="`pending` also for whoever may still give a verdict of their own: reviews are blind"
    )
    created_at = Instant()
    version = serializers.SerializerMethodField()

    def get_version(self, resolution: Any) -> int:
        """The verdict moves it, of which a blind reviewer is not to know; no step is possible any more by then."""
        return untold_version(resolution)

    def get_calibration_status(self, resolution: Any) -> CalibrationStatus:  # Any: annotated
        return CalibrationStatus.PENDING if resolution.is_blind else CalibrationStatus(resolution.calibration_status)


class ResolutionBase(TicketBase):
    def shown(self, rows: QuerySet[Resolution]) -> QuerySet[Resolution]:
        return with_blindness(rows.select_related("ticket", *SHOWN_WITH), self.actor)

    def refuse_unless_near(self, ticket: Ticket) -> None:
        """Programs too: what customers were granted is for people of the ticket alone (object rule 11)."""
        self.refuse_reading()
        if not may_read_compensation(self.actor, ticket):
            raise CompensationHidden

    def answer(self, resolution: Resolution, *, status: int = 200) -> Response:
        found = self.shown(Resolution.objects.filter(pk=resolution.pk)).get()
        return Response(ResolutionOut(found).data, status=status)


class TicketResolutionsViewSet(ResolutionBase):
    @extend_schema(
        operation_id="ticket_resolution_list",
        summary="What was done for the customer",
        parameters=[Query],
        responses=page_of(ResolutionOut),
    )
    def list(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        query = self.read_query(Query)
        self.refuse_unless_near(ticket)
        rows = self.shown(Resolution.objects.filter(ticket=ticket))
        return self.page(rows, ("created_at", "id"), query, ResolutionOut)

    @extend_schema(
        operation_id="ticket_resolution_create",
        summary="Write down what is done, or ask for it",
        description="Who has to approve it follows from kind, reason and the ticket's running total.",
        request=ResolutionIn,
        responses={201: ResolutionOut},
    )
    def create(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(ResolutionIn)
        version = self.version(values)
        return self.answer(create_resolution(ticket.pk, by=self.actor, version=version, **values), status=201)


def step(name: str, summary: str, request: Any = Versioned) -> Callable[[A], A]:
    described: Callable[[A], A] = extend_schema(
        operation_id=f"resolution_{name}", summary=summary, request=request, responses={200: ResolutionOut}
    )
    return described


class ResolutionViewSet(ResolutionBase):
    def of_visible_tickets(self) -> QuerySet[Resolution]:
        visible = Resolution.objects.filter(ticket__in=self.visible().values("pk"))
        return visible.select_related("ticket")

    @extend_schema(
        operation_id="resolution_list",
        summary="On tickets I own, help on or am in charge of",
        parameters=[ResolutionQuery],
        responses=page_of(ResolutionOut),
    )
    def list(self, request: Request) -> Response:
        query = self.read_query(ResolutionQuery)
        self.refuse_reading()
        if isinstance(self.actor, ApiClient):
            raise CompensationHidden
        rows = approvals_for(self.actor) if "awaiting" in query else resolutions_in_sight(self.actor)
        if "approval_status" in query:
            rows = rows.filter(approval_status=query["approval_status"])
        return self.page(self.shown(rows), ("created_at", "id"), query, ResolutionOut)

    @extend_schema(operation_id="resolution", summary="One", responses=ResolutionOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        resolution = self.one(self.of_visible_tickets(), pk=id)
        self.refuse_unless_near(resolution.ticket)
        return self.answer(resolution)

    @step("approve", "Approve: the tier's role or higher, never the author", ApproveIn)
    def approve(self, request: Request, id: UUID) -> Response:
        resolution = self.one(self.of_visible_tickets(), pk=id)
        values = self.read(ApproveIn)
        version = self.version(values)
        return self.answer(approve_resolution(resolution.pk, by=self.actor, note=values["note"], version=version))

    @step("reject", "Reject, with a reason that the author is told", RejectIn)
    def reject(self, request: Request, id: UUID) -> Response:
        resolution = self.one(self.of_visible_tickets(), pk=id)
        values = self.read(RejectIn)
        version = self.version(values)
        return self.answer(reject_resolution(resolution.pk, by=self.actor, reason=values["reason"], version=version))

    @step("withdraw", "Ask for it no longer: the owner")
    def withdraw(self, request: Request, id: UUID) -> Response:
        resolution = self.one(self.of_visible_tickets(), pk=id)
        version = self.version(self.read(Versioned))
        return self.answer(withdraw_resolution(resolution.pk, by=self.actor, version=version))
