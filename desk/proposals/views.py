"""Proposals: what waits, one with what would change, its decision, and the forms by which managers make them."""

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from accounts.models import BusinessCalendar
from core.errors import DomainError, Invalid, status_of
from core.paging import Page, keyset_page
from desk.forms import add_refusal
from desk.people.views.common import refuse
from desk.proposals.forms import CalendarWish, DecisionForm, PolicyWish, RuleWish
from desk.proposals.parts import changes_in, effects_in_words, may_decide_on, may_withdraw, row_of
from desk.refusals import Refusal
from desk.unfinished import forget_typed, made_for, posted_or_typed
from sla.alerts.enums import LEVELS
from sla.alerts.models import AlertRule
from sla.models import SlaPolicy
from sla.proposals import services
from sla.proposals.enums import ProposalStatus
from sla.proposals.errors import ProposalsHidden, ProposingForbidden
from sla.proposals.models import Proposal
from sla.proposals.policies import may_propose, may_see_proposals
from sla.proposals.selectors import calendars_now, matrix_now, policies_now, proposals_for

SIZE = 50
PREVIEW = "preview"
"""Name of the button that shows what something would do."""
View = Callable[..., Any]


def for_readers(view: View) -> View:
    @wraps(view)
    def guarded(request: AgentRequest, *args: Any, **kwargs: Any) -> Any:
        if not may_see_proposals(request.agent):
            return refuse(request, ProposalsHidden())
        return view(request, *args, **kwargs)

    return guarded


def for_proposers(view: View) -> View:
    @wraps(view)
    def guarded(request: AgentRequest, *args: Any, **kwargs: Any) -> Any:
        if not may_propose(request.agent):
            return refuse(request, ProposingForbidden())
        return view(request, *args, **kwargs)

    return guarded


@require_GET
@agent_required
@for_readers
def proposals(request: AgentRequest) -> HttpResponse:
    """What waits for a decision; `?status=all` also what was decided. Newest first."""
    shows_all = request.GET.get("status") == "all"
    rows = proposals_for(request.agent)
    if not shows_all:
        rows = rows.filter(status=ProposalStatus.PENDING)
    error: DomainError | None = None
    page: Page[Proposal] = Page([], None, None)
    try:
        page = keyset_page(rows, ("-created_at", "-id"), cursor=str(request.GET.get("cursor", "")), size=SIZE)
    except Invalid as refusal:
        error = refusal
    here = reverse("desk:proposals")
    start = f"{here}?status=all&" if shows_all else f"{here}?"
    context = {
        "rows": [row_of(proposal) for proposal in page.items],
        "parts": [
            {"label": _("Undecided"), "url": here, "is_current": not shows_all},
            {"label": _("All"), "url": f"{here}?status=all", "is_current": shows_all},
        ],
        "shows_all": shows_all,
        "may_propose": may_propose(request.agent),
        "next_url": f"{start}cursor={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"{start}cursor={page.previous_cursor}" if page.previous_cursor else "",
        "error": Refusal(error) if error else None,
    }
    return render(request, "desk/proposals/proposals.html", context, status=status_of(error))


@require_GET
@agent_required
@for_readers
def proposal(request: AgentRequest, proposal_id: UUID) -> HttpResponse:
    found = get_object_or_404(proposals_for(request.agent), pk=proposal_id)
    return _one(request, found, DecisionForm(auto_id="decision-%s"))


def _one(
    request: AgentRequest,
    found: Proposal,
    form: DecisionForm,
    *,
    error: DomainError | None = None,
    effects: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "row": row_of(found),
        "proposal": found,
        "changes": changes_in(found),
        "effects": effects_in_words(found.about, found.effects),
        "effects_now": effects,
        "form": form if may_decide_on(request.agent, found) else None,
        "may_withdraw": may_withdraw(request.agent, found),
        "error": Refusal(error) if error else None,
    }
    return render(request, "desk/proposals/proposal.html", context, status=error.status if error else status)


@require_POST
@agent_required
@for_readers
def accept(request: AgentRequest, proposal_id: UUID) -> HttpResponse:
    """By the button `preview` only what it would do now."""
    if PREVIEW in request.POST:
        found = get_object_or_404(proposals_for(request.agent), pk=proposal_id)
        form = DecisionForm(initial=request.POST.dict(), auto_id="decision-%s")
        try:
            effects = services.preview_decision(found, by=request.agent)
        except DomainError as refusal:
            return _one(request, found, form, error=refusal)
        return _one(request, found, form, effects=effects_in_words(found.about, asdict(effects)))
    return _decide(request, proposal_id, services.accept_proposal, _("Accepted; running clocks follow within minutes"))


