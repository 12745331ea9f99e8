"""Figures at the API: what there is, and each by its code."""

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.lookups import team_named
from accounts.models import ApiClient
from core.actors import Actor
from core.api.fields import In, Instant, Named, Out
from core.api.views import ApiViewSet
from core.errors import Invalid, NotFound
from core.moments import OUT_OF_RANGE, is_possible
from reports.asking import asked_of
from reports.enums import Part, Step, Unit
from reports.errors import FiguresForbidden
from reports.measures.asked import Asked
from reports.measures.course import MOST_STEPS, course_of, has_course, number_of_steps
from reports.measures.figures import Figure
from reports.measures.registry import METRICS
from reports.measures.trend import backlog_asked
from reports.policies import may_read_figures, sight_of
from reports.seen import ids_in_sight
from reports.wording import DEFINITIONS, name_of
from tickets.calibration import desk_zone
from tickets.enums import Channel, Priority, TicketType
from tickets.figures import months_back, months_until

LONGEST_DAYS = 3 * 366


class PeriodQuery(In):
    first = serializers.DateField(
        required=False, help_text="first day, by the desk's clock; two months ago, unless given"
    )
    last = serializers.DateField(required=False, help_text="last day, included; today, unless given")
    team = Named(team_named, required=False, help_text="of one team alone; id or name")


class FigureQuery(PeriodQuery):
    mine = serializers.BooleanField(required=False, help_text="your own; for people")
    type = serializers.ChoiceField(required=False, choices=TicketType.choices)
    priority = serializers.ChoiceField(required=False, choices=Priority.choices)
    channel = serializers.ChoiceField(required=False, choices=Channel.choices)
    by = serializers.ChoiceField(
        required=False, choices=Step.choices, help_text=f"its course as well, at most {MOST_STEPS} steps"
    )
    ids = serializers.BooleanField(required=False, help_text="with the ids of the rows behind each figure")


class MetricOut(Out):
    code = serializers.CharField()
    name = serializers.CharField()
    definition = serializers.CharField()
    is_now = serializers.BooleanField(help_text="about this moment, whatever period is asked for")


class MetricListOut(Out):
    results = MetricOut(many=True)


class GroupOut(Out):
    kind = serializers.CharField(help_text="agent, team, and what else a figure is told apart by")
    key = serializers.CharField()
    name = serializers.CharField()


class SpreadOut(Out):
    p50 = serializers.IntegerField(allow_null=True)
    p90 = serializers.IntegerField(allow_null=True)
    mean = serializers.IntegerField(allow_null=True)


class FigureOut(Out):
    key = serializers.CharField(help_text="code, with kind and key of its group")
    code = serializers.CharField()
    name = serializers.CharField()
    group = GroupOut(allow_null=True)
    unit = serializers.CharField(help_text=", ".join(Unit))
    value = serializers.DecimalField(
        max_digits=16, decimal_places=2, allow_null=True, help_text="null of nothing; of durations the median"
    )
    numerator = serializers.IntegerField(help_text="of durations the sum of seconds")
    denominator = serializers.IntegerField()
    spread = SpreadOut(allow_null=True, help_text="durations in seconds; percentiles by nearest rank")
    provisional = serializers.IntegerField(help_text="rows that may still change the figure")
    counted_ids = serializers.ListField(
        child=serializers.UUIDField(), allow_null=True, help_text="of the rows that you may open"
    )
    counted_others = serializers.IntegerField(allow_null=True, help_text="rows that are not open to you")
    base_ids = serializers.ListField(child=serializers.UUIDField(), allow_null=True)
    base_others = serializers.IntegerField(allow_null=True)


class StepOut(Out):
    first = serializers.DateField()
    last = serializers.DateField(help_text="included")
    figures = FigureOut(many=True)


class MetricFiguresOut(Out):
    code = serializers.CharField()
    name = serializers.CharField()
    definition = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    computed_at = Instant()
    figures = FigureOut(many=True)
    course = StepOut(many=True, allow_null=True, help_text="where it is asked for, oldest first; never with ids")


class BacklogDayOut(Out):
    on = serializers.DateField()
    count = serializers.IntegerField(help_text="tickets that were open when the day began")
    waiting = serializers.IntegerField(help_text="of them, waiting for the customer")
    p50 = serializers.IntegerField(allow_null=True, help_text="ages in seconds, by nearest rank; null of none")
    p90 = serializers.IntegerField(allow_null=True)


class BacklogOut(Out):
    first = serializers.DateField()
    last = serializers.DateField()
    days = BacklogDayOut(many=True)


