"""Resolutions of a ticket, and what waits for an approval."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent
from desk.empowerment.forms import ApproveForm, RejectForm, ResolutionForm
from desk.empowerment.parts import approval_chip, facts_of, steps_of, title_of
from desk.forms import EmptyForm
from desk.ticket_page import refused
from desk.unfinished import posted_or_typed
from desk.views.forms import Words, form_act
from desk.workspace import visible_ticket
from tickets import services
from tickets.errors import ResolutionMeanwhile
from tickets.models import Resolution, Ticket
from tickets.policies import acts_as_owner, may_approve, may_read_compensation
from tickets.resolution_errors import CompensationHidden
from tickets.resolutions import SHOWN_WITH, alone_up_to, approvals_for, running_total, total_on
from tickets.tiers import USUAL_CURRENCY

BACK_TO_APPROVALS = "approvals"
"""`?back=` of a form that was opened from the list of what waits, to which it leads back."""
SHOWN_AT_ONCE = 200
"""Approvals on one page; older ones come first, so none is out of reach."""


@require_http_methods(["GET", "POST"])
@agent_required
def resolutions(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)

    def create(values: dict[str, Any]) -> None:
        """Refused for what was recorded meanwhile, the form knows of it when it is sent once more."""
        try:
            services.create_resolution(ticket.pk, by=request.agent, **values)
        except ResolutionMeanwhile as refusal:
            data = request.POST.copy()
            data["known"] = str(refusal.facts["current"])
            form.data = data
            raise

    words = {
        "title": _("Record a resolution"),
        "submit": _("Record resolution"),
        "icon": "check",
        "lead": _lead(request.agent, ticket),
    }
    initial = {"known": ticket.resolutions.count()}
    form = ResolutionForm(posted_or_typed(request), ticket=ticket, initial=initial, auto_id="resolution-%s")
    return form_act(request, ticket, form, create, said=_("Resolution recorded"), words=words)


def _lead(agent: Agent, ticket: Ticket) -> str:
    """How far the owner, or who covers for them, may go alone, in the usual currency."""
    limit = alone_up_to(ticket, USUAL_CURRENCY, by=agent) if acts_as_owner(agent, ticket) else None
    if limit is None:
        return ""
    total = running_total(ticket, USUAL_CURRENCY)
    words = _("On this ticket so far: %(total)s %(currency)s. More than %(limit)s in all needs an approval.")
    if total != total_on([ticket.pk], USUAL_CURRENCY):
        words = _(
            "On this ticket and those merged into it so far: %(total)s %(currency)s. "
            "More than %(limit)s in all needs an approval."
        )
    return words % {
        "total": f"{total:.2f}",
        "limit": f"{limit:.2f}",
        "currency": USUAL_CURRENCY,
    }


@require_http_methods(["GET", "POST"])
@agent_required
def step(request: AgentRequest, reference: str, resolution_id: UUID, name: str) -> HttpResponse:
    """Approve, reject or withdraw, each with what it is about."""
    ticket = visible_ticket(request.agent, reference)
    resolution = get_object_or_404(Resolution.objects.select_related(*SHOWN_WITH), pk=resolution_id, ticket=ticket)
    if name not in STEPS:
        raise Http404
    if request.method != "POST" and not may_read_compensation(request.agent, ticket):
        return refused(request, ticket, CompensationHidden())
    form: Form
    words: Words
    data = posted_or_typed(request)
    if name == "approve":
        form, said = ApproveForm(data, auto_id="approve-%s"), _("Approved")
        words = {"title": _("Approve"), "submit": _("Approve"), "icon": "badge-check"}
    elif name == "reject":
        form, said = RejectForm(data, auto_id="reject-%s"), _("Rejected")
        words = {"title": _("Reject"), "submit": _("Reject"), "tone": "danger"}
    else:
        form, said = EmptyForm(data), _("Withdrawn")
        words = {"title": _("Withdraw"), "submit": _("Withdraw"), "tone": "danger"}
    about = facts_of(resolution) if may_read_compensation(request.agent, ticket) else []
    then = reverse("desk:approvals") if request.GET.get("back") == BACK_TO_APPROVALS else ""
    if then:
        words |= {"action": request.get_full_path(), "back_url": then, "back_label": _("Back to the approvals")}
    words = words | {"title": f"{words['title']}: {title_of(resolution)}" if about else words["title"], "about": about}

    def decide(values: dict[str, Any]) -> None:
        STEPS[name](resolution.pk, by=request.agent, **values)

    return form_act(request, ticket, form, decide, said=said, words=words, then=then)


STEPS: dict[str, Callable[..., Resolution]] = {
    "approve": services.approve_resolution,
    "reject": services.reject_resolution,
    "withdraw": services.withdraw_resolution,
}


@require_GET
@agent_required
def approvals(request: AgentRequest) -> HttpResponse:
    """What waits for a decision of this person, oldest first."""
    if not may_approve(request.agent):
        raise PermissionDenied
    back = f"?back={BACK_TO_APPROVALS}"
    waiting = approvals_for(request.agent).select_related("ticket__company")[: SHOWN_AT_ONCE + 1]
    rows = [
        {
            "resolution": resolution,
            "title": title_of(resolution),
            "approval": approval_chip(resolution),
            "steps": [step | {"url": step["url"] + back} for step in steps_of(request.agent, resolution)],
        }
        for resolution in waiting
    ]
    context = {"rows": rows[:SHOWN_AT_ONCE], "has_more": len(rows) > SHOWN_AT_ONCE}
    return render(request, "desk/empowerment/approvals.html", context)
