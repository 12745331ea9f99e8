"""The keys of one's own pages: chosen, or all as usual again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from accounts.services import edit_preferences
from core.errors import DomainError
from desk.actions.keys import check_keys
from desk.people.key_forms import KeysForm
from desk.people.views.common import add_refusal


@require_http_methods(["GET", "POST"])
@agent_required
def own_keys(request: AgentRequest) -> HttpResponse:
    """`reset` brings the usual keys back. One key that is none, reserved or taken, and nothing changes."""
    agent = request.agent
    form = KeysForm(request.POST if request.method == "POST" else None, agent=agent)
    if request.method == "POST":
        if "reset" in request.POST:
            edit_preferences(agent.pk, by=agent, keys={})
            messages.success(request, _("All keys are the usual ones again."))
            return redirect("desk:own-keys")
        if form.is_valid():
            try:
                edit_preferences(agent.pk, by=agent, keys=check_keys(form.wanted))
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Your keys are saved."))
                return redirect("desk:own-keys")
    facts = {"form": form, "groups": form.groups, "has_own": bool(agent.keys)}
    return render(request, "desk/people/keys.html", facts, status=400 if form.errors else 200)
