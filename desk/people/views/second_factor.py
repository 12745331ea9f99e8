"""The own second factor: set up with an app, recovery codes, switched off."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import totp
from accounts.auth import AgentRequest, agent_required
from accounts.models import SecondFactor
from accounts.policies import needs_second_factor
from accounts.selectors import begun_second_factor, second_factor_of
from accounts.services import (
    begin_second_factor,
    confirm_second_factor,
    renew_recovery_codes,
    switch_off_second_factor,
)
from accounts.services.second_factors import shown
from core.errors import DomainError
from desk.people.forms import CodeForm, PasswordAgainForm, SwitchOffForm
from desk.people.views.common import add_refusal, refuse


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@agent_required
def second_factor(request: AgentRequest) -> HttpResponse:
    steps = {"begin": _begin, "confirm": _confirm, "codes": _codes, "off": _off}
    step = steps.get(request.POST.get("step", "")) if request.method == "POST" else None
    if step is None:
        return _page(request, status=400 if request.method == "POST" else 200)
    return step(request)


def _begin(request: AgentRequest) -> HttpResponse:
    form = PasswordAgainForm(request.POST, user=request.user)
    if not request.agent.user.has_usable_password() or not form.is_valid():
        return _page(request, begin_form=form, status=400)
    try:
        begin_second_factor(request.agent.user_id, by=request.agent)
    except DomainError as refusal:
        return refuse(request, refusal)
    return redirect("desk:second-factor")


def _confirm(request: AgentRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            codes = confirm_second_factor(request.agent.user_id, by=request.agent, code=form.cleaned_data["code"])
        except DomainError as refusal:
            add_refusal(form, refusal, field="code")
            return _page(request, form=form, status=refusal.status)
        return codes_page(request, codes)
    return _page(request, form=form, status=400)


def _codes(request: AgentRequest) -> HttpResponse:
    form = CodeForm(request.POST, prefix="codes")
    if form.is_valid():
        try:
            codes = renew_recovery_codes(request.agent.user_id, by=request.agent, code=form.cleaned_data["code"])
        except DomainError as refusal:
            add_refusal(form, refusal, field="code")
            return _page(request, codes_form=form, status=refusal.status)
        return codes_page(request, codes)
    return _page(request, codes_form=form, status=400)


def _off(request: AgentRequest) -> HttpResponse:
    form = SwitchOffForm(request.POST, prefix="off", user=request.user)
    if form.is_valid():
        try:
            switch_off_second_factor(request.agent.user_id, by=request.agent, code=form.cleaned_data["code"])
        except DomainError as refusal:
            add_refusal(form, refusal, field="code")
            return _page(request, off_form=form, status=refusal.status)
        messages.success(request, _("Your second factor is switched off."))
        return redirect("desk:account")
    return _page(request, off_form=form, status=400)


def codes_page(request: HttpRequest, codes: list[str], *, go_on: str = "") -> HttpResponse:
    """The answer to the form that has made them, as they are shown this once; `go_on` is where sign-in leads."""
    facts = {"codes": codes, "text": "\n".join(codes), "go_on": go_on}
    return render(request, "desk/people/recovery_codes.html", facts)


def _page(request: AgentRequest, *, status: int = 200, **forms: Any) -> HttpResponse:
    factor = second_factor_of(request.agent.user_id)
    begun = None if factor else begun_second_factor(request.agent.user_id)
    facts = {
        "factor": factor,
        "codes_left": factor.recovery_codes.filter(used_at=None).count() if factor else 0,
        "has_password": request.agent.user.has_usable_password(),
        "is_required": needs_second_factor(request.agent),
        **(set_up(begun) if begun else {}),
        "begin_form": forms.get("begin_form") or PasswordAgainForm(user=request.user),
        "form": forms.get("form") or CodeForm(),
        "codes_form": forms.get("codes_form") or CodeForm(prefix="codes"),
        "off_form": forms.get("off_form") or SwitchOffForm(prefix="off", user=request.user),
    }
    return render(request, "desk/people/second_factor.html", facts, status=status)


def set_up(begun: SecondFactor) -> dict[str, Any]:
    """What the page shows of a second factor that waits for its first code: for a camera, and to be typed."""
    new = shown(begun)
    pieces = [new.secret[at : at + 4] for at in range(0, len(new.secret), 4)]
    return {
        "qr": mark_safe(totp.qr_code(new.address)),  # noqa: S308  # made by a library of an address of ours
        "secret": " ".join(pieces),
        "address": new.address,
    }
