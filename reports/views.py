"""Pages of figures: `/reports/`, one page a subject below it, and the rows behind any number."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent
from core.errors import DomainError, Invalid
from core.labels import label_of
from core.paging import Page, keyset_page
from core.tables import Cell, csv_rows
from envelopes.enums import EnvelopeStatus
from envelopes.models import Envelope
from reports import shown
from reports.asking import asked_of
from reports.enums import Part, Step
from reports.errors import FiguresForbidden
from reports.exporting import table_of, table_of_backlog, table_of_course
from reports.forms import ReportForm
from reports.measures.asked import Asked
from reports.measures.course import MOST_STEPS, StepOfCourse, course_of, has_course, number_of_steps
from reports.measures.figures import Figure
from reports.measures.registry import figure_named
from reports.measures.trend import backlog_asked
from reports.policies import Sight, may_read_figures, sight_of
from reports.sections import sections_of
from reports.seen import in_sight, ticket_of
from reports.shown import Shown
from reports.wording import COMMON, PAGES, name_of
from sla.models import SlaClock
from tickets.calibration import desk_zone
from tickets.enums import TicketStatus
from tickets.figures import months_back
from tickets.models import Ticket

ROWS_SHOWN = 100
"""Of one number at once, the newest first."""


class Question:
    """What a page is asked: by the form, or the usual period where its values cannot be used."""

    def __init__(self, request: AgentRequest, sight: Sight, *, zone: ZoneInfo, now: datetime) -> None:
        first, last = months_back(now, zone)
        is_asked = bool({"first", "last", "team"} & request.GET.keys())
        given = {"first": first.isoformat(), "last": last.isoformat()} | request.GET.dict() if is_asked else None
        self.form = ReportForm(given, sight=sight, initial={"first": first, "last": last}, auto_id="period-%s")
        self.chosen: dict[str, str] = {}
        more: dict[str, Any] = {}
        if is_asked and self.form.is_valid():
            first, last = self.form.cleaned_data["first"], self.form.cleaned_data["last"]
            more = {"team_id": self.form.team_id, "is_own": self.form.is_own}
            self.chosen = {name: str(value) for name, value in self.form.cleaned_data.items() if value}
        self.chosen |= {"first": first.isoformat(), "last": last.isoformat()}
        self.first: date = first
        self.last: date = last
        self.asked: Asked = asked_of(sight, first, last, zone=zone, now=now, **more)

    @property
    def status(self) -> int:
        return 400 if self.form.is_bound and self.form.errors else 200


def _question(request: AgentRequest) -> Question:
    return Question(request, sight_of(request.agent), zone=desk_zone(), now=timezone.now())


def _refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    facts = {"detail": str(refusal), "hint": refusal.hint_text}
    return render(request, "errors/403.html", facts, status=refusal.status)


@require_GET
@agent_required
def report(request: AgentRequest, slug: str = "") -> HttpResponse:
    """`?first=&last=&team=` say what counts; `team=me` is about the reader alone."""
    if slug not in PAGES:
        raise Http404
    if not may_read_figures(request.agent):
        return _refused(request, FiguresForbidden())
    question = _question(request)
    context = {
        **_frame(question, slug),
        "sections": sections_of(slug, question.asked, shown.link_for(question.chosen)),
        "common": COMMON,
    }
    return render(request, "reports/report.html", context, status=question.status)


def _frame(question: Question, slug: str) -> Shown:
    return {
        "form": question.form,
        "first": question.first,
        "last": question.last,
        "now": question.asked.now,
        "is_own": question.asked.person is not None,
        "page_url": _url(slug),
        "export_url": _with(question, reverse("reports:export")),
        "backlog_url": _with(question, reverse("reports:backlog")),
        "tabs": [
            {"label": label, "url": _with(question, _url(each)), "is_current": each == slug}
            for each, label in PAGES.items()
        ],
    }


def _url(slug: str) -> str:
    return reverse("reports:report", args=[slug]) if slug else reverse("reports:overview")


def _with(question: Question, url: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in question.chosen.items())
    return f"{url}?{query}"


@require_GET
@agent_required
def export(request: AgentRequest) -> Any:  # a stream is no HttpResponse to Django
    """All figures of the period as CSV, with the numbers as programs take them; `?figure=` and `by=` together: that
    metric's course.
    """
    if not may_read_figures(request.agent):
        return _refused(request, FiguresForbidden())
    question = _question(request)
    if question.status != 200:
        raise Http404
    code = str(request.GET.get("figure", "")).partition(":")[0]
    if "by" in request.GET:
        table = table_of_course(_course(question, code, str(request.GET["by"])))
    else:
        table = table_of(question.asked)
    return _as_csv(table, f"figures-{question.first}-{question.last}.csv")


@require_GET
@agent_required
def backlog(request: AgentRequest) -> Any:  # as above
    """The backlog day by day as CSV, oldest first, ages in seconds; nothing but heads where a person is asked for."""
    if not may_read_figures(request.agent):
        return _refused(request, FiguresForbidden())
    question = _question(request)
    if question.status != 200:
        raise Http404
    table = table_of_backlog(backlog_asked(question.asked))
    return _as_csv(table, f"backlog-{question.first}-{question.last}.csv")


def _as_csv(table: Iterable[list[Cell]], name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(csv_rows(list(table)), content_type="text/csv; charset=utf-8", headers=headers)


@require_GET
@agent_required
def rows(request: AgentRequest) -> HttpResponse:
    """What is behind one number: `?figure=` names it, `part` whether its numerator or its denominator is meant; `by`
    how it went, day by day, by week or by month. 404 for a figure that the reader is not told.
    """
    if not may_read_figures(request.agent):
        return _refused(request, FiguresForbidden())
    question = _question(request)
    figure = figure_named(str(request.GET.get("figure", "")), question.asked)
    part = str(request.GET.get("part", Part.BASE))
    if figure is None or part not in list(Part) or question.status != 200:
        raise Http404
    found = figure.rows(Part(part))
    total = found.count()
    shown_as = found if found.model in (Ticket, Envelope) else _behind(found)
    seen = in_sight(shown_as, request.agent)
    try:
        page = _page(request, seen)
    except Invalid as refusal:
        return _refused(request, refusal)
    listed = _envelopes(request.agent, page.items) if seen.model is Envelope else _tickets(page.items)
    name = name_of(figure.code)
    context = {
        "title": f"{name}: {figure.group.name}" if figure.group else name,
        "value": shown.value_of(figure),
        "figure": figure,
        "is_counted": part == Part.COUNTED,
        "first": question.first,
        "last": question.last,
        "rows": listed,
        "total": total,
        "others": (total if shown_as is found else shown_as.count()) - seen.count(),
        "next_url": _beyond(request, page.next_cursor),
        "previous_url": _beyond(request, page.previous_cursor),
        "back_url": _with(question, reverse("reports:overview")),
        **_course_of(question, figure, part, str(request.GET.get("by", ""))),
        "definitions": shown.definitions_of([figure.code.partition("_")[0].rstrip("b")]),
    }
    return render(request, "reports/rows.html", context)


def _course(question: Question, code: str, by: str) -> list[StepOfCourse]:
    """404 where there is none, and for more steps than one looks at."""
    is_known = by in Step.values and has_course(code)
    if not is_known or number_of_steps(question.first, question.last, Step(by)) > MOST_STEPS:
        raise Http404
    return course_of(code, question.asked, question.first, question.last, Step(by))


def _course_of(question: Question, figure: Figure, part: str, by: str) -> Shown:
    """What `reports/_course.html` wants; nothing of figures about this moment."""
    if not has_course(figure.code):
        return {}
    here = _with(question, reverse("reports:rows")) + "&" + urlencode({"figure": figure.key, "part": part})
    steps = [step for step in Step if number_of_steps(question.first, question.last, step) <= MOST_STEPS]
    tabs = [{"label": _("Whole period"), "url": here, "is_current": not by}]
    tabs += [{"label": step.label, "url": f"{here}&by={step}", "is_current": step == by} for step in steps]
    if not by:
        return {"steps": tabs}
    export = _with(question, reverse("reports:export")) + "&" + urlencode({"figure": figure.key, "by": by})
    course = shown.course(figure.key, _course(question, figure.code, by), question.chosen)
    return {"steps": tabs, "course": course, "export_url": export}


def _page(request: AgentRequest, seen: Any) -> Page[Any]:
    """Raises Invalid for a cursor of another list."""
    is_help = seen.model is Envelope
    rows = seen.model.objects.filter(pk__in=seen.order_by().values("pk"))
    rows = rows.with_people() if is_help else rows.select_related("team", "owner")
    ordering = ("-opened_at" if is_help else "-created_at", "-id")
    return keyset_page(rows, ordering, cursor=str(request.GET.get("cursor", "")), size=ROWS_SHOWN)


def _beyond(request: AgentRequest, cursor: str | None) -> str:
    return f"?{urlencode(request.GET.dict() | {'cursor': cursor})}" if cursor else ""


def _behind(found: Any) -> Any:
    """The tickets of clocks, alerts, transfers and decisions; of clocks between teams the envelopes."""
    of_help = found.model is SlaClock and found.filter(envelope__isnull=False).exists()
    if of_help:
        return Envelope.objects.filter(pk__in=found.order_by().values("envelope"))
    return Ticket.objects.filter(pk__in=found.order_by().values(ticket_of(found)))


def _tickets(found: Sequence[Ticket]) -> list[Shown]:
    return [
        {
            "url": reverse("desk:ticket", args=[ticket.reference]),
            "reference": ticket.reference,
            "subject": ticket.subject,
            "status": label_of(TicketStatus, ticket.status),
            "team": ticket.team.name,
            "who": ticket.owner.name if ticket.owner else "–",
            "at": ticket.created_at,
            "ended_at": ticket.resolved_at,
        }
        for ticket in found
    ]


def _envelopes(agent: Agent, found: Sequence[Envelope]) -> list[Shown]:
    ids = [envelope.pk for envelope in found]
    readable = set(Envelope.objects.thread_visible_to(agent).filter(pk__in=ids).values_list("pk", flat=True))
    return [
        {
            "url": reverse("desk:envelope", args=[envelope.ticket.reference, envelope.number])
            if envelope.pk in readable
            else "",
            "reference": envelope.ticket.reference,
            "subject": _("Envelope %(number)s: %(target)s") % {"number": envelope.number, "target": envelope.target},
            "status": label_of(EnvelopeStatus, envelope.status),
            "team": envelope.team.name if envelope.team else "–",
            "who": envelope.assigned_to.name if envelope.assigned_to else "–",
            "at": envelope.opened_at,
            "ended_at": envelope.ended_at,
        }
        for envelope in found
    ]
