"""How a ticket is worked: conversations written down, and entries marked as attempts."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, NotFound
from desk.composing import id_in
from desk.ticket_page import refused, version_of
from desk.unfinished import posted_or_typed
from desk.views.forms import form_act
from desk.workspace import named_ticket, visible_ticket
from tickets import services
from tickets.enums import LOGGED, AttemptOutcome, Direction, Visibility
from tickets.models import Ticket
from tickets.policies import acts_as_owner
from tickets.selectors import PAGE_ENTRIES, entries_of
from tickets.services.contacting import MAX_MINUTES, MAX_NAME

MOMENT = "%Y-%m-%dT%H:%M"


class ContactForm(forms.Form):
    """A call or chat; a public one is offered to whoever may speak to the customer."""

    kind = forms.ChoiceField(label=gettext_lazy("What was it?"), choices=[(kind.value, kind.label) for kind in LOGGED])
    direction = forms.ChoiceField(label=gettext_lazy("Who began it?"), choices=Direction.choices)
    spoke_with = forms.CharField(
        label=gettext_lazy("With whom?"), max_length=MAX_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    at = forms.DateTimeField(
        label=gettext_lazy("When?"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        input_formats=[MOMENT, f"{MOMENT}:%S"],
    )
    minutes = forms.IntegerField(label=gettext_lazy("How many minutes?"), min_value=0, max_value=MAX_MINUTES)
    body = forms.CharField(
        label=gettext_lazy("What was it about?"), max_length=200_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    visibility = forms.ChoiceField(
        label=gettext_lazy("Who reads it?"),
        choices=[(choice.value, choice.label) for choice in (Visibility.INTERNAL, Visibility.PUBLIC)],
        required=False,
    )

    def __init__(self, *args: Any, may_be_public: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_be_public:
            del self.fields["visibility"]


@require_http_methods(["GET", "POST"])
@agent_required
def log_contact(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    initial = {
        "spoke_with": ticket.requester.name,
        "at": timezone.localtime().replace(second=0, microsecond=0),
        "minutes": 5,
    }
    form = ContactForm(
        posted_or_typed(request),
        initial=initial,
        may_be_public=acts_as_owner(request.agent, ticket),
        auto_id="contact-%s",
    )
    return form_act(
        request,
        ticket,
        form,
        lambda values: _log(request, ticket, values),
        said=_("Written down"),
        words={
            "title": _("Log a call or chat"),
            "submit": _("Save entry"),
            "icon": "phone",
            "lead": _("For what was said elsewhere. Nothing is sent."),
        },
    )


def _log(request: AgentRequest, ticket: Ticket, values: dict[str, Any]) -> None:
    services.log_contact(
        ticket.pk,
        by=request.agent,
        kind=values["kind"],
        direction=values["direction"],
        spoke_with=values["spoke_with"],
        at=values["at"],
        minutes=values["minutes"],
        body_text=values["body"],
        visibility=values.get("visibility") or Visibility.INTERNAL,
        version=version_of(request),
    )


@require_POST
@agent_required
def attempt(request: AgentRequest, reference: str) -> HttpResponse:
    """The button pressed names the outcome, its value the entry; the page opens again at that entry."""
    ticket = named_ticket(request.agent, reference)
    outcome = next((choice for choice in AttemptOutcome.values if choice in request.POST), "")
    entry_id = id_in(str(request.POST.get(outcome, "")))
    if entry_id is None:
        raise Http404
    try:
        services.mark_attempt(ticket.pk, entry_id=entry_id, by=request.agent, outcome=outcome)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return refused(request, ticket, error)
    return redirect(_address_of(ticket, entry_id))


def _address_of(ticket: Ticket, entry_id: UUID) -> str:
    """The ticket at an entry, on the page on which it is."""
    here = reverse("desk:ticket", args=[ticket.reference])
    thread = entries_of(ticket).main_thread()
    seq = thread.values_list("seq", flat=True).get(pk=entry_id)
    is_older = thread.filter(seq__gt=seq).count() >= PAGE_ENTRIES
    return f"{here}?before={seq + 1}#e{seq}" if is_older else f"{here}#e{seq}"
