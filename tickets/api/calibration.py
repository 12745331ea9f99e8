"""The weekly look at decisions: sessions, items, verdicts, figures."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import In, Instant, Out, Query, Text, person
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import Invalid
from core.moments import OUT_OF_RANGE, is_possible
from core.tables import csv_rows
from tickets.api.inputs import Versioned
from tickets.api.outputs import choice
from tickets.calibration import desk_zone, items_in_sight, sessions_with_counts, to_review, untold_version
from tickets.calibration_table import table_of
from tickets.figures import calibration_figures, compensation_figures, months_back, months_until
from tickets.models import CalibrationSession
from tickets.policies import may_read_calibration
from tickets.resolution_enums import (
    ApprovalStatus,
    CalibrationOutcome,
    CalibrationReason,
    EmpowermentTier,
    ItemStatus,
    ResolutionType,
    SessionStatus,
)
from tickets.resolution_errors import CalibrationForbidden
from tickets.services import close_calibration, generate_calibration, review_item


class GenerateIn(In):
    iso_year = serializers.IntegerField(min_value=1, max_value=9999)
    iso_week = serializers.IntegerField(min_value=1, max_value=53)


class CloseIn(Versioned):
    carry_over = serializers.BooleanField(
        required=False, default=False, help_text="take what is not reviewed to the next week"
    )


class ReviewIn(Versioned):
    asked = ("outcome", "notes")
    outcome = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=30, help_text=", ".join(CalibrationOutcome.values)
    )
    notes = Text(required=False, allow_blank=True, default="", max_length=100_000)


class ItemQuery(Query):
    session = serializers.UUIDField(required=False)
    awaiting = serializers.ChoiceField(required=False, choices=["me"], help_text="those that want your verdict")


class PeriodQuery(In):
    first = serializers.DateField(
        required=False,
        help_text="first day, by the desk's clock; two months ago, or two before `last`, unless given",
    )
    last = serializers.DateField(required=False, help_text="last day, included; today, unless given")


class SessionOut(Out):
    id = serializers.UUIDField()
    iso_year = serializers.IntegerField()
    iso_week = serializers.IntegerField()
    status = choice(SessionStatus)
    held_on = serializers.DateField(allow_null=True)
    sample_pct = serializers.DecimalField(max_digits=4, decimal_places=1)
    sample_seed = serializers.CharField(help_text="the draw can be made again with it")
    items = serializers.SerializerMethodField(help_text="of your teams")
    left = serializers.SerializerMethodField(help_text="of these, not reviewed yet")
    version = serializers.IntegerField()

    def get_items(self, session: Any) -> int:  # Any: annotated
        return session.items_count or 0

    def get_left(self, session: Any) -> int:
        return session.left_count or 0


class ItemOut(Out):
    """Until your own verdict, others' are not told: then it reads as nobody had reviewed it."""

    id = serializers.UUIDField()
    session = serializers.UUIDField(source="session_id")
    iso_year = serializers.IntegerField(source="session.iso_year")
    iso_week = serializers.IntegerField(source="session.iso_week")
    resolution = serializers.UUIDField(source="resolution_id")
    ticket = serializers.CharField(source="resolution.ticket.reference")
    agent = person(source="resolution.agent")
    resolution_type = serializers.ChoiceField(choices=ResolutionType.choices, source="resolution.resolution_type")
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True, source="resolution.amount")
    currency = serializers.CharField(source="resolution.currency")
    empowerment_tier = serializers.ChoiceField(choices=EmpowermentTier.choices, source="resolution.empowerment_tier")
    approval_status = serializers.ChoiceField(choices=ApprovalStatus.choices, source="resolution.approval_status")
    reasons = serializers.ListField(child=choice(CalibrationReason))
    status = choice(ItemStatus)
    outcome = choice(CalibrationOutcome, may_be_empty=True)
    own_outcome = serializers.ChoiceField(choices=CalibrationOutcome.choices, allow_null=True)
    reviewer = person()
    reviewer_notes = serializers.CharField()
    reviewed_at = Instant(allow_null=True)
    carried_over_at = Instant(allow_null=True)
    version = serializers.SerializerMethodField()

    def get_version(self, item: Any) -> int:
        """The first verdict moves it, of which a blind reviewer is not to know."""
        return untold_version(item)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return shown | UNTOLD if instance.is_blind else shown


UNTOLD: dict[str, Any] = {
    "status": ItemStatus.PENDING.value,
    "outcome": "",
    "reviewer": None,
    "reviewer_notes": "",
    "reviewed_at": None,
}


class ShareOut(Out):
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()
    percent = serializers.DecimalField(max_digits=4, decimal_places=1, allow_null=True, help_text="null of nothing")
    ids = serializers.ListField(child=serializers.UUIDField())


class SumOut(Out):
    name = serializers.CharField()
    currency = serializers.CharField()
    total = serializers.DecimalField(max_digits=14, decimal_places=2)
    count = serializers.IntegerField()
    before = serializers.DecimalField(
        max_digits=14, decimal_places=2, help_text="in so long a time, on average of the three months before"
    )
    change = serializers.DecimalField(max_digits=14, decimal_places=1, allow_null=True, help_text="percent")
    ids = serializers.ListField(child=serializers.UUIDField())


