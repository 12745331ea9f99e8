"""Keeping texts: the own ones, those of one's teams, and everybody's; signatures of teams."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent, Team
from core.errors import DomainError, NotFound
from core.service import one_act
from desk.people.views.common import add_refusal, refuse
from desk.texts.forms import CannedResponseForm, SignatureForm, TicketTemplateForm, teams_kept_by
from desk.ticket_page import version_of
from desk.unfinished import forget_typed, made_for, posted_or_typed
from tickets import services
from tickets.enums import TextScope
from tickets.errors import RoleForbids, TextForbidden
from tickets.models import TeamSignature
from tickets.models.texts import SharedText
from tickets.placeholders import VARIABLES
from tickets.policies import may_edit_text, may_keep_texts
from tickets.querysets import TextQuerySet
from tickets.texts import responses_of, templates_of


@dataclass(frozen=True)
class Kind:
    """One of the two kinds of texts, and what its pages say."""

    form: type[CannedResponseForm | TicketTemplateForm]
    rows: Callable[[Agent], TextQuerySet]
    create: Callable[..., SharedText]
    edit: Callable[..., SharedText]
    delete: Callable[..., None]
    new: str | Promise
    change: str | Promise


KINDS = {
    "responses": Kind(
        CannedResponseForm,
        responses_of,
        services.create_canned_response,
        services.edit_canned_response,
        services.delete_canned_response,
        gettext_lazy("New canned response"),
        gettext_lazy("Change canned response"),
    ),
    "templates": Kind(
        TicketTemplateForm,
        templates_of,
        services.create_ticket_template,
        services.edit_ticket_template,
        services.delete_ticket_template,
        gettext_lazy("New ticket template"),
        gettext_lazy("Change ticket template"),
    ),
}


@require_GET
@agent_required
def texts(request: AgentRequest) -> HttpResponse:
    agent = request.agent
    context = {
        "responses": [_row(text, agent) for text in responses_of(agent).order_by("title", "pk")],
        "templates": [_row(text, agent) for text in templates_of(agent)],
        "signature_teams": teams_kept_by(agent) if may_keep_texts(agent) else [],
        "may_write": may_keep_texts(agent),
    }
    return render(request, "desk/texts/texts.html", context)


def _row(text: Any, agent: Agent) -> dict[str, Any]:
    whose = text.team.name if text.team else TextScope(text.scope).label
    seen = {"version": text.version}
    return {"text": text, "audience": whose, "may_edit": may_edit_text(agent, text), "seen": seen}


@require_http_methods(["GET", "POST"])
@agent_required
def new(request: AgentRequest, kind: str) -> HttpResponse:
    what = _kind(kind)
    if not may_keep_texts(request.agent):
        return refuse(request, RoleForbids())
    form = what.form(posted_or_typed(request), agent=request.agent)
    if request.method == "POST" and form.is_valid():
        try:
            what.create(by=request.agent, **form.values())
        except DomainError as refusal:
            add_refusal(form, refusal)
            return _form(request, kind, form, status=refusal.status)
        forget_typed(request)
        messages.success(request, _("The text is saved."))
        return redirect("desk:texts")
    return _form(request, kind, form, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@agent_required
def edit(request: AgentRequest, kind: str, text_id: UUID) -> HttpResponse:
    what = _kind(kind)
    text = get_object_or_404(what.rows(request.agent), pk=text_id)
    if not may_edit_text(request.agent, text):
        return refuse(request, TextForbidden(team=text.team.name if text.team else "–"))
    form = what.form(posted_or_typed(request), agent=request.agent, text=text)
    if request.method == "POST" and form.is_valid():
        try:
            what.edit(text.pk, by=request.agent, version=form.cleaned_data["version"], **form.values())
        except DomainError as refusal:
            add_refusal(form, refusal)
            return _form(request, kind, form, text, status=refusal.status)
        forget_typed(request)
        messages.success(request, _("The text is saved."))
        return redirect("desk:texts")
    return _form(request, kind, form, text, status=400 if form.errors else 200)


@require_POST
@agent_required
def delete(request: AgentRequest, kind: str, text_id: UUID) -> HttpResponse:
    what = _kind(kind)
    text = get_object_or_404(what.rows(request.agent), pk=text_id)
    try:
        what.delete(text.pk, by=request.agent, version=version_of(request))
    except NotFound as error:
        raise Http404 from error
    except DomainError as refusal:
        return refuse(request, refusal)
    messages.success(request, _("The text is removed."))
    return redirect("desk:texts")


@require_http_methods(["GET", "POST"])
@agent_required
def signatures(request: AgentRequest, team_id: UUID) -> HttpResponse:
    """What stands below the replies of a team, in each language."""
    team = get_object_or_404(Team, pk=team_id)
    if team not in teams_kept_by(request.agent):
        return refuse(request, TextForbidden(team=team.name))
    kept = dict(TeamSignature.objects.filter(team=team).values_list("language", "text"))
    form = SignatureForm(request.POST or None, texts=kept)
    status = 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            with one_act():
                for language, text in form.texts().items():
                    services.set_team_signature(team, by=request.agent, language=language, text=text)
        except DomainError as refusal:
            add_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("The signature is saved."))
            return redirect("desk:texts")
    context = {"form": form, "team": team, "variables": _variables()}
    return render(request, "desk/texts/signatures.html", context, status=status)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Http404
    return KINDS[name]


def _variables() -> list[tuple[str, Any]]:
    return [(f"{{{{{name}}}}}", variable.label) for name, variable in VARIABLES.items()]


def _form(
    request: AgentRequest, kind: str, form: Any, text: SharedText | None = None, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "kind": kind,
        "text": text,
        "title": KINDS[kind].change if text else KINDS[kind].new,
        "variables": _variables() if kind == "responses" else [],
        "made_for": made_for(request.agent),
    }
    return render(request, "desk/texts/form.html", context, status=status)