@require_POST
@agent_required
@for_readers
def decline(request: AgentRequest, proposal_id: UUID) -> HttpResponse:
    return _decide(request, proposal_id, services.decline_proposal, _("Declined"))


def _decide(request: AgentRequest, proposal_id: UUID, act: Callable[..., Proposal], said: str) -> HttpResponse:
    found = get_object_or_404(proposals_for(request.agent), pk=proposal_id)
    form = DecisionForm(request.POST, auto_id="decision-%s")
    if not form.is_valid():
        return _one(request, found, form, status=400)
    try:
        act(found.pk, by=request.agent, note=form.cleaned_data["note"])
    except DomainError as refusal:
        found = get_object_or_404(proposals_for(request.agent), pk=proposal_id)
        if isinstance(refusal, Invalid) and "note" in refusal.fields:
            add_refusal(form, refusal)
            return _one(request, found, form, status=refusal.status)
        return _one(request, found, form, error=refusal)
    messages.success(request, said)
    return redirect("desk:proposal", found.pk)


@require_POST
@agent_required
@for_readers
def withdraw(request: AgentRequest, proposal_id: UUID) -> HttpResponse:
    found = get_object_or_404(proposals_for(request.agent), pk=proposal_id)
    try:
        services.withdraw_proposal(found.pk, by=request.agent)
    except DomainError as refusal:
        found = get_object_or_404(proposals_for(request.agent), pk=proposal_id)
        return _one(request, found, DecisionForm(auto_id="decision-%s"), error=refusal)
    messages.success(request, _("Withdrawn"))
    return redirect("desk:proposal", found.pk)


# Proposing ------------------------------------------------------------------------------------------------------------


@require_GET
@agent_required
@for_proposers
def choose(request: AgentRequest) -> HttpResponse:
    """What can be proposed about, as it is now."""
    lines = groupby(matrix_now(), key=lambda rule: (rule.get_priority_display(), rule.get_condition_display()))
    context = {
        "policies": policies_now(),
        "calendars": calendars_now(),
        "matrix": [{"priority": one, "condition": other, "cells": list(cells)} for (one, other), cells in lines],
        "levels": [_("Level %(level)s") % {"level": level} for level in LEVELS],
    }
    return render(request, "desk/proposals/choose.html", context)


@require_http_methods(["GET", "POST"])
@agent_required
@for_proposers
def on_policy(request: AgentRequest, policy_id: UUID | None = None) -> HttpResponse:
    policy = get_object_or_404(SlaPolicy, pk=policy_id) if policy_id else SlaPolicy()
    return _propose(request, PolicyWish, policy, title=policy.name if policy_id else _("New SLA policy"))


@require_http_methods(["GET", "POST"])
@agent_required
@for_proposers
def on_calendar(request: AgentRequest, calendar_id: UUID) -> HttpResponse:
    calendar = get_object_or_404(BusinessCalendar, pk=calendar_id)
    return _propose(request, CalendarWish, calendar, title=calendar.name)


@require_http_methods(["GET", "POST"])
@agent_required
@for_proposers
def on_rule(request: AgentRequest, rule_id: UUID) -> HttpResponse:
    rule = get_object_or_404(AlertRule, pk=rule_id)
    return _propose(request, RuleWish, rule, title=str(rule))


def _propose(request: AgentRequest, shape: Any, row: Any, *, title: str) -> HttpResponse:  # Any: the three kinds
    """The form, with how things are; what it would do, by the button `preview`; or the proposal it became."""
    target_id = None if row._state.adding else row.pk
    seen = {} if target_id is None else {"seen_version": row.version}
    form = shape(posted_or_typed(request), instance=row, initial=seen, auto_id="wish-%s")
    effects, status = "", 200
    if request.method == "POST":
        status = 400
        form.fields["reason"].required = PREVIEW not in request.POST
        if form.is_valid():
            values, version = form.values, form.cleaned_data["seen_version"]
            about = shape.about
            try:
                if PREVIEW in request.POST:
                    found = services.preview_proposal(about, target_id, values, by=request.agent, version=version)
                    effects, status = effects_in_words(about, asdict(found)), 200
                else:
                    reason = form.cleaned_data["reason"]
                    made = services.propose(about, target_id, values, by=request.agent, reason=reason, version=version)
                    forget_typed(request)
                    messages.success(request, _("Proposed; admins are told"))
                    return redirect("desk:proposal", made.pk)
            except DomainError as refusal:
                add_refusal(form, refusal)
                status = refusal.status
    context = {
        "form": form,
        "title": title,
        "groups": form.grouped(),
        "effects": effects,
        "made_for": made_for(request.agent),
        "is_new": target_id is None,
    }
    return render(request, "desk/proposals/propose.html", context, status=status)
