"""The weekly look at decisions: weeks, items, verdicts, figures."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid, status_of
from core.labels import label_of
from core.moments import is_possible
from core.tables import csv_rows
from desk.empowerment.forms import PeriodForm, ReviewForm, WeekForm
from desk.empowerment.parts import facts_of, item_row, share_row, sum_rows
from desk.people.views.common import add_refusal, refuse
from desk.refusals import Refusal
from desk.unfinished import forget_typed, made_for, posted_or_typed
from desk.workspace import Part
from tickets import services
from tickets.calibration import desk_zone, items_in_sight, sessions_with_counts, to_review
from tickets.calibration_table import table_of
from tickets.figures import Calibration, Compensation, calibration_figures, compensation_figures, months_back
from tickets.models import CalibrationSession
from tickets.policies import is_own_case, may_read_calibration, may_review, may_run_calibration
from tickets.resolution_enums import CalibrationOutcome, CalibrationReason, EmpowermentTier, ResolutionType, WhyEligible
from tickets.resolution_errors import CalibrationForbidden

WEEKS_SHOWN = 26
QUEUE_SHOWN = 50
View = Callable[..., Any]


def for_readers(view: View) -> View:
    """Team leads and above, and auditors."""

    @wraps(view)
    def guarded(request: AgentRequest, *args: Any, **kwargs: Any) -> Any:
        if not may_read_calibration(request.agent):
            return refuse(request, CalibrationForbidden())
        return view(request, *args, **kwargs)

    return guarded


@require_GET
@agent_required
@for_readers
def calibration(request: AgentRequest) -> HttpResponse:
    """What waits for this person, and the weeks."""
    return _weeks(request, WeekForm(auto_id="week-%s"))


def _weeks(request: AgentRequest, form: WeekForm, *, status: int = 200) -> HttpResponse:
    waiting = [item_row(item) for item in to_review(request.agent)[: QUEUE_SHOWN + 1]]
    context = {
        "waiting": waiting[:QUEUE_SHOWN],
        "has_more": len(waiting) > QUEUE_SHOWN,
        "weeks": list(sessions_with_counts(request.agent)[:WEEKS_SHOWN]),
        "form": form if may_run_calibration(request.agent) else None,
    }
    return render(request, "desk/empowerment/calibration.html", context, status=status)


@require_POST
@agent_required
@for_readers
def generate(request: AgentRequest) -> HttpResponse:
    form = WeekForm(request.POST, auto_id="week-%s")
    if not form.is_valid():
        return _weeks(request, form, status=400)
    try:
        session = services.generate_calibration(*form.cleaned_data["week"], by=request.agent)
    except Invalid as refusal:
        form.add_error("week", [text for texts in refusal.fields.values() for text in texts])
        return _weeks(request, form, status=refusal.status)
    except DomainError as refusal:
        return refuse(request, refusal)
    messages.success(request, _("Week %(week)s is there") % {"week": str(session)})
    return redirect("desk:calibration-week", session.pk)


@require_GET
@agent_required
@for_readers
def week(request: AgentRequest, session_id: UUID) -> HttpResponse:
    return _week(request, session_id)


def _week(request: AgentRequest, session_id: UUID, *, error: DomainError | None = None) -> HttpResponse:
    session = get_object_or_404(sessions_with_counts(request.agent), pk=session_id)
    items = items_in_sight(request.agent).filter(session=session).order_by("created_at", "id")
    context = {
        "session": session,
        "rows": [item_row(item) for item in items],
        "participants": ", ".join(session.participants.order_by("name").values_list("name", flat=True)),
        "may_close": session.is_open and may_run_calibration(request.agent),
        "carry": {"carry_over": "1"},
        "error": Refusal(error) if error else None,
    }
    return render(request, "desk/empowerment/week.html", context, status=status_of(error))


@require_POST
@agent_required
@for_readers
def close(request: AgentRequest, session_id: UUID) -> HttpResponse:
    """Close; `carry_over` takes what is left to the next week."""
    session = get_object_or_404(CalibrationSession, pk=session_id)
    carry_over = request.POST.get("carry_over") == "1"
    try:
        services.close_calibration(session.pk, by=request.agent, carry_over=carry_over)
    except DomainError as refusal:
        return _week(request, session_id, error=refusal)
    messages.success(request, _("Week %(week)s is closed") % {"week": str(session)})
    return redirect("desk:calibration-week", session.pk)


@require_http_methods(["GET", "POST"])
@agent_required
@for_readers
def item(request: AgentRequest, item_id: UUID) -> HttpResponse:
    """One decision with all it says, and the form of one's own verdict; others' verdicts once it is given."""
    found: Any = get_object_or_404(items_in_sight(request.agent), pk=item_id)  # annotated
    form = ReviewForm(posted_or_typed(request), auto_id="review-%s")
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            services.review_item(found.pk, by=request.agent, **form.cleaned_data)
        except Invalid as refusal:
            add_refusal(form, refusal)
        except DomainError as refusal:
            error = refusal
        else:
            forget_typed(request)
            messages.success(request, _("Your verdict is given"))
            return redirect("desk:calibration-item", found.pk)
    status = 400 if request.method == "POST" and form.errors else status_of(error)
    context = {
        **_about(request, found),
        "form": form,
        "made_for": made_for(request.agent),
        "error": Refusal(error) if error else None,
    }
    return render(request, "desk/empowerment/item.html", context, status=status)


def _about(request: AgentRequest, found: Any) -> Part:  # Any: annotated
    resolution = found.resolution
    is_own = request.agent.pk in resolution.deciders or is_own_case(request.agent, resolution)
    is_waiting = found.session.is_open and found.own_outcome is None and not found.carried_over_at
    may_give = is_waiting and not is_own and not resolution.is_pending and may_review(request.agent, found)
    verdicts = [] if found.is_blind else list(found.verdicts.select_related("reviewer"))
    return {
        "row": item_row(found),
        "facts": facts_of(resolution),
        "may_review": may_give,
        "is_own": is_own,
        "is_pending": resolution.is_pending,
        "verdicts": [
            {
                "reviewer": verdict.reviewer.name,
                "outcome": label_of(CalibrationOutcome, verdict.outcome),
                "notes": verdict.notes,
                "at": verdict.at,
            }
            for verdict in verdicts
        ],
    }


@require_GET
@agent_required
@for_readers
def report(request: AgentRequest) -> HttpResponse:
    """Upheld share, agreement, compensation; each as a table."""
    zone, now = desk_zone(), timezone.now()
    first, last = months_back(now, zone)
    form = PeriodForm(request.GET or None, initial={"first": first, "last": last}, auto_id="period-%s")
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data["first"], form.cleaned_data["last"]
        if asked[1] < asked[0] or not all(map(is_possible, asked)):
            form.add_error("last", _("The last day is not before the first one."))
        else:
            first, last = asked
    start, end = (datetime.combine(day, time.min, zone) for day in (first, last + timedelta(days=1)))
    context = {
        "form": form,
        "first": first,
        "last": last,
        "now": now,
        **_calibration(calibration_figures(request.agent, start, end)),
        **_compensation(compensation_figures(request.agent, start, end)),
    }
    return render(request, "desk/empowerment/report.html", context, status=400 if form.errors else 200)


def _calibration(found: Calibration) -> Part:
    shares = [share_row(_("All"), found.upheld)]
    groups: list[tuple[Any, dict[str, Any]]] = [
        (lambda name: label_of(CalibrationReason, name), found.by_reason),
        (lambda name: label_of(EmpowermentTier, name), found.by_tier),
        (str, found.by_team),
    ]
    titles = (_("Reason"), _("Tier"), _("Team"))
    for title, (named, group) in zip(titles, groups, strict=True):
        shares += [share_row(f"{title}: {named(name)}", share) for name, share in group.items()]
    outcomes = [
        {"term": label_of(CalibrationOutcome, name), "value": str(count)} for name, count in found.outcomes.items()
    ]
    agreement = share_row("", found.agreement)
    return {"shares": shares, "outcomes": outcomes, "backlog": found.backlog, "agreement": agreement}


def _compensation(found: Compensation) -> Part:
    whole = sum_rows(found.whole)
    for row, each in zip(whole, found.whole, strict=True):
        mean = found.per_closed_ticket(each)
        row["mean"] = _("n/a") if mean is None else f"{mean:.2f} {each.currency}"
    return {
        "whole": whole,
        "tables": [
            {"id": "by-agent", "title": _("By agent"), "rows": sum_rows(found.by_agent)},
            {"id": "by-team", "title": _("By team"), "rows": sum_rows(found.by_team)},
            {"id": "by-reason", "title": _("By reason"), "rows": sum_rows(found.by_reason, WhyEligible)},
            {"id": "by-type", "title": _("By kind"), "rows": sum_rows(found.by_type, ResolutionType)},
        ],
    }


@require_GET
@agent_required
@for_readers
def export(request: AgentRequest) -> Any:  # a stream is no HttpResponse to Django
    """Items of one's teams as CSV, with no more than one may know yet."""
    now = timezone.localtime()
    pieces = csv_rows(table_of(items_in_sight(request.agent), now.tzinfo or desk_zone()))
    name = f"calibration-{now:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=headers)
