"""Alerts of a ticket and of a person, and the word of a recipient that they have seen one."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import Agent, ApiClient
from core.api.fields import In, Instant, Out, PersonOut, Query, person
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import Forbidden
from sla.alerts.enums import LEVELS, AlertCondition, AlertStatus
from sla.alerts.errors import ForecastForbidden
from sla.alerts.forecast import Silence, forecast_of
from sla.alerts.models import Alert
from sla.alerts.policies import may_see_forecast
from sla.alerts.selectors import Wanted, alerts_for
from sla.alerts.services import acknowledge_alert
from sla.reminders.enums import ReminderKind
from tickets.models import Ticket


class AlertQuery(Query):
    status = serializers.ChoiceField(choices=AlertStatus.choices, required=False)


class OwnAlertQuery(AlertQuery):
    of_teams = serializers.BooleanField(
        required=False, default=False, help_text="on tickets of teams one leads, supervises or manages"
    )
    condition = serializers.ChoiceField(choices=AlertCondition.choices, required=False)
    level = serializers.ChoiceField(choices=[(level, str(level)) for level in LEVELS], required=False)


class AlertVersionIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class AlertOut(Out):
    id = serializers.UUIDField()
    condition = serializers.ChoiceField(choices=AlertCondition.choices)
    level = serializers.IntegerField(help_text="1 to 3")
    cycle = serializers.IntegerField(help_text="counts anew from 1 with each ticket and condition")
    triggered_at = Instant()
    status = serializers.CharField(help_text=", ".join(AlertStatus.values))
    recipients = PersonOut(many=True, help_text="as they were when it was raised")
    acknowledged_at = Instant(allow_null=True)
    acknowledged_by = person()
    cleared_at = Instant(allow_null=True)
    version = serializers.IntegerField()


class OwnAlertOut(AlertOut):
    ticket = serializers.SerializerMethodField(help_text="its reference; null once it is out of your sight")

    def get_ticket(self, alert: Alert) -> str | None:
        return alert.ticket.reference if vars(alert)["is_ticket_in_sight"] else None


class OwnAlertViewSet(ApiViewSet):
    @extend_schema(
        operation_id="own_alert_list",
        summary="Alerts you were told of, or of your teams",
        description="Newest first, in every state unless one is asked for. Persons only: programs are told nothing.",
        parameters=[OwnAlertQuery],
        responses=page_of(OwnAlertOut),
    )
    def list(self, request: Request) -> Response:
        if not isinstance(self.actor, Agent):
            raise Forbidden
        query = self.read_query(OwnAlertQuery)
        named = {name: query[name] for name in ("of_teams", "condition", "level") if name in query}
        wanted = Wanted(**named, status=query.get("status", ""))
        return self.page(alerts_for(self.actor, wanted), ("-triggered_at", "-id"), query, OwnAlertOut)


class ForecastArrivalOut(Out):
    channel = serializers.CharField()
    at = Instant()
    reason = serializers.CharField(source="because", help_text="why it comes later than at once; empty: it does not")


class ForecastPersonOut(Out):
    person = PersonOut(source="agent")
    arrivals = ForecastArrivalOut(many=True, help_text="beside the app, where it stands in any case")


class ForecastStepOut(Out):
    level = serializers.IntegerField()
    at = Instant()
    people = ForecastPersonOut(many=True)


class ForecastOutlookOut(Out):
    condition = serializers.ChoiceField(choices=AlertCondition.choices)
    silence = serializers.ChoiceField(choices=Silence.choices, allow_null=True, help_text="why nobody is told next")
    steps = ForecastStepOut(many=True)


class ForecastRemindingOut(Out):
    kind = serializers.ChoiceField(choices=ReminderKind.choices)
    at = Instant()
    people = ForecastPersonOut(
        many=True,
        help_text="owner, deputy of an absent one; without whom an alert tells the same at that moment",
    )


class ForecastOut(Out):
    outlooks = ForecastOutlookOut(many=True)
    remindings = ForecastRemindingOut(many=True, help_text="what the desk reminds the owner of, the first first")
    customer_asked_at = serializers.ListField(child=Instant(), help_text="in the owner's name, while it is their turn")


class AlertViewSet(ApiViewSet):
    def ticket(self, reference: str) -> Ticket:
        return self.one(Ticket.objects.visible_to(self.actor), reference=reference.upper())

    @extend_schema(
        operation_id="alert_list",
        summary="Alerts of a ticket",
        parameters=[AlertQuery],
        responses=page_of(AlertOut),
    )
    def list(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        if isinstance(self.actor, ApiClient) and not self.actor.has_scope(Scope.TICKETS_READ, Scope.TICKETS_READ_ALL):
            raise ScopeMissing(scope=Scope.TICKETS_READ)
        query = self.read_query(AlertQuery)
        rows = Alert.objects.filter(ticket=ticket).with_people()
        if "status" in query:
            rows = rows.filter(status=query["status"])
        return self.page(rows, ("triggered_at", "id"), query, AlertOut)

    @extend_schema(
        operation_id="alert_acknowledge",
        summary="I have seen it",
        description="Recipients only. The next level is told all the same when it is due.",
        request=AlertVersionIn,
        responses={200: AlertOut},
    )
    def acknowledge(self, request: Request, reference: str, id: UUID) -> Response:
        alert = self.one(Alert.objects.filter(ticket=self.ticket(reference)), pk=id)
        values = self.read(AlertVersionIn)
        return Response(AlertOut(acknowledge_alert(alert.pk, by=self.actor, **values)).data)

    @extend_schema(
        operation_id="alert_forecast",
        summary="Who is told next, and when",
        description="If nobody does anything until then. Owner, lead, supervisor, manager and auditor.",
        responses={200: ForecastOut},
    )
    def forecast(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        if not may_see_forecast(self.actor, ticket):
            raise ForecastForbidden
        return Response(ForecastOut(forecast_of(ticket, now=timezone.now())).data)
