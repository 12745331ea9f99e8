"""Figures of help at the API (metrics.md M23)."""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.lookups import team_named
from accounts.models import Agent
from core.api.fields import In, Instant, Named, Out, named, person
from core.api.views import ApiViewSet
from core.errors import Forbidden, Invalid
from core.moments import OUT_OF_RANGE, is_possible
from envelopes.figures import contributions
from tickets.calibration import desk_zone
from tickets.figures import months_back


class ContributionQuery(In):
    first = serializers.DateField(
        required=False, help_text="first day, by the desk's clock; two months ago, unless given"
    )
    last = serializers.DateField(required=False, help_text="last day, included; today, unless given")
    team = Named(team_named, required=False, help_text="of one team alone; id or name")


class OutcomeShareOut(Out):
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()
    percent = serializers.DecimalField(max_digits=4, decimal_places=1, allow_null=True)


class ContributionOut(Out):
    completed = serializers.IntegerField(help_text="envelopes sealed")
    outcomes = serializers.DictField(child=OutcomeShareOut(), help_text="by what came of them")
    ids = serializers.ListField(child=serializers.UUIDField(), help_text="of the envelopes")


class AgentContributionOut(ContributionOut):
    agent = person(source="who")
    took_part = serializers.IntegerField(help_text="in envelopes whose expert was somebody else")
    took_part_ids = serializers.ListField(child=serializers.UUIDField())


class TeamContributionOut(ContributionOut):
    team = named(source="who")


class ExpertContributionOut(Out):
    first = serializers.DateField()
    last = serializers.DateField()
    computed_at = Instant()
    by_agent = AgentContributionOut(many=True, help_text="your own, and of the teams in your charge")
    by_team = TeamContributionOut(many=True, help_text="those in your charge")


class ExpertContributionViewSet(ApiViewSet):
    @extend_schema(
        operation_id="expert_contribution",
        summary="What helpers have contributed",
        description="Envelopes sealed in the period, with what came of them; nobody is told a colleague's. For people.",
        parameters=[ContributionQuery],
        responses=ExpertContributionOut,
    )
    def report(self, request: Request) -> Response:
        query = self.read_query(ContributionQuery)
        if not isinstance(self.actor, Agent):
            raise Forbidden
        zone, now = desk_zone(), timezone.now()
        usual = months_back(now, zone)
        first, last = query.get("first", usual[0]), query.get("last", usual[1])
        if not is_possible(first) or not is_possible(last):
            raise Invalid({"first": OUT_OF_RANGE})
        if last < first:
            raise Invalid({"last": _("The last day is not before the first one.")})
        start, end = (datetime.combine(day, time.min, zone) for day in (first, last + timedelta(days=1)))
        team = query.get("team")
        found = contributions(self.actor, start, end, team_id=team.pk if team else None)
        figures = {"first": first, "last": last, "computed_at": now, "by_agent": found.by_agent}
        return Response(ExpertContributionOut(figures | {"by_team": found.by_team}).data)
