"""Pauses of a ticket's clocks by a supervisor's or manager's word."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from desk.forms import EmptyForm, moment_field
from desk.ticket_page import version_of
from desk.unfinished import posted_or_typed
from desk.views.forms import form_act
from desk.workspace import visible_ticket
from sla.enums import APPROVED
from sla.errors import PauseForbidden
from sla.policies import may_pause
from sla.services import pause_clocks, resume_clocks


class PauseForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=[(each.value, each.label) for each in APPROVED])
    until = moment_field(required=True)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Stands on the timeline, for colleagues alone."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].label = gettext_lazy("The clocks run on by themselves at")


@require_http_methods(["GET", "POST"])
@agent_required
def pause(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    return form_act(
        request,
        ticket,
        PauseForm(posted_or_typed(request), auto_id="pause-%s"),
        lambda values: pause_clocks(ticket.pk, by=request.agent, version=version_of(request), **values),
        said=_("The clocks stand still"),
        forbidden=None if may_pause(request.agent, ticket) else PauseForbidden(),
        words={
            "title": _("Pause clocks"),
            "submit": _("Pause clocks"),
            "icon": "pause",
            "lead": _("Resolution and time to value stand still. Answers to the customer stay owed."),
        },
    )


@require_http_methods(["GET", "POST"])
@agent_required
def resume(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    return form_act(
        request,
        ticket,
        EmptyForm(posted_or_typed(request)),
        lambda _values: resume_clocks(ticket.pk, by=request.agent, version=version_of(request)),
        said=_("The clocks run on"),
        forbidden=None if may_pause(request.agent, ticket) else PauseForbidden(),
        words={
            "title": _("Let clocks run on"),
            "submit": _("Let clocks run on"),
            "icon": "play",
            "lead": _("The pause ends now, before its time."),
        },
    )