class MetricsViewSet(ApiViewSet):
    def _refuse_unless_reader(self) -> None:
        if may_read_figures(self.actor):
            return
        is_program = isinstance(self.actor, ApiClient)
        raise ScopeMissing(scope=Scope.METRICS_READ) if is_program else FiguresForbidden

    @extend_schema(operation_id="metric_list", summary="Figures there are", responses=MetricListOut)
    def list(self, request: Request) -> Response:
        self.read_query(In)
        self._refuse_unless_reader()
        return Response(MetricListOut({"results": [_about(code) for code in METRICS]}).data)

    @extend_schema(
        operation_id="metric",
        summary="One figure, with what it is made of",
        description="Of the teams in your charge, or of your own work; programs: of the teams named on them.",
        parameters=[FigureQuery],
        responses=MetricFiguresOut,
    )
    def retrieve(self, request: Request, code: str) -> Response:
        query = self.read_query(FigureQuery)
        self._refuse_unless_reader()
        if code not in METRICS:
            raise NotFound
        first, last, asked = self._asked(query)
        ids_for = self.actor if query.get("ids", False) else None
        figures = [_figure(figure, ids_for=ids_for) for figure in METRICS[code].read(asked)]
        about = {**_about(code), "first": first, "last": last, "computed_at": asked.now}
        course = _course(code, asked, first, last, Step(query["by"])) if "by" in query else None
        return Response(MetricFiguresOut(about | {"figures": figures, "course": course}).data)

    @extend_schema(
        operation_id="backlog",
        summary="The backlog day by day",
        description="Written down at the beginning of each day, oldest first; a day without a sweep has none. "
        "It is that of teams: for whoever is told the figures of none, the list is empty.",
        parameters=[PeriodQuery],
        responses=BacklogOut,
    )
    def backlog(self, request: Request) -> Response:
        query = self.read_query(PeriodQuery)
        self._refuse_unless_reader()
        first, last, asked = self._asked(query)
        return Response(BacklogOut({"first": first, "last": last, "days": backlog_asked(asked)}).data)

    def _asked(self, query: dict[str, Any]) -> tuple[date, date, Asked]:
        zone, now = desk_zone(), timezone.now()
        usual = months_back(now, zone)
        last = query.get("last", usual[1])
        if not is_possible(last) or not is_possible(query.get("first", last)):
            raise Invalid({"first": OUT_OF_RANGE})
        first = query.get("first", min(usual[0], months_until(last)))
        if last < first:
            raise Invalid({"last": _("The last day is not before the first one.")})
        if (last - first).days > LONGEST_DAYS:
            raise Invalid({"first": _("Ask for three years at most.")})
        sight, team = sight_of(self.actor), query.get("team")
        if team is not None and sight.teams is not None and team.pk not in sight.teams:
            raise Invalid({"team": _("You are not told the figures of this team.")})
        asked = asked_of(
            sight,
            first,
            last,
            zone=zone,
            now=now,
            team_id=team.pk if team else None,
            is_own=query.get("mine", False),
            only={name: query[name] for name in ("type", "priority", "channel") if name in query},
        )
        return first, last, asked


def _course(code: str, asked: Asked, first: date, last: date, step: Step) -> list[dict[str, Any]]:
    if not has_course(code):
        raise Invalid({"by": _("This figure is about the present moment.")})
    if number_of_steps(first, last, step) > MOST_STEPS:
        raise Invalid({"by": _("Ask for longer steps or a shorter period.")})
    return [
        {"first": each.first, "last": each.last, "figures": [_figure(one) for one in each.figures]}
        for each in course_of(code, asked, first, last, step)
    ]


def _about(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": name_of(code),
        "definition": str(DEFINITIONS[code]),
        "is_now": METRICS[code].is_now,
    }


def _figure(figure: Figure, *, ids_for: Actor | None = None) -> dict[str, Any]:
    """`ids_for`: with the ids of what this reader may open."""
    found = {name: getattr(figure, name) for name in ("key", "code", "group", "unit", "value", "spread", "provisional")}
    counted = base = (None, None) if ids_for is None else ids_in_sight(figure, Part.BASE, ids_for)
    if ids_for is not None and figure.counted is not figure.base:
        counted = ids_in_sight(figure, Part.COUNTED, ids_for)
    return found | {
        "name": name_of(figure.code),
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "counted_ids": counted[0],
        "counted_others": counted[1],
        "base_ids": base[0],
        "base_others": base[1],
    }
