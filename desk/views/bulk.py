"""Acts on many tickets of a list: ticked ones or all of it. Two plain forms and a page with the outcomes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid
from desk.bulk import ACTS, acts_of, progress_now, summary_of
from desk.listing import ListState, form_of, listing_of, state_of
from desk.refusals import Refusal
from notifications.services import read_of_bulk_act
from tickets import services
from tickets.enums import BulkKind, BulkStage, BulkState
from tickets.errors import RoleForbids
from tickets.models import BulkAct
from tickets.policies import may_act_in_bulk
from tickets.services.bulk import MAX_TICKETS
from tickets.services.bulk_jobs import MAX_LISTED


@require_POST
@agent_required
def bulk(request: AgentRequest, view: str) -> HttpResponse:
    """`act` on the posted `ticket`s, or with `whole` on all of the list as its address narrows it.

    What needs values, or means tickets nobody has ticked, is asked once more on a page of its own. More than fit into
    a request are written down when they are asked about, and `job` names them.
    """
    listing = listing_of(view, request.agent)
    if not may_act_in_bulk(request.agent):
        return _refused(request, RoleForbids(), listing.url)
    kind = str(request.POST.get("act", ""))
    if kind not in BulkKind.values:
        raise Http404
    try:
        state = state_of(listing, form_of(listing, request.GET, request.agent), request.GET)
        asked = _asked(request, state, BulkKind(kind))
    except DomainError as error:
        return _refused(request, error, listing.url)
    act = ACTS[asked.kind]
    if "confirmed" not in request.POST and (act.needs_values or "whole" in request.POST):
        return _ask(request, state, asked, act.form_for(request.agent))
    form = act.form_for(request.agent, request.POST)
    if not form.is_valid():
        return _ask(request, state, asked, form, status=400)
    try:
        done = _do(request, asked, form.cleaned_data)
    except DomainError as error:
        return _refused(request, error, listing.url)
    back = f"?{urlencode({'from': listing.slug, 'query': urlencode(state.parameters)})}"
    return redirect(reverse("desk:bulk-act", args=[done.pk]) + back)


@dataclass(frozen=True)
class Asked:
    """Which act on which tickets: named, or of `job` written down."""

    kind: BulkKind
    references: list[str] = field(default_factory=list)
    job: BulkAct | None = None
    count: int = 0


def _asked(request: AgentRequest, state: ListState, kind: BulkKind) -> Asked:
    """Raises Invalid for none or too many. Those that were confirmed are those that were shown."""
    if "job" in request.POST:
        job = _own(request, str(request.POST["job"]))
        return Asked(BulkKind(job.kind), job=job, count=job.total)
    references = request.POST.getlist("ticket")
    if "whole" in request.POST and "confirmed" not in request.POST:
        found = state.tickets(request.agent)
        references = list(found.order_by(*state.ordering).values_list("reference", flat=True)[: MAX_TICKETS + 1])
        if len(references) > MAX_TICKETS:
            rows = list(found.order_by(*state.ordering).values_list("pk", "reference")[: MAX_LISTED + 1])
            return Asked(kind, job=services.ask_many(kind, by=request.agent, tickets=rows), count=len(rows))
    if not references:
        raise Invalid({"ticket": _("Choose at least one ticket.")})
    if len(references) > MAX_TICKETS:
        raise Invalid({"ticket": _("At most %(count)s tickets at once; narrow the list.") % {"count": MAX_TICKETS}})
    return Asked(kind, references, count=len(references))


def _own(request: AgentRequest, act_id: str) -> BulkAct:
    try:
        return get_object_or_404(BulkAct, pk=UUID(act_id), person=request.agent)
    except ValueError as error:
        raise Http404 from error


def _do(request: AgentRequest, asked: Asked, values: dict[str, Any]) -> BulkAct:
    """A second click on the same form leads to what the first one began."""
    if asked.job is None:
        return services.act_on_many(asked.kind, by=request.agent, references=asked.references, **values)
    if asked.job.stage != BulkStage.ASKED:
        return asked.job
    return services.start_many(asked.job.pk, by=request.agent, **values)


def _ask(request: AgentRequest, state: ListState, asked: Asked, form: Form, *, status: int = 200) -> HttpResponse:
    names = {"act": asked.kind.label, "count": asked.count}
    context = {
        "title": ngettext("%(act)s: %(count)s ticket", "%(act)s: %(count)s tickets", asked.count) % names,
        "form": form,
        "kind": asked.kind.value,
        "references": asked.references,
        "job": asked.job,
        "tone": ACTS[asked.kind].tone or "primary",
        "action": f"{reverse('desk:bulk', args=[state.listing.slug])}{state.url() if state.parameters else ''}",
        "back_url": f"{state.listing.url}{state.url() if state.parameters else ''}",
    }
    return render(request, "desk/bulk_form.html", context, status=status)


@require_GET
@agent_required
def acts(request: AgentRequest) -> HttpResponse:
    """The person's last acts on many tickets, those on their way first of all to find again."""
    return render(request, "desk/bulk_acts.html", {"asked": acts_of(request.agent)})


