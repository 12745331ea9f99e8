"""Splitting an entry off: it becomes a new ticket, linked to the one it stood on."""

from textwrap import shorten
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid, NotFound
from desk.forms import add_refusal
from desk.refusals import Refusal, refusal_for
from desk.ticket_page import version_of
from desk.workspace import visible_ticket
from tickets.models import Ticket, TimelineEntry
from tickets.selectors import entries_of
from tickets.services import split_entry

EXCERPT_CHARACTERS = 300


class SplitForm(forms.Form):
    entry = forms.UUIDField(widget=forms.HiddenInput())
    subject = forms.CharField(label=gettext_lazy("Subject of the new ticket"), max_length=255)


@require_http_methods(["GET", "POST"])
@agent_required
def split(request: AgentRequest, reference: str) -> HttpResponse:
    """GET with `?entry=` shows what becomes a ticket; POST makes it and leads there."""
    ticket = visible_ticket(request.agent, reference)
    if request.method != "POST":
        entry = _entry_of(request, ticket)
        subject = (entry.subject if entry else "") or ticket.subject
        initial = {"entry": entry.pk if entry else None, "subject": subject}
        return _page(request, ticket, SplitForm(initial=initial, auto_id="split-%s"))
    form = SplitForm(request.POST, auto_id="split-%s")
    if not form.is_valid():
        return _page(request, ticket, form, status=400)
    values = {"entry_id": form.cleaned_data["entry"], "subject": form.cleaned_data["subject"]}
    try:
        made = split_entry(ticket.pk, by=request.agent, version=version_of(request), **values)
    except Invalid as error:
        add_refusal(form, error)
        return _page(request, ticket, form, status=error.status)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        refusal = refusal_for(request.agent, ticket, error)
        return _page(request, ticket, form, error=refusal, status=error.status)
    said = _("%(new)s split off from %(reference)s") % {"new": made.reference, "reference": ticket.reference}
    messages.success(request, said)
    return redirect(reverse("desk:ticket", args=[made.reference]))


def _entry_of(request: AgentRequest, ticket: Ticket) -> TimelineEntry | None:
    """The entry that address or form names, if it stands on the ticket."""
    given = request.POST if request.method == "POST" else request.GET
    try:
        entry_id = UUID(str(given.get("entry", "")))
    except ValueError:
        return None
    return entries_of(ticket).main_thread().filter(pk=entry_id).first()


def _page(
    request: AgentRequest, ticket: Ticket, form: SplitForm, *, error: Refusal | None = None, status: int = 200
) -> HttpResponse:
    entry = _entry_of(request, ticket)
    lead = _("The entry moves to a new ticket that nobody owns yet; both are linked.")
    if entry is not None:
        said = _("“%(text)s”") % {"text": shorten(entry.body_text, EXCERPT_CHARACTERS, placeholder=" …")}
        lead = f"{lead} {entry.author_name}: {said}"
    context = {
        "ticket": ticket,
        "form": form,
        "error": error,
        "title": _("Split off into a new ticket"),
        "submit": _("Create ticket"),
        "icon": "plus",
        "lead": lead,
    }
    return render(request, "desk/act.html", context, status=status)
