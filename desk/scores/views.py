"""Setting a ticket's priority score by hand, and leaving it to be computed again."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from desk.unfinished import posted_or_typed
from desk.views.forms import Words, form_act
from desk.workspace import visible_ticket
from sla.scores import services
from sla.scores.models import HIGHEST

HOURS = (
    ("4", gettext_lazy("4 hours")),
    ("24", gettext_lazy("1 day")),
    ("72", gettext_lazy("3 days")),
    ("168", gettext_lazy("1 week")),
)


class ScoreForm(forms.Form):
    score = forms.DecimalField(
        label=gettext_lazy("Priority score"),
        min_value=Decimal(0),
        max_value=Decimal(HIGHEST),
        max_digits=6,
        decimal_places=2,
        help_text=gettext_lazy("Higher ones stand further up in lists."),
    )
    hours = forms.ChoiceField(label=gettext_lazy("For how long?"), choices=HOURS, initial="24")
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, help_text=gettext_lazy("It stands on the ticket's timeline.")
    )


@require_http_methods(["GET", "POST"])
@agent_required
def score(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)

    def set_it(values: dict[str, Any]) -> None:
        until = timezone.now() + timedelta(hours=int(values["hours"]))
        services.override_score(
            ticket.pk, by=request.agent, score=values["score"], reason=values["reason"], until=until
        )

    words: Words = {
        "title": _("Set the priority score"),
        "submit": _("Set priority score"),
        "icon": "hand",
        "lead": _("The ticket ranks by this number until the time is over; then the score is computed again."),
    }
    form = ScoreForm(posted_or_typed(request), auto_id="score-%s")
    forbidden = services.refusal_to_override(request.agent, ticket)
    return form_act(request, ticket, form, set_it, said=_("Priority score set"), words=words, forbidden=forbidden)


@require_http_methods(["GET", "POST"])
@agent_required
def free(request: AgentRequest, reference: str) -> HttpResponse:
    """The score is computed again at once."""
    ticket = visible_ticket(request.agent, reference)
    words: Words = {
        "title": _("Compute the priority score again"),
        "submit": _("Compute it again"),
        "icon": "rotate-ccw",
        "lead": _("What a person has set ends now."),
    }
    return form_act(
        request,
        ticket,
        forms.Form(posted_or_typed(request)),
        lambda _values: services.end_override(ticket.pk, by=request.agent),
        said=_("Priority score is computed again"),
        words=words,
        forbidden=services.refusal_to_override(request.agent, ticket),
    )