@require_GET
@agent_required
def receipt(request: AgentRequest, act_id: UUID) -> HttpResponse:
    """What became of each ticket; one's own acts alone. While it is on its way the page asks how far it is.

    Once it has ended the page says all that the bell has to say of it, so that is read.
    """
    act = get_object_or_404(BulkAct.objects.exclude(stage=BulkStage.ASKED), pk=act_id, person=request.agent)
    if not request.htmx or request.htmx.history_restore_request:
        if act.stage == BulkStage.DONE:
            read_of_bulk_act(act.pk, by=request.agent)
        return render(request, "desk/bulk_act.html", _receipt(request, act))
    context = {"progress": progress_now(act), "here": request.get_full_path()}
    response = render(request, "desk/_bulk_progress.html", context)
    if context["progress"] is None:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@agent_required
def undo(request: AgentRequest, act_id: UUID) -> HttpResponse:
    act = get_object_or_404(BulkAct, pk=act_id, person=request.agent)

    def take_back() -> str:
        is_done = services.undo_many(act.pk, by=request.agent).stage == BulkStage.DONE
        return _("Taken back, as far as nobody has changed it since") if is_done else ""

    return _changed(request, act, take_back)


@require_POST
@agent_required
def stop(request: AgentRequest, act_id: UUID) -> HttpResponse:
    act = get_object_or_404(BulkAct, pk=act_id, person=request.agent)

    def end() -> str:
        services.stop_many(act.pk, by=request.agent)
        return _("Stopped; what is done stays done")

    return _changed(request, act, end)


def _changed(request: AgentRequest, act: BulkAct, change: Callable[[], str]) -> HttpResponse:
    """The page of the act as it is after `change`, which answers what is to be said of it; or with its refusal."""
    try:
        said = change()
    except DomainError as error:
        context = _receipt(request, act) | {"error": Refusal(error)}
        return render(request, "desk/bulk_act.html", context, status=error.status)
    if said:
        messages.success(request, said)
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(reverse("desk:bulk-act", args=[act.pk]) + query)


def _receipt(request: AgentRequest, act: BulkAct) -> dict[str, Any]:
    back = reverse("desk:home")
    slug, query = str(request.GET.get("from", "")), str(request.GET.get("query", ""))
    if slug and slug.replace("-", "").isalnum() and slug.isascii():
        back = reverse("desk:queue", args=[slug]) + (f"?{query}" if query else "")
    here = f"?{request.GET.urlencode()}" if request.GET else ""
    urls = {f"{name}_url": reverse(f"desk:{name}-bulk", args=[act.pk]) + here for name in ("undo", "stop")}
    state, after = str(request.GET.get("state", "")), str(request.GET.get("after", ""))
    if state not in ["", *BulkState.values] or not (after.isascii() and (after or "0").isdigit() and len(after) < 19):
        raise Http404
    summary = summary_of(act, state, int(after or 0))
    for group in summary["groups"]:
        more = {"state": group["state"], "after": str(group["last"])}
        group["more_url"] = f"?{urlencode(request.GET.dict() | more)}" if group["last"] else ""
    return {"act": act, **summary, "back_url": back, **urls, "here": request.get_full_path()}


def _refused(request: AgentRequest, error: DomainError, back_url: str) -> HttpResponse:
    back = {"url": back_url, "label": _("Back to the list")}
    return render(request, "desk/refused.html", {"error": Refusal(error), "back": back}, status=error.status)
