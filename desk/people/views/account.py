"""The own profile: preferences, password, absences."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from accounts.models import Absence
from accounts.panels import CHOICES
from accounts.policies import may_record_absence
from accounts.selectors import covered_by
from accounts.services import edit_preferences, keep_panels
from accounts.services.agents import OWN_PREFERENCES
from core.errors import DomainError
from desk.people.forms import OwnPasswordForm, PreferencesForm
from desk.people.views.common import add_refusal, next_page, refuse


@require_http_methods(["GET", "POST"])
@agent_required
def profile(request: AgentRequest) -> HttpResponse:
    agent = request.agent
    form = PreferencesForm(request.POST or None, initial={name: getattr(agent, name) for name in OWN_PREFERENCES})
    if request.method == "POST" and form.is_valid():
        try:
            agent = edit_preferences(agent.pk, by=agent, **form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            with translation.override(agent.language or translation.get_language()):
                messages.success(request, _("Your preferences are saved."))
            return redirect("desk:account")
    now = timezone.now()
    absences = Absence.objects.filter(agent=agent).select_related("deputy").order_by("-starts_on")[:20]
    facts = {
        "form": form,
        "absences": [(absence, absence.status_on(agent.today(now))) for absence in absences],
        "covered": covered_by(agent, at=now),
        "may_record": may_record_absence(agent, agent, team_ids=frozenset()),
    }
    return render(request, "desk/people/account.html", facts, status=400 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@agent_required
def password(request: AgentRequest) -> HttpResponse:
    form = OwnPasswordForm(request.user, request.POST or None)  # type: ignore[arg-type]  # signed in
    if request.method == "POST" and form.is_valid():
        user = form.save()
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed. Your other sessions have ended."))
        return redirect("desk:account")
    return render(request, "desk/people/password.html", {"form": form}, status=400 if form.errors else 200)


@require_POST
@agent_required
def theme(request: AgentRequest) -> HttpResponse:
    """Appearance, chosen in the account menu."""
    return _preference(request, "theme")


@require_POST
@agent_required
def language(request: AgentRequest) -> HttpResponse:
    return _preference(request, "language")


@require_POST
@agent_required
def panels(request: AgentRequest) -> HttpResponse:
    """Which panels are open and how wide; buttons on the pages send it."""
    given = {name: request.POST[name] for name in CHOICES if name in request.POST}
    values = {name: int(value) if value.isdecimal() else value for name, value in given.items()}
    try:
        keep_panels(request.agent.pk, by=request.agent, **values)
    except DomainError as refusal:
        return refuse(request, refusal)
    return redirect(next_page(request, otherwise="desk:home"))


def _preference(request: AgentRequest, name: str) -> HttpResponse:
    try:
        edit_preferences(request.agent.pk, by=request.agent, **{name: request.POST.get(name, "")})
    except DomainError as refusal:
        return refuse(request, refusal)
    return redirect(next_page(request, otherwise="desk:account"))