class CalibrationFiguresOut(Out):
    upheld = ShareOut()
    by_reason = serializers.DictField(child=ShareOut())
    by_team = serializers.DictField(child=ShareOut())
    by_tier = serializers.DictField(child=ShareOut())
    outcomes = serializers.DictField(child=serializers.IntegerField())
    backlog = serializers.IntegerField(help_text="not reviewed by anybody")
    agreement = ShareOut(help_text="items with several verdicts that are all the same")


class CompensationOut(Out):
    whole = SumOut(many=True)
    by_agent = SumOut(many=True)
    by_team = SumOut(many=True)
    by_reason = SumOut(many=True)
    by_type = SumOut(many=True)
    closed_count = serializers.IntegerField()


class ReportOut(Out):
    first = serializers.DateField()
    last = serializers.DateField()
    computed_at = Instant()
    calibration = CalibrationFiguresOut()
    compensation = CompensationOut()


class CalibrationBase(ApiViewSet):
    def refuse_unless_reader(self) -> None:
        if not may_read_calibration(self.actor):
            raise CalibrationForbidden


class SessionViewSet(CalibrationBase):
    def answer(self, session: CalibrationSession, *, status: int = 200) -> Response:
        found = sessions_with_counts(self.actor).get(pk=session.pk)
        return Response(SessionOut(found).data, status=status)

    @extend_schema(
        operation_id="calibration_session_list", summary="Weeks", parameters=[Query], responses=page_of(SessionOut)
    )
    def list(self, request: Request) -> Response:
        query = self.read_query(Query)
        self.refuse_unless_reader()
        order = ("-iso_year", "-iso_week", "id")
        return self.page(sessions_with_counts(self.actor), order, query, SessionOut)

    @extend_schema(
        operation_id="calibration_session_create",
        summary="Generate a past week, or add what was flagged since",
        request=GenerateIn,
        responses={201: SessionOut},
    )
    def create(self, request: Request) -> Response:
        values = self.read(GenerateIn)
        session = generate_calibration(values["iso_year"], values["iso_week"], by=self.actor)
        return self.answer(session, status=201)

    @extend_schema(operation_id="calibration_session", summary="One", responses=SessionOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        self.refuse_unless_reader()
        return self.answer(self.one(CalibrationSession.objects.all(), pk=id))

    @extend_schema(
        operation_id="calibration_session_close", summary="Close", request=CloseIn, responses={200: SessionOut}
    )
    def close(self, request: Request, id: UUID) -> Response:
        self.refuse_unless_reader()
        session = self.one(CalibrationSession.objects.all(), pk=id)
        values = self.read(CloseIn)
        version = self.version(values)
        return self.answer(close_calibration(session.pk, by=self.actor, version=version, **values))


class ItemViewSet(CalibrationBase):
    @extend_schema(
        operation_id="calibration_item_list",
        summary="Items of my teams",
        parameters=[ItemQuery],
        responses=page_of(ItemOut),
    )
    def list(self, request: Request) -> Response:
        query = self.read_query(ItemQuery)
        self.refuse_unless_reader()
        rows = to_review(self.actor) if "awaiting" in query else items_in_sight(self.actor)
        if "session" in query:
            rows = rows.filter(session=query["session"])
        return self.page(rows, ("created_at", "id"), query, ItemOut)

    @extend_schema(operation_id="calibration_item", summary="One", responses=ItemOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        self.refuse_unless_reader()
        return Response(ItemOut(self.one(items_in_sight(self.actor), pk=id)).data)

    @extend_schema(
        operation_id="calibration_item_review",
        summary="Give my verdict; neither author nor approver",
        description="The first verdict is the outcome; later ones tell how far people agree.",
        request=ReviewIn,
        responses={200: ItemOut},
    )
    def review(self, request: Request, id: UUID) -> Response:
        self.refuse_unless_reader()
        item = self.one(items_in_sight(self.actor), pk=id)
        values = self.read(ReviewIn)
        version = self.version(values)
        review_item(item.pk, by=self.actor, version=version, **values)
        return Response(ItemOut(items_in_sight(self.actor).get(pk=item.pk)).data)


class CalibrationReportViewSet(CalibrationBase):
    @extend_schema(
        operation_id="calibration_report",
        summary="Upheld share, agreement and compensation of my teams",
        parameters=[PeriodQuery],
        responses=ReportOut,
    )
    def report(self, request: Request) -> Response:
        query = self.read_query(PeriodQuery)
        self.refuse_unless_reader()
        zone, now = desk_zone(), timezone.now()
        usual = months_back(now, zone)
        if wrong := {name: OUT_OF_RANGE for name, day in query.items() if not is_possible(day)}:
            raise Invalid(wrong)
        last = query.get("last", usual[1])
        first = query.get("first", min(usual[0], months_until(last)))
        if last < first:
            raise Invalid({"last": _("The last day is not before the first one.")})
        start, end = (datetime.combine(day, time.min, zone) for day in (first, last + timedelta(days=1)))
        figures = {
            "first": first,
            "last": last,
            "computed_at": now,
            "calibration": calibration_figures(self.actor, start, end),
            "compensation": compensation_figures(self.actor, start, end),
        }
        return Response(ReportOut(figures).data)

    @extend_schema(
        operation_id="calibration_export",
        summary="Items of my teams, as CSV",
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def csv(self, request: Request) -> StreamingHttpResponse:
        self.read_query(In)
        self.refuse_unless_reader()
        pieces = csv_rows(table_of(items_in_sight(self.actor), UTC))
        name = f"calibration-{datetime.now(UTC):%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=headers)
