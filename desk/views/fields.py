"""One field of a ticket at a time: `/t/<reference>/fields/<name>/`."""

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid, Text
from desk.forms import FieldsForm
from desk.ticket_page import acted, refused
from desk.workspace import visible_ticket
from tickets import services

BESIDES = ("version", "reason")


@require_POST
@agent_required
def field(request: AgentRequest, reference: str, name: str) -> HttpResponse:
    """Change `name` to the posted value of that name; `version` is what the person saw, `reason` why they change it."""
    ticket = visible_ticket(request.agent, reference)
    form = FieldsForm(request.POST, auto_id="field-%s")
    if name in BESIDES or name not in form.fields:
        raise Http404
    for other in [other for other in form.fields if other not in (name, *BESIDES)]:
        del form.fields[other]
    if not form.is_valid():
        texts: dict[str, Text | list[Text]] = {
            field: [str(text) for text in errors] for field, errors in form.errors.items()
        }
        return refused(request, ticket, Invalid(texts))
    values = {name: form.cleaned_data[name]}
    try:
        version, reason = form.cleaned_data["version"], form.cleaned_data["reason"]
        services.edit_ticket(ticket.pk, by=request.agent, version=version, reason=reason, **values)
    except DomainError as error:
        return refused(request, ticket, error)
    return acted(request, reference, said=_("Saved"), may_undo=True)
