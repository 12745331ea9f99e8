"""What is promised on a ticket, why it is due when it is, and pauses by a supervisor's word."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import ApiClient
from core.api.fields import In, Instant, NamedOut, OffsetInstant, Out, Query, Text, person
from core.api.schema import page_of
from core.api.views import ApiViewSet
from sla.enums import APPROVED, ChosenFor, ClockState, Indicator, Metric, PauseReason
from sla.models import SlaClock
from sla.selectors import clocks_shown_to, explain
from sla.services import pause_clocks, resume_clocks
from tickets.models import Ticket


class ClockQuery(Query):
    metric = serializers.ChoiceField(choices=Metric.choices, required=False)


class PauseIn(In):
    asked = ("reason", "until")
    reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=24, help_text=", ".join(map(str, APPROVED))
    )
    until = OffsetInstant(required=False, default=None, help_text="when the clocks run on by themselves")
    note = Text(required=False, allow_blank=True, max_length=2000, default="")
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the ticket's")


class ResumeIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the ticket's")


class SegmentOut(Out):
    start_at = Instant(source="segment.start")
    end_at = Instant(source="segment.end")
    seconds = serializers.IntegerField(
        help_text="as they pass, in and out of hours; those of `open` ones add up to what was counted"
    )
    kind = serializers.ChoiceField(source="segment.kind", choices=["open", "closed", "paused"])
    why = serializers.CharField(
        source="segment.why",
        help_text="of a closed one `outside_hours`, `free_day` or `holiday`; of a pause its reason",
    )
    name = serializers.CharField(source="segment.name", help_text="of a holiday")
    by = person(source="person", help_text="who stopped the clock")
    note = serializers.CharField(source="segment.note")
    is_ahead = serializers.BooleanField(help_text="still to come, if nothing stops the clock")


class EditOut(Out):
    at = Instant()
    what = serializers.CharField(help_text="name of the policy or calendar")
    by = serializers.CharField(help_text="name of whoever changed it")
    reason = serializers.CharField()


class ClockOut(Out):
    """One clock, and all the time from its start until now, or until it is due or ended: without a gap, in order."""

    id = serializers.UUIDField(source="clock.id")
    metric = serializers.ChoiceField(source="clock.metric", choices=Metric.choices)
    cycle = serializers.IntegerField(source="clock.cycle")
    envelope = serializers.UUIDField(source="clock.envelope_id", allow_null=True, help_text="of a promise of helpers")
    policy = NamedOut(source="clock.policy")
    calendar = NamedOut(source="clock.hours.calendar")
    state = serializers.CharField(source="clock.state", help_text=", ".join(ClockState.values))
    indicator = serializers.ChoiceField(choices=Indicator.choices, allow_null=True)
    target_minutes = serializers.IntegerField(source="clock.target_minutes", help_text="business minutes")
    started_at = Instant(source="clock.started_at")
    due_at = Instant(source="clock.due_at", help_text="of one that stands still: had it gone on at once")
    at_risk_at = Instant(source="clock.at_risk_at")
    left_seconds = serializers.IntegerField(allow_null=True, help_text="business time; negative once it is overdue")
    is_limited = serializers.BooleanField(help_text="help that ends earlier, as what it is for is due then")
    paused_at = Instant(source="clock.paused_at", allow_null=True)
    paused_seconds = serializers.IntegerField(source="clock.paused_seconds")
    elapsed_seconds = serializers.IntegerField(source="clock.elapsed_seconds")
    completed_at = Instant(source="clock.completed_at", allow_null=True)
    breached_at = Instant(source="clock.breached_at", allow_null=True)
    breached_by_retarget = serializers.BooleanField(source="clock.breached_by_retarget")
    segments = SegmentOut(source="parts", many=True)
    chosen_for = serializers.ChoiceField(
        choices=ChosenFor.choices, allow_null=True, help_text="for whom its policy was named; null: it was found"
    )
    edits = EditOut(many=True, help_text="of its policy and calendar, that moved it")


class PauseOut(Out):
    id = serializers.UUIDField()
    reason = serializers.CharField(help_text=", ".join(PauseReason.values))
    from_at = Instant()
    until = Instant(allow_null=True)
    to_at = Instant(allow_null=True)
    by = person()
    note = serializers.CharField()


class ClockViewSet(ApiViewSet):
    def ticket(self, reference: str) -> Ticket:
        return self.one(Ticket.objects.visible_to(self.actor), reference=reference.upper())

    @extend_schema(
        operation_id="clock_list",
        summary="What is promised, and why it is due then",
        description="Promises between teams are told to those who read the envelope.",
        parameters=[ClockQuery],
        responses=page_of(ClockOut),
    )
    def list(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        if isinstance(self.actor, ApiClient) and not self.actor.has_scope(Scope.TICKETS_READ, Scope.TICKETS_READ_ALL):
            raise ScopeMissing(scope=Scope.TICKETS_READ)
        query, now = self.read_query(ClockQuery), timezone.now()
        rows = clocks_shown_to(self.actor, ticket)
        if "metric" in query:
            rows = rows.filter(metric=query["metric"])

        def shape(clocks: list[SlaClock]) -> Any:
            return ClockOut(explain(clocks, now), many=True).data

        return self.page(rows, ("started_at", "id"), query, shape)

    @extend_schema(
        operation_id="clock_pause",
        summary="Let the clocks stand still until a moment",
        description="The supervisor or the manager of the ticket's team. Answers to the customer stay owed.",
        request=PauseIn,
        responses={201: PauseOut},
    )
    def pause(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values: dict[str, Any] = self.read(PauseIn)
        return Response(PauseOut(pause_clocks(ticket.pk, by=self.actor, **values)).data, status=201)

    @extend_schema(
        operation_id="clock_resume", summary="End such a pause now", request=ResumeIn, responses=page_of(ClockOut)
    )
    def resume(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(ResumeIn)
        resume_clocks(ticket.pk, by=self.actor, **values)
        shown = explain(clocks_shown_to(self.actor, ticket).order_by("started_at", "id"), timezone.now())
        return Response({"next": None, "previous": None, "results": ClockOut(shown, many=True).data})
